//! IPv4 and IPv6 headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Pen, Words, options, plain, transport, with};
use crate::wire::checksum::Sum;
use crate::wire::ip::protocol;

/// Names of protocols (IANA, "Assigned Internet Protocol Numbers").
const PROTOCOLS: [(u8, &str); 12] = [
    (protocol::HOP_BY_HOP, "hop-by-hop options"),
    (protocol::ICMP, "ICMP"),
    (protocol::IPV4, "IPv4 in IP"),
    (protocol::TCP, "TCP"),
    (protocol::UDP, "UDP"),
    (protocol::IPV6, "IPv6 in IP"),
    (protocol::ROUTING, "routing header"),
    (protocol::FRAGMENT, "fragment header"),
    (protocol::GRE, "GRE"),
    (protocol::AUTHENTICATION, "authentication header"),
    (protocol::ICMPV6, "ICMPv6"),
    (protocol::DESTINATION_OPTIONS, "destination options"),
];

/// What the two low bits of TOS and traffic class say (RFC 3168 section 5).
const ECN: [&str; 4] = ["not ECN-capable", "ECT(1): ECN-capable", "ECT(0): ECN-capable", "CE: congestion met"];

fn protocol_words(number: u8) -> Words {
    let name = PROTOCOLS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    with(number, name.unwrap_or("a protocol that is not explained here"))
}

fn service(octet: u8) -> Words {
    with(format!("{octet:#04x}"), format!("DSCP {}, {}", octet >> 2, ECN[usize::from(octet & 3)]))
}

fn length_words(said: usize, there: usize) -> Words {
    let meaning = match said.cmp(&there) {
        std::cmp::Ordering::Equal => "as many octets as there are".to_owned(),
        std::cmp::Ordering::Less => format!("but there are {there}: receivers cut the rest off"),
        std::cmp::Ordering::Greater => format!("but there are only {there}: receivers drop it"),
    };
    with(said, meaning)
}

/// An IPv4 packet (RFC 791 section 3.1).
pub(super) fn v4(pen: &mut Pen<'_>) {
    pen.layer = "IPv4";
    let packet = pen.packet;
    let words = usize::from(packet[0] & 0xf);
    let mut number = 0;
    let mut is_fragment = (false, false);
    let whole = pen.field("version and header length", |[octet]| with(format!("{octet:#04x}"), ""))
        && {
            pen.bits("version", plain(4));
            let meaning = if words < 5 { "but a header has 5 at least" } else { "" };
            pen.bits("header length", with(words, format!("{} octets {meaning}", words * 4).trim_end()));
            true
        }
        && pen.field("type of service", |[octet]| service(octet))
        && pen.field("total length", |octets| length_words(usize::from(u16::from_be_bytes(octets)), packet.len()))
        && pen.field("identification", |octets| plain(format!("{:#06x}", u16::from_be_bytes(octets))))
        && pen.field("flags and offset", |octets| {
            let bits = u16::from_be_bytes(octets);
            is_fragment = (bits & 0x1fff > 0, bits & 0x2000 != 0);
            with(format!("{bits:#06x}"), fragment(bits))
        })
        && pen.field("time to live", |[ttl]| with(ttl, "routers it may still pass"))
        && pen.field("protocol", |[octet]| {
            number = octet;
            protocol_words(octet)
        })
        && pen.field("header checksum", |octets| checksum_words(packet, words * 4, octets))
        && pen.field("source", |octets: [u8; 4]| plain(Ipv4Addr::from(octets)))
        && pen.field("destination", |octets: [u8; 4]| plain(Ipv4Addr::from(octets)));
    if !whole || words < 5 {
        return pen.payload();
    }
    options::ip(pen, (words * 4).saturating_sub(pen.at));
    let (source, destination) = addresses::<4>(packet, 12);
    transport::fields(pen, number, is_fragment, (source, destination));
}

fn fragment(bits: u16) -> String {
    let mut words = Vec::new();
    if bits & 0x8000 != 0 {
        words.push("the reserved bit".to_owned());
    }
    words.push(if bits & 0x4000 == 0 { "may be fragmented" } else { "do not fragment" }.to_owned());
    if bits & 0x2000 != 0 {
        words.push("more fragments follow".to_owned());
    }
    if bits & 0x1fff > 0 {
        words.push(format!("belongs {} octets in", (bits & 0x1fff) * 8));
    }
    words.join(", ")
}

fn checksum_words(packet: &[u8], length: usize, octets: [u8; 2]) -> Words {
    let header = packet.get(..length).unwrap_or(packet);
    let right = Sum::default().with(header).folded() == 0xffff;
    with(format!("{:#06x}", u16::from_be_bytes(octets)), if right { "right" } else { "wrong: routers drop it" })
}

/// An IPv6 packet (RFC 8200 section 3).
pub(super) fn v6(pen: &mut Pen<'_>) {
    pen.layer = "IPv6";
    let packet = pen.packet;
    let mut number = 0;
    let whole = pen
        .field("version, class and label", |octets| with(format!("{:#010x}", u32::from_be_bytes(octets)), ""))
        && {
            let word = packet.first_chunk().map_or(0, |octets| u32::from_be_bytes(*octets));
            pen.bits("version", plain(6));
            pen.bits("traffic class", service((word >> 20) as u8));
            pen.bits("flow label", plain(format!("{:#07x}", word & 0xf_ffff)));
            true
        }
        && pen.field("payload length", |octets| {
            length_words(usize::from(u16::from_be_bytes(octets)), packet.len().saturating_sub(40))
        })
        && pen.field("next header", |[octet]| {
            number = octet;
            protocol_words(octet)
        })
        && pen.field("hop limit", |[limit]| with(limit, "routers it may still pass"))
        && pen.field("source", |octets: [u8; 16]| plain(Ipv6Addr::from(octets)))
        && pen.field("destination", |octets: [u8; 16]| plain(Ipv6Addr::from(octets)));
    if !whole {
        return;
    }
    let mut part = (false, false);
    if number == protocol::FRAGMENT {
        fragment_header(pen, &mut number, &mut part);
    }
    let (source, destination) = addresses::<16>(packet, 8);
    transport::fields(pen, number, part, (source, destination));
}

/// A fragment header (RFC 8200 section 4.5).
fn fragment_header(pen: &mut Pen<'_>, number: &mut u8, part: &mut (bool, bool)) {
    pen.layer = "fragment";
    let _ = pen.field("next header", |[octet]| {
        *number = octet;
        protocol_words(octet)
    }) && pen.field("reserved", |[octet]| plain(octet))
        && pen.field("offset and flag", |octets| {
            let bits = u16::from_be_bytes(octets);
            *part = (bits & !7 > 0, bits & 1 == 1);
            let more = if bits & 1 == 1 { "more fragments follow" } else { "the last one" };
            with(format!("{bits:#06x}"), format!("belongs {} octets in, {more}", bits & !7))
        })
        && pen.field("identification", |octets| plain(format!("{:#010x}", u32::from_be_bytes(octets))));
}

/// Source and destination, `N` octets each, from octet `at` on; both were read before.
fn addresses<const N: usize>(packet: &[u8], at: usize) -> (IpAddr, IpAddr) {
    let one = |at: usize| {
        let octets = packet.get(at..at + N).unwrap_or_default();
        <[u8; 4]>::try_from(octets).map_or_else(
            |_| <[u8; 16]>::try_from(octets).map_or(Ipv6Addr::UNSPECIFIED.into(), IpAddr::from),
            IpAddr::from,
        )
    };
    (one(at), one(at + N))
}
