//! How a hand-made connection ended, and what it asks of its driver until then.

use std::net::IpAddr;
use std::time::Duration;

use crate::tcp::{Call, State};
use crate::wire::Time;

/// What the driver shall do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this packet now, and ask again.
    Send(Emit),
    /// Nothing to do before this time, unless something arrives; always later than the time of asking.
    WaitUntil(Time),
    /// It is over.
    Done(Outcome),
}

/// A packet to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emit {
    /// The whole IP packet.
    pub packet: Vec<u8>,
    /// The socket calls that a program would have made to cause it, in their order; none for what TCP sends by itself.
    pub calls: [Option<Call>; 2],
    /// Our state once it has left.
    pub state: State,
}

/// How it ended. Every run ends in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both FINs were sent and acknowledged.
    Closed,
    /// Left open, as asked.
    LeftOpen,
    /// Reset by ourselves, as asked.
    Aborted,
    /// A reset answered our SYN.
    Refused,
    /// Nothing answered our SYNs.
    Unanswered {
        /// How many were sent; 0 where we waited for the peer's, which never came.
        syns: u32,
    },
    /// An ICMP error answered a segment of ours.
    Unreachable(Unreachable),
    /// A reset of the peer ended the connection in this state of ours.
    ResetByPeer {
        /// Our state before it.
        state: State,
    },
    /// What we sent was never acknowledged.
    Unacknowledged {
        /// Our state when we gave up.
        state: State,
    },
    /// The peer answered, but had no room for what was left: its window stayed closed.
    WindowClosed {
        /// How long it had been closed when we gave up.
        lasted: Duration,
        /// Octets of payload that it did acknowledge.
        acked: u32,
        /// Octets of the whole payload.
        total: u32,
    },
    /// The peer took what we sent, but not all of it in time.
    TooSlow {
        /// Octets of payload that it acknowledged.
        acked: u32,
        /// Octets of the whole payload.
        total: u32,
    },
    /// The peer sent no FIN.
    PeerNeverClosed {
        /// Our state when we gave up.
        state: State,
    },
    /// Interrupted by the user.
    Interrupted,
}

impl Outcome {
    /// Whether what was asked for happened.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Closed | Self::LeftOpen | Self::Aborted)
    }
}

/// An ICMP error that quoted a segment of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Who sent it.
    pub from: IpAddr,
    /// ICMPv6: types and codes have other numbers.
    pub v6: bool,
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
}
