//! An endpoint on a bench: a clock that only moves when told, and a peer that says what the test says.

use std::net::SocketAddr;
use std::time::Duration;

use crate::craft::{Action, Config, Emit, Endpoint, Outcome};
use crate::tcp::{Seq, State};
use crate::wire::{
    Content, Flags, IpFields, LinkType, OptionSummary, Packet, SegmentFields, TcpOption, Time, decode, emit,
};

pub(super) const ISS: u32 = u32::MAX - 3; // so that every test crosses the wrap
pub(super) const IRS: u32 = 5000;
pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) struct Bench {
    pub(super) endpoint: Endpoint,
    pub(super) now: Time,
    /// Options of every segment of the peer but its SYN.
    pub(super) stamp: Option<(u32, u32)>,
    /// The window field of the peer.
    pub(super) window: u16,
}

/// A packet as the endpoint sent it.
pub(super) struct Sent {
    pub(super) emit: Emit,
    pub(super) line: String,
    pub(super) options: OptionSummary,
    pub(super) tos: u8,
    pub(super) window: u16,
    pub(super) payload: Vec<u8>,
}

pub(super) fn sockets() -> (SocketAddr, SocketAddr) {
    ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:80".parse().unwrap())
}

pub(super) fn config() -> Config {
    let (local, remote) = sockets();
    Config::new(local, remote, Seq(ISS))
}

impl Bench {
    pub(super) fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        let now = Time::from_parts(1_000_000, 0);
        Self { endpoint: Endpoint::new(config, now).unwrap(), now, stamp: None, window: 10_000 }
    }

    /// An endpoint in SYN-SENT.
    pub(super) fn syn_sent(change: impl FnOnce(&mut Config)) -> Self {
        let mut bench = Self::new(change);
        bench.expect(&["SYN 0"]);
        bench
    }

    /// An endpoint in ESTABLISHED; the peer offers an MSS of 100 and nothing else.
    pub(super) fn established(change: impl FnOnce(&mut Config)) -> Self {
        let mut bench = Self::syn_sent(change);
        bench.syn_ack(&[TcpOption::Mss(100)]);
        assert_eq!(bench.state(), State::Established);
        bench
    }

    pub(super) fn state(&self) -> State {
        self.endpoint.state()
    }

    pub(super) fn syn_ack(&mut self, options: &[TcpOption<'_>]) {
        let mut fields = self.fields(Flags::SYN | Flags::ACK, 0, 1, b"");
        fields.options.clear();
        options.iter().for_each(|option| fields.push_option(*option));
        self.arrive(&fields);
    }

    /// A segment of the peer; numbers count from IRS and ISS.
    pub(super) fn fields(&self, flags: Flags, seq: u32, ack: u32, payload: &[u8]) -> SegmentFields {
        let mut fields = SegmentFields {
            seq: IRS.wrapping_add(seq),
            ack: if flags.ack() { ISS.wrapping_add(ack) } else { 0 },
            flags,
            window: self.window,
            payload: payload.to_vec(),
            ..SegmentFields::default()
        };
        if let Some((value, echo)) = self.stamp {
            fields.push_option(TcpOption::Timestamps { value, echo });
        }
        fields
    }

    pub(super) fn say(&mut self, flags: Flags, seq: u32, ack: u32, payload: &[u8]) {
        let fields = self.fields(flags, seq, ack, payload);
        self.arrive(&fields);
    }

    pub(super) fn ack(&mut self, seq: u32, ack: u32) {
        self.say(Flags::ACK, seq, ack, b"");
    }

    pub(super) fn fin(&mut self, seq: u32, ack: u32) {
        self.say(Flags::FIN | Flags::ACK, seq, ack, b"");
    }

    pub(super) fn arrive(&mut self, fields: &SegmentFields) {
        let (local, remote) = sockets();
        let packet = emit::segment(remote, local, &IpFields::default(), fields).unwrap();
        self.arrive_bytes(&packet);
    }

    pub(super) fn arrive_bytes(&mut self, packet: &[u8]) {
        let decoded = decode(&raw(packet));
        match (&decoded.ip, &decoded.content) {
            (Some(ip), Content::Segment(segment)) => self.endpoint.arrive(self.now, ip, segment),
            (Some(ip), Content::Icmp(icmp)) => self.endpoint.icmp(self.now, ip, icmp),
            _ => {}
        }
    }

    /// Everything that it sends now.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        let mut all = Vec::new();
        while let Action::Send(emit) = self.endpoint.poll(self.now) {
            all.push(Sent::new(emit));
            assert!(all.len() < 10_000, "it never stops sending");
        }
        all
    }

    pub(super) fn expect(&mut self, lines: &[&str]) {
        let sent: Vec<String> = self.sent().into_iter().map(|sent| sent.line).collect();
        assert_eq!(sent, lines);
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// How it ended, if it has.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        match self.endpoint.poll(self.now) {
            Action::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Lets the clock run until the end; everything that was sent on the way, with its time in milliseconds from now.
    pub(super) fn run_out(&mut self) -> (Vec<String>, Outcome) {
        let start = self.now;
        let mut lines = Vec::new();
        loop {
            let at = self.now.since(start).as_millis();
            lines.extend(self.sent().into_iter().map(|sent| format!("{at}: {}", sent.line)));
            match self.endpoint.poll(self.now) {
                Action::Done(outcome) => return (lines, outcome),
                Action::WaitUntil(time) => {
                    assert!(time > self.now, "it must not ask for a time that has passed");
                    self.now = time;
                }
                Action::Send(_) => unreachable!("everything was sent"),
            }
        }
    }
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

impl Sent {
    fn new(emit: Emit) -> Self {
        let decoded = decode(&raw(&emit.packet));
        let (ip, segment) = decoded.segment().expect("a segment");
        assert_eq!(segment.checksum_state, crate::wire::Checksum::Good);
        let mut line = format!("{} {}", segment.flags, segment.seq.wrapping_sub(ISS));
        if segment.flags.ack() {
            line += &format!(":{}", segment.ack.wrapping_sub(IRS));
        }
        if !segment.payload.is_empty() {
            line += &format!(" +{}", segment.payload.len());
        }
        Self {
            line,
            options: segment.options.summary(),
            tos: ip.tos,
            window: segment.window,
            payload: segment.payload.to_vec(),
            emit,
        }
    }
}
