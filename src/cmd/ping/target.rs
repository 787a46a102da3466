//! Which address a host name means.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, anyhow, bail};

use super::args::{Args, Through};
use crate::craft::ping::text::printable;
use crate::lab;
use crate::sys::{self, Version, route};

/// Where the requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As the person wrote it.
    pub(super) host: String,
    /// Its address.
    pub(super) address: IpAddr,
    /// The interface index of a link-local address, otherwise 0.
    pub(super) scope_id: u32,
    /// The interface of that index.
    pub(super) scope: Option<String>,
    /// It was written as an address, so no name is wanted.
    pub(super) numeric: bool,
}

impl Target {
    /// Finds the first address that `args` allow and this machine has a way to.
    pub(super) fn find(args: &Args) -> anyhow::Result<Self> {
        let host = args.host.as_deref().unwrap_or(lab::SERVER.name);
        let found = resolve(host, args.lab)?;
        let mut targets =
            found.into_iter().filter(|address| is_wanted(args, address.ip())).map(|a| Self::new(host, a)).peekable();
        if targets.peek().is_none() {
            bail!("{} has no address of the version asked for", printable(host));
        }
        let mut first_error = None;
        for target in targets {
            match target.has_route(args) {
                Ok(()) => return Ok(target),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.map_or_else(|| anyhow!("{} has no address", printable(host)), Into::into))
    }

    fn new(host: &str, address: SocketAddr) -> Self {
        let scope_id = if let SocketAddr::V6(v6) = address { v6.scope_id() } else { 0 };
        let interface = route::interfaces().into_iter().find(|interface| scope_id != 0 && interface.index == scope_id);
        Self {
            host: host.to_owned(),
            address: specified(address.ip()),
            scope_id,
            scope: interface.map(|interface| interface.name),
            numeric: is_numeric(host),
        }
    }

    fn has_route(&self, args: &Args) -> sys::Result<()> {
        let (interface, source) = match &args.through {
            Some(Through::Interface(name)) => (Some(name.as_str()), None),
            Some(Through::Source(address)) => (self.scope.as_deref(), Some(*address)),
            None => (self.scope.as_deref(), None),
        };
        route::to(self.address, source, interface).map(drop)
    }
}

fn is_wanted(args: &Args, address: IpAddr) -> bool {
    let source = match args.through {
        Some(Through::Source(source)) => Some(Version::of(source)),
        _ => None,
    };
    let version = Version::of(address);
    let asked = !(args.ipv4 && version == Version::V6 || args.ipv6 && version == Version::V4);
    asked && source.is_none_or(|source| source == version)
}

/// All addresses of a host. In the lab only its own names are known, since nobody could answer a question.
fn resolve(host: &str, in_lab: bool) -> anyhow::Result<Vec<SocketAddr>> {
    let known = lab::resolve(host).filter(|_| in_lab);
    if let Some(known) = known {
        return Ok([Version::V4, Version::V6].map(|version| SocketAddr::new(known.ip(version), 0)).into());
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if in_lab && !is_numeric(host) {
        let names = lab::HOSTS.map(|host| host.name).join(", ");
        bail!("there is no host {} in the lab; there are: {names}", printable(host));
    }
    let found = (host, 0).to_socket_addrs();
    Ok(found.with_context(|| format!("cannot find the address of {}", printable(host)))?.collect())
}

/// Whether a host is written as an address: `127.1` is one, too.
fn is_numeric(host: &str) -> bool {
    host.contains(':') || host.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
}

/// The unspecified address means this machine itself; its replies come from there.
fn specified(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
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
        let error = resolve("example.org\u{1b}", true).unwrap_err().to_string();
        assert_eq!(error, r"there is no host example.org\u{1b} in the lab; there are: you, server, silent");
    }
}
