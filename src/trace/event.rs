//! What the tracer has to say: plain data of fixed size, one for all sinks.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::{KernelEvent, Marks, Millis, Pair, ResetNumber, Side, Summary};
use crate::tcp::{Call, Seq, State};
use crate::wire::{Checksum, Flags, OptionSummary, Time};

/// Version of the event format; raised when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// How we know a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Seen in a segment, made by ourselves, or told by the kernel.
    Observed,
    /// Follows from RFC 9293 and the segments that were seen.
    Inferred,
    /// Cannot be known, since the capture began too late or lacks something.
    #[default]
    Unknown,
}

impl Certainty {
    /// Every certainty.
    pub const ALL: [Self; 3] = [Self::Observed, Self::Inferred, Self::Unknown];

    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
        }
    }
}

/// A state of one end, and how we know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Belief {
    /// The state; none where nothing can be said.
    pub state: Option<State>,
    /// How we know it.
    pub certainty: Certainty,
}

/// Something that happened on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When; the capturer's clock.
    pub time: Time,
    /// Which connection: numbered from 1 in the order of their first segments.
    pub connection: u32,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// Number of the packet that it tells of, in its source, from 1; none where it tells of no single one.
    #[must_use]
    pub const fn packet(&self) -> Option<u64> {
        match &self.kind {
            EventKind::Segment(segment) => Some(segment.number),
            EventKind::Icmp(icmp) => Some(icmp.number),
            EventKind::Opened(_) | EventKind::Kernel(_) | EventKind::Ended(_) => None,
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant)] // a segment is by far the commonest, and events are not stored in bulk
pub enum EventKind {
    /// A connection was seen for the first time.
    Opened(Opened),
    /// A segment of it.
    Segment(SegmentEvent),
    /// An ICMP error that quotes one of its segments.
    Icmp(IcmpEvent),
    /// What the kernel of one end told; only where it was asked.
    Kernel(KernelEvent),
    /// It is over, or the capture is.
    Ended(Summary),
}

/// The two sockets of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// Address and port of the client.
    pub client: SocketAddr,
    /// Address and port of the server.
    pub server: SocketAddr,
    /// States before the first segment: CLOSED and LISTEN before a SYN, unknown in the middle of a stream.
    pub states: Pair<Belief>,
}

/// Who made a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Captured; nothing more is known.
    #[default]
    Wire,
    /// Made by hand, by this program.
    HandMade,
    /// Made by the kernel of this machine in the name of our hand-made connection: it knows nothing of it.
    OwnKernel,
}

/// When a call stands beside a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallRole {
    /// It was made, and caused the segment.
    Causes,
    /// It may return now that the segment has arrived.
    Returns,
}

/// A socket call beside a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CallNote {
    /// Whose program calls.
    pub side: Side,
    /// The call.
    pub call: Call,
    /// Cause, or effect.
    pub role: CallRole,
    /// How we know.
    pub certainty: Certainty,
}

/// What an acknowledgment covers for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Acked {
    /// Octets of data.
    pub octets: u32,
    /// The peer's SYN.
    pub syn: bool,
    /// The peer's FIN.
    pub fin: bool,
}

/// The start of a payload, for a glimpse on screen. Untrusted octets: escape them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    octets: [u8; Self::LEN],
    len: u8,
}

impl Preview {
    /// Octets kept.
    pub const LEN: usize = 32;

    /// Keeps the start of `payload`.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        let len = payload.len().min(Self::LEN);
        let mut octets = [0; Self::LEN];
        octets[..len].copy_from_slice(&payload[..len]);
        Self { octets, len: len as u8 }
    }

    /// The octets kept.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }
}

impl Serialize for Preview {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.octets().escape_ascii())
    }
}

/// A segment of a connection, with what it did to both ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SegmentEvent {
    /// Number of the packet in its source, from 1.
    pub number: u64,
    /// Its sender.
    pub from: Side,
    /// Who made it.
    pub origin: Origin,
    /// Control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: Seq,
    /// SEG.ACK; significant only with the ACK flag.
    pub ack: Seq,
    /// SEG.SEQ counted from the sender's ISN; from the first number seen where the ISN is unknown.
    pub relative_seq: u32,
    /// SEG.ACK counted from the receiver's ISN; none without the ACK flag. Where the receiver's numbers are unknown,
    /// counted from the first acknowledgment.
    pub relative_ack: Option<u32>,
    /// SEG.SEQ lies before where its numbers begin: of an older connection, or from before the capture.
    #[serde(skip)]
    pub is_seq_older: bool,
    /// SEG.ACK does.
    #[serde(skip)]
    pub is_ack_older: bool,
    /// Octets of payload on the wire.
    pub len: u32,
    /// The window field, not scaled.
    pub window: u16,
    /// The window in octets after scaling; none where the shift is unknown.
    pub scaled_window: Option<u32>,
    /// The shift that applies to this segment; none where it is unknown.
    pub window_shift: Option<u8>,
    /// Options.
    pub options: OptionSummary,
    /// Time to live or hop limit on arrival at the capturer.
    pub ttl: u8,
    /// What the checksum field says.
    pub checksum: Checksum,
    /// Urgent pointer; significant only with the URG flag.
    pub urgent: u16,
    /// What is newly acknowledged.
    pub acked: Acked,
    /// States before it left and before it arrived.
    pub before: Pair<Belief>,
    /// The sender's state after it left, the receiver's after it arrived.
    pub after: Pair<Belief>,
    /// Calls beside it, causes first.
    #[serde(serialize_with = "without_gaps")]
    pub calls: [Option<CallNote>; 3],
    /// Anything unusual.
    pub marks: Marks,
    /// Which sending of the same thing this is: 1 for the first.
    pub copy: u16,
    /// Time since the connection's first segment. In JSON in milliseconds.
    #[serde(rename = "since_start_ms", serialize_with = "in_millis")]
    pub since_start: Duration,
    /// Time since the same was first sent; zero for the first, and where the capture lacks the first. In JSON in
    /// milliseconds, and not there when it is zero.
    #[serde(rename = "since_first_ms", serialize_with = "in_millis", skip_serializing_if = "Duration::is_zero")]
    pub since_first: Duration,
    /// Octets that the sender must have sent before this and that the capture lacks.
    pub gap: u32,
    /// An ACK that says again what its sender expects, in answer to a segment which could not be accepted (RFC 9293
    /// section 3.10.7.4).
    #[serde(skip)]
    pub restates: bool,
    /// Of a reset: what its number is to the receiver, where that can be told. In JSON not there otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_number: Option<ResetNumber>,
    /// Section of RFC 9293 that governs what the receiver does with it.
    pub rfc_section: &'static str,
    /// The start of the payload.
    pub preview: Preview,
}

fn without_gaps<S: serde::Serializer>(calls: &[Option<CallNote>; 3], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(calls.iter().flatten())
}

fn in_millis<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    Millis(*time).serialize(serializer)
}

/// An ICMP error about a segment of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IcmpEvent {
    /// Number of the packet in its source, from 1.
    pub number: u64,
    /// Who complains: a router, or the host itself.
    pub from: IpAddr,
    /// Whose segment it quotes.
    pub about: Side,
    /// ICMPv6: types and codes have other numbers.
    pub v6: bool,
    /// Type.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// Next-hop MTU in octets, where the message carries one.
    pub mtu: Option<u32>,
    /// Sequence number of the quoted segment, where that much is quoted.
    pub quoted_seq: Option<Seq>,
    /// Whether the quoted number is one that is in flight; an error that quotes another is not to be believed
    /// (RFC 5927 section 4).
    pub plausible: bool,
    /// States after it arrived.
    pub after: Pair<Belief>,
}
