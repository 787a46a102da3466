//! Ethernet headers for packets that no raw socket would send as they are: the kernel corrects the length and the checksum
//! of every IPv4 header that goes through one.

use std::io;
use std::net::IpAddr;

use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Error, Result, Route, netlink, route};

/// `ETH_P_IP` and `ETH_P_IPV6`.
const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];
/// On loopback nobody looks at them.
const NO_ADDRESS: [u8; 6] = [0; 6];

/// The Ethernet header of a packet to `destination` by `route`: its source, the next hop, and the IP version.
///
/// # Errors
/// The interface has no Ethernet addresses, or the kernel does not know that of the next hop yet.
pub fn ethernet_header(route: &Route, destination: IpAddr) -> Result<[u8; 14]> {
    // Unless it put the packet there itself, the kernel takes none for 127.0.0.0/8 (route_localnet).
    if destination.is_ipv4() && destination.is_loopback() {
        let why = "the kernel drops it; use another address of this machine, or --lab";
        let what = format!("send a wrong IP header to {destination}");
        return Err(Error::os(what, io::Error::new(io::ErrorKind::Unsupported, why)));
    }
    let (from, to) = if route.loopback {
        (NO_ADDRESS, NO_ADDRESS)
    } else {
        (own_address(route)?, neighbour(route, route.gateway.unwrap_or(destination))?)
    };
    let kind = if destination.is_ipv4() { IPV4 } else { IPV6 };
    let mut header = [0; 14];
    header[..6].copy_from_slice(&to);
    header[6..12].copy_from_slice(&from);
    header[12..].copy_from_slice(&kind);
    Ok(header)
}

fn own_address(route: &Route) -> Result<[u8; 6]> {
    let found = route::interfaces().into_iter().find(|interface| interface.index == route.index);
    let address = found.and_then(|interface| interface.mac).map(|mac| mac.octets());
    address.ok_or_else(|| {
        let what = format!("send a wrong IP header through {}", route.interface);
        Error::os(what, io::Error::new(io::ErrorKind::Unsupported, "it has no Ethernet address"))
    })
}

/// The hardware address of a neighbour, as far as the kernel knows it.
fn neighbour(route: &Route, address: IpAddr) -> Result<[u8; 6]> {
    let mut question = NeighbourMessage::default();
    question.header.family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    question.header.ifindex = route.index;
    question.attributes.push(NeighbourAttribute::Destination(address.into()));
    let answers = netlink::route(RouteNetlinkMessage::GetNeighbour(question), 0).unwrap_or_default();
    let found = answers.into_iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewNeighbour(neighbour) => hardware_address(&neighbour, address),
        _ => None,
    });
    found.ok_or_else(|| {
        let why = format!("the Ethernet address of {address} is not known yet; ping {address} once, and try again");
        let what = format!("send a wrong IP header through {}", route.interface);
        Error::os(what, io::Error::new(io::ErrorKind::NotFound, why))
    })
}

fn hardware_address(neighbour: &NeighbourMessage, address: IpAddr) -> Option<[u8; 6]> {
    let is_it = neighbour.attributes.iter().any(|attribute| match (attribute, address) {
        (NeighbourAttribute::Destination(NeighbourAddress::Inet(found)), IpAddr::V4(asked)) => *found == asked,
        (NeighbourAttribute::Destination(NeighbourAddress::Inet6(found)), IpAddr::V6(asked)) => *found == asked,
        _ => false,
    });
    neighbour.attributes.iter().filter(|_| is_it).find_map(|attribute| match attribute {
        NeighbourAttribute::LinkLayerAddress(octets) => octets.as_slice().try_into().ok(),
        _ => None,
    })
}
