//! IP fragments put together again (RFC 791 section 3.2, RFC 8200 section 4.5).

mod datagram;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use self::datagram::{Added, Datagram, Part};
use super::{Decoded, LinkType, Packet, Time, decode};

/// How much a [`Reassembler`] may hold. Where a limit is reached the oldest datagram is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReassemblyLimits {
    /// Datagrams that are not whole.
    pub datagrams: usize,
    /// Octets of their parts, with what it costs to keep them.
    pub octets: usize,
    /// Time that a datagram may take from its first part to its last, on the packets' clock.
    pub age: Duration,
}

impl Default for ReassemblyLimits {
    /// 512 datagrams, 4 MiB, and 60 seconds (RFC 8200 section 4.5).
    fn default() -> Self {
        Self { datagrams: 512, octets: 4 << 20, age: Duration::from_secs(60) }
    }
}

/// What the fragments of one packet have in common (RFC 791, RFC 8200). IPv6 does not name the protocol, and some
/// of its fragments do not know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    protocol: Option<u8>,
    identification: u32,
}

/// Collects fragments, and gives each packet that they make.
///
/// A part that is there already, or within one that is, is passed over: the first octets stay. Parts that overlap in
/// any other way, or contradict each other on the packet's length, end the datagram, as RFC 5722 asks for IPv6 and
/// Linux does for IPv4 too: whoever sends them wants two readers to read two things.
///
/// Fragments that the capture cut are put together as well. The packet is then cut where the first octet is missing.
#[derive(Debug, Default)]
pub struct Reassembler {
    limits: ReassemblyLimits,
    /// In the order of their first parts.
    pending: VecDeque<(Key, Datagram)>,
    /// What `pending` costs, in octets.
    held: usize,
    /// The packet given last.
    whole: Vec<u8>,
    given_up: u64,
}

impl Reassembler {
    /// With limits of one's own.
    #[must_use]
    pub fn new(limits: ReassemblyLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes a packet that was decoded. When it is the last missing fragment of another, gives that one, to be decoded in
    /// its turn: an IP packet of link type [`LinkType::RAW`] with the time of this one, without traces of fragmentation,
    /// its IPv4 checksum right if that of the first fragment was. A packet that is not a fragment changes nothing.
    pub fn add(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>) -> Option<Packet<'_>> {
        let (key, part) = fragment(packet, decoded)?;
        let time = packet.time;
        let mut original_len = self.join(time, key, &part)?;
        // What is whole may be a tunnel that carries a fragment. Each turn takes a datagram away, so this ends.
        loop {
            let bytes = std::mem::take(&mut self.whole);
            let whole = Packet { time, link: LinkType::RAW, original_len, bytes: &bytes };
            let Some((key, part)) = fragment(&whole, &decode(&whole)) else {
                self.whole = bytes;
                return Some(Packet { time, link: LinkType::RAW, original_len, bytes: &self.whole });
            };
            original_len = self.join(time, key, &part)?;
        }
    }

    /// Adds a part. Where it makes a packet whole, writes that to `self.whole`, and gives its length on the wire.
    fn join(&mut self, now: Time, key: Key, part: &Part<'_>) -> Option<u32> {
        self.expire(now);
        let index = self.pending.iter().position(|(other, _)| *other == key);
        let (_, mut datagram) = index
            .and_then(|index| self.pending.remove(index))
            .inspect(|(_, datagram)| self.held -= datagram.cost())
            .unwrap_or_else(|| (key, Datagram::new(now)));
        match datagram.add(part) {
            Added::Waiting => self.keep(index, key, datagram),
            Added::Contradiction => self.given_up += 1,
            Added::Whole => return Some(datagram.write(&mut self.whole)),
        }
        None
    }

    /// Puts a datagram back in its place, or at the end, and makes room for it.
    fn keep(&mut self, index: Option<usize>, key: Key, datagram: Datagram) {
        self.held += datagram.cost();
        self.pending.insert(index.unwrap_or(self.pending.len()), (key, datagram));
        while self.pending.len() > self.limits.datagrams || self.held > self.limits.octets {
            self.give_up_oldest();
        }
    }

    /// Gives up what has waited too long. A clock that went back makes nothing old.
    fn expire(&mut self, now: Time) {
        while self.pending.front().is_some_and(|(_, oldest)| now.since(oldest.begun()) > self.limits.age) {
            self.give_up_oldest();
        }
    }

    fn give_up_oldest(&mut self) {
        if let Some((_, datagram)) = self.pending.pop_front() {
            self.held -= datagram.cost();
            self.given_up += 1;
        }
    }

    /// Datagrams of which parts are missing so far.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Datagrams that were given up: too old, too many, or with parts that contradict each other.
    #[must_use]
    pub const fn given_up(&self) -> u64 {
        self.given_up
    }
}

/// The fragment in a packet, if it is one.
fn fragment<'a>(packet: &Packet<'a>, decoded: &Decoded<'_>) -> Option<(Key, Part<'a>)> {
    let ip = decoded.ip.as_ref()?;
    let fragment = ip.fragment?;
    let bytes = packet.bytes.get(decoded.link_len..)?;
    let (header, rest) = bytes.split_at_checked(ip.header_len)?;
    let key = Key {
        source: ip.source,
        destination: ip.destination,
        protocol: ip.source.is_ipv4().then_some(ip.protocol),
        identification: ip.identification?,
    };
    let captured = &rest[..rest.len().min(ip.payload_len)];
    let part = Part { header, captured, start: fragment.offset, on_wire: ip.payload_len, more: fragment.more };
    Some((key, part))
}
