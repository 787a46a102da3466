//! What is kept of an exchange, and how much of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::explain::ExchangeTally;
use crate::ladder::ArrowEnd;
use crate::trace::exchange::{ExchangeError, Message, Oddity};
use crate::wire::Time;

/// Rows at the start of a run that are drawn.
const HEAD: usize = 4;
/// Rows at its end that are drawn.
const TAIL: usize = 2;
/// Fewer than this are not worth folding.
const LEAST: usize = 4;

#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)] // nearly all are messages
pub(super) enum What {
    Message(Message),
    Error(ExchangeError),
    Fold(ExchangeTally),
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
    fn fold_into(&self, tally: &mut ExchangeTally) {
        match &self.what {
            What::Message(message) => tally.add(self.time, message),
            What::Error(_) => tally.add_error(self.time),
            What::Fold(other) => tally.merge(other),
        }
    }

    /// Whether it is like many others, and may be folded with them.
    fn is_plain(&self) -> bool {
        match &self.what {
            What::Message(message) => {
                let odd = message.oddities.iter().any(|oddity| oddity != Oddity::OffloadedChecksum);
                self.end == ArrowEnd::Arrives && !odd
            }
            What::Error(_) => false,
            What::Fold(_) => true,
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
            fold(&mut self.between, &oldest);
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

    /// All items; if `folded`, long runs of what is alike become one.
    pub(super) fn drawn(&self, folded: bool) -> Vec<Item> {
        let items: Vec<Item> = self.first.iter().chain(&self.between).chain(&self.last).copied().collect();
        if !folded {
            return items;
        }
        items.chunk_by(|one, next| one.is_plain() == next.is_plain()).flat_map(folded_run).collect()
    }
}

/// A run of plain items, its middle folded where that is worth it.
fn folded_run(run: &[Item]) -> Vec<Item> {
    let counted = run.iter().any(|item| matches!(item.what, What::Fold(_)));
    let plain = run.first().is_some_and(Item::is_plain);
    if !plain || run.len() < HEAD + LEAST + TAIL && !(counted && run.len() > HEAD + TAIL) {
        return run.to_vec();
    }
    let (head, rest) = run.split_at(HEAD);
    let (middle, tail) = rest.split_at(rest.len() - TAIL);
    let mut folded = None;
    middle.iter().for_each(|item| fold(&mut folded, item));
    head.iter().copied().chain(folded).chain(tail.iter().copied()).collect()
}

fn fold(into: &mut Option<Item>, item: &Item) {
    let fold = into.get_or_insert(Item { what: What::Fold(ExchangeTally::default()), ..*item });
    if let What::Fold(tally) = &mut fold.what {
        item.fold_into(tally);
    }
}
