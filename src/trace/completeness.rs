//! Wireshark's `tcp.completeness`: which kinds of segment a conversation has, one bit each.

use crate::tcp::Arriving;

const SYN: u8 = 1;
const SYN_ACK: u8 = 2;
const ACK: u8 = 4;
const DATA: u8 = 8;
const FIN: u8 = 16;
const RST: u8 = 32;

/// The bits that one segment adds. The first of a conversation counts only where it is a SYN; after it, a SYN without
/// ACK counts no more, and FIN only together with ACK.
pub(super) const fn of(segment: &Arriving, first: bool) -> u8 {
    let flags = segment.flags;
    let data = if segment.len > 0 { DATA } else { 0 };
    if first {
        return if flags.syn() && !flags.ack() { SYN | data } else { 0 };
    }
    let mut bits = match (flags.syn(), flags.ack()) {
        (true, true) => SYN_ACK,
        (false, true) if segment.len > 0 => DATA,
        (false, true) => ACK,
        (_, false) => 0,
    };
    if flags.fin() && flags.ack() {
        bits |= FIN;
    }
    if flags.rst() {
        bits |= RST;
    }
    bits
}
