//! Point-to-point links: PPP and its carriers, Cisco HDLC, Frame Relay.

use super::super::walk::{Next, Walk};
use super::super::{Layer, Stop};
use super::ethernet::{ethernet, from_ethertype, type_or_length};
use super::{llc, mpls};

/// PPP (RFC 1661), with or without the address and control octets of HDLC-like framing (RFC 1662 section 3.1); or
/// Cisco HDLC, unicast or broadcast, which shares a link type with it.
pub(in super::super) fn ppp(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    match walk.rest() {
        [0x0f | 0x8f] | [0x0f | 0x8f, 0, ..] => return cisco_hdlc(walk),
        [0xff] | [0xff, 0x03, ..] => walk.skip(2),
        _ => {}
    }
    ppp_protocol(walk)
}

/// As the daemon pppd writes it: the direction stands in the place of the address.
pub(super) fn ppp_with_direction(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.skip(2);
    ppp_protocol(walk)
}

/// The protocol field: two octets, or one where the upper, always even, was left away (RFC 1661 section 6.5).
fn ppp_protocol(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Ppp)?;
    let start = *walk;
    let [first] = walk.take(Layer::Ppp)?;
    let protocol = match first {
        odd if odd & 1 == 1 => u16::from(odd),
        upper => u16::from_be_bytes([upper, walk.take::<1>(Layer::Ppp)?[0]]),
    };
    match protocol {
        0x0021 | 0x0057 => Ok(Next::Ip),
        0x0031 => bridged(walk),
        0x0281 | 0x0283 => Ok(Next::Header(mpls::mpls)),
        0x0053 | 0x0055 | 0x00fb => Err(start.stop(Layer::Ppp, super::StopReason::Encrypted)),
        other => Err(start.unknown(Layer::Ppp, other)),
    }
}

/// A bridged frame (RFC 3518 section 4.2): flags and padding, kind of network.
fn bridged(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    match walk.take(Layer::Ppp)? {
        [_, 1] => Ok(Next::Header(ethernet)),
        [_, kind] => Err(start.unknown(Layer::Ppp, kind)),
    }
}

/// PPP over Ethernet, session stage (RFC 2516 section 4).
pub(super) fn pppoe(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Pppoe)?;
    let start = *walk;
    match walk.take(Layer::Pppoe)? {
        [0x11, 0, _, _, _, _] => ppp_protocol(walk),
        [0x11, code, ..] => Err(start.unknown(Layer::Pppoe, code)),
        _ => Err(start.malformed(Layer::Pppoe, "version or type is not 1")),
    }
}

/// Address, control, EtherType.
pub(super) fn cisco_hdlc(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Hdlc)?;
    walk.skip(2);
    let start = *walk;
    let ethertype = walk.take_be16(Layer::Hdlc)?;
    from_ethertype(&start, ethertype)
}

/// An address of two to four octets, the last one odd; then RFC 2427, or an EtherType as Cisco puts it.
pub(super) fn frame_relay(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::FrameRelay)?;
    let start = *walk;
    let address = walk.peek::<4>().and_then(|octets| octets.iter().position(|octet| octet & 1 == 1));
    match address {
        Some(last @ 1..) => walk.skip(last + 1),
        Some(0) => return Err(start.malformed(Layer::FrameRelay, "an address of one octet")),
        None if walk.rest().len() < 4 => return walk.take::<4>(Layer::FrameRelay).map(|_| Next::Ip),
        None => return Err(start.malformed(Layer::FrameRelay, "an address without end")),
    }
    match walk.peek() {
        Some([0x03, 0]) => walk.skip(2), // control, padding
        Some([0x03, _]) => walk.skip(1),
        _ => return type_or_length(walk),
    }
    llc::nlpid(walk)
}
