//! A connection beyond LISTEN that is an endpoint, and the program that serves it.

use super::config::ServerClose;
use super::service::{Next, Service};
use crate::craft::Endpoint;
use crate::tcp::State;
use crate::wire::Time;

/// An endpoint, and what talks through it.
pub(super) struct Connection {
    pub(super) endpoint: Endpoint,
    service: Box<dyn Service>,
    /// It waits for its turn to send.
    pub(super) queued: bool,
    /// When its handshake was complete.
    pub(super) accepted: Option<Time>,
    answered: bool,
}

impl Connection {
    pub(super) fn new(endpoint: Endpoint, service: Box<dyn Service>) -> Self {
        Self { endpoint, service, queued: false, accepted: None, answered: false }
    }

    /// Whether the handshake was completed just now.
    pub(super) fn is_newly_accepted(&mut self, now: Time) -> bool {
        let new = self.accepted.is_none() && self.endpoint.state().is_synchronized();
        if new {
            self.accepted = Some(now);
        }
        new
    }

    /// Lets the program read, answer and close. Gives the time at which it wants to be asked again, whatever arrives.
    pub(super) fn serve(&mut self, close: ServerClose, wait: std::time::Duration, now: Time) -> Option<Time> {
        if let Some(program) = self.service.takes_over() {
            return program.run(now, &mut self.endpoint);
        }
        let octets = self.endpoint.take_octets();
        let mut next = Next::Read;
        if !octets.is_empty() && self.endpoint.state().may_send() {
            let mut answer = Vec::new();
            next = self.service.read(&octets, &mut answer);
            self.answered |= !answer.is_empty();
            self.endpoint.say(&answer);
        }
        let quiet = self.accepted.filter(|_| !self.answered).map(|accepted| accepted + wait);
        let is_quiet = quiet.is_some_and(|until| now >= until);
        let done = self.answered || is_quiet || self.endpoint.peer_is_done() || next == Next::Close;
        match close {
            ServerClose::First if done => self.endpoint.shut(now),
            ServerClose::Reset if done && self.endpoint.is_all_acknowledged() && self.is_open() => {
                self.endpoint.reset()
            }
            ServerClose::After if next == Next::Close || self.endpoint.peer_is_done() => self.endpoint.shut(now),
            _ => {}
        }
        let waits = matches!(close, ServerClose::First | ServerClose::Reset) && self.is_open();
        quiet.filter(|until| waits && *until > now)
    }

    fn is_open(&self) -> bool {
        matches!(self.endpoint.state(), State::Established | State::CloseWait)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("state", &self.endpoint.state()).finish_non_exhaustive()
    }
}
