//! One fragmented packet: the parts that are there, and what they make.

use crate::wire::Time;
use crate::wire::checksum::Sum;
use crate::wire::extension::{Chain, FRAGMENT_LEN};

/// Octets that an IP packet has at most; in IPv6 without its first 40.
const MAX_LEN: usize = 0xffff;
const IPV6_LEN: usize = 40;
/// What it costs to keep a part, beside its octets.
const PART_COST: usize = size_of::<Kept>() + 16;

/// One fragment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    /// The IP header, up to and with the fragment header in IPv6.
    pub(super) header: &'a [u8],
    /// The payload as far as it was captured.
    pub(super) captured: &'a [u8],
    /// Octets of the datagram before this part.
    pub(super) start: u32,
    /// Octets of this part on the wire.
    pub(super) on_wire: usize,
    /// More parts follow.
    pub(super) more: bool,
}

/// What adding a part led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// Parts are missing.
    Waiting,
    /// No part is missing.
    Whole,
    /// The parts overlap, or disagree on where the end is: there is no telling what was meant.
    Contradiction,
}

/// A part that is kept.
#[derive(Debug)]
struct Kept {
    start: usize,
    /// Where it ends on the wire.
    end: usize,
    captured: Box<[u8]>,
}

/// A datagram that is not whole.
#[derive(Debug)]
pub(super) struct Datagram {
    begun: Time,
    /// The header of the first fragment.
    header: Option<Box<[u8]>>,
    /// In their order, without overlap.
    parts: Vec<Kept>,
    /// Octets of payload in all; known from the last fragment.
    total: Option<usize>,
}

impl Datagram {
    pub(super) const fn new(begun: Time) -> Self {
        Self { begun, header: None, parts: Vec::new(), total: None }
    }

    /// The time of the part that came first.
    pub(super) const fn begun(&self) -> Time {
        self.begun
    }

    /// What it costs to keep this, in octets.
    pub(super) fn cost(&self) -> usize {
        let header = self.header.as_ref().map_or(0, |header| header.len());
        let parts: usize = self.parts.iter().map(|part| part.captured.len() + PART_COST).sum();
        size_of::<Self>() + header + parts
    }

    /// Adds a part. One that cannot be (empty, or not a multiple of eight octets before the last) changes nothing.
    pub(super) fn add(&mut self, part: &Part<'_>) -> Added {
        let start = part.start as usize;
        let end = start + part.on_wire;
        if part.on_wire == 0 || (part.more && !part.on_wire.is_multiple_of(8)) {
            return Added::Waiting;
        }
        let is_beyond = self.total.is_some_and(|total| end > total);
        let ends_early = !part.more && (self.total.unwrap_or(end) != end || self.end() > end);
        if is_beyond || ends_early || end + part.header.len() > MAX_LEN + slack(part.header) {
            return Added::Contradiction;
        }
        if !part.more {
            self.total = Some(end);
        }
        let place = self.parts.partition_point(|other| other.end <= start);
        match self.parts.get(place) {
            Some(other) if other.start <= start && end <= other.end => return Added::Waiting, // there already
            Some(other) if other.start < end => return Added::Contradiction,
            _ => self.parts.insert(place, Kept { start, end, captured: part.captured.into() }),
        }
        if start == 0 {
            self.header = Some(part.header.into());
        }
        if self.is_whole() { Added::Whole } else { Added::Waiting }
    }

    /// Where the last part ends that is there.
    fn end(&self) -> usize {
        self.parts.last().map_or(0, |part| part.end)
    }

    fn is_whole(&self) -> bool {
        let mut reached = 0;
        let is_closed = self.parts.iter().all(|part| std::mem::replace(&mut reached, part.end) == part.start);
        is_closed && self.total == Some(reached)
    }

    /// Writes the packet that the parts make, up to the first octet that was not captured, and answers how many octets
    /// it has on the wire.
    pub(super) fn write(&self, packet: &mut Vec<u8>) -> u32 {
        packet.clear();
        let payload_len = self.total.unwrap_or_default();
        packet.extend_from_slice(self.header.as_deref().unwrap_or_default());
        match packet.first().map(|octet| octet >> 4) {
            Some(4) => unfragment_v4(packet, payload_len),
            _ => unfragment_v6(packet, payload_len),
        }
        let total = packet.len() + payload_len;
        for part in &self.parts {
            packet.extend_from_slice(&part.captured);
            if part.captured.len() < part.end - part.start {
                break;
            }
        }
        u32::try_from(total).unwrap_or(u32::MAX)
    }
}

/// Octets by which fragments may exceed [`MAX_LEN`] when their header is added: in IPv6 that does not count, and the
/// fragment header goes.
fn slack(header: &[u8]) -> usize {
    if header.first().is_some_and(|octet| octet >> 4 == 6) { IPV6_LEN + FRAGMENT_LEN } else { 0 }
}

/// Makes the header that of a packet with `payload_len` octets that is no fragment; its checksum stays right or wrong.
fn unfragment_v4(header: &mut [u8], payload_len: usize) {
    let was_right = Sum::default().with(header).folded() == 0xffff;
    let total = u16::try_from(header.len() + payload_len).unwrap_or(u16::MAX);
    header[2..4].copy_from_slice(&total.to_be_bytes());
    header[6] &= 0xc0; // the reserved bit and "do not fragment" stay
    header[7] = 0;
    if was_right {
        header[10..12].copy_from_slice(&[0, 0]);
        let checksum = Sum::default().with(header).finish();
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
    }
}

/// Takes the fragment header, the last one, away.
fn unfragment_v6(header: &mut Vec<u8>, payload_len: usize) {
    let chain = Chain::walk(header, IPV6_LEN, header[6]);
    header[chain.announced_at] = chain.protocol;
    header.truncate(header.len().saturating_sub(FRAGMENT_LEN));
    let length = u16::try_from(header.len().saturating_sub(IPV6_LEN) + payload_len).unwrap_or(u16::MAX);
    header[4..6].copy_from_slice(&length.to_be_bytes());
}
