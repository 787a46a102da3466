//! Marks of resets: who refuses what, who knows of no connection, and why one ends in the midst.

use super::connection::{Connection, Step};
use super::end::{Facts, Probe};
use super::{Handshake, Mark, Pair, Side};
use crate::tcp::State;
use crate::wire::Flags;

impl Connection {
    /// What the reset of `from` with `facts` tells of its sender.
    pub(super) fn reset_mark(&self, from: Side, facts: &Facts, step: &Step) -> Option<Mark> {
        let stranger = self.is_stranger(from, facts);
        if !step.judgement.resets {
            return stranger.then_some(Mark::HalfOpen);
        }
        let states = Pair { client: step.before.client.state, server: step.before.server.state };
        match (self.opening.verdict(), from) {
            (Handshake::Refused, Side::Server) => Some(Mark::Refused),
            (Handshake::Aborted, Side::Client) => Some(Mark::HandshakeReset),
            _ if states[from.other()] == Some(State::TimeWait) => Some(Mark::TimeWaitAssassination),
            _ if stranger => Some(Mark::HalfOpen),
            // Behind its own FIN an end resets what nobody can read: that is a mark of the data.
            _ if !matches!(states[from], Some(State::Established | State::CloseWait)) => None,
            _ if self.is_from_elsewhere(from, facts) => Some(Mark::Abort),
            _ if self.is_unaware(from, facts) => Some(self.unaware()),
            _ => Some(self.abort(from)),
        }
    }

    /// Whether a reset comes from an end that was never heard and quotes what its peer acknowledged: it knows of no
    /// connection (RFC 9293 section 3.5.1, figure 10).
    fn is_stranger(&self, from: Side, facts: &Facts) -> bool {
        let mid_stream = self.opening.verdict() == Handshake::MidStream;
        mid_stream && !self.ends[from].was_heard() && self.quotes(from, facts)
    }

    /// Whether a reset has no ACK, and the number that its peer acknowledged last: what an end without a connection
    /// answers (RFC 9293 section 3.10.7.1). No answer carries SYN as well.
    fn quotes(&self, from: Side, facts: &Facts) -> bool {
        let segment = &facts.arriving;
        !segment.flags.intersects(Flags::SYN | Flags::ACK) && self.ends[from.other()].last_ack == Some(segment.seq)
    }

    /// Whether an end that was heard before answers its peer's segment so: it knows of the connection no more.
    fn is_unaware(&self, from: Side, facts: &Facts) -> bool {
        let (end, peer) = (&self.ends[from], &self.ends[from.other()]);
        let answers = peer.last_packet.seen().before(facts.time) < end.last_packet.seen().before(facts.time);
        answers && self.quotes(from, facts)
    }

    /// Whether it came another way than all before it: nothing can be said of what its sender knows.
    fn is_from_elsewhere(&self, from: Side, facts: &Facts) -> bool {
        self.ends[from].was_heard() && self.ends[from].ttl != facts.imprint.ttl
    }

    /// Whether nothing but the handshake was sent.
    const fn is_empty(&self) -> bool {
        !self.ends.client.spoke && !self.ends.server.spoke
    }

    const fn unaware(&self) -> Mark {
        if self.is_empty() && self.opening.is_complete() { Mark::LateRefusal } else { Mark::HalfOpen }
    }

    /// Why `from` resets the connection that it has.
    fn abort(&self, from: Side) -> Mark {
        let (end, peer) = (&self.ends[from], &self.ends[from.other()]);
        let heard_last = self.octets[from.other()] > 0 && peer.nxt_time > end.nxt_time;
        match peer.probed {
            Probe::KeepAlive | Probe::ZeroWindow => Mark::GaveUp,
            Probe::None if from == Side::Server && end.passive && self.is_empty() => Mark::ListenerClosed,
            Probe::None if heard_last => Mark::AbortUnread,
            Probe::None => Mark::Abort,
        }
    }
}
