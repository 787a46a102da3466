//! The two ends of a connection.

use std::ops::{Index, IndexMut};

use serde::Serialize;

use crate::tcp::Arriving;

/// One end of a connection. Where nobody was seen to open it, the client is the sender of the first segment, unless
/// the ports tell otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The end that opened: the active open of RFC 9293.
    Client,
    /// The end that was called: the passive open.
    Server,
}

impl Side {
    /// Both, client first.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// `client` or `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Something that each end has one of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Pair<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

impl<T> Pair<T> {
    /// The same for both ends.
    pub fn both(value: T) -> Self
    where
        T: Clone,
    {
        Self { client: value.clone(), server: value }
    }
}

impl<T> Index<Side> for Pair<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}

impl<T> IndexMut<Side> for Pair<T> {
    fn index_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// Which side the sender of the first segment is. A SYN comes from the client and a SYN,ACK from the server; in the
/// middle of a stream the ports tell, or else the first that is seen is the client.
pub(super) fn opener(first: &Arriving, source: u16, destination: u16) -> Side {
    match (first.flags.syn(), first.flags.ack()) {
        (true, false) => Side::Client,
        (true, true) => Side::Server,
        _ if port_class(source) < port_class(destination) => Side::Server,
        _ => Side::Client,
    }
}

/// Well-known ports, then registered ones below the range that Linux takes for clients, then the rest.
pub(super) const fn port_class(port: u16) -> u8 {
    match port {
        0..1024 => 0,
        1024..32768 => 1,
        _ => 2,
    }
}
