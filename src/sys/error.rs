//! What can go wrong between a program and its kernel, in words for a person.

use std::io;
use std::net::IpAddr;

use super::privilege;

/// The result of everything in this room.
pub type Result<T> = std::result::Result<T, Error>;

/// A system call that failed. `operation` completes the sentence "cannot …" and names the address or the interface.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A capability is missing (EPERM or EACCES).
    #[error("cannot {operation}: operation not permitted; {}", privilege::ways_out())]
    NotPermitted {
        /// What was tried.
        operation: String,
        /// What the kernel said; the message says it in better words, so it is no cause to be told again.
        refusal: io::Error,
    },
    /// A packet that the socket may send, but not this one: EPERM from a firewall, EACCES for broadcast addresses.
    #[error("cannot {operation}: {}; {}", plain(source), hindrance(source))]
    SendForbidden {
        /// What was tried.
        operation: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// Any other refusal of the kernel; [`Error::errno`] tells which.
    #[error("cannot {operation}: {}", plain(source))]
    Os {
        /// What was tried.
        operation: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The interface that a socket is tied to is not there any more, or carries nothing.
    #[error("cannot {operation}: interface {interface} is {state}")]
    Severed {
        /// What was tried.
        operation: String,
        /// The interface.
        interface: String,
        /// `down` or `gone`.
        state: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// No interface of this machine has that name.
    #[error("there is no interface {name:?} here; there are: {known}")]
    NoInterface {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// The routing table has no way to the destination.
    #[error("no route to {destination}{}: {}; compare: ip route get {destination}", through(interface), plain(source))]
    NoRoute {
        /// Where the packet should have gone.
        destination: IpAddr,
        /// The interface that was asked for.
        interface: Option<String>,
        /// What the kernel said.
        source: io::Error,
    },
    /// The source address is not one of this machine.
    #[error("{address} is not an address of this machine; the addresses here: {known}")]
    ForeignSource {
        /// The source address that was asked for.
        address: IpAddr,
        /// The addresses that exist, separated by commas.
        known: String,
    },
    /// A link-local address means nothing without the link it is on.
    #[error("{address} is a link-local address: say on which interface, for example {address}%{example}")]
    NoScope {
        /// The link-local address.
        address: IpAddr,
        /// Some interface of this machine.
        example: String,
    },
    /// The port belongs to another socket.
    #[error("port {port} of {address} is in use by another program; take another port")]
    PortInUse {
        /// Our address.
        address: IpAddr,
        /// Our port.
        port: u16,
    },
    /// A user or network namespace was refused.
    #[error("cannot make a {what} namespace: {why}")]
    Namespace {
        /// `user` or `network`.
        what: &'static str,
        /// The setting that forbids it, and what to do.
        why: String,
        /// What the kernel said; `why` says it in better words, so it is no cause to be told again.
        refusal: io::Error,
    },
    /// The kernel's tracing is not to be had.
    #[error(
        "cannot trace the kernel's sockets: {}; tracefs is for root of this machine alone, and the kernel must have it",
        plain(source)
    )]
    NoTrace {
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel does not list its sockets.
    #[error(
        "this kernel cannot list its {transport} sockets: it lacks sock_diag for them; load it with: sudo modprobe \
         {transport}_diag"
    )]
    NoSockDiag {
        /// Which sockets.
        transport: &'static str,
    },
    /// What is not needed any more could not be given up, so nothing of others is looked at.
    #[error("cannot give up privileges: cannot {step}: {}", plain(source))]
    Unconfined {
        /// What was tried.
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The environment names somebody who is not there as the user who started this program.
    #[error(
        "{variable} is {value:?}, which names nobody here; sudo sets it: run it with sudo again, or unset {variable} to \
         act as root"
    )]
    NoInvoker {
        /// SUDO_UID or SUDO_GID.
        variable: &'static str,
        /// What it says.
        value: String,
    },
    /// The program file has its set-user-ID or set-group-ID bit set.
    #[error(
        "this program does not run set-user-ID or set-group-ID: chmod u-s,g-s {} takes that away; {} gives it what it needs",
        privilege::own_path(),
        privilege::ways_to_get_it()
    )]
    SetUserId,
    /// A user namespace can only be entered by a process with one thread.
    #[error("cannot enter a user namespace: this process already has {threads} threads, and the kernel wants one")]
    Threads {
        /// How many threads there are.
        threads: usize,
    },
}

impl Error {
    /// From the failure of a system call, where `operation` completes "cannot …": EPERM and EACCES become [`Error::NotPermitted`].
    #[must_use]
    pub fn os(operation: impl Into<String>, source: impl Into<io::Error>) -> Self {
        let (operation, source) = (operation.into(), source.into());
        match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::NotPermitted { operation, refusal: source },
            _ => Self::Os { operation, source },
        }
    }

    /// From a failure to send on a socket that is already open: no privilege would help there.
    pub(super) fn send(operation: String, source: io::Error) -> Self {
        match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::SendForbidden { operation, source },
            _ => Self::Os { operation, source },
        }
    }

    /// The errno behind it, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::NotPermitted { refusal: source, .. }
            | Self::Namespace { refusal: source, .. }
            | Self::SendForbidden { source, .. }
            | Self::Os { source, .. }
            | Self::NoRoute { source, .. }
            | Self::Severed { source, .. }
            | Self::Unconfined { source, .. }
            | Self::NoTrace { source } => source.raw_os_error(),
            Self::PortInUse { .. } => Some(libc::EADDRINUSE),
            Self::ForeignSource { .. } => Some(libc::EADDRNOTAVAIL),
            Self::NoInterface { .. } => Some(libc::ENODEV),
            Self::NoScope { .. } | Self::Threads { .. } | Self::NoInvoker { .. } => Some(libc::EINVAL),
            Self::SetUserId => Some(libc::EPERM),
            Self::NoSockDiag { .. } => Some(libc::ENOENT),
        }
    }

    /// A privilege is missing, and the message names the ways out.
    #[must_use]
    pub fn is_not_permitted(&self) -> bool {
        matches!(self, Self::NotPermitted { .. })
    }

    /// The packet is larger than the path takes in one piece (EMSGSIZE).
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.errno() == Some(libc::EMSGSIZE)
    }

    /// This machine itself knows no way to the destination (ENETUNREACH, EHOSTUNREACH, ENETDOWN).
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self.errno(), Some(libc::ENETUNREACH | libc::EHOSTUNREACH | libc::ENETDOWN))
    }

    /// The interface of a socket is not there (ENODEV, ENXIO).
    #[must_use]
    pub fn is_without_device(&self) -> bool {
        matches!(self.errno(), Some(libc::ENODEV | libc::ENXIO))
    }

    /// The same call may succeed a moment later (a full queue: EAGAIN, ENOBUFS).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.errno(), Some(libc::EAGAIN | libc::ENOBUFS))
    }
}

/// A step of giving up privileges that failed.
pub(super) fn unconfined(step: &'static str, source: io::Error) -> Error {
    Error::Unconfined { step, source }
}

/// The kernel's words as they stand inside a sentence: no number, no capital.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The kernel's words for what errno(3) says, without the number.
#[must_use]
pub fn words_of(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// What stands in the way of a packet that the kernel does not let out.
fn hindrance(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::EACCES) => "broadcast must be asked for, and a prohibiting route lets nothing out (see: ip route)",
        _ => "a firewall rule of this machine forbids it (see: nft list ruleset, iptables -L OUTPUT)",
    }
}

/// Names for a person, and no more than fit on a few lines.
pub(super) fn list(names: impl Iterator<Item = String>) -> String {
    const MOST: usize = 12;
    let mut names: Vec<String> = names.take(MOST + 1).collect();
    if names.len() > MOST {
        names[MOST] = "…".to_owned();
    }
    names.join(", ")
}

fn through(interface: &Option<String>) -> String {
    interface.as_ref().map_or_else(String::new, |name| format!(" through {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_privilege_names_three_ways_out() {
        let error = Error::os("open a raw socket", io::Error::from_raw_os_error(libc::EPERM));
        let text = error.to_string();
        assert!(error.is_not_permitted());
        assert!(text.starts_with("cannot open a raw socket: operation not permitted; "), "{text}");
        let path = std::env::current_exe().unwrap();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        for way in ["sudo setcap cap_net_raw,cap_net_admin+ep ", "--lab"] {
            assert!(text.contains(way), "{text}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list((0..3).map(|number| number.to_string())), "0, 1, 2");
        assert!(list((0..300).map(|number| number.to_string())).ends_with("11, …"));
    }

    #[test]
    fn other_refusals_keep_their_errno() {
        let error = Error::os("send to 192.0.2.9", io::Error::from_raw_os_error(libc::EMSGSIZE));
        assert!(error.is_too_long() && !error.is_unreachable() && !error.is_transient());
        assert_eq!(error.to_string(), "cannot send to 192.0.2.9: message too long");
        assert!(Error::os("", io::Error::from_raw_os_error(libc::EHOSTUNREACH)).is_unreachable());
        assert!(Error::os("", io::Error::from_raw_os_error(libc::ENOBUFS)).is_transient());
        let filtered = Error::send("send".to_owned(), io::Error::from_raw_os_error(libc::EPERM));
        assert!(!filtered.is_not_permitted() && filtered.to_string().contains("firewall"), "{filtered}");
    }
}
