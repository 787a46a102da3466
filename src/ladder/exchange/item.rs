//! What is kept of an exchange, and which of it is folded.

use crate::explain::ExchangeTally;
use crate::ladder::builder::{is_data, is_data_to_be};
use crate::ladder::item::KernelItem;
use crate::ladder::{ArrowEnd, items};
use crate::trace::exchange::{ExchangeError, Message, Oddity};
use crate::wire::Time;

/// Rows at the start of a run that are drawn.
const HEAD: usize = 4;
/// Rows at its end that are drawn.
const TAIL: usize = 2;
/// Fewer than this are not worth folding.
const LEAST: usize = 4;
/// With calls, so many times as many: that of who sends, and that of who receives, each entered and returned.
const WITH_CALLS: usize = 5;

#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)] // nearly all are messages
pub(super) enum What {
    Message(Message),
    Error(ExchangeError),
    Kernel(KernelItem),
    Fold(ExchangeTally),
}

/// One thing that will become rows.
pub(super) type Item = items::Item<What>;
/// All of them.
pub(super) type Items = items::Items<What>;

impl items::What for What {
    fn nothing() -> Self {
        Self::Fold(ExchangeTally::default())
    }

    fn count_in(&self, time: Time, sum: &mut Self) {
        let Self::Fold(tally) = sum else { return };
        match self {
            Self::Message(message) => tally.add(time, message),
            Self::Error(_) => tally.add_error(time),
            Self::Kernel(_) => tally.add_call(time),
            Self::Fold(other) => tally.merge(other),
        }
    }
}

impl Item {
    /// Whether it is like many others, and may be folded with them.
    fn is_plain(&self) -> bool {
        match &self.what {
            What::Message(message) => {
                let odd = message.oddities.iter().any(|oddity| oddity != Oddity::OffloadedChecksum);
                self.end == ArrowEnd::Arrives && !odd
            }
            What::Error(_) => false,
            What::Kernel(kernel) => is_data(&kernel.event) || is_data_to_be(&kernel.event),
            What::Fold(_) => true,
        }
    }
}

impl Items {
    /// All items; if `folded`, long runs of what is alike become one.
    pub(super) fn drawn(&self, folded: bool) -> Vec<Item> {
        let items: Vec<Item> = self.iter().copied().collect();
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
    let times = if run.iter().any(|item| matches!(item.what, What::Kernel(_))) { WITH_CALLS } else { 1 };
    let (head, least, tail) = (HEAD * times, LEAST * times, TAIL * times);
    if !plain || run.len() < head + least + tail && !(counted && run.len() > head + tail) {
        return run.to_vec();
    }
    let (head, rest) = run.split_at(head);
    let (middle, tail) = rest.split_at(rest.len() - tail);
    let mut folded = None;
    middle.iter().for_each(|item| item.fold_into(&mut folded));
    head.iter().copied().chain(folded).chain(tail.iter().copied()).collect()
}
