//! The commonest of many things, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;

/// Things that are counted at once.
const COUNTERS: usize = 1_000;

/// Counts of the commonest things (Misra and Gries 1982): when a thing has no counter left, all counters go down by one.
/// Anything that is more than a thousandth of all is among them; its count is too low by [`Self::missed`] at most.
pub(super) struct Top<T> {
    counts: HashMap<T, u64>,
    missed: u64,
}

impl<T: Copy + Eq + Hash + Ord> Top<T> {
    pub(super) fn new() -> Self {
        Self { counts: HashMap::new(), missed: 0 }
    }

    pub(super) fn add(&mut self, thing: T) {
        if let Some(count) = self.counts.get_mut(&thing) {
            *count += 1;
        } else if self.counts.len() < COUNTERS {
            self.counts.insert(thing, 1);
        } else {
            // As many steps as additions have paid for.
            self.missed += 1;
            self.counts.retain(|_, count| {
                *count -= 1;
                *count > 0
            });
        }
    }

    /// By how much a count may be too low.
    pub(super) const fn missed(&self) -> u64 {
        self.missed
    }

    /// The `most` commonest, the commonest first.
    pub(super) fn commonest(&self, most: usize) -> Vec<(T, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(thing, count)| (*thing, *count)).collect();
        all.sort_unstable_by_key(|(thing, count)| (std::cmp::Reverse(*count), *thing));
        all.truncate(most);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_things_are_counted_exactly() {
        let mut top = Top::new();
        [3, 1, 2, 3, 1, 3].into_iter().for_each(|thing| top.add(thing));
        assert_eq!(top.commonest(2), [(3, 3), (1, 2)]);
        assert_eq!(top.missed(), 0);
    }

    #[test]
    fn the_commonest_is_found_among_many() {
        let mut top = Top::new();
        for round in 1..=100_000 {
            top.add(round);
            if round % 100 == 0 {
                top.add(0);
            }
        }
        let (thing, count) = top.commonest(1)[0];
        assert_eq!(thing, 0);
        assert!(count <= 1000 && count + top.missed() >= 1000, "{count} and {}", top.missed());
        assert!(top.counts.len() <= COUNTERS);
    }
}
