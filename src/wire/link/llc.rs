//! Logical link control (IEEE 802.2), with SNAP, and the network layer identifiers (ISO 9577) beside it.

use super::super::walk::{Next, Walk};
use super::super::{Layer, Stop};
use super::ethernet::{ethernet, from_ethertype};

/// Unnumbered information, the control octet of a datagram.
const UI: u8 = 0x03;

/// Service access points, then control.
pub(super) fn llc(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Llc)?;
    let start = *walk;
    match walk.take(Layer::Llc)? {
        [0xaa, 0xaa | 0xab, UI] => snap(walk),
        [0x06, 0x06, UI] => Ok(Next::Ip), // RFC 948
        [0xfe, 0xfe, UI] => nlpid(walk),
        [service, ..] => Err(start.unknown(Layer::Llc, service)),
    }
}

/// Organisation and protocol: an EtherType (RFC 1042), or a bridged frame (RFC 2684 section 5.2).
fn snap(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    let [o0, o1, o2, p0, p1] = walk.take(Layer::Llc)?;
    let protocol = u16::from_be_bytes([p0, p1]);
    match ([o0, o1, o2], protocol) {
        ([0, 0, 0] | [0, 0, 0xf8], ethertype) => from_ethertype(&start, ethertype),
        ([0, 0x80, 0xc2], 1 | 7) => {
            walk.skip(2);
            Ok(Next::Header(ethernet))
        }
        (_, other) => Err(start.unknown(Layer::Llc, other)),
    }
}

/// A network layer protocol identifier.
pub(super) fn nlpid(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    match walk.take(Layer::Llc)? {
        [0xcc | 0x8e] => Ok(Next::Ip),
        [0x80] => snap(walk),
        [other] => Err(start.unknown(Layer::Llc, other)),
    }
}
