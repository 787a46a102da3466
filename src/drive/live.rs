//! The real wire: a raw socket, a capture and the clock.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd as _, BorrowedFd};

use super::clock::Clock;
use super::wire::{Error, Wire, Woken, icmp_filter, was_sent};
use crate::source::{Live, LiveOptions};
use crate::sys::frames::FrameSocket;
use crate::sys::{RawSender, Route, Version, neighbour};
use crate::wire::{Packet, Time};

/// A raw socket to send, and a capture on the same interface that hears both directions.
pub struct LiveWire {
    sender: RawSender,
    capture: Live,
    clock: Clock,
    frames: Option<Frames>,
    remote: SocketAddr,
    /// The index of the interface.
    scope_id: u32,
}

impl LiveWire {
    /// Opens both for the connection between `local` and `remote`, which goes by `route`. Needs CAP_NET_RAW. From here on
    /// nothing of the connection is missed.
    ///
    /// # Errors
    /// No permission, no such interface, or what libpcap says.
    pub fn open(route: &Route, local: SocketAddr, remote: SocketAddr) -> Result<Self, Error> {
        Self::with_filter(route, remote, &both_ways(local, remote))
    }

    /// Opens both for everything between `local` and `remote`, whatever the protocol, and for ICMP of whomever.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn between(route: &Route, local: IpAddr, remote: IpAddr) -> Result<Self, Error> {
        let way = |from, to| format!("(src host {from} and dst host {to})");
        let filter = format!("{} or {} or {}", way(local, remote), way(remote, local), icmp_filter(remote));
        Self::with_filter(route, SocketAddr::new(remote, 0), &filter)
    }

    /// Sends whole frames from now on, so that no kernel corrects an IP header.
    ///
    /// # Errors
    /// The interface is not of Ethernet, or the address of the next hop is not known.
    pub fn by_frames(mut self, route: &Route) -> Result<Self, Error> {
        let header = neighbour::ethernet_header(route, self.remote.ip())?;
        self.frames = Some(Frames { socket: FrameSocket::open(&route.interface)?, header });
        Ok(self)
    }

    fn with_filter(route: &Route, remote: SocketAddr, filter: &str) -> Result<Self, Error> {
        // Packets to ourselves pass through lo whatever interface the address is on; tied to lo, they find no route.
        let tied_to = (!route.loopback).then_some(route.interface.as_str());
        let sender = RawSender::open(Version::of(remote.ip()), tied_to)?;
        let options = LiveOptions { buffer_size: BUFFER, ..LiveOptions::default() };
        let capture = Live::open(&route.interface, Some(filter), options)?;
        Ok(Self { sender, capture, clock: Clock::start()?, frames: None, remote, scope_id: route.index })
    }
}

/// Bytes of the kernel's buffer. Each packet takes a place for the longest there may be, 64 KiB where the interface joins
/// segments: so it holds a window of segments and their acknowledgments, however late we come to look.
const BUFFER: u32 = 8 << 20;

/// The way around the IP layer, which would correct what it sends.
struct Frames {
    socket: FrameSocket,
    header: [u8; 14],
}

/// Both directions of the connection, and ICMP, whose quotation cannot be looked into here.
fn both_ways(local: SocketAddr, remote: SocketAddr) -> String {
    let way = |from: SocketAddr, to: SocketAddr| {
        format!(
            "src host {} and src port {} and dst host {} and dst port {}",
            from.ip(),
            from.port(),
            to.ip(),
            to.port()
        )
    };
    format!("(tcp and (({}) or ({}))) or {}", way(local, remote), way(remote, local), icmp_filter(remote.ip()))
}

impl Wire for LiveWire {
    fn now(&self) -> Time {
        self.clock.now()
    }

    fn send(&mut self, packet: &[u8]) -> Result<bool, Error> {
        was_sent(match &self.frames {
            Some(Frames { socket, header }) => socket.send(&[&header[..], packet].concat()),
            None => self.sender.send(packet, self.remote.ip(), self.scope_id),
        })
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        Ok(self.capture.next()?)
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        self.clock.wait([self.capture.as_fd()], until)
    }

    fn wait_beside(&mut self, other: BorrowedFd<'_>, until: Time) -> Result<Woken, Error> {
        self.clock.wait([self.capture.as_fd(), other], until)
    }
}
