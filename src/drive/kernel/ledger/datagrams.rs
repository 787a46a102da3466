//! Calls on datagram sockets. The kernel tells no states of them; whom they speak with is told where it looks up the way.

use std::collections::HashMap;

use super::super::DatagramCall;
use super::Entered;
use crate::sys::tracefs::Ends;
use crate::wire::Time;

/// Sockets that are remembered.
const SOCKETS: usize = 65_536;
/// Calls that are kept until somebody asks; beyond it the oldest half is forgotten.
const CALLS: usize = 50_000;

/// What is known of a socket.
#[derive(Debug, Default)]
struct Socket {
    /// Its port, once it has one that was told.
    port: Option<u16>,
    /// Its ends, once it is connected.
    connected: Option<Ends>,
}

/// All datagram sockets, and what was called of them.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    wanted: bool,
    numbered: u64,
    sockets: HashMap<u64, Socket>,
    calls: Vec<DatagramCall>,
}

impl Datagrams {
    /// From now on they are told of.
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) const fn are_wanted(&self) -> bool {
        self.wanted
    }

    /// The number of a new socket.
    pub(super) fn add(&mut self) -> u64 {
        self.numbered += 1;
        if self.sockets.len() < SOCKETS {
            self.sockets.insert(self.numbered, Socket::default());
        }
        self.numbered
    }

    /// Within a call on this socket the kernel looked for a way between these ends: of the first one in a call that is the way of
    /// what it sends. What arrives by that, and is answered by the kernel, comes later, and is of another port.
    pub(super) fn routed(&mut self, socket: u64, entered: &mut Entered, ends: Ends) {
        let port = ends.local.port();
        if let Some(known) = self.sockets.get_mut(&socket)
            && entered.ends.is_none()
            && port != 0
            && known.port.is_none_or(|own| own == port)
        {
            known.port = Some(port);
            entered.ends = Some(ends);
        }
    }

    /// A call on this socket, and what it returned.
    pub(super) fn called(&mut self, socket: u64, entered: &Entered, returned: Option<(Time, i64)>) {
        let known = self.sockets.get_mut(&socket);
        let connected = known.and_then(|known| {
            if entered.call.call == "connect" && returned.is_some_and(|(_, result)| result == 0) {
                known.connected = entered.ends;
            }
            known.connected
        });
        if self.calls.len() >= CALLS {
            self.calls.drain(..CALLS / 2);
        }
        self.calls.push(DatagramCall {
            socket,
            entered: entered.time,
            returned,
            call: entered.call,
            arguments: entered.arguments,
            ends: entered.ends.or(connected),
        });
    }

    /// What was called since the last time, in the order in which it returned.
    pub(super) fn take(&mut self) -> Vec<DatagramCall> {
        std::mem::take(&mut self.calls)
    }
}
