//! The passive side of many connections: LISTEN, what arrives there, and the connections that come of it.
//!
//! A connection in SYN-RECEIVED is kept as the SYN that opened it, about a hundred octets, from which an [`Endpoint`] is
//! made whenever one is needed: a flood of SYNs costs little. With SYN cookies nothing is kept at all.
//!
//! [`Endpoint`]: super::Endpoint

mod arrive;
mod config;
mod connection;
mod cookie;
mod half_open;
mod listener;
mod service;
mod stats;
mod stray;

#[cfg(test)]
mod tests;

pub use config::{Cookies, ListenConfig, Overflow, ServerClose};
pub use listener::{Listener, Step};
pub use service::{Echo, Next, Program, Service, Text};
pub use stats::{Note, Row, Stats, SynFate};
