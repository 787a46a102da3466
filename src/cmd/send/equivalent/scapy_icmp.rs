//! ICMP messages in scapy's fields, which are others for each type.

use std::net::Ipv4Addr;

use super::digits;
use crate::craft::packet::IcmpSpec;
use crate::wire::icmp::kind;

/// A message in words, and how many octets of the payload they take; none where it is too short for its type.
pub(super) fn v4(icmp: &IcmpSpec, payload: &[u8]) -> Option<(String, usize)> {
    let [a, b, c, d] = icmp.rest;
    let (id, seq) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let number = |at: usize| payload.get(at..at + 4).map(|o| u32::from_be_bytes([o[0], o[1], o[2], o[3]]));
    let pair = format!("id={id:#x}, seq={seq:#x}");
    let (fields, taken) = match icmp.kind {
        // Echo, and information (RFC 792), which has nothing else.
        kind::ECHO_REQUEST | kind::ECHO_REPLY | 15 | 16 => (pair, 0),
        // Timestamp (RFC 792), and address mask (RFC 950).
        13 | 14 => {
            let [sent, received, answered] = [number(0)?, number(4)?, number(8)?];
            (format!("{pair}, ts_ori={sent}, ts_rx={received}, ts_tx={answered}"), 12)
        }
        17 | 18 => (format!("{pair}, addr_mask='{}'", Ipv4Addr::from(number(0)?)), 4),
        kind::DESTINATION_UNREACHABLE => (format!("reserved={a}, length={b}, nexthopmtu={seq}"), 0),
        kind::REDIRECT => (format!("gw='{}'", Ipv4Addr::from(icmp.rest)), 0),
        kind::TIME_EXCEEDED => (format!("reserved={a}, length={b}, unused={seq}"), 0),
        kind::PARAMETER_PROBLEM => (format!("ptr={a}, length={b}, unused={seq}"), 0),
        _ => (format!("unused={:#x}", u32::from_be_bytes(icmp.rest)), 0),
    };
    Some((format!("ICMP(type={}, code={}, {fields}", icmp.kind, icmp.code), taken))
}

/// A message of ICMPv6 in words, with all of the payload, but for its end.
pub(super) fn v6(icmp: &IcmpSpec, payload: &[u8]) -> String {
    let IcmpSpec { kind, code, rest, .. } = icmp;
    let [a, b, c, d] = *rest;
    let (id, seq) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    match *kind {
        kind::V6_ECHO_REQUEST => {
            format!(
                "ICMPv6EchoRequest(code={code}, id={id:#x}, seq={seq:#x}, data=bytes.fromhex('{}')",
                digits(payload)
            )
        }
        _ => {
            let body = digits(&[&rest[..], payload].concat());
            format!("ICMPv6Unknown(type={kind}, code={code}, msgbody=bytes.fromhex('{body}')")
        }
    }
}
