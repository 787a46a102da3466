//! How a connection opened and how it ended: what the verdict needs to remember.

use std::time::Duration;

use super::end::{End, Facts};
use super::reading::Reading;
use super::{Handshake, Millis, Pair, Side, Termination};
use crate::tcp::Arriving;
use crate::wire::Time;

/// What was seen of the opening.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Opening {
    /// The client's first SYN.
    first_syn: Option<Time>,
    /// A SYN came that its receiver had to drop.
    dropped_syn: bool,
    /// SYNs of the client, repetitions included.
    pub(super) syns: u16,
    /// The first answer to it.
    answered: Option<Time>,
    /// When both ends were synchronized.
    completed: Option<Time>,
    /// Who sent a SYN without ACK.
    syn: Pair<bool>,
    /// Who sent a SYN,ACK that its receiver took.
    syn_ack: Pair<bool>,
    /// Octets on the SYN were acknowledged with it.
    syn_data_acked: bool,
    /// A reset came before it was complete.
    reset: bool,
    /// An ICMP error came before it was complete.
    unreachable: bool,
}

/// A segment, and what came of it: what the verdict is made of.
pub(super) struct Outcome<'a> {
    pub(super) from: Side,
    pub(super) facts: &'a Facts,
    pub(super) reading: &'a Reading,
    /// The receiver took it for what it is.
    pub(super) accepted: bool,
    /// It is a reset that ended something.
    pub(super) reset: bool,
}

impl Opening {
    /// Of a connection that has been told of.
    pub(super) fn long_past(now: Time) -> Self {
        Self { completed: Some(now), ..Self::default() }
    }

    pub(super) fn note(&mut self, outcome: &Outcome<'_>, ends: &Pair<End>) {
        let (segment, time) = (&outcome.facts.arriving, outcome.facts.time);
        let flags = segment.flags;
        let answer = outcome.from == Side::Server && self.first_syn.is_some();
        if flags.syn() && !flags.rst() {
            self.note_syn(outcome);
        }
        if answer && outcome.accepted && (flags.syn() || outcome.reset) {
            self.answered.get_or_insert(time);
        }
        self.reset |= outcome.reset && self.completed.is_none();
        let synchronized = ends.client.is_synchronized() && ends.server.is_synchronized();
        if synchronized && self.first_syn.is_some() && !ends.server.guessed {
            self.completed.get_or_insert(time);
        }
    }

    fn note_syn(&mut self, outcome: &Outcome<'_>) {
        let segment = &outcome.facts.arriving;
        if segment.flags.ack() {
            self.syn_ack[outcome.from] |= outcome.accepted;
            self.syn_data_acked |= outcome.reading.acked.syn && outcome.reading.acked.octets > 0;
            return;
        }
        self.syn[outcome.from] = true;
        if outcome.from == Side::Client {
            self.first_syn.get_or_insert(outcome.facts.time);
            self.syns = self.syns.saturating_add(1);
        }
    }

    /// A segment came that its receiver had to drop.
    pub(super) const fn note_dropped(&mut self, segment: &Arriving) {
        self.dropped_syn |= segment.flags.syn() && !segment.flags.ack();
    }

    /// An ICMP error came that the client believed.
    pub(super) fn note_unreachable(&mut self, time: Time) {
        self.unreachable |= self.completed.is_none();
        self.answered.get_or_insert(time);
    }

    /// Whether `side` sent a SYN,ACK that its receiver took.
    pub(super) fn has_granted(&self, side: Side) -> bool {
        self.syn_ack[side]
    }

    pub(super) const fn is_complete(&self) -> bool {
        self.completed.is_some()
    }

    pub(super) fn verdict(&self) -> Handshake {
        match self {
            Self { first_syn: None, dropped_syn: true, .. } => Handshake::Unanswered,
            Self { first_syn: None, .. } => Handshake::MidStream,
            _ if self.syn.server => self.without_listener(),
            Self { completed: Some(_), syn_data_acked: true, .. } => Handshake::FastOpen,
            Self { completed: Some(_), .. } => Handshake::ThreeWay,
            Self { reset: true, syn_ack: Pair { server: true, .. }, .. } => Handshake::Aborted,
            Self { syn_ack: Pair { server: true, .. }, .. } => Handshake::SynReceived,
            Self { unreachable: true, .. } => Handshake::Unreachable,
            Self { reset: true, answered: Some(_), .. } => Handshake::Refused,
            _ => Handshake::Unanswered,
        }
    }

    /// Both sent a bare SYN. A server that saw the client's first answers no SYN,ACK any more.
    const fn without_listener(&self) -> Handshake {
        if self.syn_ack.client && !self.syn_ack.server { Handshake::Split } else { Handshake::SimultaneousOpen }
    }

    pub(super) fn rtt(&self) -> Option<Duration> {
        Some(self.answered?.since(self.first_syn?))
    }

    pub(super) fn time(&self) -> Option<Millis> {
        Some(Millis(self.completed?.since(self.first_syn?)))
    }

    /// How long the whole way there and back takes, whatever the place of the capturer; none where a SYN was repeated,
    /// which the time would count.
    pub(super) fn path_rtt(&self) -> Option<Duration> {
        self.time().filter(|_| self.syns == 1).map(|millis| millis.0)
    }
}

/// What was seen of the end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Closing {
    /// Whose FIN came first, and when.
    first_fin: Option<(Side, Time)>,
    /// Whose FIN was acknowledged.
    acked: Pair<bool>,
    /// When the last of them was.
    last_acked: Option<Time>,
    second: Option<Second>,
    /// Whose reset ended it, where it was not over.
    pub(super) reset_by: Option<Side>,
    /// When it did.
    reset_at: Option<Time>,
    pub(super) half_close: bool,
}

/// What the second FIN told of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    /// It did not know of it: the two crossed.
    Crossed,
    /// It acknowledged it.
    Acknowledges,
    /// It followed an acknowledgment of it.
    Follows,
}

impl Closing {
    /// Of a connection that has been told of; `complete`: both FINs were acknowledged.
    pub(super) fn over(complete: bool) -> Self {
        Self { acked: Pair::both(complete), ..Self::default() }
    }

    /// The handshake was completed: a reset before that ended something older.
    pub(super) const fn forget_reset(&mut self) {
        self.reset_by = None;
        self.reset_at = None;
    }

    pub(super) fn note(&mut self, outcome: &Outcome<'_>) {
        let (from, peer, time) = (outcome.from, outcome.from.other(), outcome.facts.time);
        let acknowledged_before = self.acked[peer];
        if outcome.reading.acked.fin {
            self.acked[peer] = true;
            self.last_acked = Some(time);
        }
        self.half_close |= outcome.reading.new_octets > 0 && self.acked[peer];
        match self.first_fin {
            None if outcome.reading.new_fin => self.first_fin = Some((from, time)),
            Some((first, _)) if outcome.reading.new_fin && first != from => {
                self.second = Some(match (acknowledged_before, self.acked[peer]) {
                    (true, _) => Second::Follows,
                    (false, true) => Second::Acknowledges,
                    (false, false) => Second::Crossed,
                });
            }
            _ => {}
        }
        if outcome.reset && !self.is_complete() {
            self.reset_by.get_or_insert(from);
            self.reset_at.get_or_insert(time);
        }
    }

    /// Whether both FINs were sent and acknowledged.
    pub(super) const fn is_complete(&self) -> bool {
        self.acked.client && self.acked.server
    }

    /// Whether both FINs were under way at once.
    pub(super) fn has_crossed(&self) -> bool {
        self.second == Some(Second::Crossed)
    }

    /// Whether the FIN of `side` was acknowledged.
    pub(super) fn is_acknowledged(&self, side: Side) -> bool {
        self.acked[side]
    }

    pub(super) fn verdict(&self) -> Termination {
        match (self.reset_by, self.is_complete(), self.second, self.first_fin) {
            (Some(_), ..) => Termination::Reset,
            (None, true, Some(Second::Crossed), _) => Termination::SimultaneousClose,
            (None, true, Some(Second::Acknowledges), _) => Termination::ThreeSegment,
            (None, true, Some(Second::Follows), _) => Termination::FourSegment,
            (None, _, _, Some(_)) => Termination::OneSided,
            (None, _, _, None) => Termination::None,
        }
    }

    /// Whose FIN came first, or else whose reset.
    pub(super) fn first(&self) -> Option<Side> {
        self.first_fin.map(|(side, _)| side).or(self.reset_by)
    }

    /// `first`: when the connection's first segment was seen, which a reset is timed from.
    pub(super) fn time(&self, first: Time) -> Option<Millis> {
        if let Some(reset) = self.reset_at {
            return Some(Millis(reset.since(first)));
        }
        Some(Millis(self.last_acked?.since(self.first_fin?.1)))
    }
}
