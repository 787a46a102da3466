//! Interfaces of a laboratory: a cable (veth pair) between two network namespaces, addresses, neighbours, and no offload,
//! so that captures show the checksums and segment sizes that were really sent. All by netlink and ioctl.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo,
    LinkMessage,
};
use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage, NeighbourState};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Error, Namespace, Result, netlink, sockopt};

/// One plug of a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plug<'a> {
    /// The name of the interface, at most 15 bytes.
    pub name: &'a str,
    /// Its hardware address.
    pub mac: [u8; 6],
}

/// Makes a cable: `near` in the namespace of this thread, `far` in another. Both are down. Needs CAP_NET_ADMIN.
///
/// # Errors
/// [`Error::NotPermitted`], or the kernel has no veth driver.
pub fn create_cable(near: Plug<'_>, far: Plug<'_>, far_namespace: &Namespace) -> Result<()> {
    let mut peer = plug(far);
    peer.attributes.push(LinkAttribute::NetNsFd(far_namespace.as_fd().as_raw_fd()));
    let mut message = plug(near);
    message.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
    ]));
    netlink::route(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
        .map_err(|source| Error::os(format!("make the veth pair {} and {}", near.name, far.name), source))?;
    Ok(())
}

fn plug(plug: Plug<'_>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes = vec![LinkAttribute::IfName(plug.name.to_owned()), LinkAttribute::Address(plug.mac.to_vec())];
    message
}

/// Brings an interface up. It gets no link-local address of its own, so that it sends nothing by itself.
///
/// # Errors
/// [`Error::NoInterface`], [`Error::NotPermitted`].
pub fn set_up(name: &str) -> Result<()> {
    let index = sockopt::interface_index(name)?;
    let mut quiet = LinkMessage::default();
    quiet.header.index = index;
    quiet.attributes.push(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(
        In6AddrGenMode::None,
    )])]));
    // `lo` takes no such mode, and a kernel without IPv6 neither.
    let _ = netlink::route(RouteNetlinkMessage::SetLink(quiet), 0);
    set_flag(index, LinkFlags::Up, true).map_err(|source| Error::os(format!("bring interface {name} up"), source))
}

fn set_flag(index: u32, flag: LinkFlags, value: bool) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.header.flags = if value { flag } else { LinkFlags::empty() };
    message.header.change_mask = flag;
    netlink::route(RouteNetlinkMessage::SetLink(message), 0).map(drop)
}

/// Gives an interface that is up an address which can be used at once, and tells nobody: without duplicate address
/// detection, and without the multicast listener reports that would announce an IPv6 address in every capture. The
/// interface forgets its neighbours.
///
/// # Errors
/// [`Error::NoInterface`], [`Error::NotPermitted`], or the address is there already (EEXIST).
pub fn add_address(name: &str, address: IpAddr, prefix: u8) -> Result<()> {
    let index = sockopt::interface_index(name)?;
    let failed = |source| Error::os(format!("give {address}/{prefix} to interface {name}"), source);
    if address.is_ipv4() {
        return new_address(index, address, prefix).map_err(failed);
    }
    // An interface that does not resolve hardware addresses neither checks nor announces its own. The kernel looks at
    // that only when its worker takes the address into use, so it must stay so until then.
    set_flag(index, LinkFlags::Noarp, true).map_err(failed)?;
    let added = new_address(index, address, prefix).map(|()| wait_until_usable(address));
    set_flag(index, LinkFlags::Noarp, false).and(added).map_err(failed)
}

fn new_address(index: u32, address: IpAddr, prefix: u8) -> io::Result<()> {
    let mut message = AddressMessage::default();
    message.header.family = family(address);
    message.header.prefix_len = prefix;
    message.header.index = index;
    message.attributes = vec![AddressAttribute::Local(address), AddressAttribute::Address(address)];
    netlink::route(RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL).map(drop)
}

/// The worker needs microseconds; ten seconds are given to a machine that is very busy, as where dozens of namespaces are
/// made at once.
fn wait_until_usable(address: IpAddr) {
    for _ in 0..50_000 {
        match UdpSocket::bind((address, 0)) {
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {}
            _ => return,
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Writes down the hardware address of a neighbour for good, so that no ARP and no neighbour discovery is needed.
///
/// # Errors
/// [`Error::NoInterface`], [`Error::NotPermitted`].
pub fn set_neighbour(name: &str, address: IpAddr, mac: [u8; 6]) -> Result<()> {
    let mut message = NeighbourMessage::default();
    message.header.family = family(address);
    message.header.ifindex = sockopt::interface_index(name)?;
    message.header.state = NeighbourState::Permanent;
    message.attributes =
        vec![NeighbourAttribute::Destination(address.into()), NeighbourAttribute::LinkLayerAddress(mac.to_vec())];
    netlink::route(RouteNetlinkMessage::NewNeighbour(message), NLM_F_CREATE | NLM_F_REPLACE)
        .map_err(|source| Error::os(format!("write down the neighbour {address} on {name}"), source))?;
    Ok(())
}

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 }
}

/// What a network card does for the kernel, or the kernel in its stead, and a capture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offload {
    /// The command of linux/ethtool.h that switches it (`ETHTOOL_S…`); the one that asks is the number before.
    command: u32,
    /// What it is.
    pub name: &'static str,
    /// The word of ethtool(8) for it.
    pub word: &'static str,
}

const fn offload(command: u32, name: &'static str, word: &'static str) -> Offload {
    Offload { command, name, word }
}

/// In the order of dependence.
const OFFLOADS: [Offload; 6] = [
    offload(0x1f, "TCP segmentation offload", "tso"),
    offload(0x24, "generic segmentation offload", "gso"),
    offload(0x2c, "generic receive offload", "gro"),
    offload(0x19, "scatter and gather", "sg"),
    offload(0x17, "transmit checksums", "tx"),
    offload(0x15, "receive checksums", "rx"),
];

/// `struct ethtool_value`.
#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// Switches off every offload that changes what a capture sees.
///
/// # Errors
/// [`Error::NoInterface`], [`Error::NotPermitted`]. What a driver cannot switch is left as it is.
pub fn offloads_off(name: &str) -> Result<()> {
    sockopt::interface_index(name)?;
    let failed = |what: &str, source| Error::os(format!("switch off {what} on {name}"), source);
    let socket = any_socket().map_err(|source| failed("offloads", source))?;
    for Offload { command, name: what, .. } in OFFLOADS {
        match ethtool(&socket, name, EthtoolValue { command, data: 0 }) {
            Err(error) if error.raw_os_error() != Some(libc::EOPNOTSUPP) => return Err(failed(what, error)),
            _ => {}
        }
    }
    Ok(())
}

/// What is switched on. What a driver does not tell is off.
///
/// # Errors
/// [`Error::NoInterface`], or no descriptor is left.
pub fn offloads(name: &str) -> Result<Vec<Offload>> {
    sockopt::interface_index(name)?;
    let socket = any_socket().map_err(|source| Error::os(format!("ask for the offloads of {name}"), source))?;
    let is_on = |command| ethtool(&socket, name, EthtoolValue { command, data: 0 }).is_ok_and(|data| data != 0);
    Ok(OFFLOADS.into_iter().filter(|offload| is_on(offload.command - 1)).collect())
}

/// ioctl(2) wants some socket of the network namespace.
fn any_socket() -> io::Result<UdpSocket> {
    UdpSocket::bind("127.0.0.1:0").or_else(|_| UdpSocket::bind("0.0.0.0:0"))
}

/// Gives the value that the kernel left.
fn ethtool(socket: impl AsFd, name: &str, mut value: EthtoolValue) -> io::Result<u32> {
    // SAFETY: an `ifreq` is plain data, for which all bits zero is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // One byte stays zero, as the end of the name.
    for (to, from) in request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(name.bytes()) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: the kernel reads and writes `request` and the `value` it points to; both live until the call returns.
    let done = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(value.data) }
}
