//! TCP, UDP and ICMP headers.

use std::net::IpAddr;

use super::{Pen, Words, options, plain, with};
use crate::explain::{count, icmp_words};
use crate::wire::checksum::{Sum, verify};
use crate::wire::ip::protocol;
use crate::wire::{Checksum, Flags};

/// What each flag says, in the order of the field (RFC 9293 section 3.1, RFC 3168, RFC 9768).
const FLAG_WORDS: [(Flags, &str, &str); 9] = [
    (Flags::AE, "AE", "accurate ECN (once NS)"),
    (Flags::CWR, "CWR", "congestion window reduced"),
    (Flags::ECE, "ECE", "congestion was met, or on a SYN: ECN is understood"),
    (Flags::URG, "URG", "the urgent pointer counts"),
    (Flags::ACK, "ACK", "the acknowledgment number counts"),
    (Flags::PSH, "PSH", "hand the data over at once"),
    (Flags::RST, "RST", "reset the connection"),
    (Flags::SYN, "SYN", "synchronise sequence numbers"),
    (Flags::FIN, "FIN", "the sender has finished sending"),
];

/// What `number` says is left; a fragment that is not the first has no header (`part`: is a later one, more follow).
pub(super) fn fields(pen: &mut Pen<'_>, number: u8, part: (bool, bool), addresses: (IpAddr, IpAddr)) {
    let whole = pen.left();
    let sum = |field: [u8; 2]| {
        let field = u16::from_be_bytes(field);
        if part == (false, false) { checksum_words(whole, number, addresses, field) } else { hex(field) }
    };
    match number {
        _ if part.0 => pen.payload(),
        protocol::TCP => tcp(pen, sum),
        protocol::UDP => udp(pen, whole.len(), sum),
        protocol::ICMP | protocol::ICMPV6 => icmp(pen, number == protocol::ICMPV6, sum),
        _ => pen.payload(),
    }
}

fn hex(field: u16) -> Words {
    plain(format!("{field:#06x}"))
}

fn checksum_words(whole: &[u8], number: u8, (source, destination): (IpAddr, IpAddr), field: u16) -> Words {
    let length = u32::try_from(whole.len()).unwrap_or(u32::MAX);
    let pseudo = match number {
        protocol::ICMP => Sum::default(),
        _ => Sum::pseudo_header(source, destination, number, length),
    };
    let meaning = match verify(pseudo, whole, field) {
        _ if number == protocol::UDP && field == 0 => "none",
        Checksum::Good => "right",
        Checksum::Partial if number != protocol::ICMP => "of the addresses only: the interface was to finish it",
        _ => "wrong: receivers drop it without a word",
    };
    with(format!("{field:#06x}"), meaning)
}

/// A TCP segment without the IP header that it came in.
pub(super) fn segment(pen: &mut Pen<'_>) {
    tcp(pen, |field| {
        with(format!("{:#06x}", u16::from_be_bytes(field)), "not checked: it covers the IP addresses, too")
    });
}

fn tcp(pen: &mut Pen<'_>, sum: impl FnOnce([u8; 2]) -> Words) {
    pen.layer = "TCP";
    let start = pen.at;
    let bits = pen.left().get(12..14).map_or(0, |octets| u16::from_be_bytes([octets[0], octets[1]]));
    let flags = Flags::from_bits(bits);
    let header = usize::from(bits >> 12) * 4;
    let there = pen.left().len();
    let whole = pen.field("source port", |octets| plain(u16::from_be_bytes(octets)))
        && pen.field("destination port", |octets| plain(u16::from_be_bytes(octets)))
        && pen.field("sequence number", |octets| {
            with(
                u32::from_be_bytes(octets),
                if flags.syn() { "the SYN takes it" } else { "of the first octet of data" },
            )
        })
        && pen.field("acknowledgment number", |octets| {
            with(
                u32::from_be_bytes(octets),
                if flags.ack() { "the next octet expected" } else { "no ACK: not looked at" },
            )
        })
        && pen.field("data offset and flags", |octets| plain(format!("{:#06x}", u16::from_be_bytes(octets))))
        && {
            let wrong = if header < 20 {
                ": less than a header has"
            } else if header > there {
                ": beyond the segment"
            } else {
                ""
            };
            pen.bits("data offset", with(bits >> 12, format!("the header has {header} octets{wrong}")));
            pen.bits("reserved", plain(bits >> 9 & 7));
            flag_bits(pen, flags);
            true
        }
        && pen.field("window", |octets| with(u16::from_be_bytes(octets), "room for more, before scaling"))
        && pen.field("checksum", sum)
        && pen.field("urgent pointer", |octets| {
            let meaning = if flags.contains(Flags::URG) { "" } else { "no URG: not looked at" };
            with(u16::from_be_bytes(octets), meaning)
        });
    if whole && header >= 20 {
        options::tcp(pen, header.saturating_sub(pen.at - start));
    }
    pen.payload();
}

fn flag_bits(pen: &mut Pen<'_>, flags: Flags) {
    if flags == Flags::NONE {
        pen.bits("flags", plain("none"));
    }
    for (flag, name, words) in FLAG_WORDS {
        if flags.contains(flag) {
            pen.bits("flag", with(name, words));
        }
    }
}

fn udp(pen: &mut Pen<'_>, there: usize, sum: impl FnOnce([u8; 2]) -> Words) {
    pen.layer = "UDP";
    let _ = pen.field("source port", |octets| plain(u16::from_be_bytes(octets)))
        && pen.field("destination port", |octets| plain(u16::from_be_bytes(octets)))
        && pen.field("length", |octets| {
            let said = u16::from_be_bytes(octets);
            let right = usize::from(said) == there;
            let meaning = if right {
                "header and payload".to_owned()
            } else {
                format!("but there are {}", count(there as u64, "octet"))
            };
            with(said, meaning)
        })
        && pen.field("checksum", sum);
    pen.payload();
}

fn icmp(pen: &mut Pen<'_>, v6: bool, sum: impl FnOnce([u8; 2]) -> Words) {
    pen.layer = if v6 { "ICMPv6" } else { "ICMP" };
    let code = pen.left().get(1).copied().unwrap_or(0);
    let mut kind = 0;
    let is_echo = |kind| matches!((v6, kind), (false, 0 | 8) | (true, 128 | 129));
    let _ = pen.field("type", |[octet]| {
        kind = octet;
        let meaning = match (v6, octet) {
            (false, 8) | (true, 128) => "echo request",
            (false, 0) | (true, 129) => "echo reply",
            (false, 13) => "timestamp request",
            (false, 14) => "timestamp reply",
            (false, 17) => "address mask request",
            (false, 18) => "address mask reply",
            _ => icmp_words(v6, octet, code).says,
        };
        with(octet, meaning)
    }) && pen.field("code", |[octet]| plain(octet))
        && pen.field("checksum", sum)
        && if is_echo(kind) {
            pen.field("identifier", |octets| plain(u16::from_be_bytes(octets)))
                && pen.field("sequence number", |octets| plain(u16::from_be_bytes(octets)))
        } else {
            pen.field("rest of header", |octets| plain(format!("{:#010x}", u32::from_be_bytes(octets))))
        };
    pen.payload();
}
