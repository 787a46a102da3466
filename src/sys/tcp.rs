//! Options of TCP sockets that socket2 has no name for (tcp(7)).

use std::os::fd::AsFd;

use super::{Error, Result, sockopt};

/// TCP_DEFER_ACCEPT: accept() gets a connection only when its first octet has come, or after so many seconds.
///
/// # Errors
/// It is no TCP socket.
pub fn defer_accept(socket: impl AsFd, seconds: u16) -> Result<()> {
    set(socket, libc::TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT", seconds)
}

/// TCP_FASTOPEN on a socket that is to listen: so many connections may have sent data with their SYN and not have completed
/// the handshake.
///
/// # Errors
/// It is no TCP socket, or this kernel has no fast open.
pub fn fast_open(socket: impl AsFd, queue: u16) -> Result<()> {
    set(socket, libc::TCP_FASTOPEN, "TCP_FASTOPEN", queue)
}

fn set(socket: impl AsFd, option: i32, name: &str, value: u16) -> Result<()> {
    sockopt::set_int(socket, libc::IPPROTO_TCP, option, value.into())
        .map_err(|source| Error::os(format!("set {name}"), source))
}
