//! How many packets of which kind a capture holds: what is not drawn is at least counted.

use std::fmt;

use crate::explain;
use crate::wire::{Content, Decoded, Icmp, Stop, StopReason, icmp::kind, ip::protocol};

/// Counts of packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cmd) struct Tally {
    segments: u64,
    datagrams: u64,
    echo_requests: u64,
    echo_replies: u64,
    icmp: u64,
    fragments: u64,
    whole: u64,
    incomplete: u64,
    cut: u64,
    malformed: u64,
    other: u64,
    /// The first packet that could not be read for its link type, that type, and how many there are.
    foreign: Option<(u64, u32, u64)>,
    /// The first packet that was cut before the end of its TCP header, and how many there are.
    beheaded: Option<(u64, u64)>,
}

impl Tally {
    /// Counts so many TCP segments.
    pub(in crate::cmd) const fn count_segments(&mut self, count: u64) {
        self.segments += count;
    }

    /// Counts one packet, by its number.
    pub(in crate::cmd) fn count(&mut self, number: u64, decoded: &Decoded<'_>) {
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
        if let (Content::Other, Some(stop)) = (&decoded.content, decoded.stopped) {
            self.note_loss(number, stop, decoded);
        }
    }

    /// Counts a packet that fragments made.
    pub(in crate::cmd) fn count_whole(&mut self, number: u64, decoded: &Decoded<'_>) {
        self.whole += 1;
        self.count(number, decoded);
    }

    /// Notes how many packets were not made whole.
    pub(in crate::cmd) const fn incomplete(&mut self, packets: u64) {
        self.incomplete = packets;
    }

    fn note_loss(&mut self, number: u64, stop: Stop, decoded: &Decoded<'_>) {
        let is_tcp = decoded.ip.is_none_or(|ip| ip.protocol == protocol::TCP);
        match stop.reason {
            StopReason::LinkType(link) => self.foreign.get_or_insert((number, link, 0)).2 += 1,
            StopReason::Cut if is_tcp => self.beheaded.get_or_insert((number, 0)).1 += 1,
            _ => {}
        }
    }

    fn icmp_counter(&mut self, message: &Icmp<'_>) -> &mut u64 {
        match (message.v6, message.kind) {
            (false, kind::ECHO_REQUEST) | (true, kind::V6_ECHO_REQUEST) => &mut self.echo_requests,
            (false, kind::ECHO_REPLY) | (true, kind::V6_ECHO_REPLY) => &mut self.echo_replies,
            _ => &mut self.icmp,
        }
    }

    /// Packets whose connection cannot be known: their link type is not read, or the capture cut them. What and where,
    /// one line for each kind.
    #[must_use]
    pub(in crate::cmd) fn losses(&self) -> Vec<String> {
        let more = |count: u64| if count > 1 { format!("; {count} such packets in all") } else { String::new() };
        let foreign = self.foreign.map(|(number, link, count)| {
            format!("packet {number} has link type {link}, which this program does not read{}", more(count))
        });
        let beheaded = self.beheaded.map(|(number, count)| {
            format!(
                "packet {number} is cut before the end of its TCP header{}: capture with a longer snap length",
                more(count)
            )
        });
        foreign.into_iter().chain(beheaded).collect()
    }

    /// Whether packets were passed over that may have held segments.
    #[must_use]
    pub(in crate::cmd) const fn is_lossy(&self) -> bool {
        self.incomplete + self.cut + self.malformed > 0
    }

    /// Whether there were packets of which exchanges are made.
    #[must_use]
    pub(in crate::cmd) const fn has_exchanges(&self) -> bool {
        self.datagrams + self.echo_requests + self.echo_replies > 0
    }

    /// Whether there was no packet at all.
    #[must_use]
    pub(in crate::cmd) fn is_empty(&self) -> bool {
        *self == Self::default()
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
            (self.whole, "packet put together from them", "packets put together from them"),
            (self.incomplete, "packet of which fragments are missing", "packets of which fragments are missing"),
            (self.cut, "packet cut before its TCP header", "packets cut before their TCP header"),
            (self.malformed, "malformed packet", "malformed packets"),
            (self.other, "packet of another protocol", "packets of other protocols"),
        ];
        let words: Vec<String> = counts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{} {}", explain::grouped(*count), if *count == 1 { one } else { many }))
            .collect();
        if words.is_empty() { f.write_str("no packet") } else { f.write_str(&words.join(", ")) }
    }
}
