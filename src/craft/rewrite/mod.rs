//! A captured packet as it is sent again: as it was, or with other addresses, ports, tags and lengths, on another link layer.
//!
//! Checksums follow what changes under them, and stay wrong where they were: that may be what the capture is about.
//! [`Table::fix_checksums`] works them out anew. What cannot be known is not guessed: such a packet is [`Unfit`].

mod frame;
mod group;
mod internet;
mod map;
mod mend;
#[cfg(test)]
mod tests;

pub use group::is_for_many;
pub use map::{Mac, Prefixes};

use crate::wire::{self, LinkType, Packet};
use frame::{ARP, Frame};
use map::find;

/// Why a packet cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The capture kept only its beginning.
    #[error("the capture kept {captured} of its {original} octets")]
    Cut {
        /// Octets that there are.
        captured: usize,
        /// Octets that it had.
        original: u32,
    },
    /// Frames of its kind cannot be turned into others.
    #[error("its link type, {}, cannot be put onto Ethernet", .0.0)]
    Link(LinkType),
    /// A cooked packet of a protocol that has no EtherType.
    #[error("its protocol, {0:#06x}, is no EtherType")]
    Kind(u16),
    /// Only IP packets go without a link-layer header.
    #[error("it is no IP packet, and the interface takes nothing else")]
    NotIp,
    /// It was captured without Ethernet addresses.
    #[error("it was captured without the Ethernet address that it goes to")]
    Unaddressed,
    /// A port of a fragment is to change, but the checksum is in another fragment.
    #[error("its port is to change, and the checksum over it is in another fragment")]
    Scattered,
    /// Longer than any frame.
    #[error("with {0} octets it is longer than any frame")]
    Long(usize),
    /// Shorter than its link-layer header.
    #[error("with {0} octets it is shorter than its link-layer header")]
    Short(usize),
}

/// What becomes of VLAN tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tags {
    /// They stay.
    #[default]
    Kept,
    /// They go.
    Removed,
    /// The outermost gets this identifier (12 bits); a frame without any gets one.
    Vlan(u16),
}

/// What is rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// IP addresses, also in ARP, neighbour discovery, and the packets that ICMP errors quote; the first prefix counts.
    pub ips: Vec<Prefixes>,
    /// Ports of TCP and UDP.
    pub ports: Vec<(u16, u16)>,
    /// Ethernet addresses, also in ARP.
    pub macs: Vec<(Mac, Mac)>,
    /// The source of every frame.
    pub source_mac: Option<Mac>,
    /// The destination of every frame.
    pub dest_mac: Option<Mac>,
    /// VLAN tags.
    pub tags: Tags,
    /// TTL, or hop limit, of every packet.
    pub ttl: Option<u8>,
    /// Octets that an IP packet is cut to.
    pub trim_to: Option<usize>,
    /// Whether checksums are worked out anew.
    pub fix_checksums: bool,
    /// Whether packets that the capture cut are filled up with zeros.
    pub pad: bool,
}

/// What packets are turned into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewriter {
    /// What is rewritten.
    pub table: Table,
    /// What is sent: Ethernet frames, or IP packets ([`LinkType::RAW`]).
    pub link: LinkType,
    /// The source of frames that were captured without.
    pub own_mac: Option<Mac>,
    /// The destination of frames that were captured without.
    pub peer_mac: Option<Mac>,
}

impl Rewriter {
    /// Writes the packet to `room`, and answers how many octets it has there.
    ///
    /// # Errors
    /// It does not fit, and why.
    pub fn write(&self, packet: &Packet<'_>, room: &mut [u8]) -> Result<usize, Unfit> {
        let captured = packet.bytes.len();
        let is_cut = captured < packet.original_len as usize;
        if is_cut && !self.table.pad {
            return Err(Unfit::Cut { captured, original: packet.original_len });
        }
        if self.table == Table::default() && packet.link == self.link {
            return if captured < 14 && self.link == LinkType::ETHERNET {
                Err(Unfit::Short(captured))
            } else {
                copy(packet.bytes, room)
            };
        }
        let mut frame = Frame::read(packet)?;
        frame.tag(self.table.tags);
        let header = self.header(&frame, room)?;
        let missing = packet.original_len as usize - captured.min(packet.original_len as usize);
        let length = header + frame.payload.len() + missing;
        let room = room.get_mut(..length).ok_or(Unfit::Long(length))?;
        room[header..length - missing].copy_from_slice(frame.payload);
        room[length - missing..].fill(0);
        if frame.kind == ARP {
            self.arp(&mut room[header..]);
        }
        self.internet(room, header, is_cut)
    }

    /// Writes the link-layer header.
    fn header(&self, frame: &Frame<'_>, room: &mut [u8]) -> Result<usize, Unfit> {
        if self.link != LinkType::ETHERNET {
            return if frame.is_ip() { Ok(0) } else { Err(Unfit::NotIp) };
        }
        let mapped = |mac: Mac| find(&self.table.macs, mac).unwrap_or(mac);
        let to = self.table.dest_mac.or(frame.to.map(mapped)).or(self.peer_mac).ok_or(Unfit::Unaddressed)?;
        let from = self.table.source_mac.or(frame.from.map(mapped)).or(self.own_mac).ok_or(Unfit::Unaddressed)?;
        frame.write((to, from), room).ok_or(Unfit::Long(frame.payload.len()))
    }

    /// Rewrites the outermost IP packet, wherever it is in the frame: also behind PPPoE and MPLS. Answers how long the frame
    /// is then.
    fn internet(&self, frame: &mut [u8], header: usize, is_padded: bool) -> Result<usize, Unfit> {
        let table = &self.table;
        let original_len = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let packet = Packet { time: wire::Time::default(), link: self.link, original_len, bytes: frame };
        let Ok((at, ip)) = wire::outer_ip(&packet) else {
            let most = table.trim_to.map_or(frame.len(), |most| header + most);
            return Ok(frame.len().min(most));
        };
        if internet::is_scattered(table, &frame[at..], &ip) {
            return Err(Unfit::Scattered);
        }
        let mut length = frame.len() - at;
        let is_long = table.trim_to.is_some_and(|most| length > most);
        if let Some(most) = table.trim_to.filter(|_| is_long) {
            length = internet::trim(&mut frame[at..], &ip, most);
        }
        let bytes = &mut frame[at..at + length];
        internet::rewrite(table, bytes, &ip, false);
        if (table.fix_checksums || is_padded || is_long)
            && let Ok((ip, ..)) = wire::ip::decode(bytes, length)
        {
            internet::renew_all(bytes, &ip);
        }
        Ok(at + length)
    }

    /// Maps the addresses in an ARP packet for IPv4 over Ethernet (RFC 826).
    fn arp(&self, packet: &mut [u8]) {
        if packet.get(..6) != Some(&[0, 1, 0x08, 0x00, 6, 4]) {
            return;
        }
        for at in [8, 18] {
            let Some(place) = packet.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<6>()) else { return };
            *place = find(&self.table.macs, *place).unwrap_or(*place);
            let address = packet.get(at + 6..).and_then(|rest| rest.first_chunk::<4>()).copied();
            if let Some(address) = address {
                internet::map_address(&self.table, packet, at + 6, address.into());
            }
        }
    }
}

fn copy(bytes: &[u8], room: &mut [u8]) -> Result<usize, Unfit> {
    room.get_mut(..bytes.len()).ok_or(Unfit::Long(bytes.len()))?.copy_from_slice(bytes);
    Ok(bytes.len())
}
