//! Options of several commands about the way that packets go.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::sys::{self, Version, random};
use crate::wire::IpFields;

/// Which versions of IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Versions {
    /// IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub(super) ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long)]
    pub(super) ipv6: bool,
}

impl Versions {
    /// Whether this one is wanted.
    pub(super) fn allow(self, version: Version) -> bool {
        !match version {
            Version::V4 => self.ipv6,
            Version::V6 => self.ipv4,
        }
    }
}

/// How long TIME-WAIT answers a repeated FIN.
pub(super) const LINGER: Duration = Duration::from_millis(300);

/// What every hand-made end needs.
#[derive(Debug, clap::Args)]
pub(super) struct EndArgs {
    /// Time to live, or hop limit
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) ttl: u8,
    #[command(flatten)]
    pub(super) guard: GuardArgs,
}

impl EndArgs {
    /// The IP header of its packets.
    pub(super) fn ip(&self) -> sys::Result<IpFields> {
        let (identification, flow_label) = (random::u16()?, random::u32()?);
        Ok(IpFields { ttl: self.ttl, identification, flow_label, ..IpFields::default() })
    }
}

/// The RST guard.
#[derive(Debug, clap::Args)]
pub(super) struct GuardArgs {
    /// Keep our own kernel from answering with RST for connections that it knows nothing of
    #[arg(long, value_name = "on|off", default_value = "on", value_parser = switch(), action = clap::ArgAction::Set)]
    pub(super) rst_guard: bool,
}

/// `on` or `off`.
pub(super) fn switch() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["on", "off"]).map(|word| word == "on")
}
