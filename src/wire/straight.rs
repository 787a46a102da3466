//! The commonest packet, read in one go: Ethernet, IPv4 without options and in one piece, and a TCP header that the
//! capture has whole. What it gives is what the walk from header to header gives, sooner.

use super::checksum::Sum;
use super::{Checksum, Content, Decoded, Ip, Layer, LinkType, Packet, Path, ip::protocol, segment};

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

/// Reads such a packet; none if it is any other.
#[inline]
pub(super) fn decode<'a>(packet: &Packet<'a>) -> Option<Decoded<'a>> {
    let header: &[u8; IPV4] = packet.bytes.get(ETHERNET..)?.first_chunk()?;
    let be16 = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let fits = packet.link == LinkType::ETHERNET
        && [packet.bytes[12], packet.bytes[13], header[0]] == START
        && header[9] == protocol::TCP
        && be16(6) & FRAGMENT == 0;
    if !fits {
        return None;
    }
    let payload_len = usize::from(be16(2)).checked_sub(IPV4)?;
    let rest = &packet.bytes[ETHERNET + IPV4..];
    let payload = &rest[..rest.len().min(payload_len)];
    let address = |at: usize| [header[at], header[at + 1], header[at + 2], header[at + 3]].into();
    let ip = Ip {
        source: address(12),
        destination: address(16),
        protocol: protocol::TCP,
        ttl: header[8],
        tos: header[1],
        identification: Some(u32::from(be16(4))),
        dont_fragment: be16(6) & DONT_FRAGMENT != 0,
        fragment: None,
        flow_label: 0,
        checksum: if Sum::default().with(header).folded() == 0xffff { Checksum::Good } else { Checksum::Bad },
        header_len: IPV4,
        payload_len,
    };
    let segment = segment::whole(&ip, payload)?;
    Some(Decoded { link_len: ETHERNET, path: PATH, ip: Some(ip), content: Content::Segment(segment), stopped: None })
}
