//! Runs of ping from bytes: no socket, and a clock that stands until it is moved.

mod lines;
mod matching;
mod probes;
mod schedule;

use std::net::IpAddr;
use std::time::Duration;

use etherparse::{IcmpEchoHeader, Icmpv4Header, Icmpv4Type, Icmpv6Header, Icmpv6Type, PacketBuilder};

use super::{Arrival, Config, Event, Now, Ping, Refusal, Step};
use crate::wire::Time;

const ID: u16 = 0x1234;
const HERE: &str = "192.0.2.1";
const THERE: &str = "192.0.2.2";
const HERE_V6: &str = "2001:db8::1";
const THERE_V6: &str = "2001:db8::2";
/// The wall clock when a run begins, in microseconds.
const BEGIN: i64 = 1_700_000_000_123_456;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn config(there: &str) -> Config {
    Config { identifier: Some(ID), ..Config::new(ip(there)) }
}

/// A run and its clock.
struct Run {
    ping: Ping,
    elapsed: Duration,
}

impl Run {
    fn new(config: Config) -> Self {
        Self { ping: Ping::new(config), elapsed: Duration::ZERO }
    }

    fn to(there: &str) -> Self {
        Self::new(config(there))
    }

    fn now(&self) -> Now {
        Now { elapsed: self.elapsed, time: Time::from_nanos(BEGIN * 1_000) + self.elapsed }
    }

    fn step(&mut self) -> Step {
        self.ping.step(self.now())
    }

    /// Takes the next request, which must be due.
    fn send(&mut self) -> Vec<u8> {
        assert_eq!(self.step(), Step::Send);
        let request = self.ping.request(self.now());
        self.ping.sent();
        request.bytes
    }

    /// Takes three requests, one in each second.
    fn send_three(&mut self) -> Vec<Vec<u8>> {
        let mut send = || {
            let request = self.send();
            self.pass(1_000);
            request
        };
        vec![send(), send(), send()]
    }

    fn pass(&mut self, millis: u64) {
        self.elapsed += ms(millis);
    }

    /// A message arrives from the destination.
    fn arrives(&mut self, bytes: &[u8]) -> Option<Event> {
        self.arrives_from(self.ping.config().destination, bytes)
    }

    fn arrives_from(&mut self, from: IpAddr, bytes: &[u8]) -> Option<Event> {
        let now = self.now();
        self.ping.arrived(now, &Arrival::Message { time: now.time, from, ttl: Some(64), options: &[], bytes })
    }

    /// Sends, waits, and gets the reply that the destination would send.
    fn exchange(&mut self, millis: u64) -> Event {
        let request = self.send();
        self.pass(millis);
        self.arrives(&reply_to(&request)).expect("our reply")
    }

    /// Everything that is told until there is nothing to tell.
    fn told(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| if let Step::Tell(event) = self.step() { Some(event) } else { None }).collect()
    }
}

/// The reply of an honest host: the request with another type.
fn reply_to(request: &[u8]) -> Vec<u8> {
    let echo = IcmpEchoHeader::from_bytes(request[4..8].try_into().unwrap());
    match request[0] {
        8 => v4(Icmpv4Type::EchoReply(echo), &request[8..]),
        _ => v6(Icmpv6Type::EchoReply(echo), &request[8..]),
    }
}

/// An ICMP message with its right checksum.
fn v4(kind: Icmpv4Type, body: &[u8]) -> Vec<u8> {
    [Icmpv4Header::with_checksum(kind, body).to_bytes().as_slice(), body].concat()
}

/// An ICMPv6 message from there to here.
fn v6(kind: Icmpv6Type, body: &[u8]) -> Vec<u8> {
    let octets = |text: &str| text.parse::<std::net::Ipv6Addr>().unwrap().octets();
    let header = Icmpv6Header::with_checksum(kind, octets(THERE_V6), octets(HERE_V6), body).unwrap();
    [header.to_bytes().as_slice(), body].concat()
}

/// The request as a packet from here to `there`.
fn packet(there: &str, request: &[u8]) -> Vec<u8> {
    let (header, data) = request.split_at(8);
    let builder = match (ip(if there.contains(':') { HERE_V6 } else { HERE }), ip(there)) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), 64).icmpv4_raw(
            header[0],
            header[1],
            header[4..8].try_into().unwrap(),
        ),
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let builder = PacketBuilder::ipv6(from.octets(), to.octets(), 64);
            let mut bytes = Vec::new();
            builder.icmpv6_raw(header[0], header[1], header[4..8].try_into().unwrap()).write(&mut bytes, data).unwrap();
            return bytes;
        }
        _ => panic!("two versions"),
    };
    let mut bytes = Vec::new();
    builder.write(&mut bytes, data).unwrap();
    bytes
}

/// An ICMP error of any type and code that quotes `packet`.
fn error(kind: u8, code: u8, rest: [u8; 4], packet: &[u8]) -> Vec<u8> {
    v4(Icmpv4Type::Unknown { type_u8: kind, code_u8: code, bytes5to8: rest }, packet)
}

/// The same for ICMPv6.
fn error_v6(kind: u8, code: u8, rest: [u8; 4], packet: &[u8]) -> Vec<u8> {
    v6(Icmpv6Type::Unknown { type_u8: kind, code_u8: code, bytes5to8: rest }, packet)
}
