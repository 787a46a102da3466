//! Zeek's `history`: what each end sent, one letter for each kind of segment, in the order in which they were seen.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::conn_state::{ConnState, Standing};
use super::end::{End, Facts};
use super::{Mark, Marks, Pair, Side};
use crate::tcp::{Arriving, Seq};
use crate::wire::{Flags, Time};

/// How long after its end a connection may still be heard: then Zeek logs it (`tcp_close_delay`), and what comes later is no
/// part of it.
pub(super) const CLOSE_DELAY: Duration = Duration::from_secs(5);

/// Letters as Zeek's conn.log has them: of the client in upper case, of the server in lower case.
///
/// `s` SYN, `h` SYN,ACK, `a` a bare ACK, `d` payload, `f` FIN, `r` RST, `i` FIN with RST, `q` SYN with FIN or RST, `c` a wrong
/// checksum, `g` octets that the capture lacks, `t` payload that was sent before, `w` a window of 0. `^` at the start:
/// the first segment was the server's. `a`, `d`, `i` and `q` stand once for each end; `s`, `h`, `f` and `r` again where their
/// number is another; `c`, `g`, `t` and `w` for the first time, the tenth, the hundredth and so on. What comes more than
/// five seconds after a reset or the second FIN is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    letters: [u8; Self::MOST],
    len: u8,
}

impl History {
    /// The most letters that are kept; what comes later is left out.
    pub const MOST: usize = 31;

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.letters()).unwrap_or_default()
    }

    /// These letters.
    #[cfg(test)]
    pub(crate) fn of(letters: &str) -> Self {
        let mut history = Self::default();
        letters.bytes().for_each(|letter| history.push(Side::Server, letter));
        history
    }

    /// Of segments of which none is a repetition or has anything unusual.
    pub(super) fn in_order(segments: impl Iterator<Item = (Side, Arriving)>) -> Self {
        let (mut history, mut told) = (Self::default(), Pair::both(0_u8));
        for (from, segment) in segments {
            let Some((letter, kind)) = letter(&segment) else { continue };
            let bit = 1 << kind as u8;
            if told[from] & bit == 0 {
                told[from] |= bit;
                history.push(from, letter);
            }
        }
        history
    }

    fn letters(&self) -> &[u8] {
        &self.letters[..usize::from(self.len)]
    }

    fn push(&mut self, from: Side, letter: u8) {
        if let Some(place) = self.letters.get_mut(usize::from(self.len)) {
            *place = if from == Side::Client { letter.to_ascii_uppercase() } else { letter };
            self.len += 1;
        }
    }

    /// Whether the client sent a SYN, and then its reset came before any answer or anything else of its own.
    pub(super) fn is_abandoned_syn(&self) -> bool {
        let letters = self.letters();
        let letters = letters.strip_prefix(b"^").unwrap_or(letters);
        let before_reset = letters.split(|letter| *letter == b'R').next().unwrap_or_default();
        letters.contains(&b'R')
            && before_reset.starts_with(b"S")
            && !before_reset.iter().any(|letter| b"HAFGIQ".contains(letter))
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What stands in the history once for each end, or again with another number.
#[derive(Clone, Copy)]
enum Kind {
    Syn,
    Fin,
    Reset,
    Ack,
    Data,
    FinReset,
    ManyFlags,
}

/// What stands for a segment in the history, and how often; none for one that says nothing.
const fn letter(segment: &Arriving) -> Option<(u8, Kind)> {
    Some(match (segment.flags.syn(), segment.flags.fin(), segment.flags.rst()) {
        (false, false, false) if segment.len > 0 => (b'd', Kind::Data),
        (false, false, false) if segment.flags.ack() => (b'a', Kind::Ack),
        (false, false, false) => return None,
        (true, false, false) if segment.flags.ack() => (b'h', Kind::Syn),
        (true, false, false) => (b's', Kind::Syn),
        (false, true, false) => (b'f', Kind::Fin),
        (false, false, true) => (b'r', Kind::Reset),
        (_, true, true) => (b'i', Kind::FinReset),
        _ => (b'q', Kind::ManyFlags),
    })
}

/// What stands in the history for the first time, the tenth, the hundredth.
#[derive(Clone, Copy)]
enum Counted {
    BadChecksum,
    Gap,
    Again,
    ZeroWindow,
}

impl Counted {
    const LETTERS: [u8; 4] = *b"cgtw";
}

/// What an end has in the history so far.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Kinds that stand there, one bit each.
    kinds: u8,
    counts: [u16; 4],
    /// Numbers of its last SYN, FIN and reset.
    numbers: [Seq; 3],
}

/// Keeps the history and what its word is made of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recorder {
    history: History,
    told: Pair<Told>,
    standings: Pair<Standing>,
    /// When it was over.
    over: Option<Time>,
}

impl Recorder {
    /// Adds a segment of `from`, which is one with these marks; `again`: it carries octets, none of them for the first time.
    pub(super) fn note(&mut self, from: Side, facts: &Facts, marks: &Marks, again: bool) {
        if self.over.is_some_and(|over| facts.time.since(over) > CLOSE_DELAY) {
            return;
        }
        let first = self.history.len == 0 && self.standings == Pair::default();
        if first && from == Side::Server {
            self.history.push(from, b'^');
        }
        if marks.has(Mark::BadChecksum) {
            return self.count(from, Counted::BadChecksum);
        }
        self.note_kind(from, &facts.arriving);
        if facts.window == 0 && self.window_matters(from, facts.arriving.flags) {
            self.count(from, Counted::ZeroWindow);
        }
        if again {
            self.count(from, Counted::Again);
        }
        self.standings.follow(from, facts.arriving.flags, facts.arriving.len);
        if self.over.is_none() && self.standings.is_over() {
            self.over = Some(facts.time);
        }
        let gap = marks.has(Mark::GapInCapture) || marks.has(Mark::AckUnseen);
        if gap && self.standings == Pair::both(Standing::Established) {
            self.count(from.other(), Counted::Gap);
        }
    }

    /// The word for it; `empty`: no octet of payload was seen.
    pub(super) fn conn_state(&self, empty: bool) -> ConnState {
        self.standings.word(&self.history, empty)
    }

    pub(super) const fn history(&self) -> History {
        self.history
    }

    fn note_kind(&mut self, from: Side, segment: &Arriving) {
        let Some((letter, kind)) = letter(segment) else { return };
        let number = if matches!(kind, Kind::Fin) { segment.seq + segment.len } else { segment.seq };
        let told = &mut self.told[from];
        let bit = 1 << kind as u8;
        let mut new = told.kinds & bit == 0;
        told.kinds |= bit;
        if let Some(last) = told.numbers.get_mut(kind as usize) {
            new |= *last != number;
            *last = number;
        }
        if new {
            self.history.push(from, letter);
        }
    }

    fn count(&mut self, from: Side, what: Counted) {
        let count = &mut self.told[from].counts[what as usize];
        *count = count.saturating_add(1);
        if matches!(*count, 1 | 10 | 100 | 1000 | 10_000) {
            self.history.push(from, Counted::LETTERS[what as usize]);
        }
    }

    /// Whether a window of 0 says something: not in a reset or behind one, nor to an end that sends no more.
    fn window_matters(&self, from: Side, flags: Flags) -> bool {
        let gone = matches!(self.standings[from], Standing::Reset { .. });
        !flags.rst() && !gone && self.standings[from.other()] != Standing::Closed
    }
}

impl End {
    /// Whether a segment of this end carries octets, and none of them for the first time.
    pub(super) fn sends_again(&self, facts: &Facts) -> bool {
        let segment = &facts.arriving;
        segment.len > 0 && !segment.flags.rst() && self.base.is_some() && !segment.end().after(self.nxt)
    }
}
