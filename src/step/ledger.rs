//! What both ends have said so far, and the sums behind the numbers of the next segment.

use crate::explain::count;
use crate::tcp::Seq;
use crate::wire::Flags;

/// What matters of a segment to the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// SEG.SEQ.
    pub seq: Seq,
    /// SEG.ACK; significant only with the ACK flag.
    pub ack: Seq,
    /// Octets of payload.
    pub len: u32,
    /// Its flags.
    pub flags: Flags,
}

impl Piece {
    /// Numbers that it takes.
    const fn takes(&self) -> u32 {
        self.len.wrapping_add(self.flags.sequence_len())
    }

    fn end(&self) -> Seq {
        self.seq + self.takes()
    }
}

/// What came from the peer since our last segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// Anything came.
    pub any: bool,
    /// A SYN that was not here before.
    pub syn: bool,
    /// A FIN that was not here before.
    pub fin: bool,
    /// Octets that were not here before.
    pub octets: u32,
}

/// Both directions of one connection, seen from our end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger {
    /// Our initial number, once a SYN of ours was made.
    ours: Option<Seq>,
    /// The peer's.
    theirs: Option<Seq>,
    /// Our last segment that took numbers, and the furthest end of all.
    last: Option<(Piece, Seq)>,
    /// The furthest end of what the peer sent, and the number of its FIN.
    heard: Option<Seq>,
    fin: Option<Seq>,
    /// What we acknowledged last.
    acked: Option<Seq>,
    since: Since,
}

impl Ledger {
    /// The number that counts as 0 in our segments; `piece` begins where none was made.
    #[must_use]
    pub fn ours(&self, piece: &Piece) -> Seq {
        if piece.flags.syn() { piece.seq } else { self.ours.unwrap_or(piece.seq) }
    }

    /// The number that counts as 0 in the peer's.
    #[must_use]
    pub fn theirs(&self) -> Seq {
        self.theirs.unwrap_or_default()
    }

    /// What came since our last segment.
    #[must_use]
    pub const fn since(&self) -> Since {
        self.since
    }

    /// Whether all numbers that `piece` takes were sent before.
    #[must_use]
    pub fn is_again(&self, piece: &Piece) -> bool {
        let behind = self.last.is_some_and(|(_, furthest)| !piece.end().after(furthest));
        // The SYN ACK of a simultaneous open repeats the number of the SYN, and is none.
        let is_first_syn_ack = piece.flags.contains(Flags::SYN | Flags::ACK) && self.acked.is_none();
        piece.takes() > 0 && behind && !is_first_syn_ack
    }

    /// A segment of ours was made; it may be lost before it leaves.
    pub fn made(&mut self, piece: &Piece) {
        if piece.flags.syn() {
            self.ours = Some(piece.seq);
        }
        if piece.takes() > 0 && !self.is_again(piece) {
            self.last = Some((*piece, piece.end()));
        }
        if piece.flags.ack() && !piece.flags.rst() {
            self.acked = Some(piece.ack);
        }
        self.since = Since::default();
    }

    /// A SYN of ours left with another number.
    pub fn begun_at(&mut self, seq: Seq) {
        if let (Some(ours), Some((piece, end))) = (&mut self.ours, &mut self.last) {
            let moved = seq - *ours;
            (*ours, piece.seq, *end) = (seq, piece.seq + moved, *end + moved);
        }
    }

    /// A segment of the peer came.
    pub fn came(&mut self, piece: &Piece) {
        self.since.any = true;
        if piece.flags.rst() {
            return;
        }
        if piece.flags.syn() {
            self.since.syn |= self.theirs.is_none();
            self.theirs.get_or_insert(piece.seq);
        }
        let before = self.heard.unwrap_or(piece.seq);
        let new = if piece.end().after(before) { piece.end() - before } else { 0 };
        if new == 0 {
            return;
        }
        let is_new_fin = piece.flags.fin() && self.fin.is_none();
        if is_new_fin {
            self.since.fin = true;
            self.fin = Some(piece.end());
        }
        self.since.octets += new - (u32::from(is_new_fin) + u32::from(piece.flags.syn())).min(new);
        self.heard = Some(piece.end());
    }

    /// How SEG.SEQ of our next segment comes about; numbers are shown from `zero` on.
    #[must_use]
    pub fn seq_words(&self, piece: &Piece, zero: Seq) -> String {
        let shown = piece.seq - zero;
        if piece.flags.syn() {
            let wire = if zero == Seq(0) { String::new() } else { format!(": {} on the wire", piece.seq) };
            return format!("{shown}, your initial number{wire}");
        }
        let Some((last, furthest)) = self.last else { return format!("{shown}, by no segment before it") };
        if piece.seq == furthest {
            let (terms, what) = parts(&last);
            let sum = format!("{shown} = {}{terms}: behind your {what}", last.seq - zero);
            return if piece.takes() == 0 { sum + "; a bare ACK takes no number" } else { sum };
        }
        if piece.seq.before(furthest) {
            return format!("{shown} once more: from there on nothing is acknowledged");
        }
        format!("{shown}, by no segment before it")
    }

    /// How SEG.ACK comes about; none without the ACK flag. `peer` has an article: `the server`.
    #[must_use]
    pub fn ack_words(&self, piece: &Piece, zero: Seq, peer: &str) -> Option<String> {
        if !piece.flags.ack() {
            return None;
        }
        let shown = piece.ack - zero;
        let Some(theirs) = self.theirs else { return Some(format!("{shown}, though nothing came from {peer}")) };
        let before = self.acked.unwrap_or(theirs);
        let new = piece.ack - before;
        if new == 0 {
            return Some(format!("{shown} still: the next number that {peer} is to send"));
        }
        let syn = u32::from(self.acked.is_none());
        let fin = u32::from(self.fin.is_some_and(|fin| fin == piece.ack && fin.after(before)));
        let len = new.wrapping_sub(syn + fin);
        let (terms, what) = sum(syn == 1, len, fin == 1);
        Some(format!("{shown} = {}{terms}: {peer}'s {what}", before - zero))
    }
}

/// What a segment adds to its number: `+ 1`, and for what.
fn parts(piece: &Piece) -> (String, String) {
    sum(piece.flags.syn(), piece.len, piece.flags.fin())
}

fn sum(syn: bool, len: u32, fin: bool) -> (String, String) {
    let rows = [
        (syn, " + 1".to_owned(), "SYN".to_owned()),
        (len > 0, format!(" + {len}"), count(u64::from(len), "byte")),
        (fin, " + 1".to_owned(), "FIN".to_owned()),
    ];
    let there = || rows.iter().filter(|row| row.0);
    let what: Vec<&str> = there().map(|row| row.2.as_str()).collect();
    let terms = there().map(|row| row.1.as_str()).collect();
    let one = if what.len() == 1 && len == 0 { ", which takes one number" } else { "" };
    (terms, what.join(" and ") + one)
}
