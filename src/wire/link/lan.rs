//! Loopback, cooked and local-area link types that have a short header of their own.

use super::super::walk::{Next, Walk};
use super::super::{Layer, Stop};
use super::ethernet::{ethernet, from_ethertype, type_or_length};
use super::llc::llc;
use super::point;

/// Address families of BSD loopback headers: IPv4, and IPv6 on NetBSD, FreeBSD, macOS and Linux.
const FAMILIES: [u32; 5] = [2, 24, 28, 30, 10];

/// Values of the protocol field of cooked captures that are not EtherTypes (linux/if_ether.h).
const COOKED_802_2: u16 = 4;

/// ARCNET protocols (RFC 1201 and RFC 1051).
const ARCNET_IP: u8 = 212;
const ARCNET_IP_OLD: u8 = 240;

/// An address family in the byte order of the capturing machine, or in network byte order, of four octets, or of two
/// in the first half of four (IRIX): whichever is a family that exists. Some writers put an EtherType or PPP there.
pub(super) fn family(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    if let Some([0xff, 0x03]) = walk.peek() {
        return Ok(Next::Header(point::ppp));
    }
    let octets @ [a, b, c, d] = walk.take(Layer::Link)?;
    let readings = [u32::from_le_bytes(octets), u32::from_be_bytes(octets), u32::from(u16::from_be_bytes([a, b]))];
    if readings.iter().any(|reading| FAMILIES.contains(reading)) {
        return Ok(Next::Ip);
    }
    match octets {
        [0, 0, 0x06..=0xff, _] => from_ethertype(&start, u16::from_be_bytes([c, d])),
        _ => Err(start.unknown(Layer::Link, readings[0].min(readings[1]))),
    }
}

/// The protocol field of Linux cooked capture, version 1, which ends its header.
pub(super) fn cooked(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    match walk.take_be16(Layer::Link)? {
        COOKED_802_2 => Ok(Next::Header(llc)),
        ethertype => from_ethertype(&start, ethertype),
    }
}

/// Linux cooked capture, version 2: its header begins with the protocol field.
pub(super) fn cooked2(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let next = cooked(walk)?;
    walk.skip(18);
    Ok(next)
}

/// An EtherType and nothing else.
pub(super) fn ethertype(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    type_or_length(walk)
}

/// Token ring (IEEE 802.5): access control, frame control, two addresses, and a route where the source's first bit says so.
pub(super) fn token_ring(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let [_, _, _, _, _, _, _, _, source, ..] = walk.take::<14>(Layer::Link)?;
    if source & 0x80 != 0 {
        let [length] = walk.peek().unwrap_or_default();
        walk.skip(usize::from(length & 0x1f));
    }
    Ok(Next::Header(llc))
}

/// ARCNET as Linux gives it: source, destination, offset, protocol; in RFC 1201 a split flag and a sequence number.
pub(super) fn arcnet(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    let [_, _, _, _, protocol] = walk.take(Layer::Link)?;
    match protocol {
        ARCNET_IP_OLD => Ok(Next::Ip),
        ARCNET_IP => match walk.take(Layer::Link)? {
            [0, _, _] => Ok(Next::Ip),
            _ => Err(start.stop(Layer::Link, super::StopReason::Fragment)),
        },
        other => Err(start.unknown(Layer::Link, other)),
    }
}

/// DOCSIS (cable modem): a MAC header with extensions, then Ethernet where its first two bits are 0.
pub(super) fn docsis(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    let [control, parameter, ..] = walk.take::<6>(Layer::Link)?;
    let has_extension = control & 1 != 0;
    walk.skip(if has_extension { usize::from(parameter) } else { 0 });
    match control >> 6 {
        0 => Ok(Next::Header(ethernet)),
        kind => Err(start.unknown(Layer::Link, kind)),
    }
}
