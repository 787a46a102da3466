//! A packet, taken apart as far as it can be.

use super::ip::{self, protocol};
use super::{Datagram, Icmp, Ip, Layer, Packet, Segment, Stop, StopReason, datagram, icmp, link, segment};

/// What an IP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// TCP.
    Segment(Segment<'a>),
    /// UDP.
    Datagram(Datagram<'a>),
    /// ICMP or ICMPv6.
    Icmp(Icmp<'a>),
    /// Nothing that this program reads; [`Decoded::stopped`] says why.
    Other,
}

/// A packet after decoding. Whatever was read before decoding stopped is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Octets before the IP header.
    pub link_len: usize,
    /// The IP header, where there is one.
    pub ip: Option<Ip>,
    /// What it carries.
    pub content: Content<'a>,
    /// Where and why decoding stopped before the end, offsets from the start of the packet.
    pub stopped: Option<Stop>,
}

impl<'a> Decoded<'a> {
    /// IP header and segment, where the packet holds a TCP segment.
    #[must_use]
    pub const fn segment(&self) -> Option<(&Ip, &Segment<'a>)> {
        match (&self.ip, &self.content) {
            (Some(ip), Content::Segment(segment)) => Some((ip, segment)),
            _ => None,
        }
    }
}

/// Decodes `packet` down to TCP, UDP or ICMP. Never fails: what could not be read is in [`Decoded::stopped`].
#[must_use]
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    let none = |link_len, stop| Decoded { link_len, ip: None, content: Content::Other, stopped: Some(stop) };
    let link_len = match link::ip_offset(packet) {
        Ok(offset) if offset <= packet.bytes.len() => offset,
        Ok(offset) => return none(offset, Stop { layer: Layer::Link, offset: 0, reason: StopReason::Cut }),
        Err(stop) => return none(0, stop),
    };
    let shifted = |stop: Stop, by: usize| Stop { offset: stop.offset + by, ..stop };
    let on_wire = (packet.original_len as usize).saturating_sub(link_len);
    let (ip, payload, stop) = match ip::decode(&packet.bytes[link_len..], on_wire) {
        Ok(read) => read,
        Err(stop) => return none(link_len, shifted(stop, link_len)),
    };
    let start = link_len + ip.header_len;
    let (content, stopped) = match stop {
        Some(stop) => (Content::Other, Some(shifted(stop, link_len))),
        None => match transport(&ip, payload) {
            Ok((content, stop)) => (content, stop.map(|stop| shifted(stop, start))),
            Err(stop) => (Content::Other, Some(shifted(stop, start))),
        },
    };
    Decoded { link_len, ip: Some(ip), content, stopped }
}

fn transport<'a>(ip: &Ip, payload: &'a [u8]) -> Result<(Content<'a>, Option<Stop>), Stop> {
    let layer = if ip.source.is_ipv4() { Layer::Ipv4 } else { Layer::Ipv6 };
    if ip.fragment.is_some() {
        return Err(Stop { layer, offset: 0, reason: StopReason::Fragment });
    }
    match ip.protocol {
        protocol::TCP => segment::decode(ip, payload).map(|(segment, stop)| (Content::Segment(segment), stop)),
        protocol::UDP => datagram::decode(ip, payload).map(|datagram| (Content::Datagram(datagram), None)),
        protocol::ICMP | protocol::ICMPV6 => icmp::decode(ip, payload).map(|icmp| (Content::Icmp(icmp), None)),
        other => Err(Stop { layer, offset: 0, reason: StopReason::Unknown(u32::from(other)) }),
    }
}
