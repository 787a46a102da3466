//! The commonest packet, read in one go: Ethernet, IPv4 without options and in one piece, and a TCP header that the
//! capture has whole. What it gives is what the walk from header to header gives, sooner.

use std::net::Ipv4Addr;

use super::checksum::{self, Sum};
use super::segment::{self, HEADER_LEN};
use super::{Checksum, Content, Decoded, Ip, Layer, LinkType, Packet, Path, Segment, ip::protocol};

/// Octets of the Ethernet header.
const ETHERNET: usize = 14;
/// Octets of an IPv4 header without options.
const IPV4: usize = 20;
/// EtherType of IPv4, then its version and a header length of five words.
const START: [u8; 3] = [0x08, 0x00, 0x45];
/// Bits that a fragment has in the word of flags and offset.
const FRAGMENT: u16 = 0x3fff;
const DONT_FRAGMENT: u16 = 0x4000;
/// Where the headers stand before IP.
const PATH: Path = Path::EMPTY.with(Layer::Ethernet);

/// Such a packet. Nothing of it is worked out before it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Straight<'a> {
    ip: &'a [u8; IPV4],
    /// The segment, as far as it was captured.
    bytes: &'a [u8],
    tcp: &'a [u8; HEADER_LEN],
    tcp_header_len: usize,
    /// Octets of the segment on the wire.
    len: usize,
}

impl<'a> Straight<'a> {
    /// Reads `packet`; none if it is any other.
    #[must_use]
    #[inline]
    pub fn read(packet: &Packet<'a>) -> Option<Self> {
        let ip: &[u8; IPV4] = packet.bytes.get(ETHERNET..)?.first_chunk()?;
        let fits = packet.link == LinkType::ETHERNET
            && [packet.bytes[12], packet.bytes[13], ip[0]] == START
            && ip[9] == protocol::TCP
            && u16::from_be_bytes([ip[6], ip[7]]) & FRAGMENT == 0;
        if !fits {
            return None;
        }
        let len = usize::from(u16::from_be_bytes([ip[2], ip[3]])).checked_sub(IPV4)?;
        let bytes = &packet.bytes[ETHERNET + IPV4..];
        let bytes = &bytes[..bytes.len().min(len)];
        let tcp: &[u8; HEADER_LEN] = bytes.first_chunk()?;
        let tcp_header_len = usize::from(tcp[12] >> 4) * 4;
        (HEADER_LEN..=bytes.len()).contains(&tcp_header_len).then_some(Self { ip, bytes, tcp, tcp_header_len, len })
    }

    /// Where it comes from.
    #[must_use]
    #[inline]
    pub const fn source(&self) -> Ipv4Addr {
        self.address(12)
    }

    /// Where it goes to.
    #[must_use]
    #[inline]
    pub const fn destination(&self) -> Ipv4Addr {
        self.address(16)
    }

    const fn address(&self, at: usize) -> Ipv4Addr {
        Ipv4Addr::new(self.ip[at], self.ip[at + 1], self.ip[at + 2], self.ip[at + 3])
    }

    /// Time to live.
    #[must_use]
    #[inline]
    pub const fn ttl(&self) -> u8 {
        self.ip[8]
    }

    /// The identification of the packet.
    #[must_use]
    #[inline]
    pub const fn identification(&self) -> u16 {
        u16::from_be_bytes([self.ip[4], self.ip[5]])
    }

    /// The segment.
    #[must_use]
    #[inline]
    pub fn segment(&self) -> Segment<'a> {
        let (header, payload) = self.bytes.split_at(self.tcp_header_len);
        let payload_len = self.len - self.tcp_header_len;
        segment::read(self.tcp, &header[HEADER_LEN..], payload, payload_len, self.checksum())
    }

    fn checksum(&self) -> Checksum {
        if self.bytes.len() < self.len {
            return Checksum::Unknown;
        }
        let [high, low] = (self.len as u16).to_be_bytes();
        let pseudo = Sum::default().with(&self.ip[12..]).with(&[high, low, 0, protocol::TCP]);
        checksum::verify(pseudo, self.bytes, u16::from_be_bytes([self.tcp[16], self.tcp[17]]))
    }

    /// All that the packet says.
    pub(super) fn decoded(&self) -> Decoded<'a> {
        let ip = Ip {
            source: self.source().into(),
            destination: self.destination().into(),
            protocol: protocol::TCP,
            ttl: self.ttl(),
            tos: self.ip[1],
            identification: Some(u32::from(self.identification())),
            dont_fragment: u16::from_be_bytes([self.ip[6], self.ip[7]]) & DONT_FRAGMENT != 0,
            fragment: None,
            flow_label: 0,
            checksum: if Sum::default().with(self.ip).folded() == 0xffff { Checksum::Good } else { Checksum::Bad },
            header_len: IPV4,
            payload_len: self.len,
        };
        let content = Content::Segment(self.segment());
        Decoded { link_len: ETHERNET, path: PATH, ip: Some(ip), content, stopped: None }
    }
}
