//! The endpoint against a scripted peer, grouped by the state in which something happens.

mod arbitrary;
mod bench;
mod closing;
mod crowd;
mod data;
mod hostile;
mod instead;
mod interrupt;
mod opening;
mod time_wait;
