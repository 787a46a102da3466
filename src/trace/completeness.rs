//! Wireshark's `tcp.completeness`: which kinds of segment a conversation has, one bit each.

use crate::tcp::Arriving;

const SYN: u8 = 1;
const SYN_ACK: u8 = 2;
const ACK: u8 = 4;
const DATA: u8 = 8;
pub(super) const FIN: u8 = 16;
const RST: u8 = 32;

/// The bits of a conversation so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Completeness {
    bits: u8,
    /// Bits of a first segment that is no SYN: they count once another follows.
    held: u8,
}

impl Completeness {
    /// Of a conversation with a handshake and two FINs and no reset; `data`: and octets.
    pub(super) const fn in_order(data: bool) -> Self {
        Self { bits: SYN | SYN_ACK | ACK | FIN | if data { DATA } else { 0 }, held: 0 }
    }

    /// Adds one segment; `first` if it is the first of its conversation. Only there a SYN without ACK counts.
    pub(super) const fn add(&mut self, segment: &Arriving, first: bool) {
        let opens = segment.flags.syn() && !segment.flags.ack();
        let data = if segment.len > 0 { DATA } else { 0 };
        match (first, opens) {
            (true, true) => self.bits = SYN | data,
            (true, false) => self.held = of(segment),
            (false, _) => self.bits |= self.held | of(segment),
        }
    }

    pub(super) const fn bits(self) -> u8 {
        self.bits
    }
}

/// FIN counts only together with ACK; octets count only behind an ACK; an ACK counts where nothing rides on it.
const fn of(segment: &Arriving) -> u8 {
    let flags = segment.flags;
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
