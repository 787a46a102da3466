//! Link types that are a header of the capturing system around a packet of another link type.

use super::super::walk::{Next, Walk};
use super::super::{Layer, LinkType, Stop, StopReason};
use super::{begin, ethernet};

/// "MGC", the mark of Juniper's capture headers.
const JUNIPER_MAGIC: [u8; 3] = [0x4d, 0x47, 0x43];
/// The attribute of an NFLOG record that is the packet (linux/netfilter/nfnetlink_log.h).
const NFULA_PAYLOAD: u16 = 9;

/// A packet of link type `number` begins here.
fn link(walk: &mut Walk<'_>, number: u32) -> Result<Next, Stop> {
    match u16::try_from(number) {
        Ok(number) => begin(walk, LinkType(number)),
        Err(_) => Err(walk.stop(Layer::Link, StopReason::LinkType(number))),
    }
}

/// Per-packet information: version, flags, length, link type; little endian throughout.
pub(super) fn ppi(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    let [_, _, l0, l1, d0, d1, d2, d3] = walk.take(Layer::Capture)?;
    walk.skip(usize::from(u16::from_le_bytes([l0, l1])).saturating_sub(8));
    link(walk, u32::from_le_bytes([d0, d1, d2, d3]))
}

/// macOS: length of the header, kind of record, link type; little endian.
pub(super) fn pktap(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    let [l0, l1, l2, l3, _, _, _, _, d0, d1, d2, d3] = walk.take(Layer::Capture)?;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    walk.skip(length.saturating_sub(12));
    link(walk, u32::from_le_bytes([d0, d1, d2, d3]))
}

/// OpenBSD's packet filter: the first octet is the header's length, without its padding to four octets.
pub(super) fn pflog(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    let [length, ..] = walk.take::<4>(Layer::Capture)?;
    walk.skip(usize::from(length).next_multiple_of(4).saturating_sub(4));
    Ok(Next::Ip)
}

/// Linux's firewall log: family, version, resource, then attributes in the byte order of the capturing machine, each
/// with its length and padded to four octets.
pub(super) fn nflog(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    walk.skip(4);
    loop {
        let start = *walk;
        let [l0, l1, k0, k1] = walk.take(Layer::Capture)?;
        // An attribute's kind is a small number: only one order makes it one.
        let read = if k1 == 0 { u16::from_le_bytes } else { u16::from_be_bytes };
        match (usize::from(read([l0, l1])), read([k0, k1])) {
            (_, NFULA_PAYLOAD) => return Ok(Next::Ip),
            (length @ 4.., _) => walk.skip(length.next_multiple_of(4) - 4),
            _ => return Err(start.malformed(Layer::Capture, "an attribute shorter than its header")),
        }
    }
}

/// Juniper: mark, flags, and where the flags say so extensions with their length.
pub(super) fn juniper_ethernet(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    let start = *walk;
    let [m0, m1, m2, flags] = walk.take(Layer::Capture)?;
    let (has_extension, lacks_link_header) = (flags & 0x80 != 0, flags & 0x02 != 0);
    if [m0, m1, m2] != JUNIPER_MAGIC {
        return Err(start.malformed(Layer::Capture, "without the mark of its header"));
    }
    if has_extension {
        let length = walk.take_be16(Layer::Capture)?;
        walk.skip(usize::from(length));
    }
    if lacks_link_header {
        walk.skip(4);
        return Ok(Next::Ip);
    }
    Ok(Next::Header(ethernet))
}
