//! A script: packets to send, replies to expect, and times to wait, one after the other.
//!
//! Without I/O: [`Run`] is a [`Course`](super::probe::Course). It follows each connection on the target's side, by the
//! rules of RFC 9293 and by what comes back, so that a line may name its numbers relative to it ([`Relative`]).

mod expect;
mod run;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use expect::{Complaint, Expectation, Number, What};
pub use run::{Outcome, Run};

use super::packet::PacketSpec;
use crate::tcp::Relative;

/// One line that does something.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What it does.
    pub action: Action,
}

/// What a line does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends a packet.
    Send(Box<Template>),
    /// Waits for the next packet that comes, and holds it against this.
    Expect(Expectation),
    /// The same, but what is not like this is kept for the next line, and silence is no matter.
    Maybe(Expectation),
    /// Waits; what comes meanwhile is kept for the next expectation.
    Wait(Duration),
}

/// A packet whose numbers may depend on what came before.
#[derive(Clone, Debug)]
pub struct Template {
    /// Everything but these numbers.
    pub spec: PacketSpec,
    /// Sequence number; where nothing is said, the next one that the target expects, or that of `spec` in a SYN and where
    /// there is no connection.
    pub seq: Option<Relative>,
    /// Acknowledgment number; where nothing is said, with the ACK flag, all that came, or that of `spec`.
    pub ack: Option<Relative>,
}
