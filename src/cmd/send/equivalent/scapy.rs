//! A scapy expression, which can send everything, though not all of it by name.

use std::fmt::Write as _;

use super::{digits, scapy_icmp};
use crate::craft::packet::{IpLength, OptionSpec, PacketSpec, TcpSpec, Transport, build};
use crate::wire::option_kind as kind;

/// An expression of a packet (in fragments: of a list of packets) after `from scapy.all import *`.
pub(super) fn expression(spec: &PacketSpec) -> String {
    let whole = format!("{}/{}", ip(spec), transport(spec));
    match spec.ip.fragment_size {
        Some(size) if spec.destination.is_ipv4() => format!("fragment({whole}, fragsize={size})"),
        // fragment6 counts the whole packet, and cuts no other.
        Some(size) => format!("fragment6({whole}, {})", size + 48),
        None => whole,
    }
}

/// What stands in it as octets, since scapy has no field for it.
pub(super) fn lacks(spec: &PacketSpec) -> Option<&'static str> {
    match &spec.transport {
        Transport::Tcp(tcp) => tcp
            .options
            .iter()
            .any(|option| self::option(option).is_none())
            .then_some("options whose length is wrong; they stand behind the header as octets"),
        Transport::Icmp(icmp) if spec.destination.is_ipv4() && scapy_icmp::v4(icmp, &spec.payload).is_none() => {
            Some("a message that is too short for its type; it stands here as octets")
        }
        Transport::Icmp(_) | Transport::Udp(_) => None,
    }
}

fn ip(spec: &PacketSpec) -> String {
    let ip = &spec.ip;
    let (source, destination) = (spec.source, spec.destination);
    let built = build(spec).unwrap_or_default();
    let header = built.first().map_or(&[][..], Vec::as_slice);
    let field = |at: usize| header.get(at..at + 2).map_or(0, |octets| u16::from_be_bytes([octets[0], octets[1]]));
    if !destination.is_ipv4() {
        return ip6(spec, field(4));
    }
    let mut text =
        format!("IP(src='{source}', dst='{destination}', ttl={}, tos={}, id={}", ip.ttl, ip.tos, ip.id as u16);
    let flags = u8::from(ip.dont_fragment) * 2 + u8::from(ip.more_fragments);
    let _ = write!(text, ", flags={flags}, frag={}", ip.fragment_offset / 8);
    if matches!(spec.transport, Transport::Icmp(_)) {
        text += ", proto=1";
    }
    if !ip.options.is_empty() {
        let _ = write!(text, ", options=[IPOption(bytes.fromhex('{}'))]", digits(&ip.options));
    }
    if ip.bad_checksum {
        let _ = write!(text, ", chksum={:#06x}", field(10));
    }
    if ip.length != IpLength::Right {
        let _ = write!(text, ", len={}", field(2));
    }
    text + ")"
}

fn ip6(spec: &PacketSpec, length: u16) -> String {
    let ip = &spec.ip;
    let (source, destination) = (spec.source, spec.destination);
    let (label, tos) = (ip.flow_label & 0xf_ffff, ip.tos);
    let mut text = format!("IPv6(src='{source}', dst='{destination}', hlim={}, tc={tos}, fl={label:#x}", ip.ttl);
    if ip.length != IpLength::Right {
        let _ = write!(text, ", plen={length}");
    }
    text.push(')');
    if ip.fragment_size.is_some() || ip.more_fragments || ip.fragment_offset > 0 || ip.fragment_header {
        let (more, offset) = (u8::from(ip.more_fragments), ip.fragment_offset / 8);
        let _ = write!(text, "/IPv6ExtHdrFragment(id={:#x}, m={more}, offset={offset})", ip.id);
    }
    text
}

fn transport(spec: &PacketSpec) -> String {
    // scapy sums over what the length fields say, not over what there is.
    let is_said =
        spec.ip.length != IpLength::Right || matches!(&spec.transport, Transport::Udp(udp) if udp.length.is_some());
    let bad =
        |is_bad: bool| if is_bad || is_said { format!(", chksum={:#06x}", checksum(spec)) } else { String::new() };
    let mut tail = spec.payload.clone();
    let head = match &spec.transport {
        Transport::Tcp(tcp) => {
            let (options, raw) = tcp_options(tcp);
            tail.splice(0..0, raw);
            let TcpSpec { source_port, destination_port, seq, ack, window, urgent, .. } = tcp;
            let offset = tcp.data_offset.map_or_else(
                || format!(", dataofs={}", 5 + OptionSpec::octets(&tcp.options).len().div_ceil(4)),
                |offset| format!(", dataofs={}", offset & 0xf),
            );
            format!(
                "TCP(sport={source_port}, dport={destination_port}, seq={seq}, ack={ack}, flags={:#x}, reserved={}, \
                 window={window}, urgptr={urgent}{offset}{options}{})",
                tcp.flags.bits(),
                tcp.reserved & 7,
                bad(tcp.bad_checksum)
            )
        }
        Transport::Udp(udp) => {
            let length = udp.length.map_or_else(String::new, |length| format!(", len={length}"));
            let (from, to) = (udp.source_port, udp.destination_port);
            format!("UDP(sport={from}, dport={to}{length}{})", bad(udp.bad_checksum))
        }
        Transport::Icmp(icmp) if !spec.destination.is_ipv4() => {
            let sum = bad(icmp.bad_checksum).replace("chksum", "cksum");
            let head = scapy_icmp::v6(icmp, &tail);
            tail.clear();
            head + &sum + ")"
        }
        Transport::Icmp(icmp) => match scapy_icmp::v4(icmp, &tail) {
            Some((head, taken)) => {
                tail.drain(..taken);
                head + &bad(icmp.bad_checksum) + ")"
            }
            None => {
                let whole = packet(spec);
                tail.clear();
                format!("Raw(bytes.fromhex('{}'))", digits(&whole[whole.len().saturating_sub(upper_len(spec))..]))
            }
        },
    };
    if tail.is_empty() { head } else { format!("{head}/Raw(bytes.fromhex('{}'))", digits(&tail)) }
}

fn word(octets: &[u8], at: usize) -> u16 {
    octets.get(at..at + 2).map_or(0, |octets| u16::from_be_bytes([octets[0], octets[1]]))
}

/// The packet before it is cut into fragments.
fn packet(spec: &PacketSpec) -> Vec<u8> {
    let mut whole = spec.clone();
    whole.ip.fragment_size = None;
    build(&whole).ok().and_then(|packets| packets.into_iter().next()).unwrap_or_default()
}

/// The checksum that is written.
fn checksum(spec: &PacketSpec) -> u16 {
    let packet = packet(spec);
    let at = match &spec.transport {
        Transport::Tcp(_) => 16,
        Transport::Udp(_) => 6,
        Transport::Icmp(_) => 2,
    };
    word(&packet, packet.len().saturating_sub(upper_len(spec)) + at)
}

fn upper_len(spec: &PacketSpec) -> usize {
    spec.payload.len()
        + match &spec.transport {
            Transport::Tcp(tcp) => 20 + OptionSpec::octets(&tcp.options).len().next_multiple_of(4),
            Transport::Udp(_) | Transport::Icmp(_) => 8,
        }
}

/// The options in scapy's words, or, where it has none for one of them, as octets behind the header.
fn tcp_options(tcp: &TcpSpec) -> (String, Vec<u8>) {
    let words: Option<Vec<_>> = tcp.options.iter().map(option).collect();
    match words {
        Some(words) if words.is_empty() => (String::new(), Vec::new()),
        Some(words) => (format!(", options=[{}]", words.join(", ")), Vec::new()),
        None => {
            let mut octets = OptionSpec::octets(&tcp.options);
            octets.resize(octets.len().next_multiple_of(4), 0);
            (String::new(), octets)
        }
    }
}

fn option(option: &OptionSpec) -> Option<String> {
    let (kind, data) = match option {
        OptionSpec::Single(kind::NOP) => return Some("('NOP', None)".to_owned()),
        OptionSpec::Single(kind::END) => return Some("('EOL', None)".to_owned()),
        OptionSpec::Long { kind, length: None, data } => (*kind, data.as_slice()),
        _ => return None,
    };
    let number = |at: usize| data.get(at..at + 4).map_or(0, |o| u32::from_be_bytes([o[0], o[1], o[2], o[3]]));
    Some(match (kind, data.len()) {
        (kind::MSS, 2) => format!("('MSS', {})", word(data, 0)),
        (kind::WINDOW_SCALE, 1) => format!("('WScale', {})", data[0]),
        (kind::SACK_PERMITTED, 0) => "('SAckOK', b'')".to_owned(),
        (kind::TIMESTAMPS, 8) => format!("('Timestamp', ({}, {}))", number(0), number(4)),
        (kind::SACK, 8 | 16 | 24 | 32) => {
            let edges: Vec<_> = (0..data.len()).step_by(4).map(|at| number(at).to_string()).collect();
            format!("('SAck', ({}))", edges.join(", "))
        }
        _ => format!("({kind}, bytes.fromhex('{}'))", digits(data)),
    })
}
