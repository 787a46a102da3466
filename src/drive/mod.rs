//! Joins `craft` to `sys` and the tracer: the poll loop, the clock, deadlines and interrupts.

mod clock;
mod connection;
mod gate;
pub mod guards;
pub mod kernel;
mod line;
mod live;
pub mod many;
pub mod onto;
pub mod ping;
pub mod probe;
mod sift;
mod steady;
mod trial;
mod wire;

#[cfg(test)]
mod tests;

pub use connection::{Ended, Seen, Watcher, run};
pub use gate::{Gate, Passing};
pub use live::LiveWire;
pub use trial::{Stage, TrialEnded, run_trial};
pub use wire::{Error, FarError, Wire, Woken, icmp_filter};
