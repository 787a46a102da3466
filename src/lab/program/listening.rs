//! The sockets of servers, made as the options ask.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Socket, Type};

use super::Serving;
use crate::lab::Error;
use crate::sys::{self, Version, tcp};

/// Connections that may wait for their third segment with data in the SYN.
const FAST_OPEN_QUEUE: u16 = 16;

/// Where the kernel of this network namespace says whether SYNs may carry data: 1 for clients, 2 for servers.
const FAST_OPEN_SETTING: &str = "/proc/sys/net/ipv4/tcp_fastopen";

/// A socket for all addresses of both versions of IP, as far as this kernel speaks them.
fn bound(kind: Type, port: u16, reuse: bool) -> io::Result<(Socket, SocketAddr)> {
    let speaks_v6 = Version::V6.is_supported();
    let any: IpAddr = if speaks_v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let local = SocketAddr::new(any, port);
    let socket = Socket::new(Domain::for_address(local), kind, None)?;
    if speaks_v6 {
        socket.set_only_v6(false)?;
    }
    if reuse {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&local.into())?;
    Ok((socket, local))
}

/// socket(), setsockopt(), bind(), listen().
pub(super) fn listener(serving: &Serving) -> Result<TcpListener, Error> {
    let failed = |source| Error::Program(sys::Error::os(format!("listen on port {}", serving.port), source));
    let (socket, _) = bound(Type::STREAM, serving.port, serving.reuse_addr).map_err(failed)?;
    if let Some(seconds) = serving.defer_accept {
        tcp::defer_accept(&socket, seconds).map_err(Error::Program)?;
    }
    if serving.fast_open {
        allow_fast_open()?;
        tcp::fast_open(&socket, FAST_OPEN_QUEUE).map_err(Error::Program)?;
    }
    socket.listen(serving.backlog.into()).map_err(failed)?;
    Ok(socket.into())
}

pub(super) fn datagram_socket(port: u16) -> Result<UdpSocket, Error> {
    let failed = |source| Error::Program(sys::Error::os(format!("bind UDP port {port}"), source));
    bound(Type::DGRAM, port, false).map(|(socket, _)| socket.into()).map_err(failed)
}

/// Only this host of the lab is concerned.
fn allow_fast_open() -> Result<(), Error> {
    let written = fs::write(FAST_OPEN_SETTING, "3");
    written.map_err(|source| Error::Program(sys::Error::os(format!("write to {FAST_OPEN_SETTING}"), source)))
}
