//! ICMP (RFC 792) and ICMPv6 (RFC 4443), with the header that an error quotes.

use std::net::{IpAddr, SocketAddr};

use super::checksum::{Checksum, Sum, verify};
use super::ip::{self, protocol};
use super::{Ip, Layer, Stop, StopReason};

/// Message types that this program sends or explains by name.
pub mod kind {
    #![allow(missing_docs)]
    pub const ECHO_REPLY: u8 = 0;
    pub const DESTINATION_UNREACHABLE: u8 = 3;
    pub const SOURCE_QUENCH: u8 = 4;
    pub const REDIRECT: u8 = 5;
    pub const ECHO_REQUEST: u8 = 8;
    pub const TIME_EXCEEDED: u8 = 11;
    pub const PARAMETER_PROBLEM: u8 = 12;
    pub const V6_DESTINATION_UNREACHABLE: u8 = 1;
    pub const V6_PACKET_TOO_BIG: u8 = 2;
    pub const V6_TIME_EXCEEDED: u8 = 3;
    pub const V6_PARAMETER_PROBLEM: u8 = 4;
    pub const V6_ECHO_REQUEST: u8 = 128;
    pub const V6_ECHO_REPLY: u8 = 129;
}

/// Whether an error of this type is advice: the packet that it quotes was passed on all the same. Source quench and redirect
/// are; ICMPv6 has neither among its errors.
#[must_use]
pub const fn is_advice(v6: bool, kind: u8) -> bool {
    !v6 && matches!(kind, kind::SOURCE_QUENCH | kind::REDIRECT)
}

/// An ICMP or ICMPv6 message, borrowed from a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp<'a> {
    /// ICMPv6: types and codes have other numbers.
    pub v6: bool,
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// Whether the checksum field is right.
    pub checksum_state: Checksum,
    /// The four octets behind the checksum: identifier and sequence, MTU, pointer or unused.
    pub rest: [u8; 4],
    /// What follows, as far as it was captured: echo data, or the quoted packet.
    pub body: &'a [u8],
}

/// The start of the packet that made an ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote<'a> {
    /// Its IP header.
    pub ip: Ip,
    /// Its payload as far as it is quoted: at least eight octets (RFC 792), often more (RFC 1812).
    pub payload: &'a [u8],
}

impl Quote<'_> {
    /// Source and destination of a quoted TCP segment or UDP datagram.
    #[must_use]
    pub fn sockets(&self) -> Option<(SocketAddr, SocketAddr)> {
        let &[s0, s1, d0, d1, ..] = self.payload else { return None };
        matches!(self.ip.protocol, protocol::TCP | protocol::UDP).then(|| {
            (
                SocketAddr::new(self.ip.source, u16::from_be_bytes([s0, s1])),
                SocketAddr::new(self.ip.destination, u16::from_be_bytes([d0, d1])),
            )
        })
    }

    /// Sequence number of a quoted TCP segment: what tells an honest error from a guess (RFC 5927 section 4).
    #[must_use]
    pub fn tcp_seq(&self) -> Option<u32> {
        match self.payload {
            &[_, _, _, _, a, b, c, d, ..] if self.ip.protocol == protocol::TCP => {
                Some(u32::from_be_bytes([a, b, c, d]))
            }
            _ => None,
        }
    }
}

impl<'a> Icmp<'a> {
    /// Identifier and sequence number of an echo request or reply.
    #[must_use]
    pub fn echo(&self) -> Option<(u16, u16)> {
        let is_echo = if self.v6 {
            matches!(self.kind, kind::V6_ECHO_REQUEST | kind::V6_ECHO_REPLY)
        } else {
            matches!(self.kind, kind::ECHO_REQUEST | kind::ECHO_REPLY)
        };
        let [a, b, c, d] = self.rest;
        is_echo.then_some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
    }

    /// Whether this is an error message, which quotes the packet that caused it.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        if self.v6 {
            self.kind < 128
        } else {
            matches!(
                self.kind,
                kind::DESTINATION_UNREACHABLE
                    | kind::SOURCE_QUENCH
                    | kind::REDIRECT
                    | kind::TIME_EXCEEDED
                    | kind::PARAMETER_PROBLEM
            )
        }
    }

    /// The packet that an error quotes; none where the quotation cannot be read.
    #[must_use]
    pub fn quote(&self) -> Option<Quote<'a>> {
        let (ip, payload, _) = self.is_error().then(|| ip::decode(self.body, self.body.len()).ok())??;
        Some(Quote { ip, payload })
    }

    /// Next-hop MTU, in octets, of "fragmentation needed" (RFC 1191) or "packet too big" (RFC 4443 section 3.2).
    #[must_use]
    pub const fn mtu(&self) -> Option<u32> {
        let [a, b, c, d] = self.rest;
        match (self.v6, self.kind, self.code) {
            (false, kind::DESTINATION_UNREACHABLE, 4) => Some(u16::from_be_bytes([c, d]) as u32),
            (true, kind::V6_PACKET_TOO_BIG, _) => Some(u32::from_be_bytes([a, b, c, d])),
            _ => None,
        }
    }
}

/// Reads the ICMP message in the payload of `ip`.
///
/// # Errors
/// Says why none can be read: fewer than eight octets.
pub fn decode<'a>(ip: &Ip, bytes: &'a [u8]) -> Result<Icmp<'a>, Stop> {
    let &[kind, code, c0, c1, r0, r1, r2, r3, ref body @ ..] = bytes else {
        let reason =
            if bytes.len() < ip.payload_len { StopReason::Cut } else { StopReason::Malformed("fewer than 8 octets") };
        return Err(Stop { layer: Layer::Icmp, offset: 0, reason });
    };
    let v6 = ip.protocol == protocol::ICMPV6;
    Ok(Icmp {
        v6,
        kind,
        code,
        checksum_state: checksum_state(ip, bytes, u16::from_be_bytes([c0, c1])),
        rest: [r0, r1, r2, r3],
        body,
    })
}

/// ICMP sums the message alone, ICMPv6 the pseudo-header too.
fn checksum_state(ip: &Ip, bytes: &[u8], field: u16) -> Checksum {
    match ip.source {
        _ if bytes.len() < ip.payload_len || ip.fragment.is_some() => Checksum::Unknown,
        IpAddr::V6(_) => super::segment::checksum_state(ip, bytes, field),
        IpAddr::V4(_) => match verify(Sum::default(), bytes, field) {
            Checksum::Partial => Checksum::Bad,
            state => state,
        },
    }
}
