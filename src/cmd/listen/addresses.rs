//! Which addresses are ours, and how large a packet may be that leaves from each.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::cmd::host::room;
use crate::sys::{Version, route};

/// An address that is not known may have been added since: looked for no more often than this.
const AGAIN: Duration = Duration::from_secs(1);

/// The addresses of this machine, or of one interface.
pub(in crate::cmd) struct Addresses {
    rooms: HashMap<IpAddr, u16>,
    interface: Option<String>,
    versions: Vec<Version>,
    looked: Instant,
}

impl Addresses {
    /// Those that there are now.
    pub(in crate::cmd) fn new(interface: Option<&str>, versions: &[Version]) -> Self {
        let mut addresses = Self {
            rooms: HashMap::new(),
            interface: interface.map(str::to_owned),
            versions: versions.to_vec(),
            looked: Instant::now(),
        };
        addresses.look();
        addresses
    }

    fn look(&mut self) {
        self.looked = Instant::now();
        let wanted = |name: &str| self.interface.as_deref().is_none_or(|only| only == name);
        let interfaces = route::interfaces().into_iter().filter(|interface| wanted(&interface.name));
        self.rooms = interfaces
            .flat_map(|interface| {
                let mtu = route::mtu(interface.index).unwrap_or(1500);
                interface.ips.into_iter().map(move |network| (network.ip(), room(mtu, network.ip())))
            })
            .filter(|(address, _)| self.versions.contains(&Version::of(*address)))
            .collect();
    }

    /// Octets behind the headers of a packet from `address`; none where it is not ours.
    pub(in crate::cmd) fn room(&mut self, address: IpAddr) -> Option<u16> {
        // All of 127.0.0.0/8 is ours, and only one of it is on the interface.
        let listed = match address {
            IpAddr::V4(v4) if v4.is_loopback() => IpAddr::from([127, 0, 0, 1]),
            other => other,
        };
        if !self.rooms.contains_key(&listed) && self.looked.elapsed() > AGAIN {
            self.look();
        }
        self.rooms.get(&listed).copied()
    }
}
