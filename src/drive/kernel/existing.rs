//! Sockets that programs had before anything was recorded.

use std::collections::HashSet;
use std::net::SocketAddr;

use crate::sys::processes::{self, Holders};
use crate::sys::sockdiag::{Socket, Transport, sockets};
use crate::sys::tracefs::Ends;
use crate::sys::{self, Version};
use crate::tcp::State;

/// Calls in which a thread may wait for a connection, by their numbers.
const ACCEPTING: [(libc::c_long, &str); 2] = [(libc::SYS_accept, "accept"), (libc::SYS_accept4, "accept4")];

/// A descriptor of a process for a TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Existing {
    pub(super) process: u32,
    pub(super) descriptor: i32,
    pub(super) ends: Ends,
    pub(super) listens: bool,
}

/// The TCP sockets of this network that are wanted, and who has them.
///
/// # Errors
/// The kernel has no sock_diag for TCP.
pub(super) fn existing(is_wanted: impl Fn(&Ends, bool) -> bool) -> Result<Vec<Existing>, sys::Error> {
    let mut found = Vec::new();
    for version in [Version::V4, Version::V6].into_iter().filter(|version| version.is_supported()) {
        found.extend(sockets(Transport::Tcp, version)?);
    }
    let mut wanted: Vec<(u32, Ends, bool)> =
        found.iter().map(|socket| (socket.inode, ends(socket), listens(socket))).collect();
    wanted.retain(|(inode, ends, listens)| *inode != 0 && is_wanted(ends, *listens));
    let inodes: HashSet<u32> = wanted.iter().map(|(inode, ..)| *inode).collect();
    let holders = Holders::of(&inodes);
    let held = wanted.into_iter().flat_map(|(inode, ends, listens)| {
        let by = holders.get(inode).map_or(&[][..], |held| &held.by);
        by.iter().map(move |holder| Existing {
            process: holder.pid,
            descriptor: holder.descriptor as i32,
            ends,
            listens,
        })
    });
    Ok(held.collect())
}

/// With addresses of IPv4 where IPv4 is spoken; what is for all addresses is so for both.
fn ends(socket: &Socket) -> Ends {
    let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
    Ends { local: plain(socket.local), remote: plain(socket.remote) }
}

fn listens(socket: &Socket) -> bool {
    State::from_kernel(socket.state.0) == Some(State::Listen)
}

/// The threads of these processes that wait for a connection: the call, and its arguments.
pub(super) fn accepting(threads: &[u32]) -> Vec<(u32, &'static str, [u64; 6])> {
    let waits = |thread: &u32| {
        let (number, arguments) = processes::call_under_way(*thread)?;
        let (_, name) = ACCEPTING.iter().find(|(known, _)| *known == number)?;
        Some((*thread, *name, arguments))
    };
    threads.iter().filter_map(waits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd as _;

    #[test]
    fn sockets_that_are_there_are_found_with_their_descriptors() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let client = TcpStream::connect(local).unwrap();
        let found = match existing(|ends, _| ends.local.port() == local.port() || ends.remote.port() == local.port()) {
            Ok(found) => found,
            Err(error) => panic!("{error}"),
        };
        let own =
            |descriptor: i32| found.iter().find(|it| (it.process, it.descriptor) == (std::process::id(), descriptor));
        assert!(own(listener.as_raw_fd()).is_some_and(|it| it.listens && it.ends.local == local), "{found:?}");
        let ends = own(client.as_raw_fd()).map(|it| (it.listens, it.ends));
        assert_eq!(ends, Some((false, Ends { local: client.local_addr().unwrap(), remote: local })), "{found:?}");
    }
}
