//! Events for tests, made by hand: a script of segments that keeps the numbers of both ends.

use std::net::SocketAddr;
use std::time::Duration;

use crate::explain::fixture::summary;
use crate::tcp::{Call, Seq, State};
use crate::trace::{
    Acked, Belief, CallNote, CallRole, Certainty, Event, EventKind, IcmpEvent, KernelEvent, KernelKind, Mark, Marks,
    Millis, Opened, Origin, Pair, Preview, SegmentEvent, Side, Summary, Teller, Termination,
};
use crate::wire::{Checksum, Flags, OptionSummary, Time};

pub(crate) use Side::{Client, Server};

pub(crate) const ACK: Flags = Flags::ACK;
pub(crate) const SYN: Flags = Flags::SYN;
pub(crate) const SYN_ACK: Flags = Flags::from_bits(0x012);
pub(crate) const FIN_ACK: Flags = Flags::from_bits(0x011);
pub(crate) const PSH_ACK: Flags = Flags::from_bits(0x018);
pub(crate) const RST: Flags = Flags::RST;
pub(crate) const RST_ACK: Flags = Flags::from_bits(0x014);

/// The initial sequence numbers of both ends.
const ISN: Pair<u32> = Pair { client: 3_735_928_559, server: 4_294_967_290 };

pub(crate) fn micros(number: u64) -> Duration {
    Duration::from_micros(number)
}

/// What Linux offers on a SYN.
pub(crate) fn linux() -> OptionSummary {
    OptionSummary {
        mss: Some(1460),
        sack_permitted: true,
        timestamps: Some((77, 0)),
        window_scale: Some(7),
        ..OptionSummary::default()
    }
}

pub(crate) fn call(side: Side, call: Call) -> CallNote {
    CallNote { side, call, role: CallRole::Causes, certainty: Certainty::Inferred }
}

pub(crate) fn returns(side: Side, call: Call) -> CallNote {
    CallNote { side, call, role: CallRole::Returns, certainty: Certainty::Inferred }
}

/// Makes the events of one connection.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) events: Vec<Event>,
    connection: u32,
    now: Time,
    /// The next relative number of each side.
    next: Pair<u32>,
    acked: Pair<u32>,
    states: Pair<Belief>,
    certainty: Pair<Certainty>,
    /// The SYNs are part of the script.
    opening: bool,
    pub(crate) summary: Summary,
}

impl Script {
    /// The client's states are observed, the server's inferred.
    pub(crate) fn new(client: &str, server: &str) -> Self {
        Self::known(
            client,
            server,
            [Certainty::Observed, Certainty::Inferred],
            [State::Closed, State::Listen].map(Some),
        )
    }

    pub(crate) fn known(client: &str, server: &str, certainty: [Certainty; 2], states: [Option<State>; 2]) -> Self {
        let (client, server): (SocketAddr, SocketAddr) = (client.parse().unwrap(), server.parse().unwrap());
        let certainty = Pair { client: certainty[0], server: certainty[1] };
        let belief = |side, state| Belief { state, certainty: certainty[side] };
        let states = Pair { client: belief(Client, states[0]), server: belief(Server, states[1]) };
        let now = Time::from_parts(1_700_000_000, 0);
        let opened = Event { time: now, connection: 1, kind: EventKind::Opened(Opened { client, server, states }) };
        Self {
            events: vec![opened],
            connection: 1,
            now,
            next: Pair::default(),
            acked: Pair::default(),
            states,
            certainty,
            opening: states.client.state.is_some(),
            summary: summary(client, server, now),
        }
    }

    /// A segment `after` the event before, with the states that the sender and the receiver have then; `edit` changes
    /// what is special about it.
    pub(crate) fn segment(
        &mut self,
        after: Duration,
        from: Side,
        flags: Flags,
        len: u32,
        states: [Option<State>; 2],
        edit: impl FnOnce(&mut SegmentEvent),
    ) -> &mut Self {
        self.now = self.now + after;
        let to = from.other();
        let before = self.states;
        for (side, state) in [from, to].into_iter().zip(states) {
            if let Some(state) = state {
                self.states[side] = Belief { state: Some(state), certainty: self.certainty[side] };
            }
        }
        let relative_ack = self.next[to];
        let new = if flags.ack() { relative_ack - self.acked[to] } else { 0 };
        let syn = self.opening && flags.ack() && self.acked[to] == 0 && relative_ack > 0;
        let mut segment = SegmentEvent {
            number: self.events.len() as u64,
            from,
            origin: Origin::Wire,
            flags,
            seq: Seq(ISN[from]) + self.next[from],
            ack: if flags.ack() { Seq(ISN[to]) + relative_ack } else { Seq(0) },
            relative_seq: self.next[from],
            relative_ack: flags.ack().then_some(relative_ack),
            is_seq_older: false,
            is_ack_older: false,
            len,
            window: 64240,
            scaled_window: Some(64240),
            window_shift: Some(0),
            options: OptionSummary::default(),
            ttl: 64,
            checksum: Checksum::Good,
            urgent: 0,
            acked: Acked { octets: new - u32::from(syn), syn, fin: false },
            before,
            after: self.states,
            calls: [None; 3],
            marks: Marks::default(),
            copy: 1,
            since_start: Duration::ZERO,
            since_first: Duration::ZERO,
            gap: 0,
            restates: false,
            reset_number: None,
            rfc_section: "3.10.7.4",
            preview: Preview::default(),
        };
        edit(&mut segment);
        self.next[from] =
            segment.relative_seq.wrapping_add(len).wrapping_add(flags.sequence_len()).max(self.next[from]);
        if let Some(ack) = segment.relative_ack {
            self.acked[to] = self.acked[to].max(ack);
        }
        self.summary.segments += 1;
        self.summary.last = self.now;
        self.summary.states = self.states;
        self.push(EventKind::Segment(segment))
    }

    pub(crate) fn icmp(&mut self, after: Duration, icmp: IcmpEvent) -> &mut Self {
        self.now = self.now + after;
        self.states = icmp.after;
        self.summary.icmp = Some(icmp);
        self.push(EventKind::Icmp(icmp))
    }

    /// What a kernel tells by a tracepoint.
    pub(crate) fn kernel(&mut self, after: Duration, side: Side, kind: KernelKind) -> &mut Self {
        self.now = self.now + after;
        self.told(side, Teller::Tracepoint, kind)
    }

    /// What it tells in that way, at the time of the event before.
    pub(crate) fn told(&mut self, side: Side, teller: Teller, kind: KernelKind) -> &mut Self {
        self.push(EventKind::Kernel(KernelEvent { side, teller, kind }))
    }

    /// Ends the connection; `edit` completes the summary.
    pub(crate) fn end(&mut self, edit: impl FnOnce(&mut Summary)) -> Vec<Event> {
        edit(&mut self.summary);
        self.push(EventKind::Ended(self.summary));
        self.events.clone()
    }

    fn push(&mut self, kind: EventKind) -> &mut Self {
        self.events.push(Event { time: self.now, connection: self.connection, kind });
        self
    }

    /// The relative number up to which the data of `side` was acknowledged.
    pub(crate) const fn acknowledged_of(&self, side: Side) -> u32 {
        match side {
            Client => self.acked.client,
            Server => self.acked.server,
        }
    }

    /// SYN, SYN ACK, ACK, with the options of Linux.
    pub(crate) fn handshake(&mut self) -> &mut Self {
        self.segment(micros(0), Client, SYN, 0, [Some(State::SynSent), Some(State::SynReceived)], |segment| {
            segment.options = linux();
            segment.calls[0] = Some(call(Client, Call::Connect));
        })
        .segment(micros(48), Server, SYN_ACK, 0, [None, Some(State::Established)], |segment| {
            segment.options = linux();
            segment.window = 65160;
            segment.scaled_window = Some(65160);
        })
        .segment(micros(11), Client, ACK, 0, [None, Some(State::Established)], |segment| {
            segment.calls[0] = Some(returns(Server, Call::Accept));
        });
        self.summary.handshake_rtt = Some(Millis(micros(48)));
        self.summary.handshake_time = Some(Millis(micros(59)));
        self.summary.offered = Pair::both(Some(linux()));
        self
    }

    /// Data, with the call that sends it.
    pub(crate) fn data(&mut self, after: Duration, from: Side, bytes: &[u8]) -> &mut Self {
        let len = bytes.len() as u32;
        self.segment(after, from, PSH_ACK, len, [None, None], |segment| {
            segment.preview = Preview::of(bytes);
            segment.calls[0] = Some(call(from, Call::Send(len)));
        });
        match from {
            Client => self.summary.bytes_client += u64::from(len),
            Server => self.summary.bytes_server += u64::from(len),
        }
        self
    }

    pub(crate) fn ack(&mut self, after: Duration, from: Side) -> &mut Self {
        self.segment(after, from, ACK, 0, [None, None], |_| ())
    }

    /// FIN, ACK, FIN, ACK, the client first.
    pub(crate) fn four_segments(&mut self) -> &mut Self {
        let fin = |segment: &mut SegmentEvent| {
            segment.acked = Acked { octets: 0, syn: false, fin: true };
        };
        self.segment(micros(1200), Client, FIN_ACK, 0, [Some(State::FinWait1), Some(State::CloseWait)], |segment| {
            segment.calls[0] = Some(call(Client, Call::Close));
        })
        .segment(micros(22), Server, ACK, 0, [None, Some(State::FinWait2)], fin)
        .segment(micros(64), Server, FIN_ACK, 0, [Some(State::LastAck), Some(State::TimeWait)], |segment| {
            segment.calls[0] = Some(call(Server, Call::Close));
        })
        .segment(micros(9), Client, ACK, 0, [None, Some(State::Closed)], fin);
        self.summary.termination = Termination::FourSegment;
        self.summary.termination_time = Some(Millis(micros(95)));
        self.summary.closed_first = Some(Client);
        self.summary.time_wait.client = true;
        self
    }
}

/// Sets a mark on a segment.
pub(crate) fn marked(segment: &mut SegmentEvent, mark: Mark) {
    segment.marks.set(mark);
}

/// Makes a segment the `copy`th sending of what began at the relative number `seq`.
pub(crate) fn again(segment: &mut SegmentEvent, copy: u16, seq: u32) {
    segment.copy = copy;
    segment.seq = segment.seq - segment.relative_seq + seq;
    segment.relative_seq = seq;
}

/// Makes a segment acknowledge `ack`, and nothing new.
pub(crate) fn rewind_ack(segment: &mut SegmentEvent, ack: u32) {
    segment.ack = segment.ack - segment.relative_ack.unwrap_or(0) + ack;
    segment.relative_ack = Some(ack);
    segment.acked = Acked::default();
}
