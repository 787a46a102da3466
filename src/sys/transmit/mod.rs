//! Frames out of one interface, as many as it takes: one system call for each, or one for many of them.
//!
//! Where timing matters the kernel stamps departures; where only speed does, its queueing discipline is passed by.

mod arena;
mod frames;
mod refusal;
#[cfg(feature = "afxdp")]
mod ring;
#[cfg(feature = "afxdp")]
mod xdp;

use std::ops::Range;
use std::time::Duration;

pub use arena::{Block, LONGEST, Outgoing};
pub use refusal::Refusal;

use super::{Interface, Result};
use crate::wire::Time;
use frames::FrameSender;
#[cfg(feature = "afxdp")]
use xdp::XdpSender;

/// Blocks of a transmitter: four MiB.
const BLOCKS: usize = 16;

/// How packets reach the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// An AF_XDP socket, without the layers between it and the driver.
    #[cfg(feature = "afxdp")]
    Xdp,
    /// A packet socket and a sendmmsg(2) for up to 256 packets.
    Batch,
    /// A packet socket and a send(2) for each packet.
    Packet,
}

impl Via {
    /// Every way, the fastest first: its name and what it is.
    pub const ALL: &[(Self, &'static str, &'static str)] = &[
        #[cfg(feature = "afxdp")]
        (Self::Xdp, "xdp", "AF_XDP: packets go from a ring straight to the driver"),
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
    interface: String,
    via: Via,
    out: Out,
    blocks: Vec<Block>,
}

enum Out {
    Frames(FrameSender),
    #[cfg(feature = "afxdp")]
    Xdp(Box<XdpSender>),
}

impl Transmitter {
    /// Opens `via` on an interface of this thread's network namespace. Needs CAP_NET_RAW. AF_XDP passes the queueing
    /// discipline by, and has no stamps, whatever the aim.
    ///
    /// # Errors
    /// [`super::Error::NotPermitted`], the interface is gone, or AF_XDP is not to be had.
    pub fn open(interface: &Interface, via: Via, aim: Aim) -> Result<Self> {
        let blocks = arena::blocks(BLOCKS)?;
        let out = match via {
            #[cfg(feature = "afxdp")]
            Via::Xdp => Out::Xdp(Box::new(XdpSender::open(interface, &blocks)?)),
            Via::Batch | Via::Packet => Out::Frames(FrameSender::open(interface, via == Via::Batch, aim)?),
        };
        Ok(Self { interface: interface.name.clone(), via, out, blocks })
    }

    /// Which way it is.
    #[must_use]
    pub const fn via(&self) -> Via {
        self.via
    }

    /// Whether what is given to the kernel can arrive: without a carrier it takes packets and drops them, or takes none for
    /// ever. True where nobody knows; an interface that is down or gone says so itself.
    #[must_use]
    pub fn has_carrier(&self) -> bool {
        Interface::named(&self.interface).map_or(true, |interface| interface.carrier || !interface.up)
    }

    /// The blocks from which it sends; the second time there are none.
    pub fn take_blocks(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.blocks)
    }

    /// Packets that are given to the kernel together, at most.
    #[must_use]
    pub const fn at_once(&self) -> usize {
        match self.via {
            #[cfg(feature = "afxdp")]
            Via::Xdp => xdp::AT_ONCE,
            Via::Batch => frames::AT_ONCE,
            Via::Packet => 1,
        }
    }

    /// Gives packets of one of its blocks to the kernel, [`Self::at_once`] at most; answers how many it took, from the first
    /// on.
    ///
    /// # Errors
    /// It did not even take the first.
    pub fn send(&mut self, block: &Block, packets: Range<usize>) -> std::result::Result<usize, Refusal> {
        match &mut self.out {
            Out::Frames(frames) => frames.send(block, packets),
            #[cfg(feature = "afxdp")]
            Out::Xdp(xdp) => xdp.send(block, packets),
        }
    }

    /// The kernel's stamps of departures that came in since the last call: the number of the packet, among all that were
    /// given, and when it left.
    pub fn departures(&mut self, found: &mut dyn FnMut(u32, Time)) {
        if let Some(frames) = self.stamping() {
            frames.departures(found);
        }
    }

    /// Whether departures are stamped.
    #[must_use]
    pub fn stamps(&self) -> bool {
        self.stamping().is_some()
    }

    /// Waits a moment for departures to be stamped; false where none comes.
    #[must_use]
    pub fn wait_for_departures(&self, timeout: Duration) -> bool {
        self.stamping().is_some_and(|frames| frames.wait_for_departures(timeout))
    }

    fn stamping(&self) -> Option<&FrameSender> {
        match &self.out {
            Out::Frames(frames) => Some(frames).filter(|frames| frames.stamps()),
            #[cfg(feature = "afxdp")]
            Out::Xdp(_) => None,
        }
    }
}

/// Octets of the longest frame like this one that an interface takes: a VLAN tag comes on top of its MTU (packet(7)).
#[must_use]
pub fn longest_frame(interface: &Interface, frame: &[u8]) -> usize {
    let header = match frame {
        _ if interface.kind == super::InterfaceKind::Ip => 0,
        [_, _, _, _, _, _, _, _, _, _, _, _, 0x81, 0x00, ..] => 18,
        _ => 14,
    };
    interface.mtu + header
}
