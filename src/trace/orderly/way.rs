//! What is kept of the segments of an orderly connection, and how far each side has come.

use crate::tcp::{Arriving, Seq};
use crate::trace::Side;
use crate::trace::appearance::{SMALLEST_MSS, largest_payload};
use crate::trace::end::MAX_SHIFT;
use crate::trace::fingerprint::Imprint;
use crate::trace::glance::Offer;
use crate::wire::{Flags, OptionSummary, Time};

/// A segment that has nothing unusual but, perhaps, its flags and numbers, and no options but timestamps.
#[derive(Clone, Copy, Debug)]
pub(in crate::trace) struct Plain {
    pub(in crate::trace) time: Time,
    pub(in crate::trace) arriving: Arriving,
    pub(in crate::trace) window: u16,
    pub(in crate::trace) stamps: Option<(u32, u32)>,
    pub(in crate::trace) imprint: Imprint,
}

/// What is kept of a segment: all that the tracer needs of it, but for its number, which is the next of its side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) time: Time,
    pub(super) ack: Seq,
    pub(super) stamps: (u32, u32),
    pub(super) sum: u32,
    pub(super) len: u16,
    pub(super) window: u16,
    /// The lower eight flags; it has not the ninth.
    flags: u8,
    pub(super) ttl: u8,
    pub(super) from: Side,
    pub(super) numbered: bool,
}

impl Kept {
    pub(super) fn new(from: Side, plain: &Plain, len: u16) -> Self {
        let Plain { time, arriving, window, stamps, imprint } = *plain;
        Self {
            time,
            ack: arriving.ack,
            stamps: stamps.unwrap_or_default(),
            sum: imprint.sum,
            len,
            window,
            flags: arriving.flags.bits() as u8,
            ttl: imprint.ttl,
            from,
            numbered: imprint.numbered,
        }
    }

    pub(super) fn flags(&self) -> Flags {
        Flags::from_bits(u16::from(self.flags))
    }

    pub(super) fn arriving(&self, seq: Seq) -> Arriving {
        Arriving { seq, ack: self.ack, flags: self.flags(), len: u32::from(self.len), signed: false }
    }
}

/// The options of a SYN or SYN,ACK, but for the values of timestamps, which are kept with the segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered {
    pub(super) offer: Offer,
    pub(super) timestamps: bool,
}

impl Offered {
    /// None where the offer gives a mark.
    pub(super) fn new(offer: Offer, timestamps: bool) -> Option<Self> {
        offer.mss.is_none_or(|mss| mss >= SMALLEST_MSS).then_some(Self { offer, timestamps })
    }

    pub(super) fn summary(&self, stamps: (u32, u32)) -> OptionSummary {
        self.offer.summary(self.timestamps.then_some(stamps))
    }

    /// Whether this offer of a client and the `answer` are sure not to look like a SYN cookie's: that has nothing but
    /// the maximum segment size.
    pub(super) const fn is_no_cookie(&self, answer: &Self) -> bool {
        let more = answer.offer.window_scale.is_some() || answer.offer.sack_permitted || answer.timestamps;
        more || self.offer.window_scale.is_none() && !self.offer.sack_permitted
    }

    /// The shift of the windows of who offers this, to a peer that offers `other`.
    pub(super) fn shift(&self, other: &Self) -> u8 {
        self.offer.window_scale.filter(|_| other.offer.window_scale.is_some()).unwrap_or(0).min(MAX_SHIFT)
    }
}

/// What one side has sent so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) iss: Seq,
    pub(super) nxt: Seq,
    /// When it sent its highest number.
    pub(super) nxt_time: Time,
    pub(super) last_ack: Seq,
    /// The number behind the last one that it offers to receive.
    edge: Seq,
    stamp: u32,
    /// Sum of its last packet.
    pub(super) sum: u32,
    /// Payload that a segment to it may have.
    largest: u32,
    shift: u8,
}

impl Way {
    /// The way of who sent this SYN; `peer_iss`: the number of the other one.
    pub(super) fn of(syn: &Plain, peer_iss: Seq, offered: &Offered, other: &Offered) -> Self {
        let Plain { time, arriving, window, stamps, imprint } = syn;
        let stamped = offered.timestamps && other.timestamps;
        Self {
            iss: arriving.seq,
            nxt: arriving.end(),
            nxt_time: *time,
            last_ack: if arriving.flags.ack() { arriving.ack } else { peer_iss },
            edge: arriving.ack + u32::from(*window), // that of a SYN is not scaled
            stamp: stamps.filter(|_| stamped).map_or(0, |(value, _)| value),
            sum: imprint.sum,
            largest: largest_payload(offered.offer.mss),
            shift: offered.shift(other),
        }
    }

    /// Whether a segment carries on the numbers of this side, acknowledges what `peer` has sent, fits its window, and
    /// leaves it one to send into.
    pub(super) fn goes_on_with(&self, plain: &Plain, peer: &Self) -> bool {
        let Plain { arriving: Arriving { seq, ack, flags, len, .. }, window, stamps, imprint, .. } = *plain;
        let stop = plain.arriving.end();
        let usual = flags.without(Flags::PSH | Flags::FIN) == Flags::ACK;
        let older = self.stamp != 0 && stamps.is_some_and(|(value, _)| Seq(value).before(Seq(self.stamp)));
        // It must not even fill the window.
        let fits = stop == seq || stop.before(peer.edge) && len <= peer.largest;
        let acknowledges = !ack.before(self.last_ack) && !ack.after(peer.nxt);
        usual && window > 0 && seq == self.nxt && fits && acknowledges && !older && imprint.sum != self.sum
    }

    pub(super) fn go_on(&mut self, plain: &Plain) {
        let Plain { time, arriving, window, stamps, imprint } = plain;
        if arriving.end() != self.nxt {
            self.nxt = arriving.end();
            self.nxt_time = *time;
        }
        self.last_ack = arriving.ack;
        self.edge = arriving.ack + (u32::from(*window) << self.shift);
        self.stamp = stamps.map_or(0, |(value, _)| value);
        self.sum = imprint.sum;
    }
}
