//! Whose packet is it? A capture on an interface sees more than one connection.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::craft::Emit;
use crate::trace::Origin;
use crate::wire::{Content, Decoded, Icmp, Packet, Time};

/// Packets that were sent and not captured yet are remembered up to this number: those of a few windows.
const MOST_SENT: usize = 4096;

/// Both sockets, and what we sent that the capture has not shown yet.
pub(super) struct Sieve {
    local: SocketAddr,
    remote: SocketAddr,
    sent: VecDeque<(Time, Emit)>,
}

/// A packet of our connection.
pub(super) enum Kin {
    /// From the peer.
    Peer,
    /// Under our own name: by hand, with what was known when it was sent, or by our own kernel.
    Ours(Option<Emit>),
    /// An ICMP error about a segment of ours.
    Complaint,
}

impl Kin {
    pub(super) const fn origin(&self) -> Origin {
        match self {
            Self::Ours(Some(_)) => Origin::HandMade,
            Self::Ours(None) => Origin::OwnKernel,
            Self::Peer | Self::Complaint => Origin::Wire,
        }
    }
}

impl Sieve {
    pub(super) const fn new(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { local, remote, sent: VecDeque::new() }
    }

    /// Remembers a packet that is about to be sent.
    pub(super) fn sending(&mut self, now: Time, emit: Emit) {
        if self.sent.len() == MOST_SENT {
            self.sent.pop_front();
        }
        self.sent.push_back((now, emit));
    }

    /// The packet just remembered was lost before it left.
    pub(super) fn not_sent(&mut self) {
        self.sent.pop_back();
    }

    /// How many packets were sent and never seen to leave.
    pub(super) fn unseen(&self) -> usize {
        self.sent.len()
    }

    /// Takes what was sent after `last` and never seen to leave, with the times of sending. What was captured later shows
    /// that the rest did leave, and the capture lost it.
    pub(super) fn take_unseen(&mut self, last: Option<Time>) -> Vec<(Time, Emit)> {
        self.sent.drain(..).filter(|(sent, _)| last.is_none_or(|last| *sent > last)).collect()
    }

    /// What the packet is to our connection; none for any other.
    pub(super) fn sort(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>) -> Option<Kin> {
        let ip = decoded.ip.as_ref()?;
        match &decoded.content {
            Content::Segment(segment) => {
                let from = (ip.source, segment.source_port);
                let to = (ip.destination, segment.destination_port);
                let (local, remote) = (pair(self.local), pair(self.remote));
                if (from, to) == (remote, local) {
                    Some(Kin::Peer)
                } else if (from, to) == (local, remote) {
                    Some(Kin::Ours(self.left(&packet.bytes[decoded.link_len..])))
                } else {
                    None
                }
            }
            Content::Icmp(icmp) => self.is_about_us(icmp).then_some(Kin::Complaint),
            // A fragment without a whole header.
            _ if ip.fragment.is_some() => {
                self.left(&packet.bytes[decoded.link_len..]).map(|emit| Kin::Ours(Some(emit)))
            }
            _ => None,
        }
    }

    /// Takes the packet with these bytes from those that were sent. An interface may pad a short frame at its end.
    fn left(&mut self, bytes: &[u8]) -> Option<Emit> {
        let place = self.sent.iter().position(|(_, emit)| bytes.starts_with(&emit.packet))?;
        self.sent.remove(place).map(|(_, emit)| emit)
    }

    fn is_about_us(&self, icmp: &Icmp<'_>) -> bool {
        icmp.quote().and_then(|quote| quote.sockets()) == Some((self.local, self.remote))
    }
}

/// Address and port without the scope, which no packet carries.
const fn pair(socket: SocketAddr) -> (std::net::IpAddr, u16) {
    (socket.ip(), socket.port())
}
