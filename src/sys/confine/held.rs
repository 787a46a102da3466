//! What this process has open: the sockets, and the files that it may write to.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::IsTerminal as _;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::net::AddressFamily;
use rustix::net::SocketType;
use rustix::net::sockopt::{socket_acceptconn, socket_domain, socket_type};

/// How many there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(BTreeMap<&'static str, usize>);

/// What is open now; nothing where /proc is not mounted.
#[must_use]
pub fn held() -> Held {
    let Ok(folder) = fs::File::open("/proc/self/fd") else { return Held::default() };
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut kinds = BTreeMap::new();
    for number in numbers.filter(|number| *number != folder.as_raw_fd()) {
        // SAFETY: it is only asked what it is; one that was closed meanwhile is nothing.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        if let Some(kind) = kind(descriptor) {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    Held(kinds)
}

fn kind(descriptor: BorrowedFd<'_>) -> Option<&'static str> {
    let file = FileType::from_raw_mode(fstat(descriptor).ok()?.st_mode);
    if file != FileType::Socket {
        let is_written = !(fcntl_getfl(descriptor).ok()? & OFlags::ACCMODE).is_empty();
        return (is_written && file == FileType::RegularFile && !descriptor.is_terminal())
            .then_some("file to write to");
    }
    let domain = socket_domain(descriptor).ok()?;
    Some(match (domain, socket_type(descriptor).ok()?) {
        (AddressFamily::PACKET, _) => "packet socket",
        (AddressFamily::INET | AddressFamily::INET6, SocketType::RAW) => "raw socket",
        (AddressFamily::INET | AddressFamily::INET6, SocketType::STREAM) => {
            if socket_acceptconn(descriptor).unwrap_or(false) { "listening TCP socket" } else { "TCP socket" }
        }
        (AddressFamily::INET | AddressFamily::INET6, _) => "datagram socket",
        (AddressFamily::NETLINK, _) => "netlink socket",
        (AddressFamily::UNIX, _) => return None,
        _ => "other socket",
    })
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing but what every program has");
        }
        for (index, (kind, count)) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            match (*count, kind.strip_prefix("file ")) {
                (1, _) => write!(f, "1 {kind}")?,
                (many, Some(rest)) => write!(f, "{many} files {rest}")?,
                (many, None) => write!(f, "{many} {kind}s")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn what_is_opened_is_counted() {
        let before = held();
        let (_listener, _other) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let after = held();
        for kind in ["listening TCP socket", "datagram socket"] {
            assert!(after.0.get(kind) > before.0.get(kind), "{kind}: {after}");
        }
    }

    #[test]
    fn it_is_told_in_words() {
        let held = Held(BTreeMap::from([("file to write to", 2), ("packet socket", 1), ("raw socket", 3)]));
        assert_eq!(held.to_string(), "2 files to write to, 1 packet socket, 3 raw sockets");
        assert_eq!(Held::default().to_string(), "nothing but what every program has");
    }
}
