//! Segments to connections: what happened, to which connection, in which states, and how sure we are.

mod abnormal;
mod appearance;
mod belief;
mod calls;
mod completeness;
mod conn_state;
mod connection;
mod crowd;
mod end;
mod event;
pub mod exchange;
mod fingerprint;
mod flows;
mod glance;
mod half_open;
mod heads;
mod history;
mod holes;
mod icmp;
mod judgement;
mod kernel;
mod key;
mod late;
mod mark_set;
mod marks;
mod milestones;
mod options;
mod order;
mod orderly;
mod probe;
mod progress;
mod reading;
mod recent;
mod resets;
mod side;
mod sighting;
mod slab;
mod summary;
mod tracer;
mod verdict;

#[cfg(test)]
mod tests;

use key::is_group;

pub use abnormal::{CutOff, ResetNumber, Stage};
pub use appearance::odd_flags;
pub use conn_state::ConnState;
pub use event::{
    Acked, Belief, CallNote, CallRole, Certainty, Event, EventKind, IcmpEvent, Opened, Origin, Preview, SCHEMA,
    SegmentEvent,
};
pub use glance::{Glance, Lookout};
pub use history::History;
pub use kernel::{CallEvent, Comparison, Counts, Detail, KernelEvent, KernelKind, Paths, Process, Teller, Text};
pub use mark_set::Marks;
pub use marks::{Mark, PHENOMENA, Phenomenon, Severity};
pub use options::{Hint, TracerOptions, is_same};
pub use side::{Pair, Side};
pub use summary::{Handshake, Millis, Reception, Summary, Termination, holder};
pub use tracer::Tracer;
