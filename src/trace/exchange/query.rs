//! ICMP messages that ask for a reply, and the replies: one row for each kind.

use super::{MessageKind, Protocol};
use crate::wire::Icmp;

/// A query or its reply; the reply carries the identifier and the sequence number of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) protocol: Protocol,
    pub(super) kind: MessageKind,
    pub(super) id: u16,
    pub(super) seq: u16,
}

/// What is asked for, whether in ICMPv6, and the types of request and reply (RFC 792, RFC 950, RFC 4443 section 4).
const QUERIES: [(Protocol, bool, u8, u8); 5] = [
    (Protocol::Echo, false, 8, 0),
    (Protocol::Echo, true, 128, 129),
    (Protocol::Timestamp, false, 13, 14),
    (Protocol::Information, false, 15, 16),
    (Protocol::AddressMask, false, 17, 18),
];

impl Query {
    pub(super) fn of(icmp: &Icmp<'_>) -> Option<Self> {
        Self::read(icmp.v6, icmp.kind, icmp.rest)
    }

    /// The query that an error quotes. `message`: its first octets.
    pub(super) fn quoted(v6: bool, message: &[u8]) -> Option<Self> {
        let &[kind, _, _, _, a, b, c, d, ..] = message else { return None };
        Self::read(v6, kind, [a, b, c, d])
    }

    fn read(v6: bool, kind: u8, [a, b, c, d]: [u8; 4]) -> Option<Self> {
        let (protocol, _, request, _) =
            QUERIES.into_iter().find(|row| row.1 == v6 && (row.2 == kind || row.3 == kind))?;
        Some(Self {
            protocol,
            kind: if kind == request { MessageKind::Request } else { MessageKind::Reply },
            id: u16::from_be_bytes([a, b]),
            seq: u16::from_be_bytes([c, d]),
        })
    }
}
