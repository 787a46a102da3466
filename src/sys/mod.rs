//! System calls, and the only room with `unsafe`: raw sockets, the RST guard, interfaces, routes, privileges, namespaces.
//!
//! One file for each idea. Every failure is an [`Error`] that names what was tried and on what; where a privilege is
//! missing it also names the ways out.

mod advice;
mod ancillary;
mod anonymous;
pub mod apart;
pub mod clock;
pub mod confine;
pub mod counters;
pub mod door;
mod drawer;
pub mod enclosure;
mod error;
pub mod firewall;
pub mod frames;
pub mod fresh;
pub mod guard;
pub mod icmp;
mod interface;
pub mod interrupt;
pub mod limits;
pub mod link;
pub mod machine;
pub mod memory;
pub mod namespace;
pub mod neighbour;
mod netlink;
pub mod pending;
pub mod poll;
pub mod privilege;
pub mod process;
pub mod processes;
pub mod random;
pub mod raw;
pub mod route;
pub mod sockdiag;
mod sockopt;
pub mod status;
pub mod tcp;
pub mod terminal;
pub mod tracefs;
pub mod transmit;
pub mod unix;
pub mod watch;

pub use advice::next_step;
pub use anonymous::Anonymous;
pub use drawer::Drawer;
pub use error::{Error, Result, words_of};
pub use guard::RstGuard;
pub use icmp::IcmpSocket;
pub use interface::{Interface, Kind as InterfaceKind};
pub use interrupt::{Interrupts, Signal};
pub use namespace::Namespace;
pub use raw::RawSender;
pub use route::Route;
pub use sockopt::Version;
pub use status::StatusRequests;
pub use watch::Watch;
