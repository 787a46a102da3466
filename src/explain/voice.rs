//! How sentences are to sound: whose names, which numbers.

use std::fmt;

use super::Names;
use crate::trace::{SegmentEvent, Side};

/// What every sentence about a segment needs.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// What both ends are called.
    pub names: &'a Names,
    /// Numbers as they are on the wire, not counted from the initial ones.
    pub absolute: bool,
    /// No character beyond ASCII in what comes from the wire.
    pub ascii: bool,
}

/// A sequence number as it is shown: below zero where it lies before the number from which is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    value: u32,
    is_older: bool,
}

impl Number {
    /// So many numbers further on.
    pub(super) const fn plus(self, octets: u32) -> Self {
        Self { value: self.value.wrapping_add(octets), ..self }
    }

    /// So many numbers back.
    pub(super) const fn minus(self, octets: u32) -> Self {
        Self { value: self.value.wrapping_sub(octets), ..self }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_older { self.value.cast_signed().fmt(formatter) } else { self.value.fmt(formatter) }
    }
}

impl Voice<'_> {
    /// SEG.SEQ as it is shown.
    #[must_use]
    pub const fn seq(&self, segment: &SegmentEvent) -> Number {
        let value = if self.absolute { segment.seq.0 } else { segment.relative_seq };
        Number { value, is_older: !self.absolute && segment.is_seq_older }
    }

    /// SEG.ACK as it is shown; none without the ACK flag.
    #[must_use]
    pub fn ack(&self, segment: &SegmentEvent) -> Option<Number> {
        let value = if self.absolute { segment.flags.ack().then_some(segment.ack.0) } else { segment.relative_ack }?;
        Some(Number { value, is_older: !self.absolute && segment.is_ack_older })
    }

    /// A number of the receiver's sequence space, such as an edge of a SACK block, as it is shown.
    #[must_use]
    pub fn of_receiver(&self, segment: &SegmentEvent, number: u32) -> u32 {
        match segment.relative_ack {
            Some(relative) if !self.absolute => number.wrapping_sub(segment.ack.0).wrapping_add(relative),
            _ => number,
        }
    }

    pub(super) fn receiver(&self, segment: &SegmentEvent) -> String {
        self.names.the(segment.from.other())
    }
}

/// The side that a segment goes to.
pub(super) const fn to(segment: &SegmentEvent) -> Side {
    segment.from.other()
}
