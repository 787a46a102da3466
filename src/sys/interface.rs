//! One interface by its name: what kind of frames it takes, and how long they may be.

use std::io;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage, Stats64};

use super::{Error, Result, netlink, sockopt};

/// What the frames of an interface are (`ARPHRD_…` of linux/if_arp.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ethernet.
    Ethernet,
    /// Ethernet frames whose addresses nobody looks at, which never leave the machine.
    Loopback,
    /// IP packets without a link-layer header, as on tun devices and WireGuard.
    Ip,
    /// Anything else, by its number.
    Other(u16),
}

/// An interface of the network namespace of the thread that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its index.
    pub index: u32,
    /// What its frames are.
    pub kind: Kind,
    /// Its own Ethernet address.
    pub mac: Option<[u8; 6]>,
    /// Octets of the longest IP packet that it takes.
    pub mtu: usize,
    /// Whether it is up.
    pub up: bool,
    /// Whether there is somebody at the other end of its cable, as far as it can know (IFF_LOWER_UP of netdevice(7)).
    pub carrier: bool,
    /// Frames that it has received.
    pub received: u64,
}

impl Interface {
    /// The interface of this name.
    ///
    /// # Errors
    /// [`Error::NoInterface`], which names those that exist.
    pub fn named(name: &str) -> Result<Self> {
        let index = sockopt::interface_index(name)?;
        let failed = |source| Error::os(format!("ask about interface {name}"), source);
        let mut question = LinkMessage::default();
        question.header.index = index;
        let answers = netlink::route(RouteNetlinkMessage::GetLink(question), 0).map_err(failed)?;
        let answer = answers.into_iter().find_map(|answer| match answer {
            RouteNetlinkMessage::NewLink(link) => Some(link),
            _ => None,
        });
        let link = answer.ok_or_else(|| failed(io::Error::from_raw_os_error(libc::ENODEV)))?;
        Ok(Self::read(name, index, &link))
    }

    /// The name of the interface with this index, if there is one.
    #[must_use]
    pub fn name_of(index: u32) -> Option<String> {
        let mut name = [0; libc::IF_NAMESIZE];
        // SAFETY: the place has the length that the call wants, and what it writes ends in it with a NUL.
        let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr()) };
        let octets: Vec<u8> = name.iter().take_while(|char| **char != 0).map(|char| char.to_ne_bytes()[0]).collect();
        (!found.is_null()).then(|| String::from_utf8_lossy(&octets).into_owned())
    }

    fn read(name: &str, index: u32, link: &LinkMessage) -> Self {
        let (mut mtu, mut mac, mut received) = (0, None, 0);
        for attribute in &link.attributes {
            match attribute {
                LinkAttribute::Mtu(octets) => mtu = *octets as usize,
                LinkAttribute::Stats64(Stats64 { rx_packets, .. }) => received = *rx_packets,
                LinkAttribute::Address(octets) => mac = octets.as_slice().try_into().ok(),
                _ => {}
            }
        }
        let kind = match u16::from(link.header.link_layer_type) {
            libc::ARPHRD_ETHER => Kind::Ethernet,
            libc::ARPHRD_LOOPBACK => Kind::Loopback,
            libc::ARPHRD_NONE => Kind::Ip,
            other => Kind::Other(other),
        };
        let [up, carrier] = [LinkFlags::Up, LinkFlags::LowerUp].map(|flag| link.header.flags.contains(flag));
        Self { name: name.to_owned(), index, kind, mac, mtu, up, carrier, received }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_loopback() {
        let lo = Interface::named("lo").unwrap();
        assert_eq!((lo.kind, lo.mac), (Kind::Loopback, Some([0; 6])));
        assert!(lo.mtu >= 1280 && lo.index > 0 && lo.up == lo.carrier);
        assert!(matches!(Interface::named("nosuch"), Err(Error::NoInterface { .. })));
    }
}
