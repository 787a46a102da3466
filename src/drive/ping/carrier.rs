//! How requests get to a host, and what comes back.

use std::net::IpAddr;
use std::os::fd::{AsFd as _, BorrowedFd};

use crate::craft::ping::{Arrival, Request};
use crate::sys::icmp::{Origin, Received};
use crate::sys::{IcmpSocket, words_of};
use crate::wire::Time;

use super::Error;

/// Carries the requests to one host, and what comes back.
pub trait Carrier {
    /// Sends a request.
    ///
    /// # Errors
    /// Its kind says whether it is worth trying again.
    fn send(&mut self, request: &Request) -> Result<(), Error>;

    /// What came next; none where nothing is waiting.
    ///
    /// # Errors
    /// A failure of this machine: errors that the network reports are arrivals.
    fn receive(&mut self) -> Result<Option<Input<'_>>, Error>;

    /// The descriptors on which something may arrive.
    fn fds(&self) -> Vec<BorrowedFd<'_>>;

    /// The run is over: whatever is still open is closed.
    ///
    /// # Errors
    /// The machine cannot send.
    fn finish(&mut self) -> Result<(), Error>;
}

/// What a [`Carrier`] brings.
#[derive(Debug)]
pub enum Input<'a> {
    /// A message, or an error.
    Arrival(Arrival<'a>),
    /// The kernel's word of when a request left.
    Departure {
        /// Which one: the count of those that were taken before it, modulo 2^32.
        nth: u32,
        /// When.
        time: Time,
    },
}

/// Octets for one message: the largest IP packet.
const BUFFER: usize = 65_536;

/// Echo requests through an ICMP socket.
#[derive(Debug)]
pub struct Echo {
    socket: IcmpSocket,
    destination: IpAddr,
    /// The interface index of a link-local destination, otherwise 0.
    scope_id: u32,
    buffer: Vec<u8>,
    /// The last message, and the system's words for its error.
    received: Option<(Received, String)>,
}

impl Echo {
    /// Sends to `destination`; `scope_id` is the interface index of a link-local one, otherwise 0.
    #[must_use]
    pub fn new(socket: IcmpSocket, destination: IpAddr, scope_id: u32) -> Self {
        Self { socket, destination, scope_id, buffer: vec![0; BUFFER], received: None }
    }
}

impl Carrier for Echo {
    fn send(&mut self, request: &Request) -> Result<(), Error> {
        Ok(self.socket.send(&request.bytes, self.destination, self.scope_id)?)
    }

    fn receive(&mut self) -> Result<Option<Input<'_>>, Error> {
        let Some(received) = self.socket.recv(&mut self.buffer)? else { return Ok(None) };
        let words = words(errno(&received));
        let (received, words) = self.received.insert((received, words));
        Ok(Some(input(received, &self.buffer[..received.len], words)))
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.socket.as_fd()]
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

fn input<'a>(received: &'a Received, bytes: &'a [u8], reason: &'a str) -> Input<'a> {
    let Received { from, time, ttl, ref options, .. } = *received;
    Input::Arrival(match received.origin {
        Origin::Departure { nth } => return Input::Departure { nth, time },
        Origin::Network => Arrival::Message { time, from, ttl, options, bytes },
        Origin::Error { icmp: Some((kind, code)), info, .. } => {
            Arrival::Error { time, from, kind, code, info, request: bytes }
        }
        Origin::Error { icmp: None, .. } => Arrival::Local { time, reason, request: bytes },
    })
}

fn errno(received: &Received) -> Option<i32> {
    match received.origin {
        Origin::Network | Origin::Departure { .. } => None,
        Origin::Error { errno, .. } => Some(errno),
    }
}

/// The system's words for an error number.
pub(super) fn words(errno: Option<i32>) -> String {
    let words = errno.map(words_of).unwrap_or_default();
    // Nothing else about a request changes on its way to the routes.
    if errno == Some(libc::EINVAL) { words + ", as a blackhole route answers (see: ip route)" } else { words }
}
