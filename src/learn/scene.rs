//! What was captured in one run.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::trace::{Event, EventKind, SegmentEvent};
use crate::wire::{Content, Decoded, Packet, Time};

/// So many packets of a run are kept; a lesson has a hundredth of that.
const MOST: usize = 10_000;

/// Types of ICMPv6 for neighbours and groups on a link (RFC 4861, RFC 2710, RFC 3810).
const V6_OF_THE_LINK: [u8; 9] = [130, 131, 132, 133, 134, 135, 136, 137, 143];

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Carried {
    /// A TCP segment.
    Segment,
    /// A UDP datagram with so many octets of payload.
    Datagram(u32),
    /// An ICMP message of this type and code.
    Icmp(u8, u8),
}

/// One packet of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// Its number in the capture, from 1.
    pub number: u64,
    /// When, since the first packet of the run.
    pub since_start: Duration,
    /// How long after the packet before it.
    pub wait: Duration,
    /// Whose it is; port 0 where there are no ports.
    pub from: SocketAddr,
    /// Whom it is for.
    pub to: SocketAddr,
    /// What it carries.
    pub carried: Carried,
    /// The connection and the segment, as the tracer told of them.
    pub told: Option<(u32, SegmentEvent)>,
}

/// Everything that a run showed: its packets, and what its programs said.
#[derive(Clone, Debug)]
pub struct Scene {
    near: IpAddr,
    shots: Vec<Shot>,
    times: Option<(Time, Time)>,
    said: String,
}

impl Scene {
    /// Nothing yet; `near` is the address of the host `you`.
    #[must_use]
    pub const fn new(near: IpAddr) -> Self {
        Self { near, shots: Vec::new(), times: None, said: String::new() }
    }

    /// Takes a packet; `number` counts from 1. What is neither TCP, UDP nor ICMP is passed
    /// over, and so is what a link needs for itself.
    pub fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        let Some(ip) = decoded.ip.filter(|_| self.shots.len() < MOST) else { return };
        let (ports, carried) = match &decoded.content {
            Content::Segment(segment) => ((segment.source_port, segment.destination_port), Carried::Segment),
            Content::Datagram(datagram) => (
                (datagram.source_port, datagram.destination_port),
                Carried::Datagram(u32::from(datagram.length).saturating_sub(8)),
            ),
            // What hosts of a link tell each other of their addresses is none of the lesson.
            Content::Icmp(icmp) if icmp.v6 && V6_OF_THE_LINK.contains(&icmp.kind) => return,
            Content::Icmp(icmp) => ((0, 0), Carried::Icmp(icmp.kind, icmp.code)),
            Content::Other => return,
        };
        let (first, last) = self.times.unwrap_or((packet.time, packet.time));
        self.times = Some((first, packet.time));
        self.shots.push(Shot {
            number,
            since_start: packet.time.since(first),
            wait: packet.time.since(last),
            from: SocketAddr::new(ip.source, ports.0),
            to: SocketAddr::new(ip.destination, ports.1),
            carried,
            told: None,
        });
    }

    /// Takes an event of the tracer, which belongs to a packet that was given before.
    pub fn event(&mut self, event: &Event) {
        let EventKind::Segment(segment) = event.kind else { return };
        if let Some(shot) = self.shots.iter_mut().rfind(|shot| shot.number == segment.number) {
            shot.told = Some((event.connection, segment));
        }
    }

    /// Takes what the programs of the run said.
    pub fn said(&mut self, text: String) {
        self.said = text;
    }

    /// The packets.
    #[must_use]
    pub fn shots(&self) -> &[Shot] {
        &self.shots
    }

    /// Whether a program said this.
    pub(super) fn has_said(&self, words: &str) -> bool {
        self.said.contains(words)
    }

    /// Whether the packet comes from the host `you`.
    pub(super) fn is_near(&self, shot: &Shot) -> bool {
        shot.from.ip() == self.near
    }

    /// How many connections there were.
    pub(super) fn connections(&self) -> u64 {
        self.shots.iter().filter_map(|shot| shot.told.map(|(connection, _)| u64::from(connection))).max().unwrap_or(0)
    }
}
