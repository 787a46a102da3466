//! Joins `craft` to `sys` and the tracer: the poll loop, the clock, deadlines and interrupts.

mod connection;
pub mod guards;
mod live;
pub mod many;
pub mod ping;
pub mod probe;
mod sift;
mod trials;
mod wire;

#[cfg(test)]
mod tests;

pub use connection::{Ended, Seen, Watcher, run};
pub use live::LiveWire;
pub use trials::{Stage, run_trials};
pub use wire::{Error, FarError, Wire, Woken};
