//! Whole packets for tests, and the events that come of them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::*;
use crate::wire::checksum::Sum;
use crate::wire::{IpFields, LinkType, Packet, Time, decode, emit, ip::protocol};

pub(crate) const CLIENT: &str = "192.0.2.1:40000";
pub(crate) const SERVER: &str = "192.0.2.2:7";

fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// An IP packet with its transport checksum filled in at `place`.
fn packet(source: IpAddr, destination: IpAddr, number: u8, mut message: Vec<u8>, place: usize) -> Vec<u8> {
    let mut bytes = emit::header(source, destination, &IpFields::default(), number, message.len()).unwrap();
    let pseudo = match number {
        protocol::ICMP => Sum::default(),
        _ => Sum::pseudo_header(source, destination, number, message.len() as u32),
    };
    let checksum = pseudo.with(&message).finish();
    message[place..place + 2].copy_from_slice(&checksum.to_be_bytes());
    bytes.extend_from_slice(&message);
    bytes
}

pub(crate) fn udp(source: &str, destination: &str, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = (socket(source), socket(destination));
    let mut message = Vec::new();
    for field in [source.port(), destination.port(), 8 + payload.len() as u16, 0] {
        message.extend_from_slice(&field.to_be_bytes());
    }
    message.extend_from_slice(payload);
    packet(source.ip(), destination.ip(), protocol::UDP, message, 6)
}

pub(crate) fn icmp(source: &str, destination: &str, kind: u8, code: u8, [a, b]: [u16; 2], body: &[u8]) -> Vec<u8> {
    let (source, destination) = (ip(source), ip(destination));
    let mut message = vec![kind, code, 0, 0];
    message.extend_from_slice(&a.to_be_bytes());
    message.extend_from_slice(&b.to_be_bytes());
    message.extend_from_slice(body);
    packet(source, destination, if source.is_ipv4() { protocol::ICMP } else { protocol::ICMPV6 }, message, 2)
}

pub(crate) fn request(seq: u16) -> Vec<u8> {
    icmp("192.0.2.1", "192.0.2.2", 8, 0, [77, seq], b"abcdefgh")
}

pub(crate) fn reply(seq: u16) -> Vec<u8> {
    icmp("192.0.2.2", "192.0.2.1", 0, 0, [77, seq], b"abcdefgh")
}

/// An error from `source`, which quotes as much as a Linux host does.
pub(crate) fn error(source: &str, kind: u8, code: u8, quoted: &[u8]) -> Vec<u8> {
    let destination = decode(&captured(Time::default(), quoted)).ip.unwrap().source.to_string();
    icmp(source, &destination, kind, code, [0, 0], quoted)
}

pub(crate) fn captured(time: Time, bytes: &[u8]) -> Packet<'_> {
    Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

/// A tracer, and everything that it said.
pub(crate) struct Stage {
    pub(crate) exchanges: Exchanges,
    time: Time,
    number: u64,
    pub(crate) events: Vec<ExchangeEvent>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Exchanges::default())
    }

    pub(crate) fn with(exchanges: Exchanges) -> Self {
        Self { exchanges, time: Time::default(), number: 0, events: Vec::new() }
    }

    /// Passes one packet on, a millisecond after the last.
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> &mut Self {
        self.wait(1);
        self.number += 1;
        let packet = captured(self.time, bytes);
        let events = &mut self.events;
        self.exchanges.packet(self.number, &packet, &decode(&packet), &mut |event| events.push(*event));
        self
    }

    pub(crate) fn wait(&mut self, millis: u64) -> &mut Self {
        self.time = self.time + Duration::from_millis(millis);
        self
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        let message = |event: &ExchangeEvent| match event.kind {
            ExchangeKind::Message(message) => Some(message),
            _ => None,
        };
        self.events.iter().filter_map(message).collect()
    }

    pub(crate) fn last(&self) -> Message {
        *self.messages().last().expect("a message")
    }

    pub(crate) fn errors(&self) -> Vec<ExchangeError> {
        let error = |event: &ExchangeEvent| match event.kind {
            ExchangeKind::Error(error) => Some(error),
            _ => None,
        };
        self.events.iter().filter_map(error).collect()
    }

    pub(crate) fn end(&mut self) -> Vec<ExchangeSummary> {
        let events = &mut self.events;
        self.exchanges.finish(&mut |event| events.push(*event));
        let ended = |event: &ExchangeEvent| match event.kind {
            ExchangeKind::Ended(summary) => Some(summary),
            _ => None,
        };
        self.events.iter().filter_map(ended).collect()
    }
}
