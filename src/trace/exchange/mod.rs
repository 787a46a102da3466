//! What is no connection: UDP datagrams between two sockets, and ICMP queries with their replies.
//!
//! There are no states to infer. An exchange is what has the same two ends, until it was silent for two minutes: what
//! was sent, which of it something answers, and which of it an ICMP error refuses. Exchanges have numbers and events of
//! their own beside those of TCP connections, so that a sink may pass them over.

mod event;
mod lru;
mod oddity;
mod query;
mod record;
mod tracer;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use event::{
    Began, Endpoint, ExchangeError, ExchangeEvent, ExchangeKind, ExchangeSummary, Message, MessageKind, Outcome,
    Protocol, Responses,
};
pub use oddity::{Oddities, Oddity};
pub use tracer::Exchanges;
