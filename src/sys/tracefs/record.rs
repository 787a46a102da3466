//! What one record of the kernel's trace says.

use std::net::SocketAddr;

use crate::sys::sockdiag::KernelState;
use crate::wire::Time;

/// Both ends of a connection, as one of them sees it. An address of all zeros and port 0 stand for "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ends {
    /// Its own address and port.
    pub local: SocketAddr,
    /// Those of its peer.
    pub remote: SocketAddr,
}

impl Ends {
    /// The same connection as the other end sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { local: self.remote, remote: self.local }
    }
}

/// A record of the kernel's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, by the clock that packets are stamped with.
    pub time: Time,
    /// The thread that ran at that moment. Of what a packet or a timer caused, it only tells who was interrupted.
    pub task: u32,
    /// What happened.
    pub what: What,
}

/// What happened. Sockets and packets are named by their place in the kernel's memory; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A socket changed its state.
    State {
        /// Which.
        socket: u64,
        /// Its ends.
        ends: Ends,
        /// The state before.
        old: KernelState,
        /// The state after.
        new: KernelState,
    },
    /// A reset was sent.
    ResetSent {
        /// The socket in whose name; none where none was there.
        socket: u64,
        /// The packet that it answers; none where it answers none.
        packet: u64,
        /// The ends, as its sender sees them.
        ends: Ends,
        /// The number of the reason ([`super::Reasons::of_reset`]).
        reason: u64,
    },
    /// A reset was received and believed.
    ResetReceived {
        /// By which socket.
        socket: u64,
        /// Its ends.
        ends: Ends,
    },
    /// A segment was sent again.
    Again {
        /// By which socket; of a SYN,ACK the listening one.
        socket: u64,
        /// Its ends.
        ends: Ends,
        /// It is a SYN,ACK of a connection request.
        request: bool,
    },
    /// A packet was dropped.
    Dropped {
        /// Which.
        packet: u64,
        /// The socket that it was for, where one was found.
        socket: u64,
        /// The number of the reason ([`super::Reasons::of_drop`]).
        reason: u64,
    },
    /// These are the ends of a packet, as its receiver sees them: its checksum is wrong.
    Named {
        /// Which.
        packet: u64,
        /// Its ends.
        ends: Ends,
    },
    /// The running thread asked for the way of a datagram.
    Routed {
        /// From where to where; the own address is all zeros where the socket has none before it is sent.
        ends: Ends,
    },
    /// The running thread moved octets through this socket.
    Used {
        /// Which.
        socket: u64,
    },
    /// A socket is gone.
    Destroyed {
        /// Which.
        socket: u64,
        /// Its ends.
        ends: Ends,
    },
    /// The running thread made another one.
    Born {
        /// The number of the new one.
        task: u32,
        /// Its name, padded with zeros.
        name: [u8; 16],
        /// What it shares with its parent: `CLONE_…` of clone(2).
        flags: u64,
    },
    /// The running thread ends.
    Exited,
    /// The running process is another program from now on, which has its own descriptors.
    Executed,
    /// The running thread has another name from now on.
    Renamed {
        /// The name, padded with zeros.
        name: [u8; 16],
    },
    /// The running thread entered a system call.
    Entered {
        /// Its name.
        call: &'static str,
        /// Its arguments; 0 where it has fewer.
        arguments: [u64; 6],
    },
    /// It returned.
    Returned {
        /// Its name.
        call: &'static str,
        /// The result; a negative one is an errno(3).
        result: i64,
    },
}
