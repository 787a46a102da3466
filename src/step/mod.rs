//! One segment at a time: what can be typed before it, how a prediction is marked, what is changed, and the words for what is
//! about to be sent.
//!
//! Nothing here asks, waits or sends: lines of text and segments come in, orders, marks and sentences go out.

mod change;
mod ledger;
mod order;
mod outgoing;
mod prediction;
mod proposal;

#[cfg(test)]
mod tests;

pub use change::{Change, ChangeError, Origins};
pub use ledger::{Ledger, Piece, Since};
pub use order::{Mode, Order, Unread, help, order};
pub use outgoing::{NoSegment, Outgoing};
pub use prediction::{Fact, Mark, Prediction, READABLE};
pub use proposal::{Proposal, changed_words, words};
