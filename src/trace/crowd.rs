//! Listeners at which many clients leave the SYN,ACK unanswered, until it is sent again: a SYN flood (RFC 4987).
//!
//! One handshake that waits has lost its ACK, or its client; it takes many at once to say more. Only repeated SYN,ACKs
//! count: until the first timeout nothing is known but that the way is long. So little is kept, and nothing is looked up
//! but for a SYN,ACK that comes again.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::flows::Flow;

/// Handshakes that must wait at one socket at once. Real queues take from a hundred on; so many lost ACKs at the same time
/// are no chance any more.
const CROWD: usize = 16;
/// Sockets that are watched: those at which a SYN,ACK was sent again last.
const SOCKETS: usize = 64;

/// The last handshakes at one socket whose SYN,ACK was sent again.
#[derive(Debug)]
struct Crowd {
    server: SocketAddr,
    waiting: VecDeque<Flow>,
}

/// Listeners by their sockets.
#[derive(Debug, Default)]
pub(super) struct Crowds(VecDeque<Crowd>);

impl Crowds {
    /// A SYN,ACK of `server` was sent again; answers whether a crowd waits there. `waits`: whether a handshake still does.
    pub(super) fn is_crowd(&mut self, server: SocketAddr, flow: &Flow, waits: impl Fn(&Flow) -> bool) -> bool {
        let place = self.0.iter().position(|crowd| crowd.server == server);
        let mut crowd = place.and_then(|place| self.0.remove(place)).unwrap_or_else(|| Crowd::at(server));
        crowd.waiting.retain(|other| other.key != flow.key && waits(other));
        crowd.waiting.push_back(*flow);
        if crowd.waiting.len() > CROWD {
            crowd.waiting.pop_front();
        }
        let is_crowd = crowd.waiting.len() == CROWD;
        self.0.push_back(crowd);
        if self.0.len() > SOCKETS {
            self.0.pop_front();
        }
        is_crowd
    }
}

impl Crowd {
    const fn at(server: SocketAddr) -> Self {
        Self { server, waiting: VecDeque::new() }
    }
}
