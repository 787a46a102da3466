//! What is said of exchanges: plain data of fixed size, one for all sinks.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Serialize, Serializer};

use super::Oddities;
use crate::trace::{KernelEvent, Millis, Pair, Preview, Side};
use crate::wire::{Checksum, Time};

/// What an exchange consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// UDP datagrams (RFC 768).
    Udp,
    /// ICMP or ICMPv6 echo requests and replies: ping.
    Echo,
    /// ICMP timestamp requests and replies.
    Timestamp,
    /// ICMP information requests and replies; deprecated by RFC 6918.
    Information,
    /// ICMP address mask requests and replies (RFC 950); deprecated by RFC 6918.
    AddressMask,
}

impl Protocol {
    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Echo => "icmp-echo",
            Self::Timestamp => "icmp-timestamp",
            Self::Information => "icmp-information",
            Self::AddressMask => "icmp-address-mask",
        }
    }

    /// Whether it is one of ICMP's.
    #[must_use]
    pub const fn is_icmp(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One end: a socket where there are ports, otherwise a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// Address and port.
    Socket(SocketAddr),
    /// Address alone.
    Host(IpAddr),
}

impl Endpoint {
    /// The address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        match self {
            Self::Socket(socket) => socket.ip(),
            Self::Host(address) => address,
        }
    }

    /// Address and port, where there is one.
    #[must_use]
    pub const fn socket(self) -> Option<SocketAddr> {
        match self {
            Self::Socket(socket) => Some(socket),
            Self::Host(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(socket) => socket.fmt(f),
            Self::Host(address) => address.fmt(f),
        }
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something that happened in one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExchangeEvent {
    /// When; the capturer's clock.
    pub time: Time,
    /// Which exchange: numbered from 1 in the order of their first messages, apart from connections.
    pub exchange: u32,
    /// What it consists of.
    pub protocol: Protocol,
    /// What.
    #[serde(flatten)]
    pub kind: ExchangeKind,
}

impl ExchangeEvent {
    /// Number of the packet that it tells of, in its source, from 1; none where it tells of no single one.
    #[must_use]
    pub const fn packet(&self) -> Option<u64> {
        match &self.kind {
            ExchangeKind::Message(message) => Some(message.number),
            ExchangeKind::Error(error) => Some(error.number),
            ExchangeKind::Began(_) | ExchangeKind::Kernel(_) | ExchangeKind::Ended(_) => None,
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant)] // events are not stored in bulk
pub enum ExchangeKind {
    /// An exchange was seen for the first time.
    #[serde(rename = "exchange-began")]
    Began(Began),
    /// A message of it.
    Message(Message),
    /// An ICMP error that quotes one of its messages.
    #[serde(rename = "message-error")]
    Error(ExchangeError),
    /// What a kernel told of a program's socket: a system call.
    Kernel(KernelEvent),
    /// It has been silent for long, or the capture is over.
    #[serde(rename = "exchange-ended")]
    Ended(ExchangeSummary),
}

/// The two ends of a new exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Began {
    /// Who asks: the sender of the requests; with UDP, of the first datagram, unless the ports tell otherwise.
    pub client: Endpoint,
    /// Whom it asks.
    pub server: Endpoint,
    /// ICMP: the identifier that requests and replies carry.
    pub id: Option<u16>,
    /// The server's address is that of a group of hosts: multicast, or limited broadcast.
    pub group: bool,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A UDP datagram; whether it asks or answers is between the programs.
    Datagram,
    /// An ICMP request.
    Request,
    /// An ICMP reply.
    Reply,
}

/// A message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Number of the packet in its source, from 1.
    pub number: u64,
    /// Its sender.
    pub from: Side,
    /// What it is.
    #[serde(rename = "message")]
    pub kind: MessageKind,
    /// ICMP: its sequence number.
    pub seq: Option<u16>,
    /// Octets of payload on the wire.
    pub len: u32,
    /// Time to live or hop limit on arrival at the capturer.
    pub ttl: u8,
    /// What the checksum field says.
    pub checksum: Checksum,
    /// Which sending of the same octets this is, while nothing answers them: 1 for the first.
    pub copy: u16,
    /// Number of the packet that it answers. A reply answers the request of its sequence number; a datagram the first
    /// of those that the other side sent since this side was last heard.
    pub answers: Option<u64>,
    /// Time since that packet.
    #[serde(rename = "response_ms")]
    pub response: Option<Millis>,
    /// Anything unusual.
    pub oddities: Oddities,
    /// The start of the payload.
    pub preview: Preview,
}

/// An ICMP error about a message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExchangeError {
    /// Number of the packet in its source, from 1.
    pub number: u64,
    /// Who complains: a router, or the host itself.
    pub from: IpAddr,
    /// Whose message it quotes.
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
    /// ICMP: the quoted sequence number.
    pub quoted_seq: Option<u16>,
    /// Number of the packet that it quotes, where that was seen.
    pub answers: Option<u64>,
    /// Time since that packet.
    #[serde(rename = "response_ms")]
    pub response: Option<Millis>,
    /// Its checksum is not wrong.
    pub plausible: bool,
}

/// What came of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Both ends were heard.
    Answered,
    /// Nothing came back.
    Unanswered,
    /// Nothing can come back within this exchange: whoever of a group answers does so from an address of its own.
    OneWay,
    /// The port is unreachable, says its host.
    Refused,
    /// Another ICMP error came back.
    Unreachable,
    /// Only the server was heard: its answers, to what is not in the capture.
    Unasked,
}

impl Outcome {
    /// The word for it, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::OneWay => "one-way",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Unasked => "unasked",
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How long the server's answers took, as [`Message::response`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Responses {
    /// How many answers.
    pub count: u64,
    /// The first one's time.
    #[serde(rename = "first_ms")]
    pub first: Millis,
    /// The shortest time.
    #[serde(rename = "min_ms")]
    pub min: Millis,
    /// The mean time.
    #[serde(rename = "mean_ms")]
    pub mean: Millis,
    /// The longest time.
    #[serde(rename = "max_ms")]
    pub max: Millis,
}

/// The verdict on one exchange, from all messages of it that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExchangeSummary {
    /// Who asks.
    pub client: Endpoint,
    /// Whom it asks.
    pub server: Endpoint,
    /// ICMP: the identifier.
    pub id: Option<u16>,
    /// Time of the first message.
    pub first: Time,
    /// Time of the last message.
    pub last: Time,
    /// What came of it.
    pub outcome: Outcome,
    /// Messages that each side sent.
    pub messages: Pair<u64>,
    /// Octets of payload that each side sent.
    pub octets: Pair<u64>,
    /// How long the server's answers took.
    pub responses: Option<Responses>,
    /// ICMP: requests that no reply was seen for.
    pub unanswered: Option<u64>,
    /// ICMP errors about its messages.
    pub errors: u64,
    /// The last of them that is plausible and no mere hint, or else the last hint.
    pub error: Option<ExchangeError>,
    /// All that was unusual.
    pub oddities: Oddities,
}
