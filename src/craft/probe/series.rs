//! A packet, and what changes from one sending of it to the next.

use crate::craft::packet::{PacketSpec, Transport};

/// The first port that no privilege is needed for: where source ports go on after the last one.
const FIRST_PORT: u16 = 1024;

/// The packets of a run, numbered from 0: for each round every destination port, and for each port every TTL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The first packet, but for what changes.
    pub template: PacketSpec,
    /// Destination ports in their turn; the template's if there is none.
    pub ports: Vec<u16>,
    /// Times to live in their turn; the template's if there is none.
    pub ttls: Vec<u8>,
    /// How often all of them are sent; without end if none.
    pub rounds: Option<u64>,
    /// The source port stays; otherwise it goes up by one with each round.
    pub keep_source_port: bool,
    /// The destination port goes up by one with each round.
    pub step_port: bool,
    /// The identification stays; otherwise it goes up by one with each packet, so that an ICMP error tells which packet
    /// it quotes.
    pub keep_id: bool,
}

impl Series {
    /// One packet, sent once.
    #[must_use]
    pub const fn once(template: PacketSpec) -> Self {
        Self {
            template,
            ports: Vec::new(),
            ttls: Vec::new(),
            rounds: Some(1),
            keep_source_port: false,
            step_port: false,
            keep_id: false,
        }
    }

    /// Packets in one round.
    #[must_use]
    pub fn per_round(&self) -> u64 {
        self.ports.len().max(1) as u64 * self.hops()
    }

    /// Packets to one port in one round.
    #[must_use]
    pub fn hops(&self) -> u64 {
        self.ttls.len().max(1) as u64
    }

    /// How many packets there are; none where there is no end.
    #[must_use]
    pub fn len(&self) -> Option<u64> {
        self.rounds.map(|rounds| rounds.saturating_mul(self.per_round()))
    }

    /// Whether there is no packet at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rounds == Some(0)
    }

    /// Whether every packet goes between the same sockets.
    #[must_use]
    pub fn is_one_flow(&self) -> bool {
        let moves = !self.keep_source_port || self.step_port;
        self.ports.len() < 2
            && (self.rounds == Some(1) || !moves || matches!(self.template.transport, Transport::Icmp(_)))
    }

    /// The packet of this number.
    #[must_use]
    pub fn spec(&self, index: u64) -> PacketSpec {
        let mut spec = self.template.clone();
        let round = index / self.per_round();
        let place = index % self.per_round();
        let pick = |length: usize, number: u64| usize::try_from(number).unwrap_or(0) % length.max(1);
        if let Some(ttl) = self.ttls.get(pick(self.ttls.len(), place % self.hops())) {
            spec.ip.ttl = *ttl;
        }
        let port = self.ports.get(pick(self.ports.len(), place / self.hops())).copied();
        if !self.keep_id {
            spec.ip.id = id_of(spec.ip.id, index);
        }
        let source = if self.keep_source_port { 0 } else { round };
        let step = if self.step_port { round } else { 0 };
        match &mut spec.transport {
            Transport::Tcp(tcp) => {
                tcp.source_port = moved(tcp.source_port, source);
                tcp.destination_port = moved(port.unwrap_or(tcp.destination_port), step);
            }
            Transport::Udp(udp) => {
                udp.source_port = moved(udp.source_port, source);
                udp.destination_port = moved(port.unwrap_or(udp.destination_port), step);
            }
            Transport::Icmp(icmp) => {
                let [a, b, c, d] = icmp.rest;
                let [c, d] = u16::from_be_bytes([c, d]).wrapping_add(index as u16).to_be_bytes();
                icmp.rest = [a, b, c, d];
            }
        }
        spec
    }
}

/// Identifications before they repeat: all but zero, which the kernel would fill in.
pub(super) const IDS: u64 = 0xffff;

/// The identification of packet `index`, where that of packet 0 is `first`.
fn id_of(first: u32, index: u64) -> u32 {
    let place = (u64::from(first & 0xffff).saturating_sub(1) + index % IDS) % IDS;
    place as u32 + 1
}

/// The number of the last packet up to `last` whose identification is `id`.
pub(super) fn last_with_id(first: u32, id: u32, last: u64) -> Option<u64> {
    let place = |id: u32| u64::from(id & 0xffff).saturating_sub(1);
    let index = (place(id) + IDS - place(first)) % IDS;
    let behind = (last % IDS + IDS - index) % IDS;
    last.checked_sub(behind)
}

/// The port so many further; behind the last one it goes on at 1024.
fn moved(port: u16, by: u64) -> u16 {
    let to_last = u64::from(u16::MAX - port);
    if by <= to_last {
        return port + by as u16;
    }
    let again = (by - to_last - 1) % u64::from(u16::MAX - FIRST_PORT + 1);
    FIRST_PORT + again as u16
}
