//! Every TCP or UDP socket of the network namespace of the calling thread.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::{
    KernelState, MESSAGE, NLM_F_REQUEST, NLMSG_ERROR, NLMSGHDR, SOCK_DIAG_BY_FAMILY, SOCKID, attribute, question,
};
use crate::sys::{Error, Result, Version, netlink};

/// Whose sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Stream sockets.
    Tcp,
    /// Datagram sockets.
    Udp,
}

impl Transport {
    /// Both, with their names and protocol numbers.
    const ROWS: [(Self, &'static str, i32); 2] =
        [(Self::Tcp, "tcp", libc::IPPROTO_TCP), (Self::Udp, "udp", libc::IPPROTO_UDP)];

    /// Both.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Udp];

    /// `tcp` or `udp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::ROWS[self as usize].1
    }
}

/// What a socket waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerKind {
    /// What was sent is not acknowledged: it will be sent again.
    Retransmission,
    /// The connection is silent, or in FIN-WAIT-2: a probe, or the end of patience.
    KeepAlive,
    /// The record of TIME-WAIT, or of FIN-WAIT-2 without a program, will be forgotten.
    TimeWait,
    /// The peer's window is closed: a probe will ask whether it has opened.
    Persist,
    /// What was received will be acknowledged.
    DelayedAck,
    /// A kernel's number that is not known here.
    Other(u8),
}

impl TimerKind {
    /// By the numbers of `inet_diag_msg`; 0 is no timer.
    const fn from_kernel(number: u8) -> Option<Self> {
        Some(match number {
            0 => return None,
            1 => Self::Retransmission,
            2 => Self::KeepAlive,
            3 => Self::TimeWait,
            4 => Self::Persist,
            5 => Self::DelayedAck,
            other => Self::Other(other),
        })
    }
}

/// The timer of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// What it is for.
    pub kind: TimerKind,
    /// What is left of it.
    pub left: Duration,
    /// How often it has run out in a row.
    pub expired: u8,
}

/// One socket, connection request or TIME-WAIT record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Stream or datagram.
    pub transport: Transport,
    /// Its state. A datagram socket is ESTABLISHED once connect() gave it a peer, and CLOSE otherwise.
    pub state: KernelState,
    /// Its own address and port. A socket of IPv6 that speaks IPv4 has mapped addresses (RFC 4291 section 2.5.5.2).
    pub local: SocketAddr,
    /// Those of its peer; all zero where it has none.
    pub remote: SocketAddr,
    /// The index of the interface that it is bound to; 0 for all.
    pub interface: u32,
    /// Its number, which no other socket of this boot has.
    pub cookie: u64,
    /// What it waits for.
    pub timer: Option<Timer>,
    /// As [`super::TcpSocket::receive_queue`]; for a datagram socket octets of memory, with the kernel's own records.
    pub receive_queue: u32,
    /// As [`super::TcpSocket::send_queue`].
    pub send_queue: u32,
    /// The user who made it; none for connection requests and TIME-WAIT, which belong to nobody.
    pub uid: Option<u32>,
    /// The file behind it; 0 where no process has a descriptor for it.
    pub inode: u32,
    /// For IPv6, listening or without a peer: whether IPv4 is refused (IPV6_V6ONLY).
    pub v6_only: Option<bool>,
    /// Packets that were dropped because it had no room for them, or did not want them.
    pub drops: u32,
}

/// The attributes that are asked for and used (`INET_DIAG_…` of linux/inet_diag.h).
const INET_DIAG_SKMEMINFO: u16 = 7;
const INET_DIAG_SKV6ONLY: u16 = 11;
/// The place of the drops in `INET_DIAG_SKMEMINFO` (linux/sock_diag.h).
const SK_MEMINFO_DROPS: usize = 8;
const NLM_F_DUMP: u16 = 0x300;
const NLMSG_DONE: u16 = 3;

/// All sockets of one transport and IP version, as the kernel lists them. Sockets that come or go meanwhile may be there
/// or not.
///
/// # Errors
/// The kernel has no sock_diag for this transport (modules tcp_diag, udp_diag).
pub fn sockets(transport: Transport, version: Version) -> Result<Vec<Socket>> {
    let name = transport.name();
    let failed = |source: io::Error| match source.raw_os_error() {
        Some(libc::ENOENT) => Error::NoSockDiag { transport: name },
        _ => Error::os(format!("ask the kernel for its {name} sockets"), source),
    };
    let asked = netlink::open(NETLINK_SOCK_DIAG).map_err(failed)?;
    asked.send(&request(transport, version), 0).map_err(failed)?;
    let mut found = Vec::new();
    while !collect(&netlink::receive(&asked).map_err(failed)?, transport, &mut found).map_err(failed)? {}
    Ok(found)
}

fn request(transport: Transport, version: Version) -> Vec<u8> {
    let family = if version == Version::V4 { libc::AF_INET } else { libc::AF_INET6 };
    let protocol = Transport::ROWS[transport as usize].2;
    question(NLM_F_REQUEST | NLM_F_DUMP, [family, protocol], INET_DIAG_SKMEMINFO, [0; SOCKID])
}

/// Takes the sockets out of one datagram; true when it was the last.
fn collect(datagram: &[u8], transport: Transport, found: &mut Vec<Socket>) -> io::Result<bool> {
    let short = || io::Error::new(io::ErrorKind::InvalidData, "the answer is too short");
    let mut rest = datagram;
    if rest.is_empty() {
        return Err(short());
    }
    while !rest.is_empty() {
        let header: &[u8; NLMSGHDR] = rest.first_chunk().ok_or_else(short)?;
        let length = number(header, 0) as usize;
        let body = rest.get(NLMSGHDR..length).ok_or_else(short)?;
        match u16::from_ne_bytes([header[4], header[5]]) {
            NLMSG_DONE => return ended(body).map(|()| true),
            NLMSG_ERROR => return ended(body).and(Err(short())),
            SOCK_DIAG_BY_FAMILY => found.push(socket(body, transport).ok_or_else(short)?),
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// The end of a dump has an error in it where it was not complete.
fn ended(body: &[u8]) -> io::Result<()> {
    let code = body.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code.saturating_neg())) }
}

/// One `struct inet_diag_msg` with its attributes.
fn socket(body: &[u8], transport: Transport) -> Option<Socket> {
    let message: &[u8; MESSAGE] = body.first_chunk()?;
    let attributes = &body[MESSAGE..];
    let port = |place: usize| u16::from_be_bytes([message[place], message[place + 1]]);
    let is_v4 = i32::from(message[0]) == libc::AF_INET;
    let [expires, receive_queue, send_queue, uid, inode] = [52, 56, 60, 64, 68].map(|place| number(message, place));
    let timer = TimerKind::from_kernel(message[2]).map(|kind| Timer {
        kind,
        left: Duration::from_millis(expires.into()),
        expired: message[3],
    });
    let state = KernelState(message[1]);
    // Connection requests and what TIME-WAIT leaves are records, no sockets; the kernel gives root for their user.
    let is_record =
        inode == 0 && (matches!(timer, Some(Timer { kind: TimerKind::TimeWait, .. })) || state.name() == "SYN_RECV");
    let memory = attribute(attributes, INET_DIAG_SKMEMINFO).unwrap_or_default();
    Some(Socket {
        transport,
        state,
        local: SocketAddr::new(address(&message[8..24], is_v4), port(4)),
        remote: SocketAddr::new(address(&message[24..40], is_v4), port(6)),
        interface: number(message, 40),
        cookie: u64::from(number(message, 44)) | u64::from(number(message, 48)) << 32,
        timer,
        receive_queue,
        send_queue,
        uid: (!is_record).then_some(uid),
        inode,
        v6_only: attribute(attributes, INET_DIAG_SKV6ONLY).and_then(<[u8]>::first).map(|only| *only != 0),
        drops: memory.chunks_exact(4).nth(SK_MEMINFO_DROPS).map_or(0, |word| number(word, 0)),
    })
}

fn address(octets: &[u8], is_v4: bool) -> IpAddr {
    let mut all = [0; 16];
    all.copy_from_slice(octets);
    if is_v4 { Ipv4Addr::new(all[0], all[1], all[2], all[3]).into() } else { Ipv6Addr::from(all).into() }
}

fn number(bytes: &[u8], place: usize) -> u32 {
    bytes.get(place..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};

    fn own(transport: Transport, version: Version, local: SocketAddr) -> Vec<Socket> {
        let mut all = sockets(transport, version).unwrap();
        all.retain(|socket| socket.local == local);
        all
    }

    #[test]
    fn both_ends_and_the_listener_are_listed() {
        for (address, version) in [("127.0.0.1:0", Version::V4), ("[::1]:0", Version::V6)] {
            let listener = TcpListener::bind(address).unwrap();
            let server = listener.local_addr().unwrap();
            let waiting = TcpStream::connect(server).unwrap();
            let client = waiting.local_addr().unwrap();
            let at_server = own(Transport::Tcp, version, server);
            let names: Vec<_> = at_server.iter().map(|socket| (socket.state.name(), socket.remote.port())).collect();
            assert!(names.contains(&("LISTEN", 0)) && names.contains(&("ESTABLISHED", client.port())), "{names:?}");
            let listening = at_server.iter().find(|socket| socket.remote.port() == 0).unwrap();
            assert_eq!((listening.receive_queue, listening.inode != 0), (1, true), "one waits for accept()");
            assert!(at_server.iter().any(|socket| socket.inode == 0), "nobody has a descriptor for it yet");
            assert_eq!(listening.v6_only.is_some(), version == Version::V6);
            assert_eq!(own(Transport::Tcp, version, client)[0].remote, server);
        }
    }

    #[test]
    fn a_datagram_socket_is_listed_with_what_waits_in_it() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        socket.send_to(b"datagram", address).unwrap();
        let found = own(Transport::Udp, Version::V4, address);
        assert_eq!((found.len(), found[0].state.name()), (1, "CLOSE"));
        assert!(found[0].receive_queue > 0 && found[0].cookie != 0);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic_or_loop(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let mut framed = u32::try_from(bytes.len() + NLMSGHDR).unwrap().to_ne_bytes().to_vec();
            framed.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
            framed.resize(NLMSGHDR, 0);
            framed.extend(&bytes);
            let mut found = Vec::new();
            let _ = collect(&framed, Transport::Udp, &mut found);
            let _ = collect(&bytes, Transport::Tcp, &mut found);
        }
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let mut found = Vec::new();
        assert!(collect(&[], Transport::Tcp, &mut found).is_err());
        assert!(collect(&[0; NLMSGHDR], Transport::Tcp, &mut found).is_err());
        let done = |code: i32| [&20_u32.to_ne_bytes()[..], &[3, 0], &[0; 10], &code.to_ne_bytes()].concat();
        assert!(collect(&done(0), Transport::Tcp, &mut found).unwrap());
        let error = collect(&done(-libc::ENOENT), Transport::Tcp, &mut found).unwrap_err();
        assert_eq!((error.raw_os_error(), found.len()), (Some(libc::ENOENT), 0));
    }
}
