//! The real wire of many connections: raw sockets, one capture and the clock.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::os::fd::AsFd as _;

use crate::drive::clock::Clock;
use crate::drive::wire::{Error, Wire, Woken, was_sent};
use crate::source::{Live, LiveOptions};
use crate::sys::{RawSender, Version};
use crate::wire::{Packet, Time};

/// Octets of headers around the payload of a segment: link layer, IP with some options, TCP with all.
const HEADERS: u32 = 160;
/// Bytes of the kernel's buffer for captured packets, at least and at most. It lies in our memory.
const BUFFER: RangeInclusive<u32> = 12 << 20..=128 << 20;

/// What to send and capture on.
#[derive(Clone, Debug)]
pub struct ManyOptions {
    /// The interface; `any` for all.
    pub interface: String,
    /// Ties what is sent to the interface, too.
    pub tied: bool,
    /// The scope of link-local peers, or 0.
    pub scope_id: u32,
    /// Which packets are of interest, in the language of pcap-filter(7).
    pub filter: String,
    /// IP versions to send.
    pub versions: Vec<Version>,
    /// The receive window of each connection: no packet is longer, even where an interface joins segments, so that the
    /// kernel's buffer, whose places all have the size of the longest packet, has as many places as can be.
    pub window: u32,
    /// Packets that the kernel's buffer shall have room for, as far as memory allows.
    pub places: u32,
}

/// Raw sockets to send, and a capture that hears both directions.
pub struct ManyWire {
    senders: Vec<RawSender>,
    capture: Live,
    clock: Clock,
    scope_id: u32,
}

impl ManyWire {
    /// Opens them. Needs CAP_NET_RAW. From here on nothing is missed.
    ///
    /// # Errors
    /// No permission, no such interface, or what libpcap says.
    pub fn open(options: &ManyOptions) -> Result<Self, Error> {
        let tied_to = options.tied.then_some(options.interface.as_str());
        let senders = options.versions.iter().map(|version| RawSender::open(*version, tied_to));
        let snaplen = options.window.clamp(2048, u32::from(u16::MAX)) + HEADERS;
        // The kernel rounds the size of a place up to a power of two.
        let buffer = options.places.saturating_mul(snaplen.next_power_of_two());
        let buffer_size = buffer.clamp(*BUFFER.start(), *BUFFER.end());
        let live = LiveOptions { snaplen, buffer_size, promiscuous: false };
        Ok(Self {
            senders: senders.collect::<Result<_, _>>()?,
            capture: Live::open(&options.interface, Some(&options.filter), live)?,
            clock: Clock::start()?,
            scope_id: options.scope_id,
        })
    }

    /// Packets that passed the filter and were lost, because they came faster than they were looked at.
    ///
    /// # Errors
    /// What libpcap says.
    pub fn dropped(&mut self) -> Result<u64, Error> {
        Ok(self.capture.dropped()?)
    }
}

/// Where an IP packet of ours goes, from its header.
fn destination(packet: &[u8]) -> Option<IpAddr> {
    match packet.first()? >> 4 {
        4 => packet.get(16..20)?.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        _ => packet.get(24..40)?.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
    }
}

impl Wire for ManyWire {
    fn now(&self) -> Time {
        self.clock.now()
    }

    fn send(&mut self, packet: &[u8]) -> Result<bool, Error> {
        let Some(to) = destination(packet) else { return Ok(false) };
        let Some(sender) = self.senders.iter().find(|sender| sender.version() == Version::of(to)) else {
            return Ok(false);
        };
        was_sent(sender.send(packet, to, self.scope_id))
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        Ok(self.capture.next()?)
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        self.clock.wait([self.capture.as_fd()], until)
    }
}
