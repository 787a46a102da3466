//! The tracepoints that are read, each as one row of a table, and what a record of each says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::format::Format;
use super::record::{Ends, What};
use crate::sys::sockdiag::KernelState;

/// A tracepoint: where it stands below `events`, the fields without which it says nothing, and how to read it.
pub(super) struct Point {
    pub(super) path: &'static str,
    pub(super) fields: &'static [&'static str],
    /// Whether there is no account of the sockets without it. What is newer than 4.18 is welcome and not needed.
    pub(super) needed: bool,
    /// Only records with these numbers are wanted.
    pub(super) filter: Option<&'static str>,
    pub(super) read: fn(&Format, &[u8]) -> Option<What>,
}

const fn point(
    path: &'static str,
    needed: bool,
    fields: &'static [&'static str],
    read: fn(&Format, &[u8]) -> Option<What>,
) -> Point {
    Point { path, fields, needed, filter: None, read }
}

/// The kernel looks up the way of a datagram (IPPROTO_UDP).
const fn way(path: &'static str, read: fn(&Format, &[u8]) -> Option<What>) -> Point {
    Point { path, fields: &["src", "dst", "sport", "dport", "proto"], needed: false, filter: Some("proto == 17"), read }
}

/// A packet is dropped.
pub(super) const DROP: &str = "skb/kfree_skb";
/// A reset is sent.
pub(super) const RESET: &str = "tcp/tcp_send_reset";

/// The change of a socket's state.
pub(super) const STATE: Point = point(
    "sock/inet_sock_set_state",
    true,
    &[
        "skaddr", "oldstate", "newstate", "sport", "dport", "family", "protocol", "saddr", "daddr", "saddr_v6",
        "daddr_v6",
    ],
    state,
);

/// What happens to sockets, whoever runs at that moment.
pub(super) const SOCKETS: [Point; 8] = [
    STATE,
    point(RESET, false, &["skbaddr", "skaddr", "saddr", "daddr"], reset_sent),
    point("tcp/tcp_receive_reset", false, &["skaddr"], |format, record| {
        Some(What::ResetReceived { socket: format.number(record, "skaddr")?, ends: ends(format, record)? })
    }),
    point("tcp/tcp_retransmit_skb", false, &["skaddr"], |format, record| {
        Some(What::Again { socket: format.number(record, "skaddr")?, ends: ends(format, record)?, request: false })
    }),
    point("tcp/tcp_retransmit_synack", false, &["skaddr"], |format, record| {
        Some(What::Again { socket: format.number(record, "skaddr")?, ends: ends(format, record)?, request: true })
    }),
    point("tcp/tcp_bad_csum", false, &["skbaddr", "saddr", "daddr"], |format, record| {
        Some(What::Named { packet: format.number(record, "skbaddr")?, ends: sockaddr_ends(format, record)?.reversed() })
    }),
    point("tcp/tcp_destroy_sock", false, &["skaddr"], |format, record| {
        Some(What::Destroyed { socket: format.number(record, "skaddr")?, ends: ends(format, record)? })
    }),
    point(DROP, false, &["skbaddr", "reason"], dropped),
];

/// Reasons for a drop that say nothing of a connection, and come for every packet in a busy network: they are left out
/// where they arise.
pub(super) const NOISE: [&str; 4] = ["NOT_SPECIFIED", "OTHERHOST", "UNHANDLED_PROTO", "PACKET_SOCK_ERROR"];

/// What tasks do: who is born of whom, what they are called, and through which socket they move octets.
pub(super) const TASKS: [Point; 8] = [
    point("sched/sched_process_exec", false, &[], |_, _| Some(What::Executed)),
    point("sched/sched_process_exit", false, &[], |_, _| Some(What::Exited)),
    point("task/task_newtask", false, &["pid", "comm", "clone_flags"], |format, record| {
        Some(What::Born {
            task: u32::try_from(format.number(record, "pid")?).ok()?,
            name: name(format.get(record, "comm")?),
            flags: format.number(record, "clone_flags")?,
        })
    }),
    point("task/task_rename", false, &["newcomm"], |format, record| {
        Some(What::Renamed { name: name(format.get(record, "newcomm")?) })
    }),
    point("sock/sock_send_length", false, &["sk", "protocol"], moved),
    point("sock/sock_recv_length", false, &["sk", "protocol"], moved),
    way("fib/fib_table_lookup", routed::<4>),
    way("fib6/fib6_table_lookup", routed::<16>),
];

/// A system call.
pub(super) struct SystemCall {
    /// The kernel's name for it.
    pub(super) name: &'static str,
    /// Only calls with these arguments are recorded.
    pub(super) filter: Option<&'static str>,
    /// Whether it matters what it returns.
    pub(super) returns: bool,
}

const fn call(name: &'static str) -> SystemCall {
    SystemCall { name, filter: None, returns: true }
}

/// The system calls that are read. Which exist depends on the machine: some have no `accept`.
pub(super) const CALLS: [SystemCall; 26] = [
    call("socket"),
    call("bind"),
    call("listen"),
    call("accept"),
    call("accept4"),
    call("connect"),
    call("sendto"),
    call("sendmsg"),
    call("sendmmsg"),
    call("write"),
    call("writev"),
    call("sendfile64"),
    call("recvfrom"),
    call("recvmsg"),
    call("recvmmsg"),
    call("read"),
    call("readv"),
    call("shutdown"),
    call("close"),
    call("setsockopt"),
    call("dup"),
    call("dup2"),
    call("dup3"),
    call("close_range"),
    // F_DUPFD, F_SETFD and F_DUPFD_CLOEXEC: another number for a descriptor, and whether another program will have it.
    SystemCall { name: "fcntl", filter: Some("cmd == 0 || cmd == 2 || cmd == 1030"), returns: true },
    // FIONCLEX and FIOCLEX.
    SystemCall { name: "ioctl", filter: Some("cmd == 0x5450 || cmd == 0x5451"), returns: false },
];

fn state(format: &Format, record: &[u8]) -> Option<What> {
    if format.number(record, "protocol")? != libc::IPPROTO_TCP as u64 {
        return None;
    }
    let state = |name| Some(KernelState(u8::try_from(format.number(record, name)?).unwrap_or(0)));
    Some(What::State {
        socket: format.number(record, "skaddr")?,
        ends: ends(format, record)?,
        old: state("oldstate")?,
        new: state("newstate")?,
    })
}

fn reset_sent(format: &Format, record: &[u8]) -> Option<What> {
    let socket = format.number(record, "skaddr")?;
    // Without a socket the ends are those of the segment that is answered: told as those of who answers.
    Some(What::ResetSent {
        socket,
        packet: format.number(record, "skbaddr")?,
        ends: sockaddr_ends(format, record)?,
        reason: format.number(record, "reason").unwrap_or(0),
    })
}

fn dropped(format: &Format, record: &[u8]) -> Option<What> {
    Some(What::Dropped {
        packet: format.number(record, "skbaddr")?,
        socket: format.number(record, "rx_sk").unwrap_or(0),
        reason: format.number(record, "reason")?,
    })
}

fn moved(format: &Format, record: &[u8]) -> Option<What> {
    let tcp = format.number(record, "protocol")? == libc::IPPROTO_TCP as u64;
    tcp.then_some(What::Used { socket: format.number(record, "sk")? })
}

/// `src`, `dst` of `N` octets, `sport` and `dport` in the order of this machine.
fn routed<const N: usize>(format: &Format, record: &[u8]) -> Option<What>
where
    IpAddr: From<[u8; N]>,
{
    let end = |address, port| -> Option<SocketAddr> {
        let address = IpAddr::from(*format.get(record, address)?.first_chunk::<N>()?).to_canonical();
        Some(SocketAddr::new(address, u16::try_from(format.number(record, port)?).ok()?))
    };
    Some(What::Routed { ends: Ends { local: end("src", "sport")?, remote: end("dst", "dport")? } })
}

fn name(octets: &[u8]) -> [u8; 16] {
    let mut name = [0; 16];
    let length = octets.iter().position(|octet| *octet == 0).unwrap_or(octets.len()).min(name.len());
    name[..length].copy_from_slice(&octets[..length]);
    name
}

/// `sport`, `dport` in the order of this machine; addresses of both families.
fn ends(format: &Format, record: &[u8]) -> Option<Ends> {
    let v6 = format.number(record, "family")? == libc::AF_INET6 as u64;
    let address = |v4: &str, v6_name: &str| -> Option<IpAddr> {
        Some(if v6 {
            Ipv6Addr::from(*format.get(record, v6_name)?.first_chunk::<16>()?).to_canonical()
        } else {
            IpAddr::from(*format.get(record, v4)?.first_chunk::<4>()?)
        })
    };
    let port = |name| u16::try_from(format.number(record, name)?).ok();
    Some(Ends {
        local: SocketAddr::new(address("saddr", "saddr_v6")?, port("sport")?),
        remote: SocketAddr::new(address("daddr", "daddr_v6")?, port("dport")?),
    })
}

/// `saddr` and `daddr` as whole `struct sockaddr_in6` or `sockaddr_in`; none for another family.
fn sockaddr_ends(format: &Format, record: &[u8]) -> Option<Ends> {
    let read = |name| sockaddr(format.get(record, name)?);
    Some(Ends { local: read("saddr")?, remote: read("daddr")? })
}

fn sockaddr(octets: &[u8]) -> Option<SocketAddr> {
    let family = i32::from(u16::from_ne_bytes(*octets.first_chunk()?));
    let port = u16::from_be_bytes(*octets.get(2..)?.first_chunk()?);
    let address = match family {
        libc::AF_INET => Ipv4Addr::from(*octets.get(4..)?.first_chunk::<4>()?).into(),
        libc::AF_INET6 => Ipv6Addr::from(*octets.get(8..)?.first_chunk::<16>()?).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_addresses_are_read() {
        let mut v4 = (libc::AF_INET as u16).to_ne_bytes().to_vec();
        v4.extend([0, 80, 192, 0, 2, 1]);
        assert_eq!(sockaddr(&v4), Some("192.0.2.1:80".parse().unwrap()));
        let mut v6 = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
        v6.extend([1, 0, 0, 0, 0, 0]);
        v6.extend("2001:db8::2".parse::<Ipv6Addr>().unwrap().octets());
        assert_eq!(sockaddr(&v6), Some("[2001:db8::2]:256".parse().unwrap()));
        for length in 0..8 {
            assert_eq!(sockaddr(&v4[..length]), None);
        }
        assert_eq!(sockaddr(&[0; 28]), None);
    }

    #[test]
    fn the_numbers_of_filters_are_those_of_the_headers() {
        assert_eq!((libc::F_DUPFD, libc::F_SETFD, libc::F_DUPFD_CLOEXEC), (0, 2, 1030));
        assert_eq!((libc::FIONCLEX, libc::FIOCLEX), (0x5450, 0x5451));
    }

    #[test]
    fn names_end_at_their_zero() {
        assert_eq!(&name(b"curl\0junk")[..6], b"curl\0\0");
        assert_eq!(name(&[b'x'; 40]), [b'x'; 16]);
    }
}
