//! Echo requests by hand (RFC 792, RFC 4443 section 4): when to send, what a message that arrives means, and the words
//! and numbers of iputils ping.
//!
//! [`Ping`] is asked what to do next ([`Ping::step`]), is told what arrived ([`Ping::arrived`]), and keeps the
//! [`Statistics`]. [`text`] puts both into lines.

pub mod chart;
mod config;
mod event;
mod message;
mod names;
mod pending;
mod route;
mod session;
mod statistics;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;

pub use config::{Config, Pattern, PatternError, TIMESTAMP_LEN, max_size};
pub use event::{Departure, ErrorReply, Event, LocalError, Quoted, Reply, SCHEMA, Unanswered, WrongData};
pub use message::Arrival;
pub use session::{Now, Ping, Refusal, Step};
pub use statistics::{Rtt, Statistics};
