//! How to trace, and what a caller knows beside the packets.

use std::net::SocketAddr;

use super::Origin;
use crate::tcp::Call;

/// Connections that are followed at once where the caller does not say otherwise.
const DEFAULT_MAX_CONNECTIONS: usize = 100_000;

/// How to trace.
#[derive(Clone, Copy, Debug)]
pub struct TracerOptions {
    /// The socket whose segments this program makes by hand: its states are observed, not inferred. An unspecified
    /// address stands for any of ours, port 0 for any port.
    pub ours: Option<SocketAddr>,
    /// Whether `ours` waits for connections. If not, what it sends first makes it the client, whatever the flags.
    pub listens: bool,
    /// `ours` has no TCP behind it, so no state of it is told. Unless a SYN asks for a connection, what it sends first is
    /// no part of one, and tells nothing of the peer's states, either.
    pub probes: bool,
    /// How many connections are followed at once; beyond that, the one idle longest is ended. At least 1.
    pub max_connections: usize,
    /// Tell nothing but the end of each connection: it takes less time.
    pub only_ends: bool,
}

impl Default for TracerOptions {
    fn default() -> Self {
        Self { ours: None, listens: false, probes: false, max_connections: DEFAULT_MAX_CONNECTIONS, only_ends: false }
    }
}

/// What the caller knows of a packet beside its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hint {
    /// Who made it.
    pub origin: Origin,
    /// The calls that our end made to send it, in their order; what a segment of ours has no call for, TCP sent by
    /// itself.
    pub calls: [Option<Call>; 2],
    /// It was put together from fragments of IP.
    pub reassembled: bool,
    /// A glance at it was tried, if one was possible, and was not enough.
    pub glanced: bool,
}

impl Hint {
    /// Whether a glance at the packet is still to be tried.
    pub(super) fn allows_glance(&self) -> bool {
        self.origin == Origin::Wire && !self.reassembled && !self.glanced
    }
}

/// Whether `socket` is meant by `ours`, whose port 0 stands for every port, and whose address for any if it is
/// unspecified. Scopes do not count: no packet carries them.
#[must_use]
pub fn is_same(ours: SocketAddr, socket: SocketAddr) -> bool {
    (ours.ip().is_unspecified() || ours.ip() == socket.ip()) && (ours.port() == 0 || ours.port() == socket.port())
}
