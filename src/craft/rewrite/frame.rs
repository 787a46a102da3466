//! The link layer of a packet, taken off as it was captured and put on as it is sent.

use super::group::TAGS;
use super::map::Mac;
use super::{Tags, Unfit};
use crate::wire::{LinkType, Packet};

/// EtherTypes of IPv4, IPv6 and ARP.
pub(super) const IPV4: [u8; 2] = [0x08, 0x00];
pub(super) const IPV6: [u8; 2] = [0x86, 0xdd];
pub(super) const ARP: [u8; 2] = [0x08, 0x06];

/// Tags that are read; what is behind them is no business of ours.
const MOST_TAGS: usize = 4;
/// The smallest number that is an EtherType and not a length (IEEE 802.3 section 3.2.6).
const LEAST_TYPE: u16 = 0x0600;

/// A packet and what its capture says of its link layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) to: Option<Mac>,
    pub(super) from: Option<Mac>,
    /// Whole tags, type first.
    tags: [[u8; 4]; MOST_TAGS],
    count: usize,
    /// The EtherType of the payload, or its length.
    pub(super) kind: [u8; 2],
    pub(super) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Takes a packet apart.
    ///
    /// # Errors
    /// Its link type has no place in an Ethernet frame, or it is shorter than its header.
    pub(super) fn read(packet: &Packet<'a>) -> Result<Self, Unfit> {
        let (to, from, kind, payload) = match packet.link {
            LinkType::ETHERNET => ethernet(packet.bytes),
            LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => ip(packet.bytes),
            // Their address families are numbers of the capturing system; the packet itself says which it is.
            LinkType::NULL | LinkType::LOOP => ip(packet.bytes.get(4..).unwrap_or_default()),
            LinkType::LINUX_SLL => cooked(packet.bytes, 14, 4, 16),
            LinkType::LINUX_SLL2 => cooked(packet.bytes, 0, 10, 20),
            other => return Err(Unfit::Link(other)),
        }
        .ok_or(Unfit::Short(packet.bytes.len()))?;
        let frame = Self { to, from, tags: [[0; 4]; MOST_TAGS], count: 0, kind, payload };
        let is_type = u16::from_be_bytes(kind) >= LEAST_TYPE || packet.link == LinkType::ETHERNET;
        if is_type { Ok(frame.without_tags()) } else { Err(Unfit::Kind(u16::from_be_bytes(kind))) }
    }

    /// Moves the tags out of the payload.
    fn without_tags(mut self) -> Self {
        while let [t0, t1, k0, k1, payload @ ..] = self.payload
            && TAGS.contains(&self.kind)
            && self.count < MOST_TAGS
        {
            self.tags[self.count] = [self.kind[0], self.kind[1], *t0, *t1];
            self.count += 1;
            (self.kind, self.payload) = ([*k0, *k1], payload);
        }
        self
    }

    /// The tags as they are to be.
    pub(super) fn tag(&mut self, tags: Tags) {
        match (tags, self.count) {
            (Tags::Kept, _) => {}
            (Tags::Removed, _) => self.count = 0,
            (Tags::Vlan(id), 0) => {
                let [high, low] = (id & 0x0fff).to_be_bytes();
                (self.tags[0], self.count) = ([TAGS[0][0], TAGS[0][1], high, low], 1);
            }
            // Priority and drop eligibility stay.
            (Tags::Vlan(id), _) => {
                let [high, low] = (id & 0x0fff).to_be_bytes();
                self.tags[0][2] = self.tags[0][2] & 0xf0 | high;
                self.tags[0][3] = low;
            }
        }
    }

    pub(super) fn is_ip(&self) -> bool {
        self.kind == IPV4 || self.kind == IPV6
    }

    /// Writes an Ethernet header; answers its length, or none where there is no room.
    pub(super) fn write(&self, (to, from): (Mac, Mac), room: &mut [u8]) -> Option<usize> {
        let length = 14 + 4 * self.count;
        let header = room.get_mut(..length)?;
        header[..6].copy_from_slice(&to);
        header[6..12].copy_from_slice(&from);
        for (place, tag) in header[12..].chunks_exact_mut(4).zip(&self.tags[..self.count]) {
            place.copy_from_slice(tag);
        }
        header[length - 2..].copy_from_slice(&self.kind);
        Some(length)
    }
}

/// Destination, source, type, payload.
type Parts<'a> = (Option<Mac>, Option<Mac>, [u8; 2], &'a [u8]);

fn ethernet(bytes: &[u8]) -> Option<Parts<'_>> {
    let (to, rest) = bytes.split_first_chunk()?;
    let (from, rest) = rest.split_first_chunk()?;
    let (kind, payload) = rest.split_first_chunk()?;
    Some((Some(*to), Some(*from), *kind, payload))
}

fn ip(bytes: &[u8]) -> Option<Parts<'_>> {
    let kind = match bytes.first()? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => [0, 0],
    };
    Some((None, None, kind, bytes))
}

/// Linux cooked: at these places the protocol, the length of the sender's address (its last octet behind one more), and the
/// payload.
fn cooked(bytes: &[u8], protocol: usize, address: usize, payload: usize) -> Option<Parts<'_>> {
    let kind = *bytes.get(protocol..)?.first_chunk()?;
    let from = (*bytes.get(address + 1)? == 6).then(|| bytes.get(address + 2..)?.first_chunk().copied()).flatten();
    Some((None, from, kind, bytes.get(payload..)?))
}
