//! ICMP errors in the words of iputils ping.

use std::net::Ipv4Addr;

use super::ErrorReply;

/// Destination unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1), by code.
const V4_UNREACHABLE: [&str; 16] = [
    "Destination Net Unreachable",
    "Destination Host Unreachable",
    "Destination Protocol Unreachable",
    "Destination Port Unreachable",
    "Frag needed and DF set",
    "Source Route Failed",
    "Destination Net Unknown",
    "Destination Host Unknown",
    "Source Host Isolated",
    "Destination Net Prohibited",
    "Destination Host Prohibited",
    "Destination Net Unreachable for Type of Service",
    "Destination Host Unreachable for Type of Service",
    "Packet filtered",
    "Precedence Violation",
    "Precedence Cutoff",
];

/// Redirect (RFC 792), by code.
const V4_REDIRECT: [&str; 4] =
    ["Redirect Network", "Redirect Host", "Redirect Type of Service and Network", "Redirect Type of Service and Host"];

/// Destination unreachable (RFC 4443 section 3.1), by code.
const V6_UNREACHABLE: [&str; 5] = [
    "No route",
    "Administratively prohibited",
    "Beyond scope of source address",
    "Address unreachable",
    "Port unreachable",
];

/// Parameter problem (RFC 4443 section 3.4), by code.
const V6_PARAMETER: [&str; 3] = ["Wrong header field", "Unknown header", "Unknown option"];

/// What the error says.
pub(super) fn describe(error: &ErrorReply) -> String {
    if error.v6 { describe_v6(error) } else { describe_v4(error) }
}

fn describe_v4(error: &ErrorReply) -> String {
    let ErrorReply { code, info, .. } = *error;
    let named = |names: &[&str], other: &str| {
        names.get(usize::from(code)).map_or_else(|| format!("{other}, Bad Code: {code}"), |name| (*name).to_owned())
    };
    match error.kind {
        3 if code == 4 => format!("{} (mtu = {info})", V4_UNREACHABLE[4]),
        3 => named(&V4_UNREACHABLE, "Dest Unreachable"),
        4 => "Source Quench".to_owned(),
        5 => format!("{}(New nexthop: {})", named(&V4_REDIRECT, "Redirect"), Ipv4Addr::from_bits(info)),
        11 => named(&["Time to live exceeded", "Frag reassembly time exceeded"], "Time exceeded"),
        12 => format!("Parameter problem: pointer = {info}"),
        kind => format!("Bad ICMP type: {kind}"),
    }
}

fn describe_v6(error: &ErrorReply) -> String {
    let ErrorReply { code, info, .. } = *error;
    let named = |names: &[&str], other: &str| {
        names.get(usize::from(code)).map_or_else(|| format!("{other} {code}"), |name| (*name).to_owned())
    };
    match error.kind {
        1 => format!("Destination unreachable: {}", named(&V6_UNREACHABLE, "Unknown code")),
        2 => format!("Packet too big: mtu={info}"),
        3 => format!("Time exceeded: {}", named(&["Hop limit", "Defragmentation failure"], "code")),
        4 => format!("Parameter problem: {} at {info}", named(&V6_PARAMETER, "code")),
        kind => format!("unknown icmp type: {kind}"),
    }
}
