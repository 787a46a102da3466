//! Questions about connections, and whether what somebody typed answers them.
//!
//! A question is made from events of the tracer, and only where they prove its answer: the kinds look at segments that go
//! by the book from the first SYN on, each with its answer and with the facts that make it the only one. Nothing here is
//! printed, and nothing is random but by the seed: the same connections and seed give the same questions.

mod answer;
mod exam;
mod kinds;
mod leak;
mod question;
mod record;
mod rng;

pub use answer::{Answer, Choice, Judged, read_flags, read_number};
pub use exam::questions;
pub use kinds::Kind;
pub use leak::{Sheet, sheet};
pub use question::{Question, Row};
pub use record::{MAX_CONNECTIONS, MAX_SEGMENTS, Record, Records};
