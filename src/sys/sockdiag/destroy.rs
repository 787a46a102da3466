//! Ends TCP sockets of the network namespace of the calling thread, whoever holds them, and those that nobody holds any
//! more.

use std::io;
use std::net::IpAddr;

use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::dump::{Socket, Transport, sockets};
use super::{INET_DIAG_INFO, NLM_F_REQUEST, NLMSGHDR, SOCKID, question, sockid_ends};
use crate::sys::{Error, Result, Version, netlink};

/// `SOCK_DESTROY` (linux/sock_diag.h).
const SOCK_DESTROY: u16 = 21;
const NLM_F_ACK: u16 = 4;

/// States in which there is nothing to end: the record of a connection that is over, and a socket that has but a port.
const OVER: [&str; 2] = ["TIME_WAIT", "CLOSE"];

/// Ends the connections whose own address is one of these, as if each program had reset its own (SOCK_DESTROY), and stops
/// who listens there; answers how many there were. A socket that has only a port is left, which a listener is afterwards.
///
/// # Errors
/// The kernel cannot do it (CONFIG_INET_DIAG_DESTROY), or CAP_NET_ADMIN is missing.
pub fn end_connections(own: &[IpAddr]) -> Result<usize> {
    let mut ended = 0;
    for version in [Version::V4, Version::V6].into_iter().filter(|version| version.is_supported()) {
        for socket in sockets(Transport::Tcp, version)? {
            if own.contains(&socket.local.ip().to_canonical()) && !OVER.contains(&socket.state.name()) {
                let failed = |source| Error::os(format!("end the connection of {}", socket.local), source);
                end(&socket, version).map_err(failed)?;
                ended += 1;
            }
        }
    }
    Ok(ended)
}

/// One that has ended meanwhile is no error.
fn end(socket: &Socket, version: Version) -> io::Result<()> {
    let mut sockid = [0; SOCKID];
    sockid[..36].copy_from_slice(&sockid_ends(socket.local, socket.remote));
    sockid[36..40].copy_from_slice(&socket.interface.to_ne_bytes());
    sockid[40..].copy_from_slice(&[socket.cookie as u32, (socket.cookie >> 32) as u32].map(u32::to_ne_bytes).concat());
    let family = if version == Version::V4 { libc::AF_INET } else { libc::AF_INET6 };
    let mut request = question(NLM_F_REQUEST | NLM_F_ACK, [family, libc::IPPROTO_TCP], INET_DIAG_INFO, sockid);
    request[4..6].copy_from_slice(&SOCK_DESTROY.to_ne_bytes());
    let asked = netlink::open(NETLINK_SOCK_DIAG)?;
    asked.send(&request, 0)?;
    let answer = netlink::receive(&asked)?;
    let code = answer.get(NLMSGHDR..).and_then(<[u8]>::first_chunk).map_or(0, |code| i32::from_ne_bytes(*code));
    match code.saturating_neg() {
        0 | libc::ENOENT => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}
