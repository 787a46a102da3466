//! The verdict on segments that are of no connection, and ask for none.

use super::{Names, icmp_words};
use crate::trace::{Handshake, Mark, Side, Summary};

/// Marks of flags that no socket call sends.
const FLAGS: [Mark; 6] = [Mark::NoFlags, Mark::BareFin, Mark::Xmas, Mark::SynFin, Mark::SynReset, Mark::OddFlags];

/// Whether nothing was open, and nothing was to be opened: segments sent by hand, or flags that no socket call sends, alone
/// or with the answer to them.
pub(super) fn is_probe(summary: &Summary) -> bool {
    let alone = summary.segments <= 2 && summary.bytes_client == 0 && summary.bytes_server == 0;
    match summary.handshake {
        Handshake::Probe => true,
        Handshake::MidStream => alone && has_odd_flags(summary),
        // Such a SYN asks for nothing that a socket call would.
        Handshake::Unanswered => summary.segments == 1 && summary.marks.has(Mark::SynFin),
        _ => false,
    }
}

fn has_odd_flags(summary: &Summary) -> bool {
    summary.marks.iter().any(|mark| FLAGS.contains(&mark))
}

/// What a scanner learns.
pub(super) fn probed(summary: &Summary, names: &Names) -> String {
    let by = match summary.first_flags {
        _ if has_odd_flags(summary) => "flags that no socket call sends",
        flags if flags.rst() => "a reset",
        _ => "a segment of no connection",
    };
    format!("by {by}; {}", learned(summary, &names.the(Side::Server)))
}

/// RFC 9293 sections 3.10.7.1 and 3.10.7.2: what has an ACK is reset by open and closed ports alike, what has none by
/// closed ones only, and a reset by none of them.
fn learned(summary: &Summary, server: &str) -> String {
    let flags = summary.first_flags;
    if summary.segments > 1 && summary.reset_by.is_some() {
        return match flags.ack() {
            true => format!("the reset says that {server} has none either, be its port open or closed"),
            false => format!("the reset says that nobody listens at {server}"),
        };
    }
    if let Some(error) = &summary.icmp {
        return format!("an ICMP error answers: {}", icmp_words(error.v6, error.kind, error.code).says);
    }
    match (flags.rst(), flags.ack(), flags.syn()) {
        (true, ..) => "without a connection nobody answers a reset, so silence tells nothing".to_owned(),
        (_, true, _) => format!("no reset came: a firewall drops it, or {server} has such a connection"),
        (_, _, true) => "no answer: Linux drops a SYN with a FIN in LISTEN, as firewalls do".to_owned(),
        _ => format!("no answer: {server} listens, or a firewall drops them"),
    }
}
