//! The verdict on a connection of which only one end was captured: what that end did, and nothing of the other.

use super::Names;
use super::words::count;
use crate::trace::{Handshake, Side, Summary};

/// How it opened.
pub(super) fn opened(summary: &Summary, captured: Side, names: &Names) -> String {
    let (of, lacking) = (names.whose(captured), nothing_of(captured, names));
    match (summary.handshake, captured) {
        (Handshake::OneWay, Side::Client) => {
            format!("as far as one end shows: {of} SYN and its ACK of a SYN ACK are here; {lacking}")
        }
        (Handshake::OneWay, Side::Server) => {
            format!("as far as one end shows: {of} SYN ACK is here; {lacking}")
        }
        _ => format!("before the capture began; {lacking}"),
    }
}

/// What that end sent.
pub(super) fn sent(summary: &Summary, captured: Side, names: &Names) -> String {
    let octets = if captured == Side::Client { summary.bytes_client } else { summary.bytes_server };
    let (octets, segments) = (count(octets, "byte"), count(summary.segments, "segment"));
    format!(
        "{octets} by {} in {segments}; {} share was not captured",
        names.the(captured),
        names.whose(captured.other())
    )
}

/// How it ended without a reset.
pub(super) fn closed(summary: &Summary, captured: Side, names: &Names) -> String {
    let (the, other) = (names.the(captured), names.the(captured.other()));
    if summary.has_fin() {
        format!("by {the}, with a FIN; whether {other} sent one cannot be seen")
    } else {
        format!("not by {the} in this capture; whether by {other} cannot be seen")
    }
}

fn nothing_of(captured: Side, names: &Names) -> String {
    format!("the capture has no packet of {}", names.the(captured.other()))
}
