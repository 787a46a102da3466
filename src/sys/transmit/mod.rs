//! Frames out of one interface, as many as it takes: one system call for each, or one for many of them.
//!
//! Where timing matters the kernel stamps departures; where only speed does, its queueing discipline is passed by.

mod arena;
mod frames;
mod refusal;

use std::ops::Range;
use std::time::Duration;

pub use arena::{BLOCK, Block, LONGEST, Outgoing, blocks};
pub use refusal::Refusal;

use super::{Interface, Result};
use crate::wire::Time;
use frames::FrameSender;

/// How packets reach the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A packet socket and a sendmmsg(2) for up to 256 packets.
    Batch,
    /// A packet socket and a send(2) for each packet.
    Packet,
}

impl Via {
    /// Every way, its name and what it is.
    pub const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Batch, "batch", "A packet socket, and one sendmmsg(2) for up to 256 packets"),
        (Self::Packet, "packet", "A packet socket, and one send(2) for each packet"),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(via, ..)| *via == self).map_or("", |(_, name, _)| name)
    }
}

/// What matters of departures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// When they are: the kernel is asked to stamp them.
    Timing,
    /// How many there are: the queueing discipline of the interface is passed by.
    Speed,
}

/// An open way out of one interface.
pub struct Transmitter {
    via: Via,
    frames: FrameSender,
}

impl Transmitter {
    /// Opens `via` on an interface of this thread's network namespace. Needs CAP_NET_RAW.
    ///
    /// # Errors
    /// [`super::Error::NotPermitted`], or the interface is gone.
    pub fn open(interface: &Interface, via: Via, aim: Aim) -> Result<Self> {
        Ok(Self { via, frames: FrameSender::open(interface, via == Via::Batch, aim)? })
    }

    /// Which way it is.
    #[must_use]
    pub const fn via(&self) -> Via {
        self.via
    }

    /// Packets that are given to the kernel together, at most.
    #[must_use]
    pub const fn at_once(&self) -> usize {
        match self.via {
            Via::Batch => frames::AT_ONCE,
            Via::Packet => 1,
        }
    }

    /// Gives packets of a block to the kernel, [`Self::at_once`] at most; answers how many it took, from the first on.
    ///
    /// # Errors
    /// It did not even take the first.
    pub fn send(&mut self, block: &Block, packets: Range<usize>) -> std::result::Result<usize, Refusal> {
        self.frames.send(block, packets)
    }

    /// The kernel's stamps of departures that came in since the last call: the number of the packet, among all that were
    /// given, and when it left.
    pub fn departures(&mut self, found: &mut dyn FnMut(u32, Time)) {
        self.frames.departures(found);
    }

    /// Whether departures are stamped.
    #[must_use]
    pub const fn stamps(&self) -> bool {
        self.frames.stamps()
    }

    /// Waits a moment for departures to be stamped; false where none comes.
    #[must_use]
    pub fn wait_for_departures(&self, timeout: Duration) -> bool {
        self.frames.wait_for_departures(timeout)
    }
}
