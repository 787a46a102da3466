//! Ends that nobody wanted: how far a connection got, whether its reset was to be believed, and what was cut off.

use serde::{Serialize, Serializer};

use super::end::End;
use super::progress::Outcome;
use super::{Handshake, Pair, Side};
use crate::tcp::{Arriving, Seq, State, Variables};

/// What the number of a reset is to its receiver (RFC 9293 section 3.5.3 with RFC 5961 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResetNumber {
    /// RCV.NXT: the reset counts. In SYN-SENT: it acknowledges the SYN.
    Exact,
    /// In the window, but not RCV.NXT: the reset is answered with a challenge ACK.
    InWindow,
    /// Outside the window: the reset is dropped. In SYN-SENT: it does not acknowledge the SYN.
    Outside,
}

impl ResetNumber {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Exact, Self::InWindow, Self::Outside];

    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::InWindow => "in-window",
            Self::Outside => "outside",
        }
    }

    /// Of a `reset` to the end at `to`, which is in `state` with these `variables`; none of any other segment, where nobody is
    /// there to take it, or where the capture does not tell what the receiver expects. What was on its way to the receiver may have arrived or
    /// not, and of a window that was never seen nobody knows the edge.
    pub(super) fn of(
        state: Option<State>,
        variables: &Variables,
        ends: &Pair<End>,
        to: Side,
        reset: &Arriving,
    ) -> Option<Self> {
        if !reset.flags.rst() {
            return None;
        }
        let (own, peer) = (&ends[to], &ends[to.other()]);
        match state {
            Some(State::Closed | State::Listen) => return None,
            Some(State::SynSent) => {
                let answers = reset.flags.ack() && variables.acknowledges_new(reset.ack);
                return Some(if answers { Self::Exact } else { Self::Outside });
            }
            _ => peer.base?,
        };
        let (expected, seq) = (variables.rcv_nxt, reset.seq);
        let certain = own.last_ack.unwrap_or(expected);
        if seq == expected {
            return Some(Self::Exact);
        }
        if seq.before(expected) {
            return seq.before(certain).then_some(Self::Outside);
        }
        let inside = variables.in_window(seq, reset.sequence_len());
        own.right_edge.map(|_| if inside { Self::InWindow } else { Self::Outside })
    }
}

impl Serialize for ResetNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How far a connection got that did not come to an orderly end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Its handshake was never complete.
    AfterSyn,
    /// It was open, and no octet was sent.
    AfterAck,
    /// One segment with octets was sent.
    AfterFirstData,
    /// More than that.
    Later,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::AfterSyn, Self::AfterAck, Self::AfterFirstData, Self::Later];

    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterSyn => "after-syn",
            Self::AfterAck => "after-ack",
            Self::AfterFirstData => "after-first-data",
            Self::Later => "later",
        }
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Octets for the sender of a reset that it cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CutOff {
    /// Octets that only the reset itself acknowledges: they had arrived, and hardly anybody has read them.
    pub unread: u32,
    /// Octets that were never acknowledged.
    pub unacknowledged: u32,
    /// Octets that came behind the last ones that the sender of the reset sent. Those that it has acknowledged may have
    /// been read or not.
    pub unanswered: u64,
}

impl CutOff {
    /// By `reset` of `from`, to which the peer sent so many octets without an answer.
    fn of(from: Side, reset: &Arriving, ends: &Pair<End>, unanswered: u64) -> Self {
        let (end, peer) = (&ends[from], &ends[from.other()]);
        let Some(base) = peer.base else { return Self { unanswered, ..Self::default() } };
        let start = peer.iss.map_or(base, |iss| iss + 1);
        let stop = peer.fin.unwrap_or(peer.nxt);
        let between = |from: Seq, to: Seq| if to.after(from) { to - from } else { 0 };
        let acknowledged = end.last_ack.map_or(start, |ack| ack.max(start));
        let by_reset = if reset.flags.ack() && !reset.ack.after(peer.nxt) { reset.ack } else { acknowledged };
        let by_reset = if by_reset.after(stop) { stop } else { by_reset.max(acknowledged) };
        Self { unread: between(acknowledged, by_reset), unacknowledged: between(by_reset, stop), unanswered }
    }
}

/// What is remembered for the case of a reset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breach {
    /// Segments with octets that were seen for the first time: none, one, or more.
    segments: u8,
    /// Octets that each end sent since the other's last.
    unanswered: Pair<u64>,
    /// Of the reset that ended the connection, or else of the last one.
    pub(super) number: Option<ResetNumber>,
    /// By the reset that ended it.
    pub(super) cut_off: Option<CutOff>,
}

impl Breach {
    /// Notes a segment; `number`: if it is a reset, what its number is to its receiver; `ended`: a reset has ended the
    /// connection.
    pub(super) fn note(&mut self, outcome: &Outcome<'_>, ends: &Pair<End>, number: Option<ResetNumber>, ended: bool) {
        if self.cut_off.is_some() {
            return;
        }
        let (from, segment, octets) = (outcome.from, &outcome.facts.arriving, outcome.reading.new_octets);
        if octets > 0 {
            self.segments = self.segments.saturating_add(1);
            self.unanswered[from] += u64::from(octets);
            self.unanswered[from.other()] = 0;
        }
        if segment.flags.rst() {
            self.number = number;
            self.cut_off = ended.then(|| CutOff::of(from, segment, ends, self.unanswered[from.other()]));
        }
    }

    /// The handshake was completed after all: a reset before it was for an older connection.
    pub(super) const fn forget_reset(&mut self) {
        self.cut_off = None;
    }

    /// How far a connection got that opened like this, if its end was no orderly one; `complete`: its handshake was.
    pub(super) const fn stage(&self, handshake: Handshake, complete: bool) -> Option<Stage> {
        use Handshake::{Aborted, MidStream, OneWay, Probe, Refused, SynReceived, Unanswered, Unreachable};
        match (handshake, self.cut_off, self.segments) {
            (Refused | Unanswered | Unreachable | SynReceived | Aborted, ..) => Some(Stage::AfterSyn),
            (_, None, _) => None,
            (_, Some(_), 2..) => Some(Stage::Later),
            // What came before the capture, or from the other end, is not known.
            (OneWay | MidStream | Probe, Some(_), _) => None,
            (_, Some(_), _) if !complete => Some(Stage::AfterSyn),
            (_, Some(_), 0) => Some(Stage::AfterAck),
            (_, Some(_), _) => Some(Stage::AfterFirstData),
        }
    }
}
