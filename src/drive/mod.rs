//! Joins `craft` to `sys` and the tracer: the poll loop, the clock, deadlines and interrupts.

mod connection;
mod live;
pub mod ping;
mod sift;
mod wire;

#[cfg(test)]
mod tests;

pub use connection::{Ended, Seen, Watcher, run};
pub use live::LiveWire;
pub use wire::{Error, Wire, Woken};
