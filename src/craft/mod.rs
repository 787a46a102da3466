//! Hand-made ends, sans I/O: of a TCP connection, of a recorded one that is had again ([`conversation`]), of an ICMP echo
//! ([`ping`]), and of any packet at all ([`packet`], [`probe`]).
//!
//! [`Endpoint`] is a TCP of RFC 9293 that is given the time and what arrives, and answers "send this", "wait until" or
//! "done". It reads no clock and touches no socket, so every behaviour is tested from bytes and without waiting. What it
//! lacks on purpose: a program that reads the data (the capture shows it), delayed acknowledgments and Nagle's
//! algorithm (every arrow of the ladder should have its reason on the wire).

mod arrive;
mod close;
mod config;
mod congestion;
pub mod conversation;
mod crowd;
mod ecn;
mod end;
mod endpoint;
mod icmp;
mod instead;
pub mod lateness;
pub mod listen;
mod open;
mod outcome;
pub mod pace;
pub mod packet;
mod peer;
pub mod ping;
pub mod probe;
mod receive;
pub mod rewrite;
pub mod script;
mod send;
mod stamps;
mod table;
mod timers;
mod told;
pub mod trial;
mod write;

#[cfg(test)]
mod tests;

pub use config::{Close, Config, Offer, Open, Timing};
pub use crowd::{Crowd, Turn};
pub use end::End;
pub use endpoint::Endpoint;
pub use outcome::{Action, Emit, Outcome, Unreachable};
pub use peer::{Arrived, Peer, Sent};
pub use table::Sockets;
