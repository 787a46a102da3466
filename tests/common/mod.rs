//! What tests with namespaces share: a network of their own, or a visible reason why they did not run; and segments
//! built and read by etherparse, so that our own code is not its own witness.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

pub mod router;
#[path = "../support/mod.rs"]
pub mod support;

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use etherparse::{PacketBuilder, TcpSlice};
use rawshake::lab::{self, Lab, Options};
use rawshake::sys::{self, namespace};
use socket2::{Domain, Protocol, Socket, Type};

/// Says on standard error, and on the record of skipped tests, that this test did not run for lack of something that
/// can be installed. Where CI=true that is a failure.
pub fn skip(reason: &str) {
    impossible(reason);
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
}

/// The same for what this machine does not allow and no installation changes: never a failure, always on record.
pub fn impossible(reason: &str) {
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    support::skip(&name, reason);
    let _ = io::stderr().write_all(format!("SKIPPED: {name}: {reason}\n").as_bytes());
}

/// What to do where a namespace was refused. An ordinary user can have one only in a process with a single thread,
/// which a test is not: then unshare(1) runs the same test again, as root of a user namespace. Otherwise it is skipped.
pub fn refused(error: &sys::Error) {
    if !matches!(error, sys::Error::Threads { .. }) || is_again() {
        return impossible(&error.to_string());
    }
    again(&["--user", "--map-root-user"]);
}

/// Runs a test as root of new user and network namespaces, by running it once more; or skips it.
pub fn as_another_root(test: impl FnOnce()) {
    if !is_again() {
        return again(&["--user", "--map-root-user", "--net"]);
    }
    sys::link::set_up("lo").expect("lo comes up");
    test();
}

const AGAIN: &str = "RAWSHAKE_TEST_AGAIN";

fn is_again() -> bool {
    std::env::var_os(AGAIN).is_some()
}

/// Runs the test of this thread once more, by unshare(1) with these options.
fn again(options: &[&str]) {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let unshare = |program: &std::path::Path| {
        let mut command = Command::new("unshare");
        command.args(options).arg("--").arg(program);
        command
    };
    match unshare("true".as_ref()).output() {
        Err(error) => return skip(&format!("unshare: {error}")),
        Ok(output) if !output.status.success() => return impossible(&String::from_utf8_lossy(&output.stderr)),
        Ok(_) => {}
    }
    let own = std::env::current_exe().expect("the path of this program");
    let output = unshare(&own).args(["--exact", &name]).env(AGAIN, "1").output().expect("the same test again");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Whether the error means that this machine does not allow the test, not that the code is wrong.
pub fn is_forbidden(error: &sys::Error) -> bool {
    error.is_not_permitted() || matches!(error, sys::Error::Namespace { .. } | sys::Error::Threads { .. })
}

/// Runs a test on this thread in a new network namespace with nothing but `lo`, or skips it.
pub fn in_own_network(test: impl FnOnce()) {
    match namespace::enter_new() {
        Ok(_) => {
            sys::link::set_up("lo").expect("lo comes up");
            test();
        }
        Err(error) if is_forbidden(&error) => refused(&error),
        Err(error) => panic!("{error}"),
    }
}

/// Runs a test on the near host of a lab, or skips it.
pub fn in_lab(options: &Options, test: impl FnOnce(&Lab)) {
    match Lab::enter(options) {
        Ok(lab) => test(&lab),
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => refused(&error),
        Err(error) => panic!("{error}"),
    }
}

/// TCP's counters (RFC 4022) in the network namespace of this thread.
pub fn tcp_counters() -> HashMap<String, u64> {
    let text = std::fs::read_to_string("/proc/thread-self/net/snmp").expect("the kernel's counters");
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:")).map(str::split_whitespace);
    let (names, values) = (lines.next().expect("names"), lines.next().expect("values"));
    names.zip(values).filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

/// A whole IP packet with one TCP segment.
pub fn segment(from: SocketAddr, to: SocketAddr, flags: &str, seq: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    let ip = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), 64),
        (IpAddr::V6(from), IpAddr::V6(to)) => PacketBuilder::ipv6(from.octets(), to.octets(), 64),
        _ => panic!("two versions"),
    };
    let mut tcp = ip.tcp(from.port(), to.port(), seq, 64240);
    for flag in flags.chars() {
        tcp = match flag {
            'S' => tcp.syn(),
            'F' => tcp.fin(),
            'R' => tcp.rst(),
            'P' => tcp.psh(),
            '.' => tcp.ack(ack),
            _ => panic!("flag {flag}"),
        };
    }
    let mut bytes = Vec::new();
    tcp.write(&mut bytes, payload).expect("a packet");
    bytes
}

/// A TCP segment as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub from: u16,
    pub to: u16,
    /// Letters of tcpdump, in the order S F R P `.`.
    pub flags: String,
    pub seq: u32,
    pub ack: u32,
    pub payload: Vec<u8>,
}

/// A raw socket that hears every TCP segment for this host.
pub struct Listener {
    socket: Socket,
    v6: bool,
}

impl Listener {
    pub fn open(address: IpAddr) -> Self {
        let v6 = address.is_ipv6();
        let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::TCP)).expect("a raw socket");
        // Only so that a broken test ends.
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Self { socket, v6 }
    }

    /// The next segment for `port`.
    pub fn next(&self, port: u16) -> Arrived {
        loop {
            let arrived = self.read().unwrap_or_else(|error| panic!("no segment for port {port}: {error}"));
            if arrived.to == port {
                return arrived;
            }
        }
    }

    fn read(&self) -> io::Result<Arrived> {
        let mut buffer = [0; 2048];
        let length = (&self.socket).read(&mut buffer)?;
        // With the IP header in IPv4, without in IPv6.
        let start = if self.v6 { 0 } else { usize::from(buffer[0] & 15) * 4 };
        let slice = TcpSlice::from_slice(&buffer[start..length])
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        let letters =
            [(slice.syn(), 'S'), (slice.fin(), 'F'), (slice.rst(), 'R'), (slice.psh(), 'P'), (slice.ack(), '.')];
        Ok(Arrived {
            from: slice.source_port(),
            to: slice.destination_port(),
            flags: letters.iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect(),
            seq: slice.sequence_number(),
            ack: slice.acknowledgment_number(),
            payload: slice.payload().to_vec(),
        })
    }
}
