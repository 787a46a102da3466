//! The guard that keeps our own kernel from answering for a hand-made connection.
//!
//! The kernel knows nothing of our SYN, so it answers the SYN-ACK with RST (RFC 9293, section 3.10.7.1), microseconds
//! after it arrives: no program wins that race. A listening TCP socket on the same address and port whose filter drops
//! everything takes the segment instead and says nothing; raw sockets and captures still get their copy. It changes no
//! firewall rule, it reserves the port, and it is gone with the process, however that ends.

use std::io;
use std::net::SocketAddr;

use socket2::{Protocol, SockFilter, Socket, Type};

use super::{Error, Result, Version, route};

/// `BPF_RET | BPF_K`: the verdict is the constant; 0 keeps no byte of the packet.
const RETURN: u16 = 0x06;

/// Holds the kernel back for one local address and port. Keep it until the last FIN of the peer is acknowledged.
#[derive(Debug)]
pub struct RstGuard {
    /// Held only for its effect.
    _listener: Socket,
    local: SocketAddr,
}

impl RstGuard {
    /// Puts the guard on `local`; with port 0 the kernel chooses a free one ([`RstGuard::local`]). `interface` gives a
    /// link-local address its scope. Needs CAP_NET_ADMIN on recent kernels, nothing on older ones.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] where the filter is refused: without it the kernel would answer, so nothing is left
    /// behind. [`Error::PortInUse`], [`Error::ForeignSource`], [`Error::NoScope`].
    pub fn engage(local: SocketAddr, interface: Option<&str>) -> Result<Self> {
        let local = route::with_scope(local, interface)?;
        let listener = silent_listener(local)?;
        let local = listener.local_addr().ok().and_then(|address| address.as_socket()).unwrap_or(local);
        Ok(Self { _listener: listener, local })
    }

    /// The guarded address, with the port that the kernel chose if it was asked to.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// How it works, in words.
    #[must_use]
    pub fn method(&self) -> String {
        format!("a listening socket on {} whose filter drops every segment (SO_ATTACH_FILTER, ret 0)", self.local)
    }
}

/// A TCP listener that never answers: its filter, attached before it listens, drops every segment.
///
/// # Errors
/// As [`RstGuard::engage`].
pub fn silent_listener(local: SocketAddr) -> Result<Socket> {
    let listener = Socket::new(Version::of(local.ip()).domain(), Type::STREAM, Some(Protocol::TCP))
        .map_err(|source| Error::os("open a TCP socket", source))?;
    listener
        .attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
        .map_err(|source| Error::os("keep the kernel from answering with RST (SO_ATTACH_FILTER)", source))?;
    if local.is_ipv6() {
        listener.set_only_v6(true).map_err(|source| Error::os("open a TCP socket for IPv6 alone", source))?;
    }
    let listening = listener.bind(&local.into()).and_then(|()| listener.listen(1));
    listening.map_err(|source| refusal(local, source))?;
    Ok(listener)
}

fn refusal(local: SocketAddr, source: io::Error) -> Error {
    match source.raw_os_error() {
        Some(libc::EADDRINUSE) => Error::PortInUse { address: local.ip(), port: local.port() },
        Some(libc::EADDRNOTAVAIL) => route::foreign_source(local.ip()),
        _ => Error::os(format!("reserve port {} of {}", local.port(), local.ip()), source),
    }
}
