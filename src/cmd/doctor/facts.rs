//! What is looked at: everything that can keep a command from working on this machine.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::net::UnixStream;

use crate::lab::{self, Lab};
use crate::sys::link::{self, Offload};
use crate::sys::machine::{self, Inside, setting};
use crate::sys::privilege::{self, Privileges};
use crate::sys::process::{self, Fork};
use crate::sys::sockdiag::{self, Transport};
use crate::sys::tracefs::StateTrace;
use crate::sys::{Interface, Version, firewall, route};

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) kernel: String,
    pub(super) inside: Option<Inside>,
    pub(super) privileges: Privileges,
    pub(super) is_root: bool,
    /// How to get what is missing, as a sentence.
    pub(super) ways: String,
    /// Whether a lab could be made, or why not.
    pub(super) lab: Result<(), String>,
    /// Whether this user may send echo requests without CAP_NET_RAW.
    pub(super) may_ping: bool,
    pub(super) sock_diag: Result<(), String>,
    /// None where it was not tried.
    pub(super) tracefs: Option<Result<(), String>>,
    pub(super) libpcap: String,
    pub(super) links: Vec<Link>,
    /// The interfaces of the default routes, of IPv4 and IPv6.
    pub(super) routes: [Option<String>; 2],
    pub(super) speaks_v6: bool,
    /// The firewall's tables, where it may be asked.
    pub(super) tables: Option<Vec<String>>,
    /// Whether connection tracking lets odd segments pass, where there is any.
    pub(super) is_liberal: Option<bool>,
    pub(super) open_files: u64,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) is_up: bool,
    pub(super) has_carrier: bool,
    pub(super) is_loopback: bool,
    /// What is done before packets are captured, or after.
    pub(super) offloads: Vec<Offload>,
    /// Whether the kernel drops what comes from where it would not send to through here (rp_filter = 1).
    pub(super) is_strict: bool,
}

impl Facts {
    /// Looks at this machine. The process must have one thread: a lab is tried in a child of it.
    pub(super) fn gather() -> Self {
        let privileges = Privileges::effective();
        Self {
            kernel: machine::kernel(),
            inside: machine::inside(),
            privileges,
            is_root: privilege::is_root(),
            ways: privilege::ways_to_get_it(),
            lab: try_lab(),
            may_ping: may_ping(),
            sock_diag: sockdiag::sockets(Transport::Tcp, Version::V4).map(drop).map_err(|error| error.to_string()),
            tracefs: privilege::is_root().then(|| StateTrace::start().map(drop).map_err(|error| error.to_string())),
            libpcap: machine::libpcap(),
            links: route::interfaces().into_iter().map(|interface| Link::of(interface.name)).collect(),
            routes: [FAR_V4.into(), FAR_V6.into()].map(way),
            speaks_v6: Version::V6.is_supported(),
            tables: firewall::tables().ok(),
            is_liberal: setting("net.netfilter.nf_conntrack_tcp_be_liberal").map(|value| value != "0"),
            open_files: machine::open_files(),
        }
    }
}

/// Addresses of nobody (RFC 5737, RFC 3849), which only a default route leads to.
const FAR_V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
const FAR_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 1);

/// The interface towards there; nothing is sent.
fn way(destination: IpAddr) -> Option<String> {
    route::to(destination, None, None).ok().filter(|route| !route.loopback).map(|route| route.interface)
}

impl Link {
    fn of(name: String) -> Self {
        let interface = Interface::named(&name);
        let is_loopback = interface.as_ref().is_ok_and(|it| it.kind == crate::sys::InterfaceKind::Loopback);
        let filter = |of: &str| setting(&format!("net.ipv4.conf.{}.rp_filter", of.replace('.', "/")));
        // The greater of both counts.
        let strictest = [filter("all"), filter(&name)].into_iter().flatten().max();
        Self {
            is_up: interface.as_ref().is_ok_and(|it| it.up),
            has_carrier: interface.as_ref().is_ok_and(|it| it.carrier),
            is_loopback,
            offloads: link::offloads(&name).unwrap_or_default(),
            is_strict: strictest.is_some_and(|value| value == "1"),
            name,
        }
    }
}

/// Whether net.ipv4.ping_group_range has a group of this process.
fn may_ping() -> bool {
    let range = setting("net.ipv4.ping_group_range").unwrap_or_default();
    let mut ends = range.split_whitespace().filter_map(|end| end.parse().ok());
    matches!((ends.next(), ends.next()), (Some(first), Some(last)) if machine::has_group_of(first, last))
}

/// Makes a lab in a process of its own, and lets it go.
fn try_lab() -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot try it: {error}");
    let (mut near, mut far) = UnixStream::pair().map_err(failed)?;
    match process::fork().map_err(|error| error.to_string())? {
        Fork::Child => {
            let tried = Lab::enter(&lab::Options::default());
            let why = tried.err().map(|error| error.to_string()).unwrap_or_default();
            // The parent waits for this; where it is gone nobody can read it.
            let _ = far.write_all(why.as_bytes());
            std::process::exit(0);
        }
        Fork::Parent(_) => {
            drop(far);
            let mut why = String::new();
            near.read_to_string(&mut why).map_err(failed)?;
            if why.is_empty() { Ok(()) } else { Err(why) }
        }
    }
}
