//! Connections of a program that does only what it is told.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the program on the server's host is to do with one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// connect() to the client.
    Connect,
    /// shutdown() of the sending side.
    ShutdownWrite,
    /// close().
    Close,
}

/// Server's end, client's end.
type Ends = (SocketAddr, SocketAddr);

/// The connections that are held, by their ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<Ends, TcpStream>>>);

impl Held {
    /// Keeps a connection.
    pub(super) fn keep(&self, ends: Ends, stream: TcpStream) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ends, stream);
    }

    /// Does what it is told with the connection between these ends; false where there is none (yet).
    pub(super) fn obey(&self, order: Order, ends: Ends) -> io::Result<bool> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if order == Order::Close {
            return Ok(held.remove(&ends).is_some());
        }
        held.get(&ends).map_or(Ok(false), |stream| stream.shutdown(Shutdown::Write).map(|()| true))
    }
}
