//! Packets inside packets: what an IP protocol or a UDP port says that it carries.

use super::ip::protocol;
use super::link::{ethernet, from_ethertype, mpls, ppp, wlan};
use super::walk::{Next, Walk};
use super::{Content, Datagram, Ip, Layer, Stop};

/// UDP ports that mean a tunnel when a datagram goes to them (IANA, "Service Name and Port Number Registry").
mod port {
    pub(super) const L2TP: u16 = 1701;
    pub(super) const GTP_U: u16 = 2152;
    pub(super) const TEREDO: u16 = 3544;
    pub(super) const LISP_DATA: u16 = 4341;
    pub(super) const VXLAN: u16 = 4789;
    pub(super) const VXLAN_GPE: u16 = 4790;
    pub(super) const GENEVE: u16 = 6081;
    pub(super) const MPLS: u16 = 6635;
    /// VXLAN as Linux sent it before the port was assigned.
    pub(super) const VXLAN_LINUX: u16 = 8472;
}

/// Octets of a UDP header.
const UDP_LEN: usize = 8;

/// The tunnel that `content` of `ip` is the outside of; none when it is what it is.
pub(super) fn inside(ip: &Ip, content: &Content<'_>) -> Option<Next> {
    match content {
        Content::Other if ip.fragment.is_none() => by_protocol(ip.protocol),
        Content::Datagram(datagram) => by_port(datagram),
        _ => None,
    }
}

fn by_protocol(number: u8) -> Option<Next> {
    Some(match number {
        protocol::IPV4 | protocol::IPV6 | protocol::IPIP => Next::Ip,
        protocol::GRE => Next::Header(gre),
        protocol::ETHERIP => Next::Header(etherip),
        protocol::MPLS => Next::Header(mpls),
        _ => return None,
    })
}

/// A port proves nothing, so the octets must look like the tunnel's header too.
fn by_port(datagram: &Datagram<'_>) -> Option<Next> {
    let &[first, second, ..] = datagram.payload else { return None };
    let next = |found: bool, reader| found.then_some(Next::Header(reader));
    match datagram.destination_port {
        port::VXLAN | port::VXLAN_LINUX => next(first & 0x08 != 0, vxlan),
        port::VXLAN_GPE => next(first & 0xfc == 0x0c, vxlan_gpe),
        port::GENEVE => next(first >> 6 == 0, geneve),
        port::GTP_U => next(first & 0xf0 == 0x30 && second == 0xff, gtp),
        port::L2TP => next(first & 0x80 == 0 && second & 0x0f == 2, l2tp),
        port::LISP_DATA => next(true, lisp),
        port::MPLS => next(true, mpls_in_udp),
        port::TEREDO => next(matches!(first, 0 | 0x60..=0x6f), teredo),
        _ if datagram.source_port == port::TEREDO => next(matches!(first, 0 | 0x60..=0x6f), teredo),
        _ => None,
    }
}

/// GRE: version 0 (RFC 2784, with the key and the number of RFC 2890), or 1 (PPTP, RFC 2637 section 4.1).
fn gre(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Gre)?;
    let start = *walk;
    let [flags, version, p0, p1] = walk.take(Layer::Gre)?;
    let (has_checksum, has_routing, has_key, has_number) =
        (flags & 0x80 != 0, flags & 0x40 != 0, flags & 0x20 != 0, flags & 0x10 != 0);
    let has_acknowledgment = version & 0x80 != 0;
    let protocol = u16::from_be_bytes([p0, p1]);
    match version & 0x07 {
        0 if has_routing => return Err(start.malformed(Layer::Gre, "source routes, which RFC 2784 took away")),
        0 => walk.skip(4 * [has_checksum, has_key, has_number].map(usize::from).iter().sum::<usize>()),
        1 if !has_number => return Err(start.unknown(Layer::Gre, protocol)), // an acknowledgment without payload
        1 => walk.skip(4 * [has_key, has_number, has_acknowledgment].map(usize::from).iter().sum::<usize>()),
        _ => return Err(start.malformed(Layer::Gre, "a version above 1")),
    }
    match protocol {
        0x88be if has_number => Ok(Next::Header(erspan)),
        0x88be => Ok(Next::Header(ethernet)),      // ERSPAN of type I has no header
        0x8200..=0x83ff => Ok(Next::Header(wlan)), // what access points of Aruba hear
        _ => from_ethertype(&start, protocol).map_err(|stop| Stop { layer: Layer::Gre, ..stop }),
    }
}

/// ERSPAN of type II: a mirrored frame behind eight octets.
pub(super) fn erspan(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Erspan)?;
    walk.take::<8>(Layer::Erspan)?;
    Ok(Next::Header(ethernet))
}

/// ERSPAN of type III: twelve octets, and eight more where the last bit says so.
pub(super) fn erspan3(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Erspan)?;
    let [.., flags] = walk.take::<12>(Layer::Erspan)?;
    walk.skip(if flags & 1 == 1 { 8 } else { 0 });
    Ok(Next::Header(ethernet))
}

/// A redirected packet of WCCP, whose second version puts four octets before it.
pub(super) fn wccp(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    let is_ip = walk.peek().is_some_and(|[first]: [u8; 1]| first >> 4 == 4);
    walk.skip(if is_ip { 0 } else { 4 });
    Ok(Next::Ip)
}

/// Ethernet in IP (RFC 3378): version and reserved bits.
fn etherip(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::EtherIp)?;
    walk.take::<2>(Layer::EtherIp)?;
    Ok(Next::Header(ethernet))
}

/// Passes over a UDP header, which was read already, to the tunnel's own.
fn enter_udp(walk: &mut Walk<'_>, layer: Layer) -> Result<(), Stop> {
    walk.skip(UDP_LEN);
    walk.enter(layer)
}

/// VXLAN (RFC 7348 section 5): flags, network identifier.
fn vxlan(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::Vxlan)?;
    walk.take::<8>(Layer::Vxlan)?;
    Ok(Next::Header(ethernet))
}

/// VXLAN with the protocol that follows in its fourth octet (draft-ietf-nvo3-vxlan-gpe).
fn vxlan_gpe(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::Vxlan)?;
    let start = *walk;
    match walk.take(Layer::Vxlan)? {
        [_, _, _, 1 | 2, _, _, _, _] => Ok(Next::Ip),
        [_, _, _, 3, _, _, _, _] => Ok(Next::Header(ethernet)),
        [_, _, _, 5, _, _, _, _] => Ok(Next::Header(mpls)),
        [_, _, _, other, ..] => Err(start.unknown(Layer::Vxlan, other)),
    }
}

/// GENEVE (RFC 8926 section 3.4): length of the options in units of four octets, EtherType.
fn geneve(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::Geneve)?;
    let start = *walk;
    let [length, _, p0, p1, ..] = walk.take::<8>(Layer::Geneve)?;
    walk.skip(4 * usize::from(length & 0x3f));
    from_ethertype(&start, u16::from_be_bytes([p0, p1])).map_err(|stop| Stop { layer: Layer::Geneve, ..stop })
}

/// GTP-U (3GPP TS 29.281 section 5): a user's packet behind eight octets, four optional ones, and extension headers.
fn gtp(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::Gtp)?;
    let [flags, ..] = walk.take::<8>(Layer::Gtp)?;
    if flags & 0x07 == 0 {
        return Ok(Next::Ip);
    }
    let [_, _, _, mut extension] = walk.take(Layer::Gtp)?;
    while flags & 0x04 != 0 && extension != 0 {
        let start = *walk;
        let length = match walk.take(Layer::Gtp)? {
            [0] => return Err(start.malformed(Layer::Gtp, "an extension header of length 0")),
            [units] => 4 * usize::from(units),
        };
        walk.skip(length - 2);
        [extension] = walk.take(Layer::Gtp)?;
    }
    Ok(Next::Ip)
}

/// L2TP version 2 (RFC 2661 section 3.1): a data message carries a PPP frame.
fn l2tp(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::L2tp)?;
    let [flags, _] = walk.take(Layer::L2tp)?;
    let (has_length, has_numbers, has_offset) = (flags & 0x40 != 0, flags & 0x08 != 0, flags & 0x02 != 0);
    walk.skip(4 + if has_length { 2 } else { 0 } + if has_numbers { 4 } else { 0 });
    if has_offset {
        let padding = walk.take_be16(Layer::L2tp)?;
        walk.skip(usize::from(padding));
    }
    Ok(Next::Header(ppp))
}

/// LISP data (RFC 9300 section 5): eight octets before the packet.
fn lisp(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::Lisp)?;
    walk.take::<8>(Layer::Lisp)?;
    Ok(Next::Ip)
}

/// MPLS in UDP (RFC 7510).
fn mpls_in_udp(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.skip(UDP_LEN);
    Ok(Next::Header(mpls))
}

/// Teredo (RFC 4380 section 5.1.1): authentication and origin may stand before the IPv6 packet.
fn teredo(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    enter_udp(walk, Layer::Teredo)?;
    if let [0, 1, ..] = walk.rest() {
        let [_, _, client, value] = walk.take(Layer::Teredo)?;
        walk.skip(usize::from(client) + usize::from(value) + 9); // nonce and confirmation
    }
    if let [0] | [0, 0, ..] = walk.rest() {
        walk.skip(8);
    }
    Ok(Next::Ip)
}
