//! Packets sent to see what comes back: which one is next and when, and which reply belongs to which.
//!
//! Without I/O: [`Session`] is given the time and what arrived, and answers "send this", "wait until" or "done".

mod course;
mod matching;
mod series;
mod session;
mod times;

#[cfg(test)]
mod tests;

pub(in crate::craft) use matching::{Key, Matcher};

pub use course::Course;
pub use matching::{Answer, Reply};
pub use series::Series;
pub use session::{Pace, Session, Shot, Step, Tally};
pub use times::Times;
