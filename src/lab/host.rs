//! The hosts of the lab: names and addresses, all from the ranges for documentation (RFC 5737, RFC 3849).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::sys::Version;
use crate::sys::link::Plug;

/// A host that has a name in the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, and that of its interface.
    pub name: &'static str,
    /// Its IPv4 address.
    pub v4: Ipv4Addr,
    /// Its IPv6 address.
    pub v6: Ipv6Addr,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// The hardware address that frames for it carry.
    pub mac: [u8; 6],
}

/// The near host, on which the command runs.
pub const YOU: Host = host("you", 1, "the host on which the command runs", 1);
/// The far host with the servers.
pub const SERVER: Host = host("server", 2, "a kernel that answers, with the server on it", 2);
/// An address whose packets arrive at the server's host, which drops them without a word.
pub const SILENT: Host = host("silent", 3, "an address that never answers", 2);

/// Every name of the lab.
pub const HOSTS: [Host; 3] = [YOU, SERVER, SILENT];

/// The interface on the near side.
pub const INTERFACE: &str = YOU.name;

/// Length of the network part of an address of the lab, in bits.
pub(super) fn prefix(address: IpAddr) -> u8 {
    if address.is_ipv4() { 24 } else { 64 }
}

/// The host of that name, in any case.
#[must_use]
pub fn resolve(name: &str) -> Option<Host> {
    HOSTS.into_iter().find(|host| host.name.eq_ignore_ascii_case(name))
}

const fn host(name: &'static str, number: u8, purpose: &'static str, mac: u8) -> Host {
    Host {
        name,
        v4: Ipv4Addr::new(192, 0, 2, number),
        v6: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number as u16),
        purpose,
        // Locally administered, unicast.
        mac: [0x02, 0, 0, 0, 0, mac],
    }
}

impl Host {
    /// Its address of one version.
    #[must_use]
    pub fn ip(&self, version: Version) -> IpAddr {
        match version {
            Version::V4 => self.v4.into(),
            Version::V6 => self.v6.into(),
        }
    }

    /// Its addresses of the versions that this kernel speaks.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        [Version::V4, Version::V6].into_iter().filter(|version| version.is_supported()).map(|version| self.ip(version))
    }

    pub(super) fn plug(&self) -> Plug<'static> {
        Plug { name: self.name, mac: self.mac }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_resolve() {
        let server = resolve("Server").unwrap();
        assert_eq!((server.v4.to_string(), server.v6.to_string()), ("192.0.2.2".to_owned(), "2001:db8::2".to_owned()));
        assert_eq!(resolve("silent").map(|host| host.mac), Some(SERVER.mac));
        assert_eq!(resolve("example.org"), None);
    }
}
