//! Socket options that socket2 has no name for, interface names, and the IP version that chooses between two families.

use std::ffi::CString;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};

use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use super::error::list;
use super::{Error, Result, route};

/// The version of the Internet Protocol that a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Version {
    /// The version that an address belongs to.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// Whether this kernel speaks it; some are started with ipv6.disable=1.
    #[must_use]
    pub fn is_supported(self) -> bool {
        Socket::new(self.domain(), Type::DGRAM, None).is_ok()
    }

    pub(super) fn domain(self) -> Domain {
        match self {
            Self::V4 => Domain::IPV4,
            Self::V6 => Domain::IPV6,
        }
    }
}

/// An address without a port, as raw and ICMP sockets take it; `scope_id` is the interface index of a link-local one.
pub(super) fn address(ip: IpAddr, port: u16, scope_id: u32) -> SockAddr {
    match ip {
        IpAddr::V4(ip) => SocketAddr::V4(SocketAddrV4::new(ip, port)).into(),
        IpAddr::V6(ip) => SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope_id)).into(),
    }
}

/// Sets an option whose value is a C int.
pub(super) fn set_int(socket: impl AsFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    set_bytes(socket, level, name, &value.to_ne_bytes())
}

/// Sets an option whose value is any plain structure, given as its bytes.
pub(super) fn set_bytes(socket: impl AsFd, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: pointer and length describe `value`, which outlives the call, and the kernel only reads from it.
    let done = unsafe { libc::setsockopt(socket.as_fd().as_raw_fd(), level, name, value.as_ptr().cast(), length) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The index of an interface of the current network namespace.
pub(super) fn interface_index(name: &str) -> Result<u32> {
    let unknown = || Error::NoInterface { name: name.to_owned(), known: list(route::interface_names().into_iter()) };
    let c_name = CString::new(name).map_err(|_| unknown())?;
    // SAFETY: a NUL-terminated string that outlives the call.
    match unsafe { libc::if_nametoindex(c_name.as_ptr()) } {
        0 => match std::io::Error::last_os_error() {
            // It asks through a socket, and there may be no place for one.
            error if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)) => {
                Err(Error::os(format!("ask about interface {name:?}"), error))
            }
            _ => Err(unknown()),
        },
        index => Ok(index),
    }
}

/// Ties a socket to one interface, for sending and receiving.
pub(super) fn bind_device(socket: impl AsFd, name: &str) -> Result<()> {
    interface_index(name)?;
    let bound = SockRef::from(&socket).bind_device(Some(name.as_bytes()));
    bound.map_err(|source| Error::os(format!("use interface {name:?}"), source))
}
