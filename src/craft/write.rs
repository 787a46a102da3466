//! Segments of ours: which one is next, and its header.

use super::endpoint::{Due, Endpoint, Reset};
use super::send::Chunk;
use super::{Close, Emit, Open};
use crate::tcp::{Call, Seq, State};
use crate::wire::option_kind;
use crate::wire::{Flags, IpFields, SegmentFields, TcpOption, Time, emit};

/// No socket call.
const NONE: [Option<Call>; 2] = [None, None];

impl Endpoint {
    /// The next packet to send now, if there is one.
    pub(super) fn next_packet(&mut self, now: Time) -> Option<Emit> {
        if let Some(reset) = self.due.reset.take() {
            return Some(self.rst(now, reset));
        }
        if self.outcome.is_some() {
            // The last acknowledgment is still owed where the connection ended in good order.
            return std::mem::take(&mut self.due.ack).then(|| self.ack(now));
        }
        if std::mem::take(&mut self.due.syn) {
            return Some(self.syn(now));
        }
        if std::mem::take(&mut self.due.syn_ack) {
            return Some(self.syn_ack(now));
        }
        if std::mem::take(&mut self.due.ack) {
            return Some(self.ack(now));
        }
        if !self.state.is_synchronized() {
            return None;
        }
        self.send.next().map(|chunk| self.data(now, &chunk))
    }

    fn syn(&mut self, now: Time) -> Emit {
        let call = (self.syns == 0 && self.config.open != Open::Split).then_some(Call::Connect);
        self.syns += 1;
        self.send.syn_sent(now);
        self.state = State::SynSent;
        let ecn = if self.config.offer.ecn { Flags::ECE | Flags::CWR } else { Flags::NONE };
        let mut fields = SegmentFields {
            seq: self.send.iss().0,
            flags: Flags::SYN | ecn,
            window: self.receive.syn_window(),
            ..SegmentFields::default()
        };
        let offer = self.config.offer;
        let stamps = offer.timestamps.then(|| (self.stamps.value(now), 0));
        self.syn_options(&mut fields, offer.sack, stamps, offer.window_scale);
        let emit = self.emit(self.config.ip.tos, &fields, [call, None]);
        if self.receive.is_synchronized() {
            // The peer's SYN was here before ours left; from now on they have crossed.
            self.state = State::SynReceived;
            self.due.syn_ack = true;
        }
        emit
    }

    /// SYN, ACK: only what both offer (RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2).
    fn syn_ack(&mut self, now: Time) -> Emit {
        self.send.syn_sent(now);
        let mut fields = SegmentFields {
            seq: self.send.iss().0,
            ack: self.receive.nxt().0,
            flags: Flags::SYN | Flags::ACK | self.ecn.on_syn_ack(),
            window: self.receive.syn_window(),
            ..SegmentFields::default()
        };
        let stamps = self.stamps.agreed.then(|| (self.stamps.value(now), self.stamps.echo()));
        let scale = self.config.offer.window_scale.filter(|_| self.scaled);
        self.syn_options(&mut fields, self.sack, stamps, scale);
        self.emit(self.config.ip.tos, &fields, NONE)
    }

    /// Options of a SYN in the order of Linux, each at its usual alignment.
    fn syn_options(&self, fields: &mut SegmentFields, sack: bool, stamps: Option<(u32, u32)>, scale: Option<u8>) {
        if let Some(mss) = self.config.offer.mss {
            fields.push_option(TcpOption::Mss(mss));
        }
        if sack || stamps.is_some() {
            fields.options.extend(if sack { [option_kind::SACK_PERMITTED, 2] } else { [option_kind::NOP; 2] });
        }
        match stamps {
            Some((value, echo)) => fields.push_option(TcpOption::Timestamps { value, echo }),
            None if sack => fields.options.extend([option_kind::NOP; 2]),
            None => {}
        }
        if let Some(shift) = scale {
            fields.push_option(TcpOption::Nop);
            fields.push_option(TcpOption::WindowScale(shift));
        }
    }

    fn ack(&mut self, now: Time) -> Emit {
        // SND.NXT, not what a retransmission has gone back to.
        let seq = self.send.acceptable();
        let fields = self.fields(now, seq, Flags::ACK, &Chunk::default());
        self.emit(self.config.ip.tos, &fields, NONE)
    }

    /// A reset carries no options but where it ends a connection of which the peer knows (RFC 7323 section 3.2).
    fn rst(&mut self, now: Time, reset: Reset) -> Emit {
        let fields = match reset.ack {
            Some(_) => self.fields(now, reset.seq, Flags::RST | Flags::ACK, &Chunk::default()),
            None => SegmentFields { seq: reset.seq.0, flags: Flags::RST, ..SegmentFields::default() },
        };
        if let Some(outcome) = reset.outcome {
            self.state = State::Closed;
            self.due = Due::default();
            self.end(outcome);
        }
        let call = reset.outcome.map(|_| Call::Abort);
        self.emit(self.config.ip.tos, &fields, [call, None])
    }

    /// Data, FIN, or both.
    fn data(&mut self, now: Time, chunk: &Chunk) -> Emit {
        let push = if self.send.is_last(chunk) && !chunk.octets.is_empty() { Flags::PSH } else { Flags::NONE };
        let fin = if chunk.fin { Flags::FIN } else { Flags::NONE };
        let calls = self.calls(chunk);
        let fields = self.fields(now, chunk.seq, Flags::ACK | push | fin, chunk);
        self.send.sent(chunk, now);
        if chunk.fin {
            self.fin_left();
        }
        let emit = self.emit(self.ecn.tos(self.config.ip.tos, chunk.is_new_data()), &fields, calls);
        if chunk.fin {
            self.take_fin(now); // where the peer's FIN waited for ours to cross it
        }
        emit
    }

    /// Our FIN is on its way.
    pub(super) const fn fin_left(&mut self) {
        match self.state {
            State::Established => self.state = State::FinWait1,
            State::CloseWait => self.state = State::LastAck,
            _ => {}
        }
    }

    fn calls(&mut self, chunk: &Chunk) -> [Option<Call>; 2] {
        let send = self.send.take_calls(chunk).map(Call::Send);
        let close = if self.config.close == Close::Half { Call::ShutdownWrite } else { Call::Close };
        [send, (chunk.fin && !self.send.fin_sent()).then_some(close)]
    }

    /// A segment after the handshake, with the options that are in force.
    fn fields(&mut self, now: Time, seq: Seq, flags: Flags, chunk: &Chunk) -> SegmentFields {
        let ack = self.receive.nxt();
        (self.due.ack, self.due.first_ack) = (false, false);
        self.stamps.ack_sent(ack);
        let mut fields = SegmentFields {
            seq: seq.0,
            ack: ack.0,
            flags: flags | self.ecn.flags(chunk.is_new_data()),
            window: self.receive.offer_window(),
            payload: self.send.payload(chunk.octets.clone()).to_vec(),
            ..SegmentFields::default()
        };
        if self.stamps.agreed {
            fields.options.extend([option_kind::NOP; 2]);
            fields.push_option(TcpOption::Timestamps { value: self.stamps.value(now), echo: self.stamps.echo() });
        }
        if self.sack && !flags.rst() {
            self.push_sack(&mut fields);
        }
        fields
    }

    fn push_sack(&self, fields: &mut SegmentFields) {
        let header_room = if self.stamps.agreed { 3 } else { 4 };
        // What a full segment has no room for is told by the next acknowledgment.
        let packet_room = usize::from(self.config.room).saturating_sub(fields.options.len() + fields.payload.len() + 4);
        let blocks = self.receive.sack_blocks(header_room.min(packet_room / 8));
        if blocks.is_empty() {
            return;
        }
        fields.options.extend([option_kind::NOP, option_kind::NOP, option_kind::SACK, 2 + 8 * blocks.len() as u8]);
        for (left, right) in blocks {
            fields.options.extend(left.0.to_be_bytes());
            fields.options.extend(right.0.to_be_bytes());
        }
    }

    fn emit(&mut self, tos: u8, fields: &SegmentFields, calls: [Option<Call>; 2]) -> Emit {
        let ip = IpFields { tos, identification: self.identification, ..self.config.ip };
        self.identification = self.identification.checked_add(1).unwrap_or(1);
        let packet = emit::segment(self.config.local, self.config.remote, &ip, fields)
            .expect("addresses and lengths were checked when the endpoint was made");
        Emit { packet, calls, state: self.state }
    }
}
