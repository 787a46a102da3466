//! A socket for ping made by hand: raw where that is permitted, otherwise the kernel's ICMP datagram socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Protocol, Socket, Type};

use super::{Error, Result, Version, route, sockopt};
use crate::wire::Time;

mod message;
pub(super) mod stamps;

/// How the kernel lets us speak ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything that arrives is seen, and the identifier is ours to choose. Needs CAP_NET_RAW.
    Raw,
    /// The kernel chooses the identifier and delivers only its replies and errors. Allowed to the groups in the sysctl
    /// net.ipv4.ping_group_range.
    Datagram,
}

/// How packets leave. What is not given, the kernel decides.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Send and receive through this interface only.
    pub interface: Option<String>,
    /// The source address.
    pub source: Option<IpAddr>,
    /// Time to live, or hop limit.
    pub ttl: Option<u8>,
    /// Type of service, or traffic class.
    pub tos: Option<u8>,
    /// The echo identifier that a datagram socket should use.
    pub identifier: Option<u16>,
    /// Only hosts on a directly connected network (SO_DONTROUTE).
    pub dont_route: bool,
    /// Broadcast addresses are allowed.
    pub broadcast: bool,
    /// What to do with packets that are longer than the path allows.
    pub path_mtu: Option<PathMtu>,
    /// Requests carry an empty record-route option (RFC 791) for nine addresses. IPv4 only.
    pub record_route: bool,
}

/// What the kernel does with packets that are longer than the path allows (IP_MTU_DISCOVER in ip(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathMtu {
    /// Packets may be fragmented by anybody; in IPv4 they carry no DF.
    Dont,
    /// The kernel fragments what is longer than the path's MTU as it knows it; shorter packets carry DF.
    Want,
    /// Longer packets are refused; DF is set.
    Do,
    /// Whatever the interface can take is sent with DF set; what is known of the path is ignored.
    Probe,
}

impl PathMtu {
    /// The numbers of linux/in.h, which those of linux/in6.h repeat.
    const fn value(self) -> i32 {
        match self {
            Self::Dont => libc::IP_PMTUDISC_DONT,
            Self::Want => libc::IP_PMTUDISC_WANT,
            Self::Do => libc::IP_PMTUDISC_DO,
            Self::Probe => libc::IP_PMTUDISC_PROBE,
        }
    }
}

/// Nothing, and a record-route option: type 7, 39 octets, the first free one is the fourth (RFC 791 section 3.1).
const RECORD_ROUTE: [u8; 40] = {
    let mut option = [0; 40];
    [option[0], option[1], option[2], option[3]] = [1, 7, 39, 4];
    option
};

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Octets in the buffer, from the first octet of the ICMP header on; the IP header is not among them.
    pub len: usize,
    /// Octets that did not fit into the buffer were lost.
    pub truncated: bool,
    /// Who sent it; for an error the host that reported it, or where unknown the destination it is about.
    pub from: IpAddr,
    /// When the kernel received it, by its own stamp; the time of reading where it gave none.
    pub time: Time,
    /// Time to live or hop limit when it arrived.
    pub ttl: Option<u8>,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// The options of the IPv4 header; empty where there are none.
    pub options: Vec<u8>,
    /// Where it comes from: the network, or the kernel's error queue.
    pub origin: Origin,
}

/// Where a received message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The network: the buffer holds the ICMP message.
    Network,
    /// The error queue of a datagram socket: the buffer holds our own request as it was quoted, and this is the error.
    Error {
        /// The errno that it stands for.
        errno: i32,
        /// Type and code of the ICMP message that reported it; `None` where this machine itself did.
        icmp: Option<(u8, u8)>,
        /// What came with it, for example the path MTU.
        info: u32,
    },
    /// A message of ours left at [`Received::time`]; the buffer holds nothing.
    Departure {
        /// Which one: the count of those that the socket took before it, modulo 2^32.
        nth: u32,
    },
}

/// A socket that sends and receives ICMP or ICMPv6 messages.
#[derive(Debug)]
pub struct IcmpSocket {
    socket: Socket,
    version: Version,
    kind: Kind,
    departures: bool,
}

impl IcmpSocket {
    /// Opens a raw socket, or where that is not permitted a datagram socket.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] where both are refused; [`Error::NoInterface`], [`Error::ForeignSource`].
    pub fn open(version: Version, config: &Config) -> Result<Self> {
        match Self::open_kind(version, Kind::Raw, config) {
            Err(error) if error.is_not_permitted() => {}
            other => return other,
        }
        Self::open_kind(version, Kind::Datagram, config).map_err(|error| match error {
            Error::NotPermitted { refusal, .. } => Error::os(NEITHER, refusal),
            other => other,
        })
    }

    /// Opens a socket of one kind and no other.
    ///
    /// # Errors
    /// As [`IcmpSocket::open`].
    pub fn open_kind(version: Version, kind: Kind, config: &Config) -> Result<Self> {
        let protocol = match version {
            Version::V4 => Protocol::ICMPV4,
            Version::V6 => Protocol::ICMPV6,
        };
        let (socket_type, operation) = match kind {
            Kind::Raw => (Type::RAW, "open a raw ICMP socket"),
            Kind::Datagram => (Type::DGRAM, "open an ICMP datagram socket (net.ipv4.ping_group_range)"),
        };
        let socket = Socket::new(version.domain(), socket_type, Some(protocol))
            .map_err(|source| Error::os(operation, source))?;
        let departures = stamps::ask_for_departures(&socket);
        let this = Self { socket, version, kind, departures };
        this.set_up(config).map_err(|source| Error::os("set up an ICMP socket", source))?;
        this.bind(config)?;
        Ok(this)
    }

    fn set_up(&self, config: &Config) -> io::Result<()> {
        self.socket.set_nonblocking(true)?;
        self.socket.set_broadcast(config.broadcast)?;
        sockopt::set_int(&self.socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)?;
        sockopt::set_int(&self.socket, libc::SOL_SOCKET, libc::SO_DONTROUTE, config.dont_route.into())?;
        match self.version {
            Version::V4 => self.set_up_v4(config),
            Version::V6 => self.set_up_v6(config),
        }
    }

    fn set_up_v4(&self, config: &Config) -> io::Result<()> {
        sockopt::set_int(&self.socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1)?;
        self.socket.set_recv_tos_v4(true)?;
        if let Some(ttl) = config.ttl {
            self.socket.set_ttl_v4(ttl.into())?;
            self.socket.set_multicast_ttl_v4(ttl.into())?;
        }
        if let Some(tos) = config.tos {
            self.socket.set_tos_v4(tos.into())?;
        }
        if let Some(path_mtu) = config.path_mtu {
            sockopt::set_int(&self.socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, path_mtu.value())?;
        }
        if config.record_route {
            sockopt::set_bytes(&self.socket, libc::IPPROTO_IP, libc::IP_OPTIONS, &RECORD_ROUTE)?;
            sockopt::set_int(&self.socket, libc::IPPROTO_IP, libc::IP_RECVOPTS, 1)?;
        }
        match self.kind {
            Kind::Raw => sockopt::set_bytes(&self.socket, libc::SOL_RAW, ICMP_FILTER, &message::filter_v4()),
            Kind::Datagram => sockopt::set_int(&self.socket, libc::IPPROTO_IP, libc::IP_RECVERR, 1),
        }
    }

    fn set_up_v6(&self, config: &Config) -> io::Result<()> {
        self.socket.set_recv_hoplimit_v6(true)?;
        self.socket.set_recv_tclass_v6(true)?;
        if let Some(ttl) = config.ttl {
            self.socket.set_unicast_hops_v6(ttl.into())?;
            self.socket.set_multicast_hops_v6(ttl.into())?;
        }
        if let Some(tos) = config.tos {
            self.socket.set_tclass_v6(tos.into())?;
        }
        if let Some(path_mtu) = config.path_mtu {
            sockopt::set_int(&self.socket, libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, path_mtu.value())?;
        }
        match self.kind {
            Kind::Raw => sockopt::set_bytes(&self.socket, libc::IPPROTO_ICMPV6, ICMP6_FILTER, &message::filter_v6()),
            Kind::Datagram => sockopt::set_int(&self.socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, 1),
        }
    }

    fn bind(&self, config: &Config) -> Result<()> {
        let mut scope = 0;
        if let Some(name) = &config.interface {
            sockopt::bind_device(&self.socket, name)?;
            scope = sockopt::interface_index(name)?;
        }
        let identifier = config.identifier.filter(|_| self.kind == Kind::Datagram);
        if config.source.is_none() && identifier.is_none() {
            return Ok(());
        }
        let any = match self.version {
            Version::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Version::V6 => Ipv6Addr::UNSPECIFIED.into(),
        };
        let source = config.source.unwrap_or(any);
        let bound = self.socket.bind(&sockopt::address(source, identifier.unwrap_or(0), scope));
        bound.map_err(|error| match error.raw_os_error() {
            Some(libc::EADDRNOTAVAIL) => route::foreign_source(source),
            _ => Error::os(format!("use the source address {source}"), error),
        })
    }

    /// Which kind it became.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the kernel was willing to stamp departures.
    #[must_use]
    pub fn stamps_departures(&self) -> bool {
        self.departures
    }

    /// The version of the Internet Protocol below it.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The identifier that the kernel writes into every request; `None` for a raw socket, where it is ours, and for a
    /// datagram socket that has neither been given one nor sent anything.
    #[must_use]
    pub fn identifier(&self) -> Option<u16> {
        let port = self.socket.local_addr().ok()?.as_socket()?.port();
        (self.kind == Kind::Datagram && port != 0).then_some(port)
    }

    /// Sends one ICMP message, header first. The kernel writes the checksum in ICMPv6 and on datagram sockets.
    /// `scope_id` is the interface index for a link-local destination, otherwise 0.
    ///
    /// # Errors
    /// [`Error::is_too_long`], [`Error::is_unreachable`] and [`Error::is_transient`] tell them apart.
    pub fn send(&self, message: &[u8], to: IpAddr, scope_id: u32) -> Result<()> {
        // An error that is pending from an earlier request is reported by the next call, whatever it is: once more then.
        let address = sockopt::address(to, 0, scope_id);
        let sent = self.socket.send_to(message, &address);
        let sent = if self.kind == Kind::Datagram && sent.as_ref().is_err_and(is_pending) {
            self.socket.send_to(message, &address)
        } else {
            sent
        };
        sent.map(drop).map_err(|source| Error::send(format!("send {} bytes to {to}", message.len()), source))
    }

    /// Takes the next message into `buffer`, from the first octet of its ICMP header on; `None` when nothing is waiting.
    ///
    /// # Errors
    /// A failure of this machine, not of the network: errors that the network reports are messages.
    pub fn recv(&self, buffer: &mut [u8]) -> Result<Option<Received>> {
        let failed = |source| Error::os("receive ICMP messages", source);
        // The queue first: a departure belongs before its reply.
        for _ in 0..4 {
            match message::receive(self, buffer, libc::MSG_ERRQUEUE) {
                Ok(received) => return Ok(Some(received)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(failed(error)),
            }
            match message::receive(self, buffer, 0) {
                Ok(received) => return Ok(Some(received)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                // Each error in the queue of a datagram socket is also reported once by an ordinary read; that report
                // is dropped, the queue tells more.
                Err(_) if self.kind == Kind::Datagram => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(None)
    }
}

fn is_pending(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EHOSTUNREACH | libc::ENETUNREACH | libc::ECONNREFUSED | libc::EPROTO))
}

impl AsFd for IcmpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

const NEITHER: &str =
    "open an ICMP socket, neither raw nor datagram (the sysctl net.ipv4.ping_group_range does not list your group)";

/// `ICMP_FILTER` of linux/icmp.h, at level SOL_RAW.
const ICMP_FILTER: i32 = 1;
/// `ICMPV6_FILTER` of linux/icmpv6.h.
const ICMP6_FILTER: i32 = 1;
