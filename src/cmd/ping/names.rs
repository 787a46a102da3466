//! The names of those who reply.

use std::collections::HashMap;
use std::net::IpAddr;

use super::args::{Args, Through};
use super::target::Target;
use crate::craft::ping::text;
use crate::lab;
use crate::sys::route::is_link_local;

/// Looks names up, and remembers them.
#[derive(Debug)]
pub(super) struct Names {
    wanted: bool,
    in_lab: bool,
    /// The interface through which replies arrive, where it is known.
    scope: Option<String>,
    known: HashMap<IpAddr, Option<String>>,
}

/// The most names to remember: anybody can report an error from any address.
const MOST: usize = 1_024;

impl Names {
    pub(super) fn new(args: &Args, target: &Target) -> Self {
        let wanted = !args.numeric && !target.numeric;
        let through = args.through.as_ref().and_then(|through| match through {
            Through::Interface(name) => Some(name.clone()),
            Through::Source(_) => None,
        });
        Self { wanted, in_lab: args.lab, scope: target.scope.clone().or(through), known: HashMap::new() }
    }

    /// The name of an address, not safe to print; none where none is wanted or known.
    pub(super) fn name(&mut self, address: IpAddr) -> Option<String> {
        if !self.wanted {
            return None;
        }
        if let Some(name) = self.known.get(&address) {
            return name.clone();
        }
        let name = if self.in_lab { lab_name(address) } else { dns_lookup::lookup_addr(&address).ok() };
        if self.known.len() < MOST {
            self.known.insert(address, name.clone());
        }
        name
    }

    /// Name and address, safe to print.
    pub(super) fn label(&mut self, address: IpAddr) -> String {
        let name = self.name(address);
        text::label(name.as_deref(), &scoped(address, self.scope.as_deref()))
    }
}

/// An address, with the interface where it means nothing without.
pub(super) fn scoped(address: IpAddr, interface: Option<&str>) -> String {
    let is_local = is_link_local(address) || matches!(address, IpAddr::V6(v6) if is_link_multicast(v6.segments()[0]));
    match interface.filter(|_| is_local) {
        Some(interface) => format!("{address}%{}", text::printable(interface)),
        None => address.to_string(),
    }
}

/// ff02::/16 and ff01::/16 with any flags (RFC 4291 section 2.7).
fn is_link_multicast(first: u16) -> bool {
    first & 0xff00 == 0xff00 && matches!(first & 0x000f, 1 | 2)
}

fn lab_name(address: IpAddr) -> Option<String> {
    let host = lab::HOSTS.into_iter().find(|host| [IpAddr::from(host.v4), host.v6.into()].contains(&address))?;
    Some(host.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_one_link_have_an_interface() {
        let scoped = |address: &str| scoped(address.parse().unwrap(), Some("eth0"));
        assert_eq!(scoped("fe80::1"), "fe80::1%eth0");
        assert_eq!(scoped("ff02::1"), "ff02::1%eth0");
        assert_eq!(scoped("ff05::2"), "ff05::2");
        assert_eq!(scoped("2001:db8::1"), "2001:db8::1");
        assert_eq!(scoped("169.254.0.1"), "169.254.0.1");
    }

    #[test]
    fn the_lab_names_its_hosts() {
        assert_eq!(lab_name("2001:db8::2".parse().unwrap()).as_deref(), Some("server"));
        assert_eq!(lab_name("192.0.2.9".parse().unwrap()), None);
    }
}
