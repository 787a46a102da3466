//! Which address a host name means.

use std::net::{IpAddr, SocketAddr};

use anyhow::{anyhow, bail};

use super::args::{Args, Through};
use crate::cmd::host::{is_numeric, resolve, specified};
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
    /// Every host that was asked for.
    pub(super) fn all(args: &Args) -> anyhow::Result<Vec<Self>> {
        match args.hosts.as_slice() {
            [] => Ok(vec![Self::find(args, lab::SERVER.name)?]),
            hosts => hosts.iter().map(|host| Self::find(args, host)).collect(),
        }
    }

    /// Finds the first address that `args` allow and this machine has a way to.
    pub(super) fn find(args: &Args, host: &str) -> anyhow::Result<Self> {
        let found = resolve(host, args.lab)?;
        let mut targets =
            found.into_iter().filter(|address| is_wanted(args, address.ip())).map(|a| Self::new(host, a)).peekable();
        if targets.peek().is_none() {
            bail!("{} has no address of the version that -4, -6, -R or -I asks for", printable(host));
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
    let records = !args.record_route || version == Version::V4;
    args.versions.allow(version) && records && source.is_none_or(|source| source == version)
}
