//! The octets of echo requests, and which of the messages that arrive are about ours.

use std::net::IpAddr;

use super::config::{Config, HEADER_LEN, TIMESTAMP_LEN};
use super::event::{Answer, Quoted, QuotedRequest, WrongData};
use crate::wire::checksum::{Sum, verify};
use crate::wire::icmp::{is_advice, kind};
use crate::wire::ip::protocol;
use crate::wire::{Checksum, Icmp, Quote, Time};

/// What arrived, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// A message from the network.
    Message {
        /// When the kernel received it.
        time: Time,
        /// Who sent it.
        from: IpAddr,
        /// Time to live or hop limit with which it arrived.
        ttl: Option<u8>,
        /// The options of the IPv4 header (RFC 791), as they arrived; empty where there are none.
        options: &'a [u8],
        /// The ICMP message, header first.
        bytes: &'a [u8],
    },
    /// An ICMP error that the kernel has matched to our socket.
    Error {
        /// When the kernel received it.
        time: Time,
        /// Who reported it.
        from: IpAddr,
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// MTU or pointer.
        info: u32,
        /// Our request as it was quoted, ICMP header first.
        request: &'a [u8],
    },
    /// What answers a SYN or a datagram.
    Answer {
        /// When it passed the interface.
        time: Time,
        /// Who sent it.
        from: IpAddr,
        /// Time to live or hop limit with which it arrived.
        ttl: Option<u8>,
        /// Sequence number of the request.
        seq: u16,
        /// What it is.
        answer: Answer,
        /// Octets of the segment, or of the data in the datagram.
        bytes: usize,
        /// Its checksum is wrong.
        bad_checksum: bool,
    },
    /// An ICMP error that quotes a SYN or a datagram of ours.
    Failure {
        /// When the kernel received it.
        time: Time,
        /// Who reported it.
        from: IpAddr,
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// MTU, pointer or next hop.
        info: u32,
        /// The request is lost.
        lost: bool,
        /// Sequence number of the request.
        seq: u16,
        /// The packet that it quotes.
        quoted: Quoted,
    },
    /// An error of this machine about a request that it had taken.
    Local {
        /// When.
        time: Time,
        /// Why, in the words of the system.
        reason: &'a str,
        /// Our request, ICMP header first.
        request: &'a [u8],
    },
}

/// What a message says about our requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// A reply, with its data.
    Reply { seq: u16, data: &'a [u8], bad_checksum: bool },
    /// An error that quotes the request with this sequence number.
    Error { seq: u16, kind: u8, code: u8, info: u32, lost: bool, quoted: Quoted },
}

/// An echo request. The checksum of ICMPv6 stays zero: the kernel, which knows the source address, writes it.
pub(super) fn request(config: &Config, seq: u16, now: Time) -> Vec<u8> {
    let v4 = config.destination.is_ipv4();
    let kind = if v4 { kind::ECHO_REQUEST } else { kind::V6_ECHO_REQUEST };
    let mut bytes = vec![kind, 0, 0, 0];
    bytes.extend(config.identifier.unwrap_or(0).to_be_bytes());
    bytes.extend(seq.to_be_bytes());
    bytes.extend(data(config, now));
    if v4 {
        let sum = Sum::default().with(&bytes).finish();
        bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

/// The data: a `struct timeval` of 64 bits in the byte order of this machine, as iputils sends it, over the pattern.
pub(super) fn data(config: &Config, now: Time) -> Vec<u8> {
    let mut data = config.pattern.fill(config.size);
    if let Some(stamp) = data.first_chunk_mut::<TIMESTAMP_LEN>() {
        let micros = now.as_nanos().div_euclid(1_000);
        stamp[..8].copy_from_slice(&micros.div_euclid(1_000_000).to_ne_bytes());
        stamp[8..].copy_from_slice(&micros.rem_euclid(1_000_000).to_ne_bytes());
    }
    data
}

/// Reads an ICMP message without its IP header, as a socket gives it; none where it is shorter than its header. The
/// kernel gives no ICMPv6 message with a wrong checksum to anybody.
#[must_use]
pub fn decode(v6: bool, bytes: &[u8]) -> Option<Icmp<'_>> {
    let &[kind, code, c0, c1, r0, r1, r2, r3, ref body @ ..] = bytes else { return None };
    let checksum_state = match v6 {
        true => Checksum::Unknown,
        false => verify(Sum::default(), bytes, u16::from_be_bytes([c0, c1])),
    };
    Some(Icmp { v6, kind, code, checksum_state, rest: [r0, r1, r2, r3], body })
}

/// What a message from the network means to us; nothing where it is not about one of our requests.
pub(super) fn read<'a>(config: &Config, from: IpAddr, bytes: &'a [u8]) -> Option<Meaning<'a>> {
    let icmp = decode(config.destination.is_ipv6(), bytes)?;
    let is_bad = !matches!(icmp.checksum_state, Checksum::Good | Checksum::Unknown);
    if icmp.is_error() {
        // What is damaged may be about anything.
        return if is_bad { None } else { read_error(config, &icmp) };
    }
    let reply = if icmp.v6 { kind::V6_ECHO_REPLY } else { kind::ECHO_REPLY };
    let (identifier, seq) = icmp.echo().filter(|_| icmp.kind == reply)?;
    let is_ours = config.identifier.is_none_or(|ours| ours == identifier);
    let is_from_there = config.is_multicast() || from == config.destination;
    (is_ours && is_from_there).then_some(Meaning::Reply { seq, data: icmp.body, bad_checksum: is_bad })
}

fn read_error<'a>(config: &Config, icmp: &Icmp<'a>) -> Option<Meaning<'a>> {
    let quote = icmp.quote()?;
    let icmp_protocol = if icmp.v6 { protocol::ICMPV6 } else { protocol::ICMP };
    let is_first = quote.ip.fragment.is_none_or(|fragment| fragment.offset == 0);
    if quote.ip.protocol != icmp_protocol || quote.ip.destination != config.destination || !is_first {
        return None;
    }
    let seq = quoted_seq(config, quote.payload)?;
    let quoted = quoted(&quote)?;
    let (info, lost) = (advice::info(icmp), !is_advice(icmp.v6, icmp.kind));
    Some(Meaning::Error { seq, kind: icmp.kind, code: icmp.code, info, lost, quoted })
}

fn quoted(quote: &Quote<'_>) -> Option<Quoted> {
    let echo_id = u16::from_be_bytes(*quote.payload.get(4..)?.first_chunk()?);
    Some(Quoted::of(quote, QuotedRequest::Echo { echo_id }))
}

/// The sequence number of a request of ours, from as much of it as is quoted.
pub(super) fn quoted_seq(config: &Config, request: &[u8]) -> Option<u16> {
    let &[kind, 0, _, _, i0, i1, s0, s1, ..] = request else { return None };
    let expected = if config.destination.is_ipv4() { kind::ECHO_REQUEST } else { kind::V6_ECHO_REQUEST };
    let is_ours = config.identifier.is_none_or(|ours| ours == u16::from_be_bytes([i0, i1]));
    (kind == expected && is_ours).then_some(u16::from_be_bytes([s0, s1]))
}

/// What an error tells beside its type and code.
pub(super) mod advice {
    use crate::wire::Icmp;
    use crate::wire::icmp::kind;

    /// What an error brings along, as the kernel's error queue would give it.
    pub(in crate::craft::ping) fn info(icmp: &Icmp<'_>) -> u32 {
        match (icmp.v6, icmp.kind) {
            (false, kind::PARAMETER_PROBLEM) => u32::from(icmp.rest[0]),
            (false, kind::REDIRECT) => u32::from_be_bytes(icmp.rest),
            (true, kind::V6_PARAMETER_PROBLEM) => u32::from_be_bytes(icmp.rest),
            _ => icmp.mtu().unwrap_or(0),
        }
    }

    /// Whether it says that nobody listens on the port.
    pub(in crate::craft::ping) const fn is_port_unreachable(icmp: &Icmp<'_>) -> bool {
        match icmp.v6 {
            false => icmp.kind == kind::DESTINATION_UNREACHABLE && icmp.code == 3,
            true => icmp.kind == kind::V6_DESTINATION_UNREACHABLE && icmp.code == 4,
        }
    }
}

/// The first octet behind the timestamp that is not what was sent. Data that was cut is another fault.
pub(super) fn wrong_data(config: &Config, data: &[u8]) -> Option<WrongData> {
    let found = data.get(TIMESTAMP_LEN..config.size)?;
    let sent = config.pattern.fill(config.size);
    let mut pairs = sent[TIMESTAMP_LEN..].iter().zip(found).enumerate();
    let (at, (&expected, &octet)) = pairs.find(|(_, (sent, found))| sent != found)?;
    Some(WrongData { offset: TIMESTAMP_LEN + at, expected, found: octet, data: found.to_vec() })
}

/// Octets of an ICMP message with this much data.
pub(super) const fn message_len(data: usize) -> usize {
    HEADER_LEN + data
}
