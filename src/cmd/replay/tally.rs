//! How many packets of which kind a capture holds: what is not drawn is at least counted.

use std::fmt;

use crate::wire::{Content, Decoded, Icmp, StopReason, icmp::kind};

/// Counts of packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    segments: u64,
    datagrams: u64,
    echo_requests: u64,
    echo_replies: u64,
    icmp: u64,
    fragments: u64,
    cut: u64,
    malformed: u64,
    other: u64,
}

impl Tally {
    /// Counts one packet.
    pub(super) fn count(&mut self, decoded: &Decoded<'_>) {
        let counter = match (&decoded.content, decoded.stopped.map(|stop| stop.reason)) {
            (Content::Segment(_), _) => &mut self.segments,
            (Content::Datagram(_), _) => &mut self.datagrams,
            (Content::Icmp(message), _) => self.icmp_counter(message),
            (Content::Other, Some(StopReason::Fragment)) => &mut self.fragments,
            (Content::Other, Some(StopReason::Cut)) => &mut self.cut,
            (Content::Other, Some(StopReason::Malformed(_))) => &mut self.malformed,
            (Content::Other, _) => &mut self.other,
        };
        *counter += 1;
    }

    fn icmp_counter(&mut self, message: &Icmp<'_>) -> &mut u64 {
        match (message.v6, message.kind) {
            (false, kind::ECHO_REQUEST) | (true, kind::V6_ECHO_REQUEST) => &mut self.echo_requests,
            (false, kind::ECHO_REPLY) | (true, kind::V6_ECHO_REPLY) => &mut self.echo_replies,
            _ => &mut self.icmp,
        }
    }

    /// Whether packets were passed over that may have held segments.
    #[must_use]
    pub(super) const fn is_lossy(&self) -> bool {
        self.fragments + self.cut + self.malformed > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.segments, "TCP segment", "TCP segments"),
            (self.datagrams, "UDP datagram", "UDP datagrams"),
            (self.echo_requests, "ICMP echo request", "ICMP echo requests"),
            (self.echo_replies, "ICMP echo reply", "ICMP echo replies"),
            (self.icmp, "other ICMP message", "other ICMP messages"),
            (self.fragments, "IP fragment", "IP fragments"),
            (self.cut, "packet cut before its TCP header", "packets cut before their TCP header"),
            (self.malformed, "malformed packet", "malformed packets"),
            (self.other, "packet of another protocol", "packets of other protocols"),
        ];
        let words: Vec<String> = counts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        if words.is_empty() { f.write_str("no packet") } else { f.write_str(&words.join(", ")) }
    }
}
