//! What a builder keeps of an event of a connection.

use super::items;
use crate::explain::{Tally, Told};
use crate::trace::{IcmpEvent, KernelEvent, SegmentEvent};
use crate::wire::Time;

/// What happened.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)] // nearly all are segments
pub(super) enum What {
    Segment(SegmentEvent),
    Icmp(IcmpEvent),
    Kernel(KernelItem),
    Fold(Tally),
}

/// Something that a kernel told, and how much of it is told here.
#[derive(Clone, Copy, Debug)]
pub(super) struct KernelItem {
    pub(super) event: KernelEvent,
    pub(super) told: Told,
}

/// One thing that will become rows.
pub(super) type Item = items::Item<What>;
/// All of them.
pub(super) type Items = items::Items<What>;

impl items::What for What {
    fn nothing() -> Self {
        Self::Fold(Tally::default())
    }

    fn count_in(&self, time: Time, sum: &mut Self) {
        let Self::Fold(tally) = sum else { return };
        match self {
            Self::Segment(segment) => tally.add(time, segment),
            Self::Icmp(_) => tally.add_icmp(time),
            Self::Kernel(_) => tally.add_kernel(time),
            Self::Fold(other) => tally.merge(other),
        }
    }
}
