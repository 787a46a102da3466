//! 802.11 data frames, and the headers that monitoring interfaces put before them.

use super::super::walk::{Next, Walk};
use super::super::{Layer, Stop, StopReason};
use super::ethernet::ethernet;
use super::llc::llc;

/// The first octets of an AVS header, but for its version.
const AVS_MAGIC: u32 = 0x8021_1000;
/// Octets of a Prism header.
const PRISM_LEN: usize = 144;

/// A frame whose body follows its header at once.
pub(in super::super) fn frame(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    data_frame(walk, 1)
}

/// A frame whose body was aligned to four octets by the interface.
fn padded_frame(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    data_frame(walk, 4)
}

/// IEEE 802.11 section 9.2: control, duration, three addresses, sequence control; then, where the control bits say so,
/// a fourth address, QoS control, HT control.
fn data_frame(walk: &mut Walk<'_>, alignment: usize) -> Result<Next, Stop> {
    walk.enter(Layer::Wlan)?;
    let start = *walk;
    let [control, flags] = walk.take(Layer::Wlan)?;
    let (is_data, has_body) = (control & 0x0f == 0x08, control & 0x40 == 0);
    if !is_data || !has_body {
        return Err(start.unknown(Layer::Wlan, control));
    }
    let has_qos = control & 0x80 != 0;
    walk.skip(20);
    let [sequence, _] = walk.take(Layer::Wlan)?;
    walk.skip(if flags & 0x03 == 0x03 { 6 } else { 0 });
    let [qos, _] = if has_qos { walk.take(Layer::Wlan)? } else { [0, 0] };
    walk.skip(if has_qos && flags & 0x80 != 0 { 4 } else { 0 });
    let header_len = walk.at() - start.at();
    walk.skip(header_len.next_multiple_of(alignment) - header_len);
    let (more_fragments, is_protected) = (flags & 0x04 != 0, flags & 0x40 != 0);
    if is_protected {
        return Err(start.stop(Layer::Wlan, StopReason::Encrypted));
    }
    if more_fragments || sequence & 0x0f != 0 {
        return Err(start.stop(Layer::Wlan, StopReason::Fragment));
    }
    // Of an aggregate (A-MSDU) the first frame: its header is that of 802.3.
    Ok(Next::Header(if qos & 0x80 != 0 { ethernet } else { llc }))
}

/// Radiotap (radiotap.org): version, padding, length, bit maps of the fields present, fields; little endian.
pub(super) fn radiotap(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    let start = *walk;
    let [_, _, l0, l1, map, ..] = walk.take::<8>(Layer::Capture)?;
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let is_padded = flags_field(&start, length, map).is_some_and(|flags| flags & 0x20 != 0);
    *walk = start;
    walk.skip(length.max(8));
    Ok(Next::Header(if is_padded { padded_frame } else { frame }))
}

/// The field of flags in a radiotap header, where `map`, the first octet of its first bit map, has it. Only the timer,
/// aligned to eight octets, can stand before it.
fn flags_field(start: &Walk<'_>, length: usize, map: u8) -> Option<u8> {
    let header = start.rest().get(..length)?;
    let maps = header.get(4..)?.chunks_exact(4).position(|map| map[3] & 0x80 == 0)? + 1;
    let fields = 4 + 4 * maps;
    let place = if map & 0x01 != 0 { fields.next_multiple_of(8) + 8 } else { fields };
    (map & 0x02 != 0).then(|| header.get(place).copied())?
}

/// Prism: a header of fixed length, or AVS under the same link type.
pub(super) fn prism(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    if walk.peek().is_some_and(|magic| u32::from_be_bytes(magic) & 0xffff_f000 == AVS_MAGIC) {
        return avs(walk);
    }
    walk.enter(Layer::Capture)?;
    walk.skip(PRISM_LEN);
    Ok(Next::Header(frame))
}

/// AVS: version, length of the header.
pub(super) fn avs(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Capture)?;
    let [_, _, _, _, l0, l1, l2, l3] = walk.take(Layer::Capture)?;
    let length = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    walk.skip(length.saturating_sub(8));
    Ok(Next::Header(frame))
}
