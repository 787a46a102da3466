//! Segments to connections: what happened, to which connection, in which states, and how sure we are.

mod event;
mod marks;
mod side;
mod summary;

pub use event::{
    Acked, Belief, CallNote, CallRole, Certainty, Event, EventKind, IcmpEvent, Opened, Origin, Preview, SCHEMA,
    SegmentEvent,
};
pub use marks::{Mark, Marks};
pub use side::{Pair, Side};
pub use summary::{Handshake, Millis, Summary, Termination};
