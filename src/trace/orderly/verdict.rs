//! What is told of a connection that came to its end by the book, without following it.

use super::way::Way;
use super::{Orderly, Stage};
use crate::tcp::State;
use crate::trace::completeness::Completeness;
use crate::trace::history::CLOSE_DELAY;
use crate::trace::key::Key;
use crate::trace::late::{Late, Rest};
use crate::trace::{
    Belief, Certainty, ConnState, Event, EventKind, Handshake, History, Marks, Millis, Pair, Side, Summary, Termination,
};
use crate::wire::Flags;

impl Orderly {
    /// What is to be told of it in the end.
    pub(in crate::trace) fn ended(&self, key: &Key) -> Event {
        let Some(summary) = self.verdict(key) else { return self.expand(key).ended() };
        let event = Event { time: self.last(), connection: self.id, kind: EventKind::Ended(summary) };
        debug_assert_eq!(event, self.expand(key).ended());
        event
    }

    /// What is known of one that came to its end without following it.
    fn verdict(&self, key: &Key) -> Option<Summary> {
        let Stage::Over { first: closer, before } = self.stage else { return None };
        let [syn, answer, completed, ..] = &self.kept;
        let fin = self.kept.iter().find(|kept| kept.flags().fin())?;
        let Pair { client, server } = self.sockets(key);
        let octets = |side: Side| u64::from((self.ways[side].nxt - self.ways[side].iss).saturating_sub(2));
        let (bytes_client, bytes_server) = (octets(Side::Client), octets(Side::Server));
        let closed = |side: Side| Belief {
            state: Some(if side == closer { State::TimeWait } else { State::Closed }),
            certainty: Certainty::Inferred,
        };
        // What came later Zeek does not count to it.
        let second_fin = &self.kept[usize::from(self.len - 2)];
        if self.last().since(second_fin.time) > CLOSE_DELAY {
            return None;
        }
        Some(Summary {
            client,
            server,
            first: syn.time,
            last: self.last(),
            segments: u64::from(self.len),
            bytes_client,
            bytes_server,
            first_flags: Flags::SYN,
            handshake: Handshake::ThreeWay,
            one_way: None,
            termination: if before { Termination::FourSegment } else { Termination::ThreeSegment },
            half_close: false,
            closed_first: Some(closer),
            reset_by: None,
            reset_number: None,
            cut_off: None,
            stage: None,
            completeness: Completeness::in_order(bytes_client + bytes_server > 0).bits(),
            conn_state: ConnState::SF,
            history: History::in_order(self.segments().map(|(kept, arriving)| (kept.from, arriving))),
            handshake_rtt: Some(Millis(answer.time.since(syn.time))),
            handshake_time: Some(Millis(completed.time.since(syn.time))),
            termination_time: Some(Millis(self.last().since(fin.time))),
            syns: 1,
            offered: Pair {
                client: Some(self.offers.client.summary(syn.stamps)),
                server: Some(self.offers.server.summary(answer.stamps)),
            },
            ecn: Pair::both(false),
            states: Pair { client: closed(Side::Client), server: closed(Side::Server) },
            time_wait: Pair { client: closer == Side::Client, server: closer == Side::Server },
            icmp: None,
            reception: None,
            marks: Marks::default(),
            retransmissions: Pair::both(0),
        })
    }

    /// What is remembered of one that is over, and told of.
    pub(in crate::trace) fn late(&self, key: &Key, hash: u64) -> Late {
        let rest = |side: Side| {
            let Way { iss, nxt, .. } = self.ways[side];
            let closer = matches!(self.stage, Stage::Over { first, .. } if first == side);
            Rest::closed(iss, nxt, if closer { State::TimeWait } else { State::Closed })
        };
        let ends = Pair { client: rest(Side::Client), server: rest(Side::Server) };
        let late = Late::in_order(self.id, hash, self.last(), self.client_is_low, ends);
        debug_assert_eq!(late, Late::of(&self.expand(key), key, hash));
        late
    }
}
