//! Receiving one ICMP message with everything that the kernel knows about it.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd as _, AsRawFd as _};

use socket2::SockAddr;

use super::{IcmpSocket, Kind, Origin, Received, stamps};
use crate::sys::ancillary::{self, Aligned, read};
use crate::sys::{Version, clock};
use crate::wire::Time;

/// Room for the ancillary data: timestamps, TTL, TOS, options, and an error with the address that reported it.
const CONTROL: usize = 512;

/// The types that concern a sender of echo requests: replies and errors (RFC 792). A set bit is dropped.
pub(super) fn filter_v4() -> [u8; 4] {
    let wanted = [0, 3, 4, 5, 11, 12];
    (!wanted.iter().fold(0u32, |bits, kind| bits | 1 << kind)).to_ne_bytes()
}

/// The same for ICMPv6: echo replies and all errors, unknown ones too (RFC 4443, section 2.4). A set bit is dropped
/// (RFC 3542, section 3.2 leaves the meaning of the bits to the system).
pub(super) fn filter_v6() -> [u8; 32] {
    let mut blocked = [u32::MAX; 8];
    for kind in (0..128usize).chain([129]) {
        blocked[kind / 32] &= !(1 << (kind % 32));
    }
    let mut bytes = [0; 32];
    for (to, word) in bytes.chunks_exact_mut(4).zip(blocked) {
        to.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// What the ancillary data said.
#[derive(Default)]
struct Control {
    time: Option<Time>,
    departure: Option<Time>,
    options: Vec<u8>,
    ttl: Option<u8>,
    tos: Option<u8>,
    error: Option<(libc::sock_extended_err, Option<IpAddr>)>,
}

/// recvmsg(2) once, without waiting.
pub(super) fn receive(socket: &IcmpSocket, buffer: &mut [u8], flags: i32) -> io::Result<Received> {
    let mut room = Aligned([0; CONTROL]);
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut message = MaybeUninit::<libc::msghdr>::zeroed();
    // SAFETY: a `msghdr` is plain data, for which all bits zero is a value.
    let message = unsafe { message.assume_init_mut() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = room.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL as _;
    // SAFETY: the name that the message points to is the storage that `try_init` gives and takes back; buffer and
    // room live until the end of this function, with the lengths given.
    let (length, from) = unsafe {
        SockAddr::try_init(|storage, name_length| {
            message.msg_name = storage.cast();
            message.msg_namelen = *name_length;
            let length = retry(|| libc::recvmsg(socket.as_fd().as_raw_fd(), message, flags | libc::MSG_DONTWAIT))?;
            *name_length = message.msg_namelen;
            Ok(length)
        })
    }?;
    let truncated = message.msg_flags & libc::MSG_TRUNC != 0;
    let mut control = Control::default();
    // SAFETY: recvmsg() has filled `msg_control` and set `msg_controllen`.
    unsafe { ancillary::walk(message, |level, kind, data| control.take(level, kind, data)) };
    let unspecified = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let from = from.as_socket().map_or(unspecified, |address| address.ip());
    let length = length.min(buffer.len());
    let has_header = socket.version == Version::V4 && socket.kind == Kind::Raw && flags & libc::MSG_ERRQUEUE == 0;
    let len = if has_header { strip_header(buffer, length, &mut control.options) } else { length };
    Ok(received(len, truncated, from, control))
}

fn received(len: usize, truncated: bool, from: IpAddr, control: Control) -> Received {
    let Control { time, departure, options, ttl, tos, error } = control;
    let (from, origin) = match error {
        None => (from, Origin::Network),
        Some((error, offender)) => (offender.unwrap_or(from), origin(&error)),
    };
    // A message that arrives has that stamp, too, as its own.
    let stamp = if let Origin::Departure { .. } = origin { departure } else { time };
    let time = stamp.unwrap_or_else(clock::now);
    Received { len, truncated, from, time, ttl, tos, options, origin }
}

fn origin(error: &libc::sock_extended_err) -> Origin {
    if error.ee_origin == libc::SO_EE_ORIGIN_TIMESTAMPING {
        return Origin::Departure { nth: error.ee_data };
    }
    let by_network = matches!(error.ee_origin, libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6);
    Origin::Error {
        errno: i32::try_from(error.ee_errno).unwrap_or(libc::EPROTO),
        icmp: by_network.then_some((error.ee_type, error.ee_code)),
        info: error.ee_info,
    }
}

/// Octets of an IPv4 header without options.
const HEADER: usize = 20;

/// A raw IPv4 socket gives the IP header too: its length stands in its first octet, in words of four.
fn strip_header(buffer: &mut [u8], length: usize, options: &mut Vec<u8>) -> usize {
    let header = usize::from(buffer.first().copied().unwrap_or(0) & 0x0f) * 4;
    let start = header.min(length);
    options.extend_from_slice(buffer.get(HEADER..start).unwrap_or_default());
    buffer.copy_within(start..length, 0);
    length - start
}

fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(length) => return Ok(length),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

impl Control {
    fn take(&mut self, level: i32, kind: i32, data: &[u8]) {
        match (level, kind) {
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                let stamp = read::<libc::timespec>(data);
                self.time = stamp.map(|stamp| Time::from_parts(stamp.tv_sec, stamp.tv_nsec));
            }
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING) => {
                self.departure = read::<[libc::timespec; 3]>(data).and_then(stamps::software);
            }
            (libc::IPPROTO_IP, libc::IP_RECVOPTS) => self.options = data.to_vec(),
            (libc::IPPROTO_IP, libc::IP_TTL) | (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => self.ttl = small(data),
            (libc::IPPROTO_IP, libc::IP_TOS) | (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => self.tos = small(data),
            (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) => {
                let offender = data.get(size_of::<libc::sock_extended_err>()..).and_then(ip_of);
                self.error = read::<libc::sock_extended_err>(data).map(|error| (error, offender));
            }
            _ => {}
        }
    }
}

/// A C int, or a single byte as IP_TOS comes.
fn small(data: &[u8]) -> Option<u8> {
    match read::<i32>(data) {
        Some(number) => u8::try_from(number).ok(),
        None => data.first().copied(),
    }
}

/// The address in a `sockaddr_in` or `sockaddr_in6`.
fn ip_of(data: &[u8]) -> Option<IpAddr> {
    match i32::from(read::<libc::sa_family_t>(data)?) {
        libc::AF_INET => read::<libc::sockaddr_in>(data).map(|v4| IpAddr::from(v4.sin_addr.s_addr.to_ne_bytes())),
        libc::AF_INET6 => read::<libc::sockaddr_in6>(data).map(|v6| IpAddr::from(v6.sin6_addr.s6_addr)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ip_header_goes() {
        let mut buffer = [0x46; 32];
        buffer[24..28].copy_from_slice(&[1, 2, 3, 4]);
        let mut options = Vec::new();
        assert_eq!(strip_header(&mut buffer, 28, &mut options), 4);
        assert_eq!((&buffer[..4], &options[..]), (&[1, 2, 3, 4][..], &[0x46; 4][..]));
        let mut none = Vec::new();
        assert_eq!(strip_header(&mut [0x4f; 10], 10, &mut none), 0);
        assert_eq!(strip_header(&mut [], 0, &mut none), 0);
        assert!(none.is_empty());
    }

    #[test]
    fn short_ancillary_data_is_ignored() {
        for length in 0..60 {
            let mut control = Control::default();
            let data = vec![0xff; length];
            for (level, kind) in [
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS),
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING),
                (libc::IPPROTO_IP, libc::IP_TTL),
                (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
                (libc::IPPROTO_IP, libc::IP_RECVERR),
            ] {
                control.take(level, kind, &data);
            }
            assert_eq!((control.time.is_some(), control.departure.is_some()), (length >= 16, length >= 48));
        }
    }

    #[test]
    fn filters_pass_replies_and_errors() {
        let v4 = u32::from_ne_bytes(filter_v4());
        assert_eq!((v4 & 1, v4 & (1 << 8)), (0, 1 << 8), "replies pass, requests do not");
        let v6 = filter_v6();
        let word = |kind: usize| u32::from_ne_bytes(*v6[kind / 32 * 4..].first_chunk().unwrap()) >> (kind % 32) & 1;
        assert_eq!([word(1), word(4), word(100)], [0; 3], "errors pass");
        assert_eq!([word(128), word(129), word(130), word(135)], [1, 0, 1, 1]);
    }
}
