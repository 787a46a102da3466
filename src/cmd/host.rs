//! Which addresses a host name means.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, bail};

use crate::craft::ping::text::printable;
use crate::lab;
use crate::sys::Version;

/// All addresses of a host. In the lab only its own names are known, since nobody could answer a question.
pub(super) fn resolve(host: &str, in_lab: bool) -> anyhow::Result<Vec<SocketAddr>> {
    let known = lab::resolve(host).filter(|_| in_lab);
    if let Some(known) = known {
        return Ok([Version::V4, Version::V6].map(|version| SocketAddr::new(known.ip(version), 0)).into());
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if in_lab && !is_numeric(host) {
        let names = lab::HOSTS.map(|host| host.name).join(", ");
        bail!("there is no host {} in the lab; there are: {names}", visible(host));
    }
    if host.is_empty() {
        bail!("the name of the host is empty; give a name or an address");
    }
    let found = (host, 0).to_socket_addrs();
    Ok(found.with_context(|| format!("cannot find the address of {}", visible(host)))?.collect())
}

/// A text of somebody else, blanks and all, without what a terminal would obey.
pub(super) fn visible(text: &str) -> String {
    text.split(' ').map(printable).collect::<Vec<_>>().join(" ")
}

/// Whether a host is written as an address: `127.1` is one, too.
pub(super) fn is_numeric(host: &str) -> bool {
    host.contains(':') || host.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
}

/// The unspecified address means this machine itself; its replies come from there.
pub(super) fn specified(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// What one packet has room for behind its IP and TCP header.
pub(super) fn room(mtu: u32, address: IpAddr) -> u16 {
    // The length field of IPv4 counts its header, that of IPv6 does not.
    let (headers, longest) = if address.is_ipv4() { (40, 65_535) } else { (60, 65_575) };
    u16::try_from(mtu.min(longest).saturating_sub(headers)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_numeric_and_names_are_not() {
        for numeric in ["192.0.2.2", "127.1", "::1", "fe80::1%eth0", "[::1]"] {
            assert!(is_numeric(numeric), "{numeric}");
        }
        assert!(!is_numeric("server") && !is_numeric("1.example"));
    }

    #[test]
    fn nothing_is_asked_outside_the_lab() {
        assert_eq!(resolve("Server", true).unwrap().len(), 2);
        assert_eq!(resolve("[2001:db8::2]", true).unwrap(), ["[2001:db8::2]:0".parse().unwrap()]);
        let error = resolve("[]", false).unwrap_err().to_string();
        assert_eq!(error, "the name of the host is empty; give a name or an address");
        let error = resolve("example.org\u{1b}", true).unwrap_err().to_string();
        assert_eq!(error, r"there is no host example.org\u{1b} in the lab; there are: you, server, silent");
        let error = resolve("a b", true).unwrap_err().to_string();
        assert!(error.starts_with("there is no host a b in the lab"), "{error}");
    }

    #[test]
    fn the_room_in_a_packet_is_what_linux_offers_as_mss() {
        let (v4, v6) = (IpAddr::from([192, 0, 2, 2]), IpAddr::V6("2001:db8::2".parse().unwrap()));
        assert_eq!((room(1500, v4), room(1500, v6)), (1460, 1440));
        assert_eq!((room(65_536, v4), room(65_536, v6)), (65_495, 65_476));
        assert_eq!(room(20, v4), 0);
    }
}
