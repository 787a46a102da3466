//! ICMP errors in words, and what they do to a connection.

use super::{Names, Reason, Voice, Weight, count};
use crate::tcp::State;
use crate::trace::{IcmpEvent, Side};
use crate::wire::icmp::is_advice;

/// One kind of ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpWords {
    /// What it says.
    pub says: &'static str,
    /// The error of connect() on Linux while the SYN is unanswered; none where the SYN is sent on.
    pub errno: Option<&'static str>,
}

const fn row(says: &'static str, errno: &'static str) -> IcmpWords {
    IcmpWords { says, errno: Some(errno) }
}

const fn harmless(says: &'static str) -> IcmpWords {
    IcmpWords { says, errno: None }
}

/// What an ICMP (`v6`: ICMPv6) error of this type and code says (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section
/// 5.2.7.1, RFC 4443 section 3, RFC 7112 section 5).
#[must_use]
pub const fn icmp_words(v6: bool, kind: u8, code: u8) -> IcmpWords {
    if v6 { v6_words(kind, code) } else { v4_words(kind, code) }
}

const fn v4_words(kind: u8, code: u8) -> IcmpWords {
    match (kind, code) {
        (3, 0) => row("network unreachable", "ENETUNREACH"),
        (3, 1) => row("host unreachable", "EHOSTUNREACH"),
        (3, 2) => row("protocol unreachable", "ENOPROTOOPT"),
        (3, 3) => row("port unreachable", "ECONNREFUSED"),
        (3, 4) => harmless("fragmentation needed"),
        (3, 5) => row("source route failed", "EOPNOTSUPP"),
        (3, 6) => row("network unknown", "ENETUNREACH"),
        (3, 7) => row("host unknown", "EHOSTDOWN"),
        (3, 8) => row("source host isolated", "ENONET"),
        (3, 9) => row("network prohibited", "ENETUNREACH"),
        (3, 10) => row("host prohibited", "EHOSTUNREACH"),
        (3, 11) => row("network unreachable for this service", "ENETUNREACH"),
        (3, 12) => row("host unreachable for this service", "EHOSTUNREACH"),
        (3, 13) => row("filtered by a firewall", "EHOSTUNREACH"),
        (3, 14) => row("host precedence violation", "EHOSTUNREACH"),
        (3, 15) => row("precedence cutoff", "EHOSTUNREACH"),
        (3, _) => row("destination unreachable", "EHOSTUNREACH"),
        (4, _) => harmless("source quench"),
        (5, _) => harmless("redirect"),
        (11, 1) => harmless("fragments came too late"),
        (11, _) => row("time to live exceeded", "EHOSTUNREACH"),
        (12, _) => row("parameter problem", "EPROTO"),
        _ => harmless("unknown ICMP error"),
    }
}

const fn v6_words(kind: u8, code: u8) -> IcmpWords {
    match (kind, code) {
        (1, 0) => row("no route to destination", "ENETUNREACH"),
        (1, 1) => row("filtered by a firewall", "EACCES"),
        (1, 2) => row("beyond scope of source address", "EHOSTUNREACH"),
        (1, 3) => row("address unreachable", "EHOSTUNREACH"),
        (1, 4) => row("port unreachable", "ECONNREFUSED"),
        (1, 5) => row("source address failed policy", "EACCES"),
        (1, 6) => row("route to destination rejected", "EACCES"),
        (1, _) => row("destination unreachable", "EHOSTUNREACH"),
        (2, _) => harmless("packet too big"),
        (3, 1) => harmless("fragments came too late"),
        (3, _) => row("hop limit exceeded", "EHOSTUNREACH"),
        (4, 3) => row("first fragment lacks headers", "EPROTO"),
        (4, _) => row("parameter problem", "EPROTO"),
        _ => harmless("unknown ICMPv6 error"),
    }
}

/// What an ICMP (`v6`: ICMPv6) error of this type and code means for who sent the packet that it quotes, and what to try.
#[must_use]
pub const fn icmp_advice(v6: bool, kind: u8, code: u8) -> &'static str {
    match (v6, kind, code) {
        (false, 3, 0 | 6) | (true, 1, 0) => {
            "a router has no route to that network: look at its routing, or at the address"
        }
        (false, 3, 1 | 7) | (true, 1, 3) => {
            "the last router, or this machine, asked for the host on its link and nobody answered"
        }
        (false, 3, 2) => "the host is there, and does not speak that protocol",
        (false, 3, 3) | (true, 1, 4) => "the host is there, and no program listens on that port",
        (false, 3, 4) | (true, 2, _) => "too long for a link on the way, and it must not be cut: send less",
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => "a firewall or a rule of a router refuses it",
        (true, 1, 2) => "the source address is of no use beyond its link: choose another with -I",
        (false, 4, _) => "a router was short of memory; hosts ignore this today (RFC 6633)",
        (false, 5, _) => "the packet was passed on; a shorter way leads over another router of this link",
        (false, 11, 1) | (true, 3, 1) => {
            "some fragments did not arrive in time: one was lost, or a firewall drops them"
        }
        (false, 11, _) | (true, 3, _) => {
            "its hops were used up on the way: a small -t, or routers that send it in a circle"
        }
        (true, 4, 3) => "all headers, that of TCP too, belong into the first fragment (RFC 7112): make it longer",
        (false, 12, _) | (true, 4, _) => "somebody on the way could not read its header",
        (false, 3, _) | (true, 1, _) => "it cannot be delivered",
        _ => "an error without a meaning of its own",
    }
}

/// Whether the error is advice, and the packet that it quotes was passed on all the same: source quench and redirect.
#[must_use]
pub const fn icmp_is_advice(icmp: &IcmpEvent) -> bool {
    is_advice(icmp.v6, icmp.kind)
}

const fn protocol(icmp: &IcmpEvent) -> &'static str {
    if icmp.v6 { "ICMPv6" } else { "ICMP" }
}

/// The parts of the label: `ICMP host unreachable`, `from 192.0.2.254`.
#[must_use]
pub fn icmp_label(icmp: &IcmpEvent) -> Vec<String> {
    let words = icmp_words(icmp.v6, icmp.kind, icmp.code);
    let mut parts = vec![format!("{} {}", protocol(icmp), words.says)];
    parts.extend(icmp.mtu.map(|mtu| format!("mtu {mtu}")));
    parts.push(format!("from {}", icmp.from));
    parts
}

/// Why the error ends the connection, or does not. `before` is the state of the end that it is sent to.
#[must_use]
pub fn icmp_reasons(icmp: &IcmpEvent, before: Option<State>, voice: &Voice<'_>) -> Vec<Reason> {
    let words = icmp_words(icmp.v6, icmp.kind, icmp.code);
    let whose = voice.names.whose(icmp.about);
    let text = match (words.errno, before) {
        _ if !icmp.plausible => {
            "ignored: it quotes a number that is not in flight, so it may be forged (RFC 5927)".to_owned()
        }
        (None, _) if icmp.mtu.is_some() => {
            let mtu = icmp.mtu.map_or(0, u64::from);
            format!("packets above {} do not get through: {whose} next ones are smaller", count(mtu, "byte"))
        }
        (None, _) => "a hint only: the connection goes on".to_owned(),
        (Some(errno), Some(State::SynSent)) => format!("it quotes {whose} SYN: connect() fails with {errno}"),
        (Some(_), None) => format!("it quotes {whose} segment: that got no further"),
        (Some(_), _) => "a hint only: an open connection survives it (RFC 1122 4.2.3.9)".to_owned(),
    };
    let detail = format!("type {}, code {}", icmp.kind, icmp.code);
    vec![Reason { text, weight: Weight::Key }, Reason { text: detail, weight: Weight::Detail }]
}

/// What the verdict says of the error that ended an attempt to connect.
pub(super) fn unreachable(icmp: &IcmpEvent, names: &Names) -> String {
    let words = icmp_words(icmp.v6, icmp.kind, icmp.code);
    let numbers = format!("{} type {}, code {}", protocol(icmp), icmp.kind, icmp.code);
    let to = if names.you() == Some(Side::Client) { "you" } else { "the client" };
    let errno = words.errno.map_or_else(
        || "; it is no reason to give up".to_owned(),
        |errno| format!("; connect() would fail with {errno}"),
    );
    format!("{} tells {to}: {} ({numbers}){errno}", icmp.from, words.says)
}
