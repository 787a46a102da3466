//! HOST[:PORT] and PORT, and which socket they mean.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use anyhow::{Context as _, anyhow, bail, ensure};

use super::host::{self, visible};
use super::number::port;
use super::way::Versions;
use crate::sys::Version;
use crate::sys::route::{self, Route};

/// Host and port, as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Name or address, without brackets.
    pub(super) host: String,
    /// Number or service name.
    pub(super) port: Option<String>,
}

impl Written {
    /// Takes `HOST:PORT` apart; an IPv6 address has colons of its own.
    pub(super) fn of(host: &str, port: Option<&str>) -> anyhow::Result<Self> {
        let (name, behind) = split(host, port.is_some())?;
        ensure!(behind != Some(""), "there is no port behind the last colon of {}", visible(host));
        ensure!(!name.is_empty(), "there is no host in {:?}", visible(host));
        if let (Some(one), Some(other)) = (behind, port) {
            bail!("two ports, {} and {}: give one", visible(one), visible(other));
        }
        Ok(Self { host: name.to_owned(), port: behind.or(port).map(str::to_owned) })
    }

    /// The port as a number.
    pub(super) fn port(&self) -> anyhow::Result<Option<u16>> {
        self.port.as_deref().map(port_number).transpose()
    }
}

fn split(text: &str, has_port: bool) -> anyhow::Result<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, behind) =
            rest.split_once(']').with_context(|| format!("{} lacks its closing bracket", visible(text)))?;
        return match behind.strip_prefix(':') {
            Some(port) => Ok((address, Some(port))),
            None if behind.is_empty() => Ok((address, None)),
            None => bail!("after ] comes :PORT or nothing, not {}", visible(behind)),
        };
    }
    if let Some((address, port)) = either(text).filter(|_| !has_port) {
        let (text, address) = (visible(text), visible(address));
        bail!("{text} can be read in two ways; write [{text}] for that address, or [{address}]:{port} for a port");
    }
    match text.matches(':').count() {
        0 => Ok((text, None)),
        1 => Ok(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))),
        _ if is_ipv6(text) => Ok((text, None)),
        _ => bail!("{} is neither HOST:PORT nor an IPv6 address; write [ADDRESS]:PORT", visible(text)),
    }
}

/// Address and port of what is an IPv6 address as a whole, too: `::1:80`.
fn either(text: &str) -> Option<(&str, u16)> {
    let (address, port) = text.rsplit_once(':').filter(|_| is_ipv6(text))?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    is_ipv6(address).then_some((address, port))
}

fn is_ipv6(text: &str) -> bool {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.parse::<Ipv6Addr>().is_ok()
}

fn port_number(text: &str) -> anyhow::Result<u16> {
    if text.bytes().all(|octet| octet.is_ascii_digit()) {
        return port(text).map_err(|error| anyhow!("{} is {error}", visible(text)));
    }
    let hints = dns_lookup::AddrInfoHints { socktype: libc::SOCK_STREAM, ..Default::default() };
    let mut found = dns_lookup::getaddrinfo(None, Some(text), Some(hints)).into_iter().flatten().flatten();
    let port = found.next().map(|info| info.sockaddr.port());
    port.with_context(|| format!("no service is called {}; give the number of the port", visible(text)))
}

/// Which way the packets are to go.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// To an address of these versions.
    pub(super) versions: Versions,
    /// Through this interface.
    pub(super) interface: Option<String>,
    /// From this address of ours.
    pub(super) source: Option<IpAddr>,
}

/// Where the connection goes, and the way there.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Address and port of the peer.
    pub(super) remote: SocketAddr,
    /// The way there.
    pub(super) route: Route,
}

impl Target {
    /// Finds the first address of `written` that `way` allows and this machine has a way to.
    pub(super) fn find(written: &Written, port: u16, way: &Way, in_lab: bool) -> anyhow::Result<Self> {
        let found = host::resolve(&written.host, in_lab)?;
        let mut first_error = None;
        for address in found.into_iter().filter(|address| is_wanted(address.ip(), way)) {
            match Self::with_address(address, port, way) {
                Ok(target) => return Ok(target),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| anyhow!("{} has no {}address", visible(&written.host), way.version())))
    }

    fn with_address(address: SocketAddr, port: u16, way: &Way) -> anyhow::Result<Self> {
        let ip = host::specified(address.ip());
        ensure!(!is_many(ip), "{ip} means many hosts, and a TCP connection has one at each end");
        let scope = if let SocketAddr::V6(v6) = address { v6.scope_id() } else { 0 };
        let interface = way.interface.clone().or_else(|| interface_name(scope));
        check_loopback(ip, way)?;
        let route = route::to(ip, way.source, interface.as_deref())?;
        Ok(Self { remote: SocketAddr::new(ip, port), route })
    }
}

impl Way {
    /// The version that is asked for, before another word.
    fn version(&self) -> &'static str {
        match (self.versions.ipv4, self.versions.ipv6, self.source) {
            (true, ..) | (_, false, Some(IpAddr::V4(_))) => "IPv4 ",
            (_, true, _) | (_, _, Some(IpAddr::V6(_))) => "IPv6 ",
            _ => "",
        }
    }
}

/// Loopback addresses belong to the loopback interface: elsewhere they are dropped without a word.
fn check_loopback(ip: IpAddr, way: &Way) -> anyhow::Result<()> {
    // Asked freely: tied to lo, any address has a way; only the routing table knows those that are ours.
    let is_ours = ip.is_loopback() || route::to(ip, None, None).is_ok_and(|free| free.loopback);
    if let Some(name) = &way.interface {
        let is_loopback = route::interfaces().iter().any(|found| found.name == *name && found.is_loopback());
        let name = visible(name);
        ensure!(
            is_loopback || !ip.is_loopback(),
            "{ip} is an address of the loopback interface, and cannot be reached through {name}: leave out --interface"
        );
        ensure!(
            !is_loopback || is_ours,
            "{ip} cannot be reached through the loopback interface {name}: leave out --interface"
        );
    }
    if let Some(source) = way.source.filter(IpAddr::is_loopback) {
        ensure!(
            is_ours,
            "--source {source} is a loopback address, to which {ip} cannot answer: leave it out, or name another"
        );
    }
    Ok(())
}

fn is_wanted(address: IpAddr, way: &Way) -> bool {
    let version = Version::of(address);
    way.versions.allow(version) && way.source.is_none_or(|source| Version::of(source) == version)
}

fn is_many(address: IpAddr) -> bool {
    address.is_multicast() || matches!(address, IpAddr::V4(v4) if v4.is_broadcast())
}

fn interface_name(index: u32) -> Option<String> {
    let interfaces = route::interfaces().into_iter();
    interfaces.filter(|_| index != 0).find(|interface| interface.index == index).map(|interface| interface.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(host: &str, port: Option<&str>) -> (String, Option<String>) {
        let written = Written::of(host, port).unwrap();
        (written.host, written.port)
    }

    #[test]
    fn every_way_to_write_host_and_port() {
        let table = [
            ("server", None, "server", None),
            ("server:80", None, "server", Some("80")),
            ("server", Some("http"), "server", Some("http")),
            ("192.0.2.2:7", None, "192.0.2.2", Some("7")),
            ("2001:db8::2", None, "2001:db8::2", None),
            ("2001:db8::2", Some("80"), "2001:db8::2", Some("80")),
            ("[2001:db8::2]", None, "2001:db8::2", None),
            ("[2001:db8::2]:ssh", None, "2001:db8::2", Some("ssh")),
            ("::1", None, "::1", None),
            ("::1:80", Some("81"), "::1:80", Some("81")),
            ("[::1:80]", None, "::1:80", None),
            ("2001:db8::ab:cd", None, "2001:db8::ab:cd", None),
            ("2001:db8:0:0:0:0:0:2", None, "2001:db8:0:0:0:0:0:2", None),
            ("fe80::1%eth0", None, "fe80::1%eth0", None),
            ("[fe80::1%eth0]:80", None, "fe80::1%eth0", Some("80")),
        ];
        for (host, port, name, number) in table {
            assert_eq!(written(host, port), (name.to_owned(), number.map(str::to_owned)), "{host}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (host, port, complaint) in [
            ("", None, "no host"),
            (":80", None, "no host"),
            ("[::1", None, "closing bracket"),
            ("[::1]80", None, "after ]"),
            ("a:b:c", None, "neither HOST:PORT nor an IPv6 address"),
            ("server:80", Some("81"), "two ports"),
            ("127.0.0.1:", None, "no port behind the last colon of 127.0.0.1:"),
            ("[::1]:", Some("80"), "no port behind the last colon of [::1]:"),
            ("::1:80", None, "write [::1:80] for that address, or [::1]:80 for a port"),
        ] {
            let error = Written::of(host, port).unwrap_err().to_string();
            assert!(error.contains(complaint) && !error.contains('\n'), "{host}: {error}");
        }
    }

    #[test]
    fn ports_are_numbers_or_services() {
        assert_eq!(port_number("65535").unwrap(), 65535);
        for wrong in ["0", "65536", "99999999999", "no-such-service\u{1b}[31m", "-1"] {
            let error = port_number(wrong).unwrap_err().to_string();
            assert!(!error.contains('\u{1b}'), "{error}");
        }
    }
}
