//! Which packet of ours is answered?

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::series::last_with_id;
use crate::craft::packet::{PacketSpec, Transport};
use crate::tcp::Seq;
use crate::wire::icmp::is_advice;
use crate::wire::ip::protocol;
use crate::wire::{Content, Decoded, Flags, Icmp, Ip, Time};

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    /// A TCP segment.
    Segment {
        /// Its control bits.
        flags: Flags,
        /// SEG.SEQ.
        seq: Seq,
        /// SEG.ACK; significant only with the ACK flag.
        ack: Seq,
        /// The window field, not scaled.
        window: u16,
        /// Octets of payload.
        len: u32,
    },
    /// A UDP datagram.
    Datagram {
        /// Octets of payload.
        len: usize,
    },
    /// An ICMP message that is no error.
    Message {
        /// Type.
        #[serde(rename = "type")]
        kind: u8,
        /// Code.
        code: u8,
    },
    /// An ICMP error that quotes our packet.
    Error {
        /// ICMPv6: types and codes have other numbers.
        v6: bool,
        /// Type.
        #[serde(rename = "type")]
        kind: u8,
        /// Code.
        code: u8,
    },
}

impl Answer {
    /// Whether it is an ICMP error about a packet that was passed on all the same.
    #[must_use]
    pub const fn is_advice(&self) -> bool {
        matches!(self, Self::Error { v6, kind, .. } if is_advice(*v6, *kind))
    }
}

/// A reply, and what it replies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Number of the packet that it answers, from 0.
    pub index: u64,
    /// When it came.
    pub time: Time,
    /// Time since that packet left. In JSON in nanoseconds.
    #[serde(rename = "rtt_ns", serialize_with = "nanos")]
    pub rtt: Duration,
    /// Who sent it.
    pub from: IpAddr,
    /// Time to live or hop limit on arrival.
    pub ttl: u8,
    /// What it is.
    pub answer: Answer,
    /// It is the first one to that packet; advice is none.
    pub first: bool,
}

fn nanos<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// What tells the packets of a run apart, and is found again in their replies: protocol, our port, the peer's port; of
/// an ICMP message its second word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::craft) struct Key {
    protocol: u8,
    word: [u16; 2],
}

impl Key {
    pub(in crate::craft) fn of(spec: &PacketSpec) -> Self {
        match &spec.transport {
            Transport::Tcp(tcp) => Self::ports(protocol::TCP, tcp.source_port, tcp.destination_port),
            Transport::Udp(udp) => Self::ports(protocol::UDP, udp.source_port, udp.destination_port),
            Transport::Icmp(icmp) => Self::word(icmp.rest),
        }
    }

    const fn ports(protocol: u8, ours: u16, theirs: u16) -> Self {
        Self { protocol, word: [ours, theirs] }
    }

    const fn word([a, b, c, d]: [u8; 4]) -> Self {
        Self { protocol: protocol::ICMP, word: [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])] }
    }
}

/// Both ends, and what was sent last with each key.
#[derive(Clone, Debug)]
pub(in crate::craft) struct Matcher {
    source: IpAddr,
    destination: IpAddr,
    /// The ICMP type that we sent last, if we send ICMP.
    request: Option<u8>,
    /// The identification of packet 0, where each packet has its own.
    first_id: Option<u32>,
    latest: HashMap<Key, u64>,
}

/// What a packet that arrived is about.
pub(in crate::craft) struct About {
    pub(in crate::craft) index: u64,
    pub(in crate::craft) answer: Answer,
}

impl Matcher {
    pub(in crate::craft) fn new(template: &PacketSpec, ids_differ: bool) -> Self {
        let PacketSpec { source, destination, .. } = *template;
        Self {
            source,
            destination,
            request: None,
            first_id: (ids_differ && source.is_ipv4()).then_some(template.ip.id),
            latest: HashMap::new(),
        }
    }

    /// For packets of any kind between two addresses, whose identifications tell nothing.
    pub(in crate::craft) fn between(source: IpAddr, destination: IpAddr) -> Self {
        Self { source, destination, request: None, first_id: None, latest: HashMap::new() }
    }

    pub(in crate::craft) fn sent(&mut self, spec: &PacketSpec, index: u64) {
        if let Transport::Icmp(icmp) = &spec.transport {
            self.request = Some(icmp.kind);
        }
        self.latest.insert(Key::of(spec), index);
    }

    /// Forgets what is no longer waited for.
    pub(super) fn forget(&mut self, key: Key, index: u64) {
        if self.latest.get(&key) == Some(&index) {
            self.latest.remove(&key);
        }
    }

    pub(in crate::craft) fn is_in_our_name(&self, decoded: &Decoded<'_>) -> bool {
        decoded.segment().is_some_and(|(ip, segment)| {
            let key = Key::ports(protocol::TCP, segment.source_port, segment.destination_port);
            (ip.source, ip.destination) == (self.source, self.destination) && self.latest.contains_key(&key)
        })
    }

    /// Which packet of ours this one answers; the last one sent is number `last`.
    pub(in crate::craft) fn about(&self, decoded: &Decoded<'_>, last: u64) -> Option<About> {
        let ip = decoded.ip.as_ref()?;
        if let Content::Icmp(icmp) = &decoded.content
            && icmp.is_error()
        {
            return self.quoted(icmp, last);
        }
        let (key, answer) = self.direct(ip, &decoded.content)?;
        self.latest.get(&key).map(|index| About { index: *index, answer })
    }

    fn direct(&self, ip: &Ip, content: &Content<'_>) -> Option<(Key, Answer)> {
        if (ip.source, ip.destination) != (self.destination, self.source) {
            return None;
        }
        Some(match content {
            Content::Segment(segment) => {
                let key = Key::ports(protocol::TCP, segment.destination_port, segment.source_port);
                let (seq, ack) = (Seq(segment.seq), Seq(segment.ack));
                (
                    key,
                    Answer::Segment {
                        flags: segment.flags,
                        seq,
                        ack,
                        window: segment.window,
                        len: segment.payload_len,
                    },
                )
            }
            Content::Datagram(datagram) => {
                let key = Key::ports(protocol::UDP, datagram.destination_port, datagram.source_port);
                (key, Answer::Datagram { len: datagram.payload.len() })
            }
            // To ourselves we see the request as well.
            Content::Icmp(icmp) if self.request.is_some_and(|request| request != icmp.kind) => {
                (Key::word(icmp.rest), Answer::Message { kind: icmp.kind, code: icmp.code })
            }
            _ => return None,
        })
    }

    fn quoted(&self, icmp: &Icmp<'_>, last: u64) -> Option<About> {
        let quote = icmp.quote()?;
        if (quote.ip.source, quote.ip.destination) != (self.source, self.destination) {
            return None;
        }
        let key = match (quote.sockets(), quote.payload) {
            (Some((source, destination)), _) => Key::ports(quote.ip.protocol, source.port(), destination.port()),
            (None, &[kind, _, _, _, a, b, c, d, ..]) if self.request == Some(kind) => Key::word([a, b, c, d]),
            _ => return None,
        };
        let latest = *self.latest.get(&key)?;
        let ids = self.first_id.zip(quote.ip.identification);
        let by_id = ids.and_then(|(first, id)| last_with_id(first, id, last));
        let answer = Answer::Error { v6: icmp.v6, kind: icmp.kind, code: icmp.code };
        Some(About { index: by_id.unwrap_or(latest), answer })
    }
}
