//! Ethernet, and what an EtherType leads to (IEEE 802 numbers, IANA).

use super::super::walk::{Next, Walk};
use super::super::{Layer, Stop, StopReason, tunnel};
use super::{llc, mpls, point};

/// The largest value that stands for a length and not for a type (IEEE 802.3 section 3.2.6).
const MAX_LENGTH: u16 = 1500;
const ADDRESSES: usize = 12;

/// Octets of a MACsec tag without its channel identifier, EtherType not counted.
const MACSEC_TAG: usize = 5;

/// Two addresses, then a type or a length.
pub(in super::super) fn ethernet(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Ethernet)?;
    walk.skip(ADDRESSES);
    type_or_length(walk)
}

/// The two octets behind addresses or a VLAN tag: a type, or the length of an LLC frame.
pub(super) fn type_or_length(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let start = *walk;
    match walk.take_be16(Layer::Link)? {
        0..=MAX_LENGTH => Ok(Next::Header(llc::llc)),
        ethertype => from_ethertype(&start, ethertype),
    }
}

/// What the EtherType, read at `place`, says that follows it.
///
/// # Errors
/// A protocol that does not lead to IP.
pub(in super::super) fn from_ethertype(place: &Walk<'_>, ethertype: u16) -> Result<Next, Stop> {
    Ok(match ethertype {
        0x0800 | 0x86dd => Next::Ip,
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => Next::Header(vlan),
        0x8847 | 0x8848 => Next::Header(mpls::mpls),
        0x8864 => Next::Header(point::pppoe),
        0x880b => Next::Header(point::ppp),
        0x8870 => Next::Header(llc::llc), // a length above 1500 (IEEE 802.1AC)
        0x6558 => Next::Header(ethernet), // transparent Ethernet bridging (RFC 1701)
        0x88e7 => Next::Header(backbone), // 802.1ah
        0x88e5 => Next::Header(macsec),   // 802.1AE
        0x88be => Next::Header(tunnel::erspan),
        0x22eb => Next::Header(tunnel::erspan3),
        0x883e => Next::Header(tunnel::wccp),
        other => return Err(place.unknown(Layer::Link, other)),
    })
}

/// One tag of 802.1Q, 802.1ad or an older stacking scheme.
fn vlan(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Vlan)?;
    walk.skip(2);
    type_or_length(walk)
}

/// Provider backbone bridging: a service tag, then the customer's frame.
fn backbone(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Vlan)?;
    walk.skip(4);
    Ok(Next::Header(ethernet))
}

/// A MACsec tag; what it carries can be read where it is authenticated only.
fn macsec(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Macsec)?;
    let start = *walk;
    let [control, ..] = walk.take::<{ 1 + MACSEC_TAG }>(Layer::Macsec)?;
    let (has_channel, is_encrypted, is_changed) = (control & 0x20 != 0, control & 0x08 != 0, control & 0x04 != 0);
    if is_encrypted || is_changed {
        return Err(start.stop(Layer::Macsec, StopReason::Encrypted));
    }
    walk.skip(if has_channel { 8 } else { 0 });
    type_or_length(walk)
}
