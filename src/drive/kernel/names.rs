//! Names of numbers that programs give to their kernel, and get from it.

use libc::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};

use crate::trace::Detail;

/// Level, number and name of socket options that matter to a connection or to datagrams.
const OPTIONS: [(i32, i32, &str); 28] = [
    (SOL_SOCKET, libc::SO_REUSEADDR, "SO_REUSEADDR"),
    (SOL_SOCKET, libc::SO_REUSEPORT, "SO_REUSEPORT"),
    (SOL_SOCKET, libc::SO_LINGER, "SO_LINGER"),
    (SOL_SOCKET, libc::SO_KEEPALIVE, "SO_KEEPALIVE"),
    (SOL_SOCKET, libc::SO_RCVBUF, "SO_RCVBUF"),
    (SOL_SOCKET, libc::SO_SNDBUF, "SO_SNDBUF"),
    (SOL_SOCKET, libc::SO_RCVTIMEO, "SO_RCVTIMEO"),
    (SOL_SOCKET, libc::SO_SNDTIMEO, "SO_SNDTIMEO"),
    (SOL_SOCKET, libc::SO_OOBINLINE, "SO_OOBINLINE"),
    (SOL_SOCKET, libc::SO_ATTACH_FILTER, "SO_ATTACH_FILTER"),
    (SOL_SOCKET, libc::SO_BROADCAST, "SO_BROADCAST"),
    (IPPROTO_IP, libc::IP_TTL, "IP_TTL"),
    (IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"),
    (IPPROTO_IPV6, libc::IPV6_V6ONLY, "IPV6_V6ONLY"),
    (IPPROTO_TCP, libc::TCP_NODELAY, "TCP_NODELAY"),
    (IPPROTO_TCP, libc::TCP_CORK, "TCP_CORK"),
    (IPPROTO_TCP, libc::TCP_MAXSEG, "TCP_MAXSEG"),
    (IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"),
    (IPPROTO_TCP, libc::TCP_FASTOPEN, "TCP_FASTOPEN"),
    (IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT"),
    (IPPROTO_TCP, libc::TCP_KEEPIDLE, "TCP_KEEPIDLE"),
    (IPPROTO_TCP, libc::TCP_KEEPINTVL, "TCP_KEEPINTVL"),
    (IPPROTO_TCP, libc::TCP_KEEPCNT, "TCP_KEEPCNT"),
    (IPPROTO_TCP, libc::TCP_CONGESTION, "TCP_CONGESTION"),
    (IPPROTO_TCP, libc::TCP_QUICKACK, "TCP_QUICKACK"),
    (IPPROTO_TCP, libc::TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"),
    (IPPROTO_TCP, libc::TCP_SYNCNT, "TCP_SYNCNT"),
    (IPPROTO_TCP, libc::TCP_LINGER2, "TCP_LINGER2"),
];

/// Errors that socket calls are known for. The kernel's own ERESTARTSYS (512) is told where a signal interrupts.
const ERRORS: [(i64, &str); 25] = [
    (libc::EINTR as i64, "EINTR"),
    (libc::EBADF as i64, "EBADF"),
    (libc::EAGAIN as i64, "EAGAIN"),
    (libc::ENOMEM as i64, "ENOMEM"),
    (libc::EACCES as i64, "EACCES"),
    (libc::EINVAL as i64, "EINVAL"),
    (libc::EMFILE as i64, "EMFILE"),
    (libc::ENFILE as i64, "ENFILE"),
    (libc::EPIPE as i64, "EPIPE"),
    (libc::ENOTSOCK as i64, "ENOTSOCK"),
    (libc::EMSGSIZE as i64, "EMSGSIZE"),
    (libc::EOPNOTSUPP as i64, "EOPNOTSUPP"),
    (libc::EADDRINUSE as i64, "EADDRINUSE"),
    (libc::EADDRNOTAVAIL as i64, "EADDRNOTAVAIL"),
    (libc::ENETUNREACH as i64, "ENETUNREACH"),
    (libc::EHOSTUNREACH as i64, "EHOSTUNREACH"),
    (libc::ECONNABORTED as i64, "ECONNABORTED"),
    (libc::ECONNRESET as i64, "ECONNRESET"),
    (libc::EISCONN as i64, "EISCONN"),
    (libc::ENOTCONN as i64, "ENOTCONN"),
    (libc::ETIMEDOUT as i64, "ETIMEDOUT"),
    (libc::ECONNREFUSED as i64, "ECONNREFUSED"),
    (libc::EINPROGRESS as i64, "EINPROGRESS"),
    (libc::EALREADY as i64, "EALREADY"),
    (512, "EINTR"),
];

/// The name of the error behind a negative result.
pub(super) fn errno(result: i64) -> Option<&'static str> {
    ERRORS.iter().find(|(number, _)| result < 0 && *number == -result).map(|(_, name)| *name)
}

/// Calls that make a descriptor, and where they are told to close it when another program is run: the place of the argument,
/// and its bit. The others that make one leave it open.
const CLOSING: [(&str, usize, i32); 3] =
    [("socket", 1, libc::SOCK_CLOEXEC), ("accept4", 3, libc::SOCK_CLOEXEC), ("dup3", 2, libc::O_CLOEXEC)];

/// Commands of fcntl(2) that make a descriptor.
const DOUBLING: [(i32, &str); 2] = [(libc::F_DUPFD, "F_DUPFD"), (libc::F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC")];

/// Whether the descriptor that this call makes is closed when its process runs another program.
pub(super) fn closes_on_exec(call: &str, arguments: &[u64; 6]) -> bool {
    let is_asked = |(name, index, bit): &(&str, usize, i32)| call == *name && arguments[*index] & *bit as u64 != 0;
    CLOSING.iter().any(is_asked) || call == "fcntl" && arguments[1] == libc::F_DUPFD_CLOEXEC as u64
}

/// What matters among the arguments of a call.
pub(super) fn detail(call: &str, arguments: &[u64; 6]) -> Option<Detail> {
    let number = |index: usize| arguments[index] as i32;
    match call {
        "listen" => Some(Detail::Backlog(number(1))),
        "shutdown" => {
            let how = [(libc::SHUT_RD, "SHUT_RD"), (libc::SHUT_WR, "SHUT_WR"), (libc::SHUT_RDWR, "SHUT_RDWR")];
            how.iter().find(|(how, _)| *how == number(1)).map(|(_, name)| Detail::How(name))
        }
        "setsockopt" => {
            let known = OPTIONS.iter().find(|(level, option, _)| (*level, *option) == (number(1), number(2)));
            known.map(|(_, _, name)| Detail::Option(name))
        }
        "dup2" | "dup3" => Some(Detail::Onto(number(1))),
        "fcntl" => {
            let known = DOUBLING.iter().find(|(command, _)| *command == number(1));
            known.map(|(_, name)| Detail::Command(name))
        }
        "close_range" => {
            (arguments[2] & u64::from(libc::CLOSE_RANGE_CLOEXEC) == 0).then_some(Detail::Last(arguments[1] as u32))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names() {
        assert_eq!(
            (errno(-104), errno(104), errno(-9999), errno(-512)),
            (Some("ECONNRESET"), None, None, Some("EINTR"))
        );
        assert_eq!(detail("listen", &[3, 5, 0, 0, 0, 0]), Some(Detail::Backlog(5)));
        assert_eq!(detail("shutdown", &[3, 1, 0, 0, 0, 0]), Some(Detail::How("SHUT_WR")));
        assert_eq!(detail("shutdown", &[3, 9, 0, 0, 0, 0]), None);
        assert_eq!(detail("setsockopt", &[3, 1, 2, 0, 0, 0]), Some(Detail::Option("SO_REUSEADDR")));
        assert_eq!(detail("setsockopt", &[3, 77, 2, 0, 0, 0]), None);
        assert_eq!(detail("dup2", &[3, 0, 0, 0, 0, 0]), Some(Detail::Onto(0)));
        assert_eq!(detail("fcntl", &[3, 0, 10, 0, 0, 0]), Some(Detail::Command("F_DUPFD")));
        assert_eq!(detail("fcntl", &[3, libc::F_SETFD as u64, 1, 0, 0, 0]), None);
        assert_eq!(detail("close_range", &[3, 0xffff_ffff, 0, 0, 0, 0]), Some(Detail::Last(u32::MAX)));
        assert_eq!(detail("close_range", &[3, 9, u64::from(libc::CLOSE_RANGE_CLOEXEC), 0, 0, 0]), None);
        assert_eq!(detail("close", &[3, 1, 2, 0, 0, 0]), None);
    }

    #[test]
    fn what_is_closed_with_another_program_is_known_by_its_flag() {
        let close = libc::SOCK_CLOEXEC as u64;
        for (call, arguments, closes) in [
            ("socket", [2, 1, 0, 0, 0, 0], false),
            ("socket", [2, 1 | close, 0, 0, 0, 0], true),
            ("accept", [3, close, close, close, 0, 0], false),
            ("accept4", [3, 0, 0, 0, 0, 0], false),
            ("accept4", [3, 0, 0, close, 0, 0], true),
            ("dup2", [3, 0, close, 0, 0, 0], false),
            ("dup3", [3, 0, libc::O_CLOEXEC as u64, 0, 0, 0], true),
            ("fcntl", [3, libc::F_DUPFD as u64, 0, 0, 0, 0], false),
            ("fcntl", [3, libc::F_DUPFD_CLOEXEC as u64, 0, 0, 0, 0], true),
        ] {
            assert_eq!(closes_on_exec(call, &arguments), closes, "{call}({arguments:?})");
        }
    }
}
