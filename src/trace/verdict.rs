//! The verdict on a connection, from what was remembered of it.

use super::connection::Connection;
use super::{Belief, Handshake, Millis, Pair, ResetNumber, Side, Summary};
use crate::tcp::State;

impl Connection {
    pub(super) fn summary(&self) -> Summary {
        let handshake = self.handshake();
        let one_way = self.only_heard().filter(|_| matches!(handshake, Handshake::OneWay | Handshake::MidStream));
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
            one_way,
            termination: if never_opened { super::Termination::None } else { self.closing.verdict() },
            half_close: self.closing.half_close,
            closed_first: self.closing.first().filter(|_| !never_opened),
            reset_by: self.closing.reset_by,
            // Of a receiver that was never heard nobody knows what it has.
            reset_number: self.breach.number.filter(|number| one_way.is_none() || *number == ResetNumber::Exact),
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
            states: self.last_states(handshake, one_way),
            time_wait: self.time_wait(),
            icmp: self.icmp,
            marks: self.marks,
            retransmissions: self.retransmissions,
            reception: None,
            first_flags: self.first_flags,
        }
    }

    /// How it opened; a handshake of which the capture has one end's part only is not called whole.
    fn handshake(&self) -> Handshake {
        match (self.opening.verdict(), self.only_heard()) {
            _ if self.probing => Handshake::Probe,
            (Handshake::ThreeWay | Handshake::FastOpen, Some(_)) => Handshake::OneWay,
            (Handshake::MidStream, Some(Side::Server)) if self.opening.has_granted(Side::Server) => Handshake::OneWay,
            (verdict, _) => verdict,
        }
    }

    /// The only end that was heard, if it has another end.
    fn only_heard(&self) -> Option<Side> {
        let mut heard = Side::BOTH.into_iter().filter(|side| self.ends[*side].has_packet());
        heard.next().filter(|_| heard.next().is_none() && self.sockets.client != self.sockets.server)
    }

    /// Of an end that was never heard nothing can be said: a SYN may not have reached it.
    fn last_states(&self, handshake: Handshake, one_way: Option<Side>) -> Pair<Belief> {
        let mut states = self.beliefs();
        if let Some(heard) = one_way {
            states[heard.other()] = Belief::default();
        }
        if matches!(handshake, Handshake::Unanswered | Handshake::Unreachable) {
            states.server = Belief::default();
        }
        for side in Side::BOTH.into_iter().filter(|side| self.ends[*side].by_hand) {
            let peer = side.other();
            // A FIN that nobody acknowledged may not have arrived.
            if self.ends[side].is(State::FinWait1) && self.ends[peer].is(State::CloseWait) {
                states[peer] = Belief::default();
            }
            states[side] = Belief::default();
        }
        states
    }

    fn time_wait(&self) -> Pair<bool> {
        let waits = |side: Side| !self.ends[side].by_hand && self.ends[side].is(State::TimeWait);
        Pair { client: waits(Side::Client), server: waits(Side::Server) }
    }
}
