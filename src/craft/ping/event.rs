//! What happened, as plain data for every kind of output.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::wire::{Quote, Time};

/// Version of the event format; raised when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A reply to one of our requests.
    Reply(Reply),
    /// An ICMP error that quotes one of our requests.
    Error(ErrorReply),
    /// A request could not be sent.
    Unsent(LocalError),
    /// The kernel reported, after sending, an error of this machine.
    Local(LocalError),
    /// The next request is due, and this one has no reply yet.
    Outstanding(Unanswered),
    /// A request that nobody answered in time.
    Timeout(Unanswered),
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// When the kernel received it.
    pub time: Time,
    /// Sequence number.
    #[serde(rename = "icmp_seq")]
    pub seq: u16,
    /// Who replied.
    pub from: IpAddr,
    /// What it is.
    pub answer: Answer,
    /// Octets of the ICMP message, of the TCP segment, or of the data in a datagram.
    pub bytes: usize,
    /// Time to live or hop limit with which it arrived.
    pub ttl: Option<u8>,
    /// From the departure to the kernel's receipt.
    #[serde(rename = "rtt_ms", serialize_with = "millis")]
    pub rtt: Duration,
    /// Which departure the round trip begins with.
    pub departure: Departure,
    /// The addresses that routers recorded on the way (RFC 791), in that order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<Ipv4Addr>,
    /// Another reply to this request came before.
    pub duplicate: bool,
    /// Less data came back than was sent.
    pub truncated: bool,
    /// The ICMP checksum is wrong.
    pub bad_checksum: bool,
    /// The data is not what was sent.
    pub wrong_data: Option<WrongData>,
}

/// Whose stamp a round trip begins with. It ends with the kernel's in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// The kernel's, from when it gave the request to the interface.
    Kernel,
    /// Ours, from just before we gave it to the kernel.
    Program,
}

/// What answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// An echo reply.
    EchoReply,
    /// SYN-ACK: a program listens on the port.
    SynAck,
    /// A reset: the host is there, and nobody listens.
    Reset,
    /// A datagram from the port.
    Datagram,
    /// ICMP port unreachable from the host itself: it is there, and nobody listens.
    PortUnreachable,
}

/// Data that came back other than it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WrongData {
    /// Where the first difference is, in octets from the start of the data.
    pub offset: usize,
    /// The octet that was sent there.
    pub expected: u8,
    /// The octet that came back.
    pub found: u8,
    /// All data that came back behind the timestamp.
    #[serde(skip)]
    pub data: Vec<u8>,
}

/// An ICMP error about one of our requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReply {
    /// When the kernel received it.
    pub time: Time,
    /// Sequence number of the request that it quotes.
    #[serde(rename = "icmp_seq")]
    pub seq: u16,
    /// Who reported it.
    pub from: IpAddr,
    /// ICMPv6: types and codes have other numbers.
    pub v6: bool,
    /// Type.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// What comes with it: the MTU in octets, the pointer of a parameter problem, or the new next hop of a redirect.
    pub info: u32,
    /// The request is lost. Not so for a redirect or a source quench, which are only advice.
    pub lost: bool,
    /// The packet that it quotes; none where the kernel keeps it to itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
}

/// The request as an ICMP error quotes it: with what the way there has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quoted {
    /// Its source: another one than ours where an address was translated on the way.
    pub source: IpAddr,
    /// Its destination.
    pub destination: IpAddr,
    /// Time to live or hop limit that it had left.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// IPv4 identification.
    pub id: Option<u32>,
    /// Octets of the whole packet, as its header says.
    pub len: usize,
    /// Octets of its payload that the error brought back.
    pub kept: usize,
    /// What tells it from others.
    #[serde(flatten)]
    pub request: QuotedRequest,
}

/// What tells a quoted request from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum QuotedRequest {
    /// An echo request.
    Echo {
        /// Its identifier.
        echo_id: u16,
    },
    /// A TCP segment or UDP datagram.
    Ports {
        /// Its source port.
        source_port: u16,
        /// Its destination port.
        destination_port: u16,
    },
}

impl Quoted {
    /// From the quotation of an error.
    pub(super) fn of(quote: &Quote<'_>, request: QuotedRequest) -> Self {
        let ip = &quote.ip;
        Self {
            source: ip.source,
            destination: ip.destination,
            ttl: ip.ttl,
            tos: ip.tos,
            id: ip.identification,
            len: ip.header_len + ip.payload_len,
            kept: quote.payload.len(),
            request,
        }
    }
}

/// Something that this machine itself refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalError {
    /// When.
    pub time: Time,
    /// Sequence number of the request.
    #[serde(rename = "icmp_seq")]
    pub seq: u16,
    /// Why, in the words of the system.
    pub reason: String,
}

/// A request without a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// When this was noticed.
    pub time: Time,
    /// Sequence number of the request.
    #[serde(rename = "icmp_seq")]
    pub seq: u16,
    /// How long it has been without a reply.
    #[serde(rename = "waited_ms", serialize_with = "millis")]
    pub waited: Duration,
}

/// Milliseconds, to the nanosecond.
fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_nanos() as f64 / 1e6)
}
