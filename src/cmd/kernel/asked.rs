//! Which ends of connections a kernel is asked about.

use std::net::{IpAddr, SocketAddr};

use crate::drive::kernel::is_at;
use crate::sys::route;
use crate::sys::sockdiag::Inspector;

/// Ends whose kernel is asked, and the way to ask it.
pub(super) struct Asked {
    pub(super) which: Which,
    pub(super) inspector: Inspector,
}

/// Which ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those of a host of the lab.
    Host([IpAddr; 2]),
    /// This one: the other end is made by hand, and may have the same address.
    Only(SocketAddr),
    /// Those at addresses of this machine, but not at a port where one is made by hand.
    Machine { addresses: Vec<IpAddr>, but: Option<u16> },
}

impl Which {
    /// Those of this machine, by the addresses that it has now.
    pub(super) fn machine(but: Option<u16>) -> Self {
        let own = route::interfaces().into_iter().flat_map(|interface| interface.ips);
        Self::Machine { addresses: own.map(|network| network.ip()).collect(), but }
    }

    fn is(&self, end: SocketAddr) -> bool {
        match self {
            Self::Host(addresses) => addresses.contains(&end.ip()),
            Self::Only(only) => *only == end,
            Self::Machine { addresses, but } => {
                *but != Some(end.port()) && (end.ip().is_loopback() || addresses.contains(&end.ip()))
            }
        }
    }

    fn may_be(&self, end: SocketAddr) -> bool {
        match self {
            Self::Only(only) => end.port() == 0 && end.ip().is_unspecified() || is_at(*only, end),
            Self::Machine { but, .. } => *but != Some(end.port()) && end.ip().is_unspecified() || self.is(end),
            Self::Host(_) => end.ip().is_unspecified() || self.is(end),
        }
    }
}

impl Asked {
    /// Whether it is such an end.
    pub(super) fn is(&self, end: SocketAddr) -> bool {
        self.which.is(end)
    }

    /// Whether what is told of this socket can be of such an end: it may be one that listens for all addresses.
    pub(super) fn may_be(&self, end: SocketAddr) -> bool {
        self.which.may_be(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_that_are_meant_are_asked() {
        let socket = |text: &str| text.parse::<SocketAddr>().unwrap();
        let only = Which::Only(socket("127.0.0.1:80"));
        let machine = Which::Machine { addresses: vec!["192.0.2.1".parse().unwrap()], but: Some(7777) };
        let table = [
            ("127.0.0.1:80", [true, true, true, true]),
            ("127.0.0.1:7777", [false, false, false, false]),
            ("192.0.2.1:9", [false, false, true, true]),
            ("192.0.2.9:9", [false, false, false, false]),
            ("0.0.0.0:80", [false, true, false, true]),
            ("[::]:81", [false, false, false, true]),
            ("0.0.0.0:7777", [false, false, false, false]),
        ];
        for (end, expected) in table {
            let end = socket(end);
            assert_eq!([only.is(end), only.may_be(end), machine.is(end), machine.may_be(end)], expected, "{end}");
        }
    }
}
