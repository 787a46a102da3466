//! What somebody did while stepping through.

use crate::explain::count;
use crate::step::Mark;

/// Counts of segments and predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) changed: u64,
    pub(super) dropped: u64,
    right: u64,
    marked: u64,
}

impl Tally {
    pub(super) fn mark(&mut self, marks: &[Mark]) {
        self.marked += marks.len() as u64;
        self.right += marks.iter().filter(|mark| mark.is_right).count() as u64;
    }

    /// Whether the peer got anything else than was made for it.
    pub(super) const fn is_meddled(&self) -> bool {
        self.changed + self.dropped > 0
    }

    /// In one sentence.
    pub(super) fn words(&self) -> String {
        let Self { sent, changed, dropped, right, marked } = *self;
        let mut text = format!("You sent {} as made, changed {changed} and dropped {dropped}.", count(sent, "segment"));
        if marked > 0 {
            text += &format!(" Predicted: {right} of {marked} right.");
        }
        text
    }
}
