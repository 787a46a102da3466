//! The receive side: what has arrived, in order and ahead of order.
//!
//! Nobody reads the octets here (they are shown from the capture), so only their numbers are kept: memory stays small
//! whatever the peer sends.

use crate::tcp::Seq;

/// Ranges ahead of order that are kept at most; what does not fit is not acknowledged, so the peer sends it again.
const MAX_HELD: usize = 32;

/// Sequence numbers from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: Seq,
    end: Seq,
}

/// RCV.NXT, RCV.WND and what has arrived ahead of RCV.NXT.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    nxt: Seq,
    /// The highest number ever offered plus one: a window is never taken back (RFC 9293 section 3.8.6).
    edge: Seq,
    capacity: u32,
    shift: u8,
    /// Sorted, disjoint, all beyond `nxt`.
    held: Vec<Range>,
    /// Where the last one of `held` arrived.
    latest: Seq,
    /// Number of the peer's FIN.
    fin: Option<Seq>,
    fin_taken: bool,
    synchronized: bool,
}

impl Receiver {
    pub(super) const fn new(capacity: u32) -> Self {
        let zero = Seq(0);
        Self {
            nxt: zero,
            edge: zero,
            capacity,
            shift: 0,
            held: Vec::new(),
            latest: zero,
            fin: None,
            fin_taken: false,
            synchronized: false,
        }
    }

    /// The peer's SYN arrived: IRS is known.
    pub(super) fn synchronize(&mut self, irs: Seq) {
        self.synchronized = true;
        self.nxt = irs + 1;
        self.edge = self.nxt + self.capacity.min(u32::from(u16::MAX));
    }

    /// Whether the peer's SYN has arrived.
    pub(super) const fn is_synchronized(&self) -> bool {
        self.synchronized
    }

    pub(super) const fn set_shift(&mut self, shift: u8) {
        self.shift = shift;
    }

    /// How much there is room for now. True where the window was nearly closed and is wide again, which the peer shall
    /// learn.
    pub(super) fn set_capacity(&mut self, capacity: u32, most: u32) -> bool {
        self.capacity = capacity;
        self.synchronized && self.edge - self.nxt < most / 4 && capacity >= most / 2
    }

    /// RCV.NXT.
    pub(super) const fn nxt(&self) -> Seq {
        self.nxt
    }

    /// What the window field of a SYN says: never scaled (RFC 7323 section 2.2).
    pub(super) fn syn_window(&self) -> u16 {
        u16::try_from(self.capacity).unwrap_or(u16::MAX)
    }

    /// What the window field says now; from here on the peer may send up to there.
    pub(super) fn offer_window(&mut self) -> u16 {
        // What was offered is never taken back, though there may be less room by now.
        let offered = (self.edge - self.nxt) >> self.shift;
        let field = u16::try_from(self.capacity.div_ceil(1 << self.shift).max(offered)).unwrap_or(u16::MAX);
        self.edge = self.edge.max(self.nxt + (u32::from(field) << self.shift));
        field
    }

    /// RFC 9293 section 3.10.7.4, first check: whether any of the `len` numbers from `seq` on may be received.
    pub(super) fn acceptable(&self, seq: Seq, len: u32) -> bool {
        let window = self.edge - self.nxt;
        match (len, window) {
            (0, 0) => seq == self.nxt,
            (0, _) => seq.within(self.nxt, window),
            (_, 0) => false,
            (..) => seq.within(self.nxt, window) || (seq + (len - 1)).within(self.nxt, window),
        }
    }

    /// Takes `len` octets from `seq` on, and a FIN behind them; acceptable ones only. True where RCV.NXT moved.
    pub(super) fn take(&mut self, seq: Seq, len: u32, fin: bool) -> bool {
        let end = seq + len;
        if fin && self.fin.is_none() && !end.before(self.nxt) && !end.after(self.edge) {
            self.fin = Some(end);
        }
        // Octets beyond a FIN cannot be (RFC 9293 section 3.10.7.4, eighth check: it is the last of the text).
        let limit = self.fin.filter(|fin| fin.before(self.edge)).unwrap_or(self.edge);
        let start = seq.max(self.nxt);
        let end = if end.after(limit) { limit } else { end };
        if !start.before(end) || self.fin_taken {
            return false;
        }
        self.hold(Range { start, end });
        self.advance()
    }

    /// Puts `new` among the ranges held, joined with those it touches.
    fn hold(&mut self, mut new: Range) {
        let touches = |held: &Range, new: &Range| !held.end.before(new.start) && !held.start.after(new.end);
        let joined = self.held.iter().filter(|held| touches(held, &new)).count();
        if joined == 0 && self.held.len() == MAX_HELD && new.start != self.nxt {
            return;
        }
        self.latest = new.start;
        self.held.retain(|held| {
            let touching = touches(held, &new);
            if touching {
                new.start = if held.start.before(new.start) { held.start } else { new.start };
                new.end = new.end.max(held.end);
            }
            !touching
        });
        let place = self.held.iter().take_while(|held| held.start.before(new.start)).count();
        self.held.insert(place, new);
    }

    fn advance(&mut self) -> bool {
        match self.held.first() {
            Some(first) if first.start == self.nxt => {
                self.nxt = first.end;
                self.held.remove(0);
                true
            }
            _ => false,
        }
    }

    /// Whether everything before the peer's FIN has arrived, and the FIN itself waits to be taken.
    pub(super) fn fin_waits(&self) -> bool {
        !self.fin_taken && self.fin == Some(self.nxt)
    }

    /// Takes the FIN: it takes one number.
    pub(super) fn take_fin(&mut self) {
        self.fin_taken = true;
        self.nxt += 1;
        self.edge = self.edge.max(self.nxt);
    }

    /// Whether the peer's FIN has been taken.
    pub(super) const fn has_fin(&self) -> bool {
        self.fin_taken
    }

    /// Blocks for a SACK option, the one that arrived last first (RFC 2018 section 4).
    pub(super) fn sack_blocks(&self, most: usize) -> Vec<(Seq, Seq)> {
        let is_latest = |range: &&Range| self.latest.within(range.start, range.end - range.start);
        let latest = self.held.iter().filter(is_latest);
        let others = self.held.iter().filter(|range| !is_latest(range));
        latest.chain(others).take(most).map(|range| (range.start, range.end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receiver() -> Receiver {
        let mut receiver = Receiver::new(1000);
        receiver.synchronize(Seq(u32::MAX - 10));
        receiver
    }

    #[test]
    fn order_is_restored_across_the_wrap() {
        let mut receiver = receiver();
        let start = receiver.nxt();
        assert!(!receiver.take(start + 10, 10, false));
        assert!(!receiver.take(start + 30, 10, false));
        assert_eq!(receiver.sack_blocks(4), [(start + 30, start + 40), (start + 10, start + 20)]);
        assert!(!receiver.take(start + 20, 10, false));
        assert_eq!(receiver.sack_blocks(4), [(start + 10, start + 40)]);
        assert!(receiver.take(start, 15, false));
        assert_eq!(receiver.nxt(), start + 40);
        assert!(receiver.sack_blocks(4).is_empty());
    }

    #[test]
    fn a_fin_ahead_of_order_waits_for_what_is_missing() {
        let mut receiver = receiver();
        let start = receiver.nxt();
        receiver.take(start + 5, 5, true);
        assert!(!receiver.fin_waits());
        receiver.take(start, 50, false);
        assert!(receiver.fin_waits());
        receiver.take_fin();
        assert_eq!((receiver.nxt(), receiver.has_fin(), receiver.fin_waits()), (start + 11, true, false));
    }

    #[test]
    fn no_more_ranges_are_kept_than_allowed() {
        let mut receiver = receiver();
        let start = receiver.nxt();
        for index in 1..400 {
            receiver.take(start + index * 2, 1, false);
        }
        assert_eq!(receiver.held.len(), MAX_HELD);
        assert!(receiver.take(start, 1000, false));
        assert_eq!(receiver.nxt(), start + 1000);
    }

    #[test]
    fn the_four_cases_of_acceptability() {
        let mut receiver = receiver();
        let nxt = receiver.nxt();
        for (seq, len, expected) in [
            (nxt, 0, true),
            (nxt + 999, 0, true),
            (nxt + 1000, 0, false),
            (nxt - 1, 0, false),
            (nxt - 5, 5, false),
            (nxt - 5, 6, true),
            (nxt + 999, 9, true),
            (nxt + 1000, 1, false),
        ] {
            assert_eq!(receiver.acceptable(seq, len), expected, "{} {len}", seq.distance(nxt));
        }
        receiver.edge = nxt;
        assert!(receiver.acceptable(nxt, 0) && !receiver.acceptable(nxt, 1));
    }
}
