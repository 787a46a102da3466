//! Which way a packet would go: the kernel's routing decision, and the interfaces there are.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use pnet::datalink::NetworkInterface;

use super::error::list;
use super::{Error, Result, netlink, sockopt};

/// How this machine would send to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The interface that the packets leave through, `lo` for addresses of this machine itself.
    pub interface: String,
    /// Its index, which is also the scope of a link-local address.
    pub index: u32,
    /// The source address: the one asked for, or the kernel's choice.
    pub source: IpAddr,
    /// The next router, or `None` for a neighbour.
    pub gateway: Option<IpAddr>,
    /// The largest packet in octets, IP header included.
    pub mtu: u32,
    /// Whether the packets never leave this machine.
    pub loopback: bool,
}

/// The interfaces of the current network namespace, with their addresses.
#[must_use]
pub fn interfaces() -> Vec<NetworkInterface> {
    pnet::datalink::interfaces()
}

/// Asks the kernel for the way to `destination`, from `source` and through `interface` where they are given.
///
/// # Errors
/// [`Error::NoRoute`], [`Error::NoInterface`], [`Error::ForeignSource`], [`Error::NoScope`].
pub fn to(destination: IpAddr, source: Option<IpAddr>, interface: Option<&str>) -> Result<Route> {
    let index = interface.map(sockopt::interface_index).transpose()?;
    if is_link_local(destination) && index.is_none() {
        return Err(no_scope(destination));
    }
    source.map_or(Ok(()), check_source)?;
    let failed = |error| explain(error, destination, interface);
    let answers =
        netlink::route(RouteNetlinkMessage::GetRoute(question(destination, source, index)), 0).map_err(failed)?;
    let unreachable = || io::Error::from_raw_os_error(libc::ENETUNREACH);
    let answer = answers.into_iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewRoute(route) => Some(route),
        _ => None,
    });
    let answer = answer.ok_or_else(unreachable).map_err(failed)?;
    if !matches!(
        answer.header.kind,
        RouteType::Unicast | RouteType::Local | RouteType::Broadcast | RouteType::Multicast
    ) {
        return Err(failed(unreachable()));
    }
    let hop = Hop::of(&answer);
    let link = link(hop.index.unwrap_or(0)).map_err(failed)?;
    Ok(Route {
        index: hop.index.unwrap_or(0),
        source: source.or(hop.source).ok_or_else(unreachable).map_err(failed)?,
        gateway: hop.gateway,
        mtu: hop.mtu.unwrap_or(link.mtu),
        loopback: link.loopback || answer.header.kind == RouteType::Local,
        interface: link.name,
    })
}

/// Gives a link-local IPv6 address the scope that `interface` names; leaves every other address as it is.
pub(super) fn with_scope(address: SocketAddr, interface: Option<&str>) -> Result<SocketAddr> {
    match (address, interface) {
        (SocketAddr::V6(mut v6), name) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0 => {
            let name = name.ok_or_else(|| no_scope(address.ip()))?;
            v6.set_scope_id(sockopt::interface_index(name)?);
            Ok(v6.into())
        }
        _ => Ok(address),
    }
}

/// The names of all interfaces.
pub(super) fn interface_names() -> Vec<String> {
    interfaces().into_iter().map(|interface| interface.name).collect()
}

/// The error for a source address that is not ours.
pub(super) fn foreign_source(address: IpAddr) -> Error {
    let addresses = interfaces().into_iter().flat_map(|interface| interface.ips);
    Error::ForeignSource { address, known: list(addresses.map(|network| network.ip().to_string())) }
}

fn no_scope(address: IpAddr) -> Error {
    let all = interfaces();
    // Worth trying: one that is up, and leads somewhere.
    let usable = all.iter().find(|interface| interface.is_up() && !interface.is_loopback());
    let other = || all.iter().find(|interface| !interface.is_loopback()).or(all.first());
    let example = usable.or_else(other).map(|interface| interface.name.clone()).unwrap_or_default();
    Error::NoScope { address, example }
}

/// Whether an address means something only together with an interface: fe80::/10 (RFC 4291 section 2.5.6).
#[must_use]
pub fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn question(destination: IpAddr, source: Option<IpAddr>, index: Option<u32>) -> RouteMessage {
    let mut question = RouteMessage::default();
    let bits = |address: IpAddr| if address.is_ipv4() { 32 } else { 128 };
    question.header.address_family = if destination.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    question.header.destination_prefix_length = bits(destination);
    question.attributes.push(RouteAttribute::Destination(destination.into()));
    if let Some(source) = source {
        question.header.source_prefix_length = bits(source);
        question.attributes.push(RouteAttribute::Source(source.into()));
    }
    question.attributes.extend(index.map(RouteAttribute::Oif));
    question
}

/// Routing alone does not tell whether a source address is ours; bind() does.
fn check_source(source: IpAddr) -> Result<()> {
    match UdpSocket::bind((source, 0)) {
        Err(error) if error.raw_os_error() == Some(libc::EADDRNOTAVAIL) => Err(foreign_source(source)),
        _ => Ok(()),
    }
}

fn explain(error: io::Error, destination: IpAddr, interface: Option<&str>) -> Error {
    match error.raw_os_error() {
        Some(libc::EPERM) => Error::os(format!("ask for the route to {destination}"), error),
        _ => Error::NoRoute { destination, interface: interface.map(str::to_owned), source: error },
    }
}

/// What the answer says of the next hop.
#[derive(Default)]
struct Hop {
    index: Option<u32>,
    source: Option<IpAddr>,
    gateway: Option<IpAddr>,
    mtu: Option<u32>,
}

impl Hop {
    fn of(answer: &RouteMessage) -> Self {
        let mut hop = Self::default();
        for attribute in &answer.attributes {
            match attribute {
                RouteAttribute::Oif(index) => hop.index = Some(*index),
                RouteAttribute::PrefSource(address) => hop.source = ip(address),
                RouteAttribute::Gateway(address) => hop.gateway = ip(address),
                RouteAttribute::Metrics(metrics) => {
                    hop.mtu = metrics.iter().find_map(|metric| match metric {
                        RouteMetric::Mtu(mtu) if *mtu > 0 => Some(*mtu),
                        _ => None,
                    });
                }
                _ => {}
            }
        }
        hop
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(v4) => Some((*v4).into()),
        RouteAddress::Inet6(v6) => Some((*v6).into()),
        _ => None,
    }
}

struct Link {
    name: String,
    mtu: u32,
    loopback: bool,
}

/// The largest packet that an interface takes, in octets, IP header included.
///
/// # Errors
/// The interface is gone.
pub fn mtu(index: u32) -> Result<u32> {
    link(index)
        .map(|link| link.mtu)
        .map_err(|source| Error::os(format!("ask for the MTU of interface {index}"), source))
}

fn link(index: u32) -> io::Result<Link> {
    let mut question = LinkMessage::default();
    question.header.index = index;
    let answers = netlink::route(RouteNetlinkMessage::GetLink(question), 0)?;
    let answer = answers.into_iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(link) => Some(link),
        _ => None,
    });
    let answer = answer.ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))?;
    let mut link = Link { name: String::new(), mtu: 0, loopback: answer.header.flags.contains(LinkFlags::Loopback) };
    for attribute in answer.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            _ => {}
        }
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn loopback_is_loopback() {
        for address in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
            let route = to(address, None, None).unwrap();
            assert_eq!((route.interface.as_str(), route.source, route.gateway), ("lo", address, None));
            assert!(route.loopback && route.mtu >= 1280 && route.index > 0);
        }
    }

    #[test]
    fn errors_name_what_is_there() {
        let error = to(Ipv4Addr::LOCALHOST.into(), None, Some("nosuch\u{1b}")).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("there is no interface \"nosuch\\u{{1b}}\" here; there are: {}", interface_names().join(", "))
        );
        let error = to("fe80::1".parse().unwrap(), None, None).unwrap_err();
        assert!(matches!(error, Error::NoScope { .. }), "{error}");
    }
}
