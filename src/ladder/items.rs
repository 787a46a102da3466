//! What is kept of the events of a picture, and how much of it.

use std::collections::VecDeque;
use std::time::Duration;

use super::ArrowEnd;
use crate::wire::Time;

/// What happened: one thing, or many that were counted.
pub(super) trait What: Copy {
    /// Nothing counted yet.
    fn nothing() -> Self;

    /// Counts what happened at `time` in `sum`, which is many that were counted.
    fn count_in(&self, time: Time, sum: &mut Self);
}

/// Items kept at the start, and at the end, where nothing is to be folded. It bounds memory alone: a page of so many, with
/// all reasons, is made in less than 256 MiB.
pub(super) const LIMIT_VERBOSE: usize = 15_000;

/// One thing that will become rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<W> {
    /// Ascending.
    pub(super) id: u64,
    pub(super) time: Time,
    /// Time since the event before; none for the first.
    pub(super) after: Option<Duration>,
    pub(super) end: ArrowEnd,
    pub(super) what: W,
}

impl<W: What> Item<W> {
    /// Adds this item to those that were folded into one, or is the first of them.
    pub(super) fn fold_into(&self, folded: &mut Option<Self>) {
        let sum = folded.get_or_insert(Self { what: W::nothing(), ..*self });
        self.what.count_in(self.time, &mut sum.what);
    }
}

/// Items in order, in bounded memory: the first ones and the last ones are kept, what lies between is counted.
#[derive(Debug)]
pub(super) struct Items<W> {
    first: Vec<Item<W>>,
    between: Option<Item<W>>,
    last: VecDeque<Item<W>>,
    limit: usize,
}

impl<W: What> Items<W> {
    /// At most twice `limit` items are kept.
    pub(super) const fn new(limit: usize) -> Self {
        Self { first: Vec::new(), between: None, last: VecDeque::new(), limit }
    }

    pub(super) fn push(&mut self, item: Item<W>) {
        if self.first.len() < self.limit {
            self.first.push(item);
            return;
        }
        self.last.push_back(item);
        if self.last.len() > self.limit
            && let Some(oldest) = self.last.pop_front()
        {
            oldest.fold_into(&mut self.between);
        }
    }

    /// The item with this id, if it was kept.
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Item<W>> {
        if let Ok(at) = self.first.binary_search_by_key(&id, |item| item.id) {
            return self.first.get_mut(at);
        }
        let at = self.last.binary_search_by_key(&id, |item| item.id).ok()?;
        self.last.get_mut(at)
    }

    pub(super) fn len(&self) -> usize {
        self.first.len() + self.last.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item<W>> {
        self.first.iter().chain(&self.between).chain(&self.last)
    }
}
