//! The table of `table.txt`: 36 segments in 12 states.

use rawshake::tcp::{Arriving, Relative, Seq, State, Variables};
use rawshake::wire::Flags;

/// A column: its short name, the state, and whether the end has no program any more.
pub(crate) const COLUMNS: [(&str, State, bool); 12] = [
    ("cl", State::Closed, false),
    ("li", State::Listen, false),
    ("ss", State::SynSent, false),
    ("sr", State::SynReceived, false),
    ("es", State::Established, false),
    ("f1", State::FinWait1, false),
    ("f2", State::FinWait2, false),
    ("f2o", State::FinWait2, true),
    ("cw", State::CloseWait, false),
    ("cg", State::Closing, false),
    ("la", State::LastAck, false),
    ("tw", State::TimeWait, false),
];

/// A segment of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    /// Letters of the flags.
    pub(crate) letters: &'static str,
    pub(crate) seq: &'static str,
    /// `-` where the segment has no ACK flag.
    pub(crate) ack: &'static str,
    pub(crate) len: u32,
    pub(crate) damaged: bool,
}

impl Probe {
    pub(crate) fn flags(&self) -> Flags {
        let known = rawshake::wire::FLAG_NAMES.iter();
        known.filter(|row| self.letters.contains(row.2)).fold(Flags::NONE, |flags, row| flags.with(row.0))
    }

    pub(crate) fn seq(&self) -> Relative {
        self.seq.parse().expect("a number of the table")
    }

    /// Zero where there is none.
    pub(crate) fn ack(&self) -> Relative {
        if self.ack == "-" { Relative::absolute(0) } else { self.ack.parse().expect("a number of the table") }
    }

    /// As it arrives at an end with these variables.
    pub(crate) fn arriving(&self, receiver: &Variables) -> Arriving {
        let (seq, ack) = (self.seq().resolve(receiver), self.ack().resolve(receiver));
        Arriving { seq, ack, flags: self.flags(), len: self.len, signed: false }
    }
}

/// What comes of a segment: the letters of the reply, and the state afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comes {
    pub(crate) reply: &'static str,
    pub(crate) state: State,
}

impl Comes {
    fn read(text: &'static str, before: State) -> Self {
        let (reply, next) = text.split_once('>').map_or((text, None), |(reply, next)| (reply, Some(next)));
        assert!(["-", "A", "R", "RA", "SA"].contains(&reply), "{text}");
        let named = |name| COLUMNS.iter().find(|column| column.0 == name).expect("a state of the table").1;
        Self { reply, state: next.map_or(before, named) }
    }
}

/// The letters of an answer.
pub(crate) fn letters(flags: Option<Flags>) -> &'static str {
    match flags.map(Flags::bits) {
        None => "-",
        Some(0x10) => "A",
        Some(0x04) => "R",
        Some(0x14) => "RA",
        Some(0x12) => "SA",
        Some(_) => "?",
    }
}

/// A cell of the table.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) probe: Probe,
    pub(crate) state: State,
    pub(crate) orphan: bool,
    pub(crate) rfc: Comes,
    pub(crate) linux: Comes,
}

/// Every cell, row by row.
pub(crate) fn cells() -> Vec<Cell> {
    let mut lines = include_str!("table.txt").lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> =
        lines.next().and_then(|line| line.rsplit('|').next()).unwrap_or("").split_whitespace().collect();
    assert_eq!(names, COLUMNS.map(|column| column.0));
    let cells: Vec<Cell> = lines.flat_map(row).collect();
    assert_eq!(cells.len(), 36 * COLUMNS.len());
    cells
}

fn row(line: &'static str) -> Vec<Cell> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let &[name, letters, seq, ack, len, row] = fields.as_slice() else { panic!("six fields: {line}") };
    let damaged = len.ends_with('!');
    let len = len.trim_end_matches('!').parse().expect("a length");
    let probe = Probe { name, letters: letters.trim_matches('-'), seq, ack, len, damaged };
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells.len(), COLUMNS.len(), "{line}");
    let cell = |((_, state, orphan), text): ((&str, State, bool), &'static str)| {
        let (rfc, linux) = text.split_once('/').unwrap_or((text, text));
        Cell { probe, state, orphan, rfc: Comes::read(rfc, state), linux: Comes::read(linux, state) }
    };
    COLUMNS.into_iter().zip(cells).map(cell).collect()
}

/// The numbers of an end in `state` that has neither sent nor received any data; those of CLOSED and LISTEN, where no
/// connection is, are those that it would have.
pub(crate) fn variables(state: State) -> Variables {
    let (iss, irs, window) = (Seq(7_000_000), Seq(90_000_000), 64_240);
    let fin_sent = !matches!(
        state,
        State::Closed | State::Listen | State::SynSent | State::SynReceived | State::Established | State::CloseWait
    );
    let fin_received = matches!(state, State::CloseWait | State::Closing | State::LastAck | State::TimeWait);
    let snd_nxt = iss + 1 + u32::from(fin_sent);
    let unacknowledged =
        matches!(state, State::SynSent | State::SynReceived | State::FinWait1 | State::Closing | State::LastAck);
    Variables {
        iss,
        snd_una: snd_nxt - u32::from(unacknowledged),
        snd_nxt,
        max_snd_wnd: window,
        irs,
        rcv_nxt: irs + 1 + u32::from(fin_received),
        rcv_wnd: window,
        passive: state != State::SynSent,
    }
}
