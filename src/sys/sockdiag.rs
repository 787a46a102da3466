//! What the kernel itself says of its sockets (sock_diag(7)): of one TCP connection, so that what we conclude can be held
//! against it, or of all.

mod destroy;
mod dump;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::{Error, Result, netlink};

pub use destroy::end_connections;
pub use dump::{Socket, Timer, TimerKind, Transport, sockets};

/// A state in the kernel's numbering and spelling (`include/net/tcp_states.h`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KernelState(pub u8);

/// The kernel's names, by its numbers; 12 is a connection request that is no socket yet, and 13 what has a port and
/// neither listens nor has a peer.
const NAMES: [&str; 14] = [
    "?",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "SYN_RECV",
    "CLOSE",
];

impl KernelState {
    /// The kernel's name for it, for example `SYN_RECV`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("?")
    }
}

impl fmt::Display for KernelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for KernelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

/// What the kernel knows of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpSocket {
    /// Its state.
    pub state: KernelState,
    /// Bytes received but not yet read by the program; for a listener the connections waiting for accept().
    pub receive_queue: u32,
    /// Bytes sent but not yet acknowledged; for a listener the largest number of connections that may wait.
    pub send_queue: u32,
    /// `struct tcp_info` as it came (linux/tcp.h), empty for TIME_WAIT and connection requests.
    pub info: Vec<u8>,
}

/// What `struct tcp_info` tells (linux/tcp.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpInfo {
    /// The smoothed round-trip time, in microseconds.
    pub rtt: u32,
    /// The congestion window, in segments.
    pub congestion_window: u32,
    /// Segments that were sent again since the connection began.
    pub retransmitted: u32,
}

impl TcpSocket {
    /// What the kernel counts; none for TIME_WAIT and connection requests.
    #[must_use]
    pub fn counts(&self) -> Option<TcpInfo> {
        let number = |place: usize| Some(u32::from_ne_bytes(*self.info.get(place..)?.first_chunk()?));
        Some(TcpInfo { rtt: number(68)?, congestion_window: number(80)?, retransmitted: number(100)? })
    }
}

/// The state of the connection with these two ends, as a socket of this thread's network namespace has it; `None` where
/// the kernel has no such connection. Connection requests and TIME_WAIT are included; an unspecified `remote` (address
/// and port zero) asks for the listener.
///
/// # Errors
/// Where the kernel has no sock_diag for TCP.
pub fn tcp_state(local: SocketAddr, remote: SocketAddr) -> Result<Option<KernelState>> {
    Ok(tcp_socket(local, remote)?.map(|socket| socket.state))
}

/// The same with queues and `tcp_info`.
///
/// # Errors
/// As [`tcp_state`].
pub fn tcp_socket(local: SocketAddr, remote: SocketAddr) -> Result<Option<TcpSocket>> {
    Inspector::open()?.tcp_socket(local, remote)
}

/// Asks for the sockets of the network namespace in which it was opened, whatever thread asks.
pub struct Inspector(netlink_sys::Socket);

impl Inspector {
    /// For the network namespace of this thread.
    ///
    /// # Errors
    /// The kernel has no sock_diag.
    pub fn open() -> Result<Self> {
        let socket = netlink::open(NETLINK_SOCK_DIAG);
        Ok(Self(socket.map_err(|source| Error::os("ask the kernel for its sockets", source))?))
    }

    /// As [`tcp_socket`].
    ///
    /// # Errors
    /// As [`tcp_state`].
    pub fn tcp_socket(&self, local: SocketAddr, remote: SocketAddr) -> Result<Option<TcpSocket>> {
        let failed = |source| Error::os(format!("ask the kernel for the state of {local} to {remote}"), source);
        let (ends, socket) = match self.answer(local, remote).map_err(failed)? {
            Some(found) => found,
            None => return Ok(None),
        };
        // Where no connection matches, the kernel answers with the listener behind it.
        let mapped = [local, remote].map(mapped);
        let is_it = ends == sockid_ends(local, remote) || ends == sockid_ends(mapped[0], mapped[1]);
        Ok(is_it.then_some(socket))
    }

    /// The socket that would take a SYN to `local`: it may listen at all addresses.
    ///
    /// # Errors
    /// As [`tcp_state`].
    pub fn listener(&self, local: SocketAddr) -> Result<Option<TcpSocket>> {
        let nobody = if local.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let found = self.answer(local, SocketAddr::new(nobody, 0));
        let found = found.map_err(|source| Error::os(format!("ask the kernel who listens at {local}"), source))?;
        Ok(found.map(|(_, socket)| socket).filter(|socket| socket.state.name() == "LISTEN"))
    }

    fn answer(&self, local: SocketAddr, remote: SocketAddr) -> io::Result<Option<([u8; 36], TcpSocket)>> {
        self.0.send(&request(local, remote), 0)?;
        parse(&netlink::receive(&self.0)?)
    }
}

const NLMSGHDR: usize = 16;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const INET_DIAG_INFO: u16 = 2;
/// `struct inet_diag_sockid`: ports, addresses, interface, cookie.
const SOCKID: usize = 48;
/// `struct inet_diag_req_v2`: eight bytes, then the sockid.
const REQUEST: usize = 8 + SOCKID;
/// `struct inet_diag_msg`: four bytes, the sockid, five 32-bit numbers.
const MESSAGE: usize = 4 + SOCKID + 20;

/// Asks for one connection.
fn request(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let mut sockid = [0; SOCKID]; // any interface
    sockid[..36].copy_from_slice(&sockid_ends(local, remote));
    sockid[40..].fill(0xff); // no cookie
    let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    question(NLM_F_REQUEST, [family, libc::IPPROTO_TCP], INET_DIAG_INFO, sockid)
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2`, for every state; family and protocol, and the attribute that is wanted.
fn question(flags: u16, numbers: [i32; 2], attribute: u16, sockid: [u8; SOCKID]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(NLMSGHDR + REQUEST);
    let length = u32::try_from(NLMSGHDR + REQUEST).unwrap_or(0);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 8]); // sequence and port number
    bytes.extend(numbers.map(|number| u8::try_from(number).unwrap_or(0)));
    bytes.extend([1 << (attribute - 1), 0]);
    bytes.extend(u32::MAX.to_ne_bytes()); // every state
    bytes.extend(sockid);
    bytes
}

/// The beginning of a sockid, which says whose socket it is: ports and addresses in network byte order.
fn sockid_ends(local: SocketAddr, remote: SocketAddr) -> [u8; 36] {
    let mut bytes = [0; 36];
    bytes[..2].copy_from_slice(&local.port().to_be_bytes());
    bytes[2..4].copy_from_slice(&remote.port().to_be_bytes());
    for (address, place) in [(local.ip(), 4), (remote.ip(), 20)] {
        match address {
            IpAddr::V4(v4) => bytes[place..place + 4].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => bytes[place..place + 16].copy_from_slice(&v6.octets()),
        }
    }
    bytes
}

/// An IPv4 address as a socket for both versions has it (::ffff:192.0.2.1).
fn mapped(socket: SocketAddr) -> SocketAddr {
    let ip = match socket.ip() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        v6 => v6,
    };
    SocketAddr::new(ip, socket.port())
}

/// Both ends as they stand in a sockid, and the rest.
fn parse(answer: &[u8]) -> io::Result<Option<([u8; 36], TcpSocket)>> {
    let short = || io::Error::new(io::ErrorKind::InvalidData, "the answer is too short");
    let kind = u16::from_ne_bytes(*answer.get(4..).and_then(<[u8]>::first_chunk).ok_or_else(short)?);
    let body = answer.get(NLMSGHDR..).ok_or_else(short)?;
    if kind == NLMSG_ERROR {
        let code = i32::from_ne_bytes(*body.first_chunk().ok_or_else(short)?);
        let error = io::Error::from_raw_os_error(code.saturating_neg());
        return if error.raw_os_error() == Some(libc::ENOENT) { Ok(None) } else { Err(error) };
    }
    let message: &[u8; MESSAGE] = body.first_chunk().ok_or_else(short)?;
    let ends = *message[4..].first_chunk().ok_or_else(short)?;
    let number = |place: usize| message[place..].first_chunk().map_or(0, |bytes| u32::from_ne_bytes(*bytes));
    let socket = TcpSocket {
        state: KernelState(message[1]),
        receive_queue: number(56),
        send_queue: number(60),
        info: attribute(&body[MESSAGE..], INET_DIAG_INFO).unwrap_or_default().to_vec(),
    };
    Ok(Some((ends, socket)))
}

/// The value of one netlink attribute among several.
fn attribute(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
        if kind == wanted {
            return rest.get(4..length);
        }
        rest = rest.get(length.max(4).next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    /// Follows one connection through the kernel's own eyes.
    fn follow(address: &str) {
        let listener = TcpListener::bind(address).unwrap();
        let server = listener.local_addr().unwrap();
        let client = TcpStream::connect(server).unwrap();
        let (accepted, from) = listener.accept().unwrap();
        let state = |local, remote| tcp_state(local, remote).unwrap().map(|state| state.name());
        assert_eq!(state(from, server), Some("ESTABLISHED"));
        assert_eq!(tcp_socket(server, from).unwrap().unwrap().info.first(), Some(&1), "tcp_info begins with the state");
        client.shutdown(std::net::Shutdown::Write).unwrap();
        while state(server, from) == Some("ESTABLISHED") || state(from, server) == Some("FIN_WAIT1") {}
        assert_eq!((state(from, server), state(server, from)), (Some("FIN_WAIT2"), Some("CLOSE_WAIT")));
        drop(accepted);
        while state(from, server) == Some("FIN_WAIT2") {}
        assert_eq!((state(from, server), state(server, from)), (Some("TIME_WAIT"), None));
    }

    #[test]
    fn sees_the_states_of_both_ends() {
        follow("127.0.0.1:0");
        follow("[::1]:0");
    }

    #[test]
    fn a_socket_for_both_versions_is_found_by_ipv4_addresses() {
        let listener = TcpListener::bind("[::]:0").unwrap();
        let server = SocketAddr::new("127.0.0.1".parse().unwrap(), listener.local_addr().unwrap().port());
        let client = TcpStream::connect(server).unwrap();
        let own = client.local_addr().unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let state = || tcp_state(server, own).unwrap().map(KernelState::name);
        assert_eq!(state(), Some("ESTABLISHED"));
        drop(accepted);
        drop(client);
        while state() != Some("TIME_WAIT") {}
    }

    #[test]
    fn a_listener_is_not_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        assert_eq!(tcp_state(server, "127.0.0.1:9".parse().unwrap()).unwrap(), None);
        let listening = tcp_state(server, "0.0.0.0:0".parse().unwrap()).unwrap();
        assert_eq!(listening.map(KernelState::name), Some("LISTEN"));
    }

    #[test]
    fn who_listens_at_all_addresses_is_found_with_its_queue() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let server = SocketAddr::new("127.0.0.1".parse().unwrap(), listener.local_addr().unwrap().port());
        let inspector = Inspector::open().unwrap();
        let waiting = || inspector.listener(server).unwrap().map(|socket| socket.receive_queue);
        assert_eq!(waiting(), Some(0));
        let client = TcpStream::connect(server).unwrap();
        while waiting() != Some(1) {}
        let counts = tcp_socket(client.local_addr().unwrap(), server).unwrap().unwrap().counts().unwrap();
        assert_eq!((counts.congestion_window, counts.retransmitted), (10, 0), "RFC 6928");
        assert!(counts.rtt < 1_000_000, "{counts:?}");
        drop(listener);
        assert_eq!(waiting(), None);
    }

    #[test]
    fn a_short_answer_is_an_error() {
        for length in 0..NLMSGHDR + MESSAGE {
            assert!(parse(&vec![0; length]).is_err());
        }
        assert_eq!(attribute(&[0, 0, 9, 0, 8, 0, 2, 0, 1, 2, 3, 4], INET_DIAG_INFO), Some(&[1, 2, 3, 4][..]));
        assert_eq!(attribute(&[0xff, 0xff, 2, 0, 1], INET_DIAG_INFO), None);
    }

    #[test]
    fn names_are_the_kernels() {
        assert_eq!(KernelState(3).to_string(), "SYN_RECV");
        assert_eq!(KernelState(11).name(), "CLOSING");
        assert_eq!(format!("{:?}", KernelState(200)), "?(200)");
    }
}
