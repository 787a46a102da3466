//! The verdict on one connection.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{Belief, ConnState, CutOff, History, IcmpEvent, Marks, Pair, ResetNumber, Side, Stage, completeness};
use crate::wire::{Flags, OptionSummary, Time};

/// How a connection opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handshake {
    /// SYN, SYN-ACK, ACK (RFC 9293 figure 6).
    ThreeWay,
    /// Both sides sent a SYN before they saw the other's (figure 7).
    SimultaneousOpen,
    /// The called side answered with a SYN of its own instead of a SYN-ACK.
    Split,
    /// Data rode on the SYN, and was acknowledged with it (RFC 7413).
    FastOpen,
    /// A reset answered the SYN.
    Refused,
    /// Nothing answered the SYN.
    Unanswered,
    /// An ICMP error answered the SYN.
    Unreachable,
    /// SYN and SYN-ACK were seen, and no more.
    SynReceived,
    /// SYN and SYN-ACK were seen, and then a reset.
    Aborted,
    /// Only one end was captured: its SYN and ACK without the SYN-ACK between them, or its SYN-ACK without the SYN.
    OneWay,
    /// The capture began after the handshake.
    MidStream,
    /// Segments sent by hand, of no connection and for none.
    Probe,
}

impl Handshake {
    /// Every way to open.
    pub const ALL: [Self; 12] = [
        Self::ThreeWay,
        Self::SimultaneousOpen,
        Self::Split,
        Self::FastOpen,
        Self::Refused,
        Self::Unanswered,
        Self::Unreachable,
        Self::SynReceived,
        Self::Aborted,
        Self::OneWay,
        Self::MidStream,
        Self::Probe,
    ];

    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThreeWay => "three-way",
            Self::SimultaneousOpen => "simultaneous-open",
            Self::Split => "split",
            Self::FastOpen => "fast-open",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Unreachable => "unreachable",
            Self::SynReceived => "syn-received",
            Self::Aborted => "aborted",
            Self::OneWay => "one-way",
            Self::MidStream => "mid-stream",
            Self::Probe => "probe",
        }
    }
}

impl Serialize for Handshake {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Termination {
    /// FIN, ACK, FIN, ACK (RFC 9293 figure 12).
    FourSegment,
    /// FIN, FIN with the ACK of the first, ACK.
    ThreeSegment,
    /// Both sides sent their FIN before they saw the other's (figure 13).
    SimultaneousClose,
    /// One side sent its FIN; the other never did, or never had it acknowledged.
    OneSided,
    /// A reset ended it.
    Reset,
    /// It was not over when the capture was, or it never began.
    None,
}

impl Termination {
    /// Every way to end.
    pub const ALL: [Self; 6] =
        [Self::FourSegment, Self::ThreeSegment, Self::SimultaneousClose, Self::OneSided, Self::Reset, Self::None];

    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FourSegment => "four-segment",
            Self::ThreeSegment => "three-segment",
            Self::SimultaneousClose => "simultaneous-close",
            Self::OneSided => "one-sided",
            Self::Reset => "reset",
            Self::None => "none",
        }
    }
}

impl Serialize for Termination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Time between two segments; in milliseconds in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millis(pub Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // One division of a whole number: the shortest decimal that gives it back has no more than six decimals.
        serializer.serialize_f64(self.0.as_nanos() as f64 / 1e6)
    }
}

/// What a listener of ours did with the SYNs of one client, in this order, before it took one in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reception {
    /// So many were taken as lost, as asked.
    pub lost: u16,
    /// For so many there was no place in the backlog.
    pub no_place: u16,
}

/// The verdict on one connection, from all segments of it that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Address and port of the client.
    pub client: SocketAddr,
    /// Address and port of the server.
    pub server: SocketAddr,
    /// The earliest time of a segment: that of the first, in a capture that is in order.
    pub first: Time,
    /// The latest time of a segment.
    pub last: Time,
    /// Segments seen, of both sides.
    pub segments: u64,
    /// Octets of payload that the client sent, each counted once.
    pub bytes_client: u64,
    /// Octets of payload that the server sent, each counted once.
    pub bytes_server: u64,
    /// How it opened.
    pub handshake: Handshake,
    /// The only end of which the capture has segments, if there is a connection all the same: of the other end nothing
    /// can be said.
    pub one_way: Option<Side>,
    /// How it ended.
    pub termination: Termination,
    /// Whether data flowed after one side's FIN.
    pub half_close: bool,
    /// Whose FIN or reset came first.
    pub closed_first: Option<Side>,
    /// Whose reset ended it.
    pub reset_by: Option<Side>,
    /// What the number of that reset was to its receiver; of the last reset where none ended it. None where there was none,
    /// and where the capture does not tell.
    pub reset_number: Option<ResetNumber>,
    /// What that reset cut off.
    pub cut_off: Option<CutOff>,
    /// How far it got, if it did not come to an orderly end: a handshake that failed, or a reset.
    pub stage: Option<Stage>,
    /// Wireshark's `tcp.completeness`: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32, added up.
    pub completeness: u8,
    /// Zeek's `conn_state`.
    pub conn_state: ConnState,
    /// Zeek's `history`.
    pub history: History,
    /// From the client's (first) SYN to the SYN-ACK or other answer that arrived.
    #[serde(rename = "handshake_rtt_ms")]
    pub handshake_rtt: Option<Millis>,
    /// From that SYN to the segment that completed the handshake.
    #[serde(rename = "handshake_ms")]
    pub handshake_time: Option<Millis>,
    /// From the first FIN to the last acknowledgment of one; for a reset, from the connection's first segment to it.
    #[serde(rename = "termination_ms")]
    pub termination_time: Option<Millis>,
    /// SYNs of the client that were seen, repetitions included.
    pub syns: u16,
    /// Options on each side's SYN; none where it was not seen.
    pub offered: Pair<Option<OptionSummary>>,
    /// Whether the client's SYN asked for ECN (ECE and CWR), and the server's SYN ACK agreed (ECE without CWR): RFC 3168
    /// section 6.1.1.
    pub ecn: Pair<bool>,
    /// States when the last segment had arrived.
    pub states: Pair<Belief>,
    /// Who holds the connection in TIME-WAIT: both after a simultaneous close. In JSON `client`, `server`, `both` or null.
    #[serde(serialize_with = "as_holder")]
    pub time_wait: Pair<bool>,
    /// The ICMP error that ended it, or the last that was believed.
    pub icmp: Option<IcmpEvent>,
    /// All that was unusual.
    pub marks: Marks,
    /// Segments sent again, of both sides, SYNs and FINs included.
    pub retransmissions: Pair<u32>,
    /// What our own listener did with the client's SYNs; none where it answered them, and where none is ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reception: Option<Reception>,
    /// Flags of the first segment; JSON has them there.
    #[serde(skip)]
    pub first_flags: Flags,
}

impl Summary {
    /// Whether either side sent a FIN.
    #[must_use]
    pub const fn has_fin(&self) -> bool {
        self.completeness & completeness::FIN != 0
    }
}

fn as_holder<S: Serializer>(time_wait: &Pair<bool>, serializer: S) -> Result<S::Ok, S::Error> {
    holder(*time_wait).serialize(serializer)
}

/// Who holds a connection in TIME-WAIT, in the spelling of JSON.
#[must_use]
pub const fn holder(time_wait: Pair<bool>) -> Option<&'static str> {
    match (time_wait.client, time_wait.server) {
        (true, true) => Some("both"),
        (true, false) => Some("client"),
        (false, true) => Some("server"),
        (false, false) => None,
    }
}
