//! What a builder keeps of an event, and how much of it.

use std::collections::VecDeque;
use std::time::Duration;

use super::ArrowEnd;
use crate::explain::Tally;
use crate::trace::{IcmpEvent, SegmentEvent};
use crate::wire::Time;

/// What happened.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)] // nearly all are segments
pub(super) enum What {
    Segment(SegmentEvent),
    Icmp(IcmpEvent),
    Fold(Tally),
}

/// One thing that will become rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Ascending.
    pub(super) id: u64,
    pub(super) time: Time,
    /// Time since the event before; none for the first.
    pub(super) after: Option<Duration>,
    pub(super) end: ArrowEnd,
    pub(super) what: What,
}

impl Item {
    /// Adds this item to what stands behind a folded row.
    pub(super) fn fold_into(&self, tally: &mut Tally) {
        match &self.what {
            What::Segment(segment) => tally.add(self.time, segment),
            What::Icmp(_) => tally.add_icmp(self.time),
            What::Fold(other) => tally.merge(other),
        }
    }
}

/// Items in order, in bounded memory: the first ones and the last ones are kept, what lies between is counted.
#[derive(Debug)]
pub(super) struct Items {
    first: Vec<Item>,
    between: Option<Item>,
    last: VecDeque<Item>,
    limit: usize,
}

impl Items {
    /// At most twice `limit` items are kept.
    pub(super) const fn new(limit: usize) -> Self {
        Self { first: Vec::new(), between: None, last: VecDeque::new(), limit }
    }

    pub(super) fn push(&mut self, item: Item) {
        if self.first.len() < self.limit {
            self.first.push(item);
            return;
        }
        self.last.push_back(item);
        if self.last.len() > self.limit
            && let Some(oldest) = self.last.pop_front()
        {
            let fold = self.between.get_or_insert(Item { what: What::Fold(Tally::default()), ..oldest });
            if let What::Fold(tally) = &mut fold.what {
                oldest.fold_into(tally);
            }
        }
    }

    /// The item with this id, if it was kept.
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Item> {
        if let Ok(at) = self.first.binary_search_by_key(&id, |item| item.id) {
            return self.first.get_mut(at);
        }
        let at = self.last.binary_search_by_key(&id, |item| item.id).ok()?;
        self.last.get_mut(at)
    }

    pub(super) fn len(&self) -> usize {
        self.first.len() + self.last.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.first.iter().chain(&self.between).chain(&self.last)
    }
}
