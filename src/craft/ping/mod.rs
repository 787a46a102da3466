//! Echo requests by hand (RFC 792, RFC 4443 section 4), or SYNs and datagrams in their place: when to send, what a
//! message that arrives means, and the words and numbers of iputils ping.
//!
//! [`Ping`] is asked what to do next ([`Ping::step`]), is told what arrived ([`Ping::arrived`]), and keeps the
//! [`Statistics`]. [`text`] puts both into lines.

pub mod chart;
mod config;
mod event;
mod message;
mod names;
mod pending;
mod probe;
mod probes;
mod route;
mod session;
mod statistics;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;

pub use config::{Config, Pattern, PatternError, TIMESTAMP_LEN, max_size};
pub use event::{
    Answer, Departure, ErrorReply, Event, LocalError, Quoted, QuotedRequest, Reply, SCHEMA, Unanswered, WrongData,
};
pub use message::{Arrival, decode};
pub use probe::{End, Probe};
pub use probes::{Form, Probes, Reading};
pub use session::{Now, Ping, Refusal, Request, Step};
pub use statistics::{Rtt, Statistics};
