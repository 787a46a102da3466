//! What a kernel told of its end of a connection, beside what follows from the segments.

mod event;
mod paths;

pub use event::{CallEvent, Counts, Detail, KernelEvent, KernelKind, Process, Teller, Text};
pub use paths::{Comparison, Paths};
