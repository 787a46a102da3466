//! A packet, taken apart as far as it can be.

use super::ip::{self, protocol};
use super::walk::{Next, Walk};
use super::{
    Datagram, Icmp, Ip, Packet, Path, Segment, Stop, StopReason, Straight, datagram, icmp, link, segment, tunnel,
};

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
///
/// Where IP carries IP (GRE, VXLAN, 6in4, …), this is the innermost packet that could be read, and [`Self::path`] says
/// what is around it. So a connection is known by its inner addresses and ports alone, as in other analysers: two
/// tunnels that carry the same four are not told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Octets before the IP header; where there is none, octets that were passed over. Never more than were captured.
    pub link_len: usize,
    /// The headers in these octets.
    pub path: Path,
    /// The IP header, where there is one.
    pub ip: Option<Ip>,
    /// What it carries.
    pub content: Content<'a>,
    /// Where and why decoding stopped before the end, offsets from the start of the packet. Beside a UDP datagram it
    /// says why the tunnel that its port promises could not be followed.
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
#[inline]
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    match Straight::read(packet).map(|straight| straight.decoded()) {
        Some(decoded) => {
            debug_assert_eq!(decoded, walk(packet));
            decoded
        }
        None => walk(packet),
    }
}

/// Walks over whatever headers there are.
fn walk<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    let mut walk = Walk::new(packet.bytes, packet.original_len as usize);
    if let Err(stop) = link::walk(&mut walk, packet.link) {
        return nothing(&walk, stop);
    }
    let outer = ip_packet(&walk);
    if let Content::Segment(_) = outer.content {
        return outer; // most packets
    }
    innermost(walk, outer)
}

/// The outermost IP header of `packet`, and how many octets stand before it.
///
/// # Errors
/// Says why there is none, or why it cannot be read.
pub fn outer_ip(packet: &Packet<'_>) -> Result<(usize, Ip), Stop> {
    let mut walk = Walk::new(packet.bytes, packet.original_len as usize);
    link::walk(&mut walk, packet.link)?;
    ip::decode(walk.rest(), walk.on_wire()).map(|(ip, ..)| (walk.at(), ip))
}

/// No IP packet was found.
fn nothing<'a>(walk: &Walk<'_>, stop: Stop) -> Decoded<'a> {
    let link_len = walk.captured();
    Decoded { link_len, path: walk.path(), ip: None, content: Content::Other, stopped: Some(stop) }
}

/// Decodes the IP packet at the place of `walk`.
#[inline]
fn ip_packet<'a>(walk: &Walk<'a>) -> Decoded<'a> {
    let shifted = |stop: Stop, by: usize| Stop { offset: stop.offset + by, ..stop };
    let (ip, payload, stop) = match ip::decode(walk.rest(), walk.on_wire()) {
        Ok(read) => read,
        Err(stop) => return nothing(walk, shifted(stop, walk.at())),
    };
    let start = walk.at() + ip.header_len;
    let (content, stopped) = match stop {
        Some(stop) => (Content::Other, Some(shifted(stop, walk.at()))),
        None => {
            let (content, stop) = transport(&ip, payload);
            (content, stop.map(|stop| shifted(stop, start)))
        }
    };
    Decoded { link_len: walk.at(), path: walk.path(), ip: Some(ip), content, stopped }
}

/// Follows tunnels from the packet `outer`, at the place of `walk`, as far inwards as there is an IP packet.
fn innermost<'a>(mut walk: Walk<'a>, outer: Decoded<'a>) -> Decoded<'a> {
    let mut decoded = outer;
    while let Some(ip) = &decoded.ip
        && let Some(next) = tunnel::inside(ip, &decoded.content)
    {
        match enter_tunnel(&mut walk, ip, next).map(|()| ip_packet(&walk)) {
            Ok(inner) if inner.ip.is_some() => decoded = inner,
            Ok(Decoded { stopped, .. }) => return Decoded { stopped, ..decoded },
            Err(stop) => return Decoded { stopped: Some(stop), ..decoded },
        }
    }
    decoded
}

/// Walks from the header `outer` over the tunnel's, which begins with `next`, to the inner IP header.
///
/// # Errors
/// Says why there is none.
fn enter_tunnel(walk: &mut Walk<'_>, outer: &Ip, next: Next) -> Result<(), Stop> {
    walk.enter(outer.layer())?;
    walk.skip(outer.header_len);
    walk.narrow(outer.payload_len);
    walk.reach_ip(next)
}

/// What `ip` carries, as far as it can be read; offsets from the start of the payload.
fn transport<'a>(ip: &Ip, payload: &'a [u8]) -> (Content<'a>, Option<Stop>) {
    let other = |reason| (Content::Other, Some(Stop { layer: ip.layer(), offset: 0, reason }));
    if ip.fragment.is_some() {
        return other(StopReason::Fragment);
    }
    let read = match ip.protocol {
        protocol::TCP => match segment::decode(ip, payload) {
            Ok((segment, stop)) => return (Content::Segment(segment), stop),
            Err(stop) => Err(stop),
        },
        protocol::UDP => datagram::decode(ip, payload).map(Content::Datagram),
        protocol::ICMP | protocol::ICMPV6 => icmp::decode(ip, payload).map(Content::Icmp),
        unknown => return other(StopReason::Unknown(u32::from(unknown))),
    };
    match read {
        Ok(content) => (content, None),
        Err(stop) => (Content::Other, Some(stop)),
    }
}
