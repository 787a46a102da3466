//! Folding of rows that are all alike.

use std::collections::VecDeque;

use super::item::{Item, Items};
use crate::trace::{Mark, Marks, SegmentEvent, Side};
use crate::wire::Flags;

/// Rows at the start of a run that are drawn.
const HEAD: usize = 4;
/// Rows at its end that are drawn.
const TAIL: usize = 2;
/// Fewer than this are not worth folding.
const LEAST: usize = 4;

/// A run of segments that are all alike: no state changes, nothing of a kind that was not seen before. The first and
/// the last few are drawn, the others counted.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// Items of the run that were passed on.
    passed: usize,
    /// What was folded, in the place of its first item.
    folded: Option<Item>,
    /// The latest items, which may be the last.
    held: VecDeque<Item>,
}

impl Run {
    /// Takes the next item of the run.
    pub(super) fn push(&mut self, item: Item, out: &mut Items) {
        if self.passed < HEAD {
            self.passed += 1;
            out.push(item);
            return;
        }
        self.held.push_back(item);
        if self.folded.is_some() {
            while self.held.len() > TAIL {
                self.fold_oldest();
            }
        } else if self.held.len() == LEAST + TAIL {
            (0..LEAST).for_each(|_| self.fold_oldest());
        }
    }

    fn fold_oldest(&mut self) {
        let Some(oldest) = self.held.pop_front() else { return };
        oldest.fold_into(&mut self.folded);
    }

    /// Ends the run: passes on what was folded, and the last items.
    pub(super) fn end(&mut self, out: &mut Items) {
        self.folded.take().into_iter().chain(self.held.drain(..)).for_each(|item| out.push(item));
        self.passed = 0;
    }

    /// The item with this id, if it is still held.
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Item> {
        self.held.iter_mut().find(|item| item.id == id)
    }
}

/// Flags that only the plainest segments have.
const PLAIN: Flags = Flags::from_bits(0x010 | 0x008 | 0x040 | 0x080);

/// Whether `segment` is like many others: data or an acknowledgment that changes no state and has no mark that is not
/// among `seen`.
pub(super) fn is_plain(segment: &SegmentEvent, seen: Marks) -> bool {
    segment.flags.ack()
        && segment.flags.without(PLAIN) == Flags::NONE
        && !segment.acked.syn
        && !segment.acked.fin
        && Side::BOTH.into_iter().all(|side| segment.before[side] == segment.after[side])
        && segment.marks.iter().all(|mark| seen.has(mark) || mark == Mark::OffloadedChecksum)
}
