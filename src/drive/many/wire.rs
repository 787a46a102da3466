//! The real wire of many connections: raw sockets, the captures and the clock.

use std::net::IpAddr;

use super::ears::Ears;
use crate::drive::clock::Clock;
use crate::drive::wire::{Error, Wire, Woken, was_sent};
use crate::sys::{RawSender, Version};
use crate::wire::{Packet, Time};

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
    /// The receive window of each connection: no payload is longer, even where an interface joins segments.
    pub window: u32,
    /// Packets that the kernel's buffers shall have room for, as far as memory allows.
    pub places: Places,
}

/// Numbers of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Of those without data, or with little.
    pub short: u32,
    /// Of all others.
    pub long: u32,
}

/// Raw sockets to send, and captures that hear both directions.
pub struct ManyWire {
    senders: Vec<RawSender>,
    ears: Ears,
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
        Ok(Self {
            senders: senders.collect::<Result<_, _>>()?,
            ears: Ears::open(options)?,
            clock: Clock::start()?,
            scope_id: options.scope_id,
        })
    }

    /// Packets that passed the filter and were lost, because they came faster than they were looked at.
    ///
    /// # Errors
    /// What libpcap says.
    pub fn dropped(&mut self) -> Result<u64, Error> {
        self.ears.dropped()
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
        self.ears.next()
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        self.clock.wait(self.ears.fds(), until)
    }
}
