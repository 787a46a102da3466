//! A listener on a bench: a clock that only moves when told, and clients that are no TCP.

use std::net::SocketAddr;
use std::time::Duration;

use crate::craft::listen::{Cookies, Echo, ListenConfig, Listener, Note, Overflow, ServerClose, Step};
use crate::craft::{Offer, Open, Timing};
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, TcpOption, Time, decode, emit};

/// The ISN of every client.
pub(super) const IRS: u32 = 5000;
pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) struct Bench {
    pub(super) listener: Listener,
    pub(super) now: Time,
    pub(super) notes: Vec<Note>,
}

/// A segment as the listener sent it; its acknowledgment counts from [`IRS`].
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) line: String,
    pub(super) seq: u32,
    pub(super) payload: Vec<u8>,
    pub(super) mss: Option<u16>,
    pub(super) bare: bool,
    pub(super) window: u16,
}

pub(super) fn server() -> SocketAddr {
    "192.0.2.1:80".parse().unwrap()
}

fn client(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 2], port))
}

impl Bench {
    pub(super) fn new(change: impl FnOnce(&mut ListenConfig)) -> Self {
        let mut config = ListenConfig {
            port: 80,
            room: Box::new(|address| (address == server().ip()).then_some(1460)),
            service: Box::new(|| Box::new(Echo)),
            ip: IpFields::default(),
            offer: Offer { mss: Some(1460), ..Offer::default() },
            window: 1000,
            timing: Timing { retries: 2, ..Timing::default() },
            open: Open::Passive,
            close: ServerClose::After,
            backlog: 4,
            connections: 4,
            overflow: Overflow::Drop,
            cookies: Cookies::Never,
            syn_ack_delay: Duration::ZERO,
            lose: 0,
            count: None,
            secret: 7,
        };
        change(&mut config);
        Self { listener: Listener::new(config), now: Time::from_parts(1_000_000, 0), notes: Vec::new() }
    }

    pub(super) fn arrive(&mut self, port: u16, fields: &SegmentFields) {
        let packet = emit::segment(client(port), server(), &IpFields::default(), fields).unwrap();
        let decoded = decode(&raw(&packet));
        let (ip, segment) = decoded.segment().unwrap();
        self.listener.arrive(self.now, ip, segment);
    }

    pub(super) fn syn(&mut self, port: u16) {
        let mut fields = SegmentFields { seq: IRS, flags: Flags::SYN, window: 8000, ..SegmentFields::default() };
        fields.push_option(TcpOption::Mss(1000));
        fields.push_option(TcpOption::SackPermitted);
        self.arrive(port, &fields);
    }

    /// A segment of the client; `seq` counts from [`IRS`], `ack` is absolute.
    pub(super) fn say(&mut self, port: u16, flags: Flags, seq: u32, ack: u32, payload: &[u8]) {
        let payload = payload.to_vec();
        let seq = IRS.wrapping_add(seq);
        self.arrive(port, &SegmentFields { seq, ack, flags, window: 8000, payload, ..SegmentFields::default() });
    }

    /// Everything that it sends now.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        let mut all = Vec::new();
        loop {
            match self.listener.poll(self.now) {
                Step::Send(emit) => all.push(Sent::of(&emit.packet)),
                Step::Note(note) => self.notes.push(note),
                Step::WaitUntil(time) => {
                    assert!(time.is_none_or(|time| time > self.now), "it must not ask for a time that has passed");
                    return all;
                }
                Step::Done => return all,
            }
            assert!(all.len() < 100_000, "it never stops sending");
        }
    }

    pub(super) fn expect(&mut self, lines: &[&str]) -> Vec<Sent> {
        let sent = self.sent();
        assert_eq!(sent.iter().map(|sent| sent.line.as_str()).collect::<Vec<_>>(), lines);
        sent
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// Completes a handshake; gives our ISN + 1, the number of our first octet.
    pub(super) fn connect(&mut self, port: u16) -> u32 {
        self.syn(port);
        let first = self.expect(&[&format!("{port}: SYN ACK :1")])[0].seq.wrapping_add(1);
        self.say(port, Flags::ACK, 1, first, b"");
        self.expect(&[]);
        first
    }

    pub(super) fn is_done(&mut self) -> bool {
        self.listener.poll(self.now) == Step::Done
    }
}

pub(super) fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

impl Sent {
    fn of(packet: &[u8]) -> Self {
        let decoded = decode(&raw(packet));
        let (ip, segment) = decoded.segment().expect("a segment");
        assert_eq!(SocketAddr::new(ip.source, segment.source_port), server());
        assert_eq!(segment.checksum_state, crate::wire::Checksum::Good);
        let mut line = format!("{}: {}", segment.destination_port, segment.flags);
        if segment.flags.ack() {
            line += &format!(" :{}", segment.ack.wrapping_sub(IRS));
        }
        if !segment.payload.is_empty() {
            line += &format!(" +{}", segment.payload.len());
        }
        let options = segment.options.summary();
        Self {
            line,
            seq: segment.seq,
            payload: segment.payload.to_vec(),
            mss: options.mss,
            bare: !options.sack_permitted && options.window_scale.is_none() && options.timestamps.is_none(),
            window: segment.window,
        }
    }
}
