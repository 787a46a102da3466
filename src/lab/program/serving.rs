//! What a server is to do: its model, its socket, and how it ends a conversation.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::listening::{datagram_socket, listener};
use super::{datagram, event, models};
use crate::lab::{Error, Server};
use crate::sys;

/// How a server serves many clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Model {
    /// A process for each connection.
    Fork,
    /// A thread for each connection.
    Thread,
    /// One thread that waits for all connections at once.
    Event,
    /// Some processes, made beforehand, each of which waits for many connections at once.
    Hybrid,
    /// One client after the other.
    Iterative,
}

/// Every model: its name and what it is.
const MODELS: [(Model, &str, &str); 5] = [
    (Model::Fork, "fork", "a process for each connection: fork() after accept()"),
    (Model::Thread, "thread", "a thread for each connection"),
    (Model::Event, "event", "one thread for all connections: epoll tells which of them can be read"),
    (Model::Hybrid, "hybrid", "processes made beforehand, each with epoll, share one listening socket"),
    (Model::Iterative, "iterative", "one client after the other: the rest wait in the accept queue"),
];

impl Model {
    /// Every model, its name and what it is.
    pub fn all() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        MODELS.into_iter()
    }

    /// The model of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|(_, named, _)| *named == name).map(|(model, ..)| model)
    }

    /// One line for a person.
    #[must_use]
    pub fn description(self) -> &'static str {
        Self::all().find(|(model, ..)| *model == self).map_or("", |(.., description)| description)
    }
}

/// What is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speech {
    /// The server sends back what it reads.
    #[default]
    Echo,
    /// HTTP/1.1.
    Http,
}

impl Speech {
    /// The port that it has as a rule.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Echo => Server::Echo.port(),
            Self::Http => Server::Http.port(),
        }
    }
}

/// What a server does after its first answer. By default it goes on until the client closes, and closes then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// close().
    pub close_first: bool,
    /// close() with SO_LINGER on and so many seconds; with 0 the connection is reset.
    pub linger: Option<u16>,
    /// close() with so many octets of the first request unread, for which the kernel resets the connection (RFC 2525,
    /// section 2.17). They are not answered.
    pub leave_unread: Option<u32>,
    /// shutdown() of the sending side; it reads on.
    pub half_close: bool,
}

impl Manner {
    /// Whether the server closes by itself.
    #[must_use]
    pub const fn closes(&self) -> bool {
        self.close_first || self.linger.is_some() || self.leave_unread.is_some()
    }
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// Datagrams are echoed; what concerns connections means nothing then.
    pub udp: bool,
    /// How it serves many.
    pub model: Model,
    /// What it speaks.
    pub speech: Speech,
    /// Where it listens.
    pub port: u16,
    /// What listen() is told. Linux queues one connection more than this.
    pub backlog: u16,
    /// Processes of [`Model::Hybrid`].
    pub workers: u16,
    /// How long it does something else before each accept().
    pub accept_delay: Duration,
    /// accept() is never called.
    pub never_accept: bool,
    /// SO_REUSEADDR.
    pub reuse_addr: bool,
    /// TCP_DEFER_ACCEPT: so many seconds a connection may wait for its first octet before accept() gets it.
    pub defer_accept: Option<u16>,
    /// TCP_FASTOPEN (RFC 7413).
    pub fast_open: bool,
    /// How it ends a conversation.
    pub manner: Manner,
}

/// A forking echo that does nothing unusual.
impl Default for Serving {
    fn default() -> Self {
        Self {
            udp: false,
            model: Model::Fork,
            speech: Speech::Echo,
            port: Speech::Echo.port(),
            backlog: 128,
            workers: 4,
            accept_delay: Duration::ZERO,
            never_accept: false,
            reuse_addr: false,
            defer_accept: None,
            fast_open: false,
            manner: Manner::default(),
        }
    }
}

impl Serving {
    /// Serves for as long as the process lives; calls `ready` when clients may call.
    pub(super) fn serve(&self, ready: &mut dyn FnMut() -> io::Result<()>) -> Result<Infallible, Error> {
        let failed = |what: &'static str| move |source: io::Error| Error::Program(sys::Error::os(what, source));
        if self.udp {
            let socket = datagram_socket(self.port)?;
            ready()?;
            return datagram::echo(&socket).map_err(failed("receive datagrams"));
        }
        let listener = listener(self)?;
        ready()?;
        if self.never_accept {
            loop {
                std::thread::park();
            }
        }
        match self.model {
            Model::Iterative => models::iterative(self, listener),
            Model::Thread => models::threads(self, listener),
            Model::Fork => models::processes(self, listener),
            Model::Event => event::serve(self, &listener),
            Model::Hybrid => models::workers(self, &listener),
        }
        .map_err(failed("accept a connection"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_a_name() {
        for model in [Model::Fork, Model::Thread, Model::Event, Model::Hybrid, Model::Iterative] {
            assert_eq!(Model::all().filter(|row| row.0 == model).count(), 1);
            assert!(!model.description().is_empty());
        }
        assert_eq!((Model::from_name("event"), Model::from_name("")), (Some(Model::Event), None));
    }
}
