//! One segment as it was seen, before it is of a connection.

use super::Origin;
use super::end::Facts;
use super::fingerprint::Imprint;
use crate::tcp::{Arriving, Call, Seq};
use crate::wire::{Ip, Segment, Time};

/// A segment as the tracer gets it.
#[derive(Clone, Copy)]
pub(super) struct Sighting<'a> {
    pub(super) number: u64,
    pub(super) time: Time,
    pub(super) ip: &'a Ip,
    pub(super) segment: &'a Segment<'a>,
    /// The header contradicts itself.
    pub(super) malformed: bool,
    /// It came in fragments of IP.
    pub(super) fragmented: bool,
    pub(super) origin: Origin,
    pub(super) calls: [Option<Call>; 2],
}

impl Sighting<'_> {
    pub(super) const fn arriving(&self) -> Arriving {
        let segment = self.segment;
        // Nobody's rules of what a tracer infers look at signatures.
        Arriving {
            seq: Seq(segment.seq),
            ack: Seq(segment.ack),
            flags: segment.flags,
            len: segment.payload_len,
            signed: false,
        }
    }

    /// Whether source and destination are the same socket.
    pub(super) fn is_to_itself(&self) -> bool {
        self.ip.source == self.ip.destination && self.segment.source_port == self.segment.destination_port
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            time: self.time,
            arriving: self.arriving(),
            window: self.segment.window,
            options: self.segment.options.summary(),
            imprint: Imprint::of(self),
        }
    }
}
