//! What changes in an IP packet: addresses, TTL, ports, and the checksums over them; also in the packet that an ICMP error
//! quotes, as the error would be about nobody otherwise (RFC 5508).

use std::net::IpAddr;

use super::Table;
use super::map::find;
use super::mend::{Delta, Field, mend, put, renew};
use crate::wire::Ip;
use crate::wire::checksum::{Checksum, Sum, verify};
use crate::wire::ip::{self, protocol};

/// Neighbour solicitation and advertisement (RFC 4861 section 4).
const NEIGHBOUR: [u8; 2] = [135, 136];

/// Where the checksum is in a transport header, by protocol; and whether it covers the pseudo-header.
pub(super) const fn checksum_of(protocol: u8) -> Option<(usize, bool)> {
    match protocol {
        protocol::TCP => Some((16, true)),
        protocol::UDP => Some((6, true)),
        protocol::ICMP => Some((2, false)),
        protocol::ICMPV6 => Some((2, true)),
        _ => None,
    }
}

/// Rewrites the IP packet at the start of `bytes`; answers what that changes in a sum over all of it. `is_quoted`: it is the
/// beginning of a packet, within an ICMP error.
pub(super) fn rewrite(table: &Table, bytes: &mut [u8], ip: &Ip, is_quoted: bool) -> Delta {
    let partial = partial_checksum(bytes, ip);
    let pseudo = addresses(table, bytes, ip);
    let mut delta = pseudo;
    if ip.source.is_ipv4() {
        let changed = pseudo.and(if is_quoted { Delta::default() } else { ttl(table, bytes, 8) });
        delta = changed.and(mend(bytes, 10, Field::Whole, changed));
    } else if !is_quoted {
        delta = delta.and(ttl(table, bytes, 6));
    }
    let end = bytes.len().min(ip.header_len + ip.payload_len);
    let Some(payload) = bytes.get_mut(ip.header_len..end) else { return delta };
    match ip.fragment.map_or(0, |fragment| fragment.offset as usize) {
        0 => delta.and(transport(table, payload, ip.protocol, (pseudo, partial), is_quoted)),
        // The rest of a header that began in the fragment before: its checksum follows the addresses.
        offset => match checksum_of(ip.protocol).filter(|(at, has_pseudo)| *has_pseudo && *at >= offset) {
            Some((at, _)) => delta.and(mend(payload, at - offset, Field::Whole, pseudo)),
            None => delta,
        },
    }
}

/// Whether a port is to change whose checksum is in another fragment: what that becomes cannot be known there.
pub(super) fn is_scattered(table: &Table, bytes: &[u8], ip: &Ip) -> bool {
    let Some(fragment) = ip.fragment.filter(|fragment| fragment.offset == 0) else { return false };
    let Some((at, _)) = checksum_of(ip.protocol).filter(|(at, _)| fragment.more && ip.payload_len < at + 2) else {
        return false;
    };
    let payload = bytes.get(ip.header_len..).unwrap_or_default();
    let mut head = payload[..payload.len().min(at)].to_vec();
    matches!(ip.protocol, protocol::TCP | protocol::UDP) && !ports(table, &mut head).is_none()
}

/// Maps source and destination.
fn addresses(table: &Table, bytes: &mut [u8], ip: &Ip) -> Delta {
    let start = if ip.source.is_ipv4() { 12 } else { 8 };
    let size = if ip.source.is_ipv4() { 4 } else { 16 };
    [(start, ip.source), (start + size, ip.destination)]
        .into_iter()
        .map(|(at, address)| map_address(table, bytes, at, address))
        .fold(Delta::default(), Delta::and)
}

/// Maps the address at `at`.
pub(super) fn map_address(table: &Table, bytes: &mut [u8], at: usize, address: IpAddr) -> Delta {
    match table.ips.iter().find_map(|prefixes| prefixes.map(address)) {
        Some(IpAddr::V4(to)) => put(bytes, at, &to.octets()),
        Some(IpAddr::V6(to)) => put(bytes, at, &to.octets()),
        None => Delta::default(),
    }
}

/// Sets the TTL, or hop limit, in the 16-bit word at `at`: its first octet in IPv4, its last in IPv6.
fn ttl(table: &Table, bytes: &mut [u8], at: usize) -> Delta {
    match (table.ttl, bytes.get(at..).and_then(|rest| rest.first_chunk::<2>())) {
        (Some(ttl), Some(&[_, other])) if at == 8 => put(bytes, at, &[ttl, other]),
        (Some(ttl), Some(&[other, _])) => put(bytes, at, &[other, ttl]),
        _ => Delta::default(),
    }
}

/// Whether the transport checksum holds the sum of the pseudo-header alone.
fn partial_checksum(bytes: &[u8], ip: &Ip) -> Field {
    let Some((at, true)) = checksum_of(ip.protocol) else { return Field::Whole };
    let end = ip.header_len + ip.payload_len;
    let Some(payload) = bytes.get(ip.header_len..end).filter(|_| ip.fragment.is_none()) else { return Field::Whole };
    let Some(field) = payload.get(at..at + 2).map(|field| u16::from_be_bytes([field[0], field[1]])) else {
        return Field::Whole;
    };
    let pseudo = pseudo_header(ip);
    // One in 65,536 good checksums has the same value: only the whole sum tells.
    let is_partial = field == pseudo.folded() && verify(pseudo, payload, field) == Checksum::Partial;
    if is_partial { Field::Partial } else { Field::Whole }
}

fn pseudo_header(ip: &Ip) -> Sum {
    let length = u32::try_from(ip.payload_len).unwrap_or(u32::MAX);
    Sum::pseudo_header(ip.source, ip.destination, ip.protocol, length)
}

/// Ports, and what an ICMP message holds; the checksum follows them and the addresses (`pseudo`).
fn transport(table: &Table, payload: &mut [u8], number: u8, (pseudo, field): (Delta, Field), is_quoted: bool) -> Delta {
    let Some((at, has_pseudo)) = checksum_of(number) else { return Delta::default() };
    let changed = match number {
        protocol::TCP | protocol::UDP => ports(table, payload),
        // A quote does not quote again (RFC 1122 section 3.2.2, RFC 4443 section 2.4).
        _ if is_quoted => Delta::default(),
        _ => message(table, payload, number),
    };
    // Zero: a UDP datagram without a checksum (RFC 768).
    let is_absent = number == protocol::UDP && payload.get(at..at + 2) == Some(&[0, 0]);
    if is_absent {
        return changed;
    }
    let under = if has_pseudo { changed.and(pseudo) } else { changed };
    let mended = mend(payload, at, field, under);
    if number == protocol::UDP && payload.get(at..at + 2) == Some(&[0, 0]) {
        // The same sum in its other form: zero would mean that there is none.
        return changed.and(mended).and(put(payload, at, &[0xff, 0xff]));
    }
    changed.and(mended)
}

fn ports(table: &Table, payload: &mut [u8]) -> Delta {
    let mut delta = Delta::default();
    for at in [0, 2] {
        let port = payload.get(at..at + 2).map(|port| u16::from_be_bytes([port[0], port[1]]));
        if let Some(to) = port.and_then(|port| find(&table.ports, port)) {
            delta = delta.and(put(payload, at, &to.to_be_bytes()));
        }
    }
    delta
}

/// The packet that an ICMP error quotes, and the address that a neighbour is asked for.
fn message(table: &Table, payload: &mut [u8], number: u8) -> Delta {
    const BODY: usize = 8;
    let Some(&message) = payload.first() else { return Delta::default() };
    let Some(body) = payload.get_mut(BODY..) else { return Delta::default() };
    let is_error = match number {
        protocol::ICMP => matches!(message, 3 | 4 | 5 | 11 | 12),
        _ => (1..=4).contains(&message),
    };
    if is_error {
        return match ip::decode(body, body.len()) {
            Ok((quoted, ..)) => rewrite(table, body, &quoted, true),
            Err(_) => Delta::default(),
        };
    }
    let target = body.first_chunk::<16>().map(|target| IpAddr::from(*target));
    let is_neighbour = number == protocol::ICMPV6 && NEIGHBOUR.contains(&message);
    target.filter(|_| is_neighbour).map_or(Delta::default(), |target| map_address(table, body, 0, target))
}

/// Works out anew what can be: the checksum of an IPv4 header, and that of a transport header whose packet is whole.
pub(super) fn renew_all(bytes: &mut [u8], ip: &Ip) {
    if ip.source.is_ipv4() {
        let header = usize::from(bytes.first().copied().unwrap_or(0) & 0x0f) * 4;
        renew(bytes.get_mut(..header).unwrap_or_default(), 10, Sum::default());
    }
    let end = ip.header_len + ip.payload_len;
    let Some(payload) = bytes.get_mut(ip.header_len..end).filter(|_| ip.fragment.is_none()) else { return };
    let Some((at, has_pseudo)) = checksum_of(ip.protocol) else { return };
    let is_datagram = ip.protocol == protocol::UDP;
    if is_datagram && ip.source.is_ipv4() && payload.get(at..at + 2) == Some(&[0, 0]) {
        return;
    }
    renew(payload, at, if has_pseudo { pseudo_header(ip) } else { Sum::default() });
    if is_datagram && payload.get(at..at + 2) == Some(&[0, 0]) {
        put(payload, at, &[0xff, 0xff]);
    }
}

/// Cuts an IP packet to `most` octets, its lengths with it; answers how long it is then. Where that would cut its headers,
/// it stays as it is.
pub(super) fn trim(bytes: &mut [u8], ip: &Ip, most: usize) -> usize {
    let total = ip.header_len + ip.payload_len;
    let mut payload = most.saturating_sub(ip.header_len);
    // All fragments but the last are multiples of eight octets long (RFC 791).
    if ip.fragment.is_some_and(|fragment| fragment.more) {
        payload &= !7;
    }
    if total <= most || payload < 8 || bytes.len() < ip.header_len + payload {
        return bytes.len();
    }
    let length = ip.header_len + payload;
    // In IPv6 the length does not count the first header.
    let (at, said) = if ip.source.is_ipv4() { (2, length) } else { (4, length - 40) };
    put(bytes, at, &u16::try_from(said).unwrap_or(0).to_be_bytes());
    if ip.protocol == protocol::UDP && ip.fragment.is_none() {
        put(bytes, ip.header_len + 4, &u16::try_from(payload).unwrap_or(0).to_be_bytes());
    }
    length
}
