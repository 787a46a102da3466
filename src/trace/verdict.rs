//! The verdict on a connection, from what was remembered of it.

use super::connection::Connection;
use super::{Belief, Handshake, Millis, Pair, Side, Summary};
use crate::tcp::State;

impl Connection {
    pub(super) fn summary(&self) -> Summary {
        let handshake = if self.probing { Handshake::Probe } else { self.opening.verdict() };
        let asked = self.ends.client.ecn;
        let never_opened = matches!(handshake, Handshake::Refused | Handshake::Unanswered | Handshake::Unreachable);
        Summary {
            client: self.sockets.client,
            server: self.sockets.server,
            first: self.first,
            last: self.last,
            segments: self.segments,
            bytes_client: self.octets.client,
            bytes_server: self.octets.server,
            handshake,
            termination: if never_opened { super::Termination::None } else { self.closing.verdict() },
            half_close: self.closing.half_close,
            closed_first: self.closing.first().filter(|_| !never_opened),
            reset_by: self.closing.reset_by,
            reset_number: self.breach.number,
            cut_off: self.breach.cut_off,
            stage: self.breach.stage(handshake, self.opening.is_complete()),
            completeness: self.completeness.bits(),
            conn_state: self.recorder.conn_state(self.octets == Pair::both(0)),
            history: self.recorder.history(),
            handshake_rtt: self.opening.rtt().map(Millis),
            handshake_time: self.opening.time(),
            termination_time: self.closing.time(self.first).filter(|_| !never_opened),
            syns: self.opening.syns,
            offered: Pair { client: self.ends.client.offered, server: self.ends.server.offered },
            ecn: Pair { client: asked.asks(), server: asked.agrees_with(self.ends.server.ecn) },
            states: self.last_states(handshake),
            time_wait: self.time_wait(),
            icmp: self.icmp,
            marks: self.marks,
            retransmissions: self.retransmissions,
            reception: None,
            first_flags: self.first_flags,
        }
    }

    /// Of a server that was never heard nothing can be said: the SYN may not have reached it.
    fn last_states(&self, handshake: Handshake) -> Pair<Belief> {
        let mut states = self.beliefs();
        if matches!(handshake, Handshake::Unanswered | Handshake::Unreachable) {
            states.server = Belief::default();
        }
        states
    }

    fn time_wait(&self) -> Pair<bool> {
        let waits = |side: Side| self.ends[side].is(State::TimeWait);
        Pair { client: waits(Side::Client), server: waits(Side::Server) }
    }
}
