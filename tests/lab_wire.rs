//! The wire of the lab between two real kernels: what it is told to do to a frame is what arrives.

mod common;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rawshake::lab::{self, Lab, Options, Server};
use rawshake::sys::Version;

use common::{is_forbidden, refused};

/// Runs a test in a lab with such a wire, or skips it.
fn with_wire(wire: &str, test: impl FnOnce(&Lab)) {
    let wire = Some(wire.parse().expect("a wire"));
    match Lab::enter(&Options { server: Server::Echo, wire, ..Options::default() }) {
        Ok(lab) => test(&lab),
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => refused(&error),
        Err(error) => panic!("{error}"),
    }
}

/// A socket on the server's host that hears datagrams, with its address.
fn far_socket(lab: &Lab, version: Version) -> (UdpSocket, SocketAddr) {
    let address = SocketAddr::new(lab::SERVER.ip(version), 9);
    let socket = lab.on_server(move || UdpSocket::bind(address)).unwrap().unwrap();
    // Only so that a broken test ends.
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    (socket, address)
}

/// Sends datagrams 1 to 6 there, and tells which ones arrive, up to the sixth. Nothing but them is on the wire.
fn six(wire: &str, version: Version) -> Vec<u8> {
    let mut arrived = Vec::new();
    with_wire(wire, |lab| {
        let (far, address) = far_socket(lab, version);
        let near = UdpSocket::bind((lab::YOU.ip(version), 0)).unwrap();
        (1..=6).for_each(|number| assert_eq!(near.send_to(&[number], address).unwrap(), 1));
        let mut number = [0];
        while arrived.last() != Some(&6) {
            far.recv(&mut number).unwrap();
            arrived.push(number[0]);
        }
    });
    arrived
}

fn assert_six(wire: &str, expected: &[u8]) {
    for version in [Version::V4, Version::V6] {
        let arrived = six(wire, version);
        assert!(arrived.is_empty() || arrived == expected, "{wire} {version:?}: {arrived:?}");
    }
}

#[test]
fn frames_are_lost_doubled_and_overtaken_by_position() {
    assert_six("", &[1, 2, 3, 4, 5, 6]);
    assert_six("drop=1,3 dup=2 reorder=4", &[2, 2, 5, 4, 6]);
    assert_six("delay=20ms drop=5 dup=6", &[1, 2, 3, 4, 6]);
}

#[test]
fn a_seed_chooses_the_same_frames_every_time() {
    let wire = "loss=30% dup=30% reorder=30% seed=3 delay=1ms";
    let first = six(wire, Version::V4);
    assert_eq!(six(wire, Version::V6), first);
    assert_ne!(first, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn tcp_gets_through_a_bad_wire() {
    with_wire("delay=1ms loss=3% dup=5% reorder=10%", |lab| {
        for version in [Version::V4, Version::V6] {
            let stream = TcpStream::connect(lab.address(version)).unwrap();
            let sent: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
            let mut back = Vec::new();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    (&stream).write_all(&sent).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                });
                (&stream).read_to_end(&mut back).unwrap();
            });
            assert!(back == sent, "{} octets of {}", back.len(), sent.len());
        }
    });
}

/// The cable to a namespace that is gone is gone too.
#[test]
fn nothing_is_left_after_a_panic() {
    let interfaces = || std::fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    with_wire("delay=1s", |_| assert!(interfaces().contains(lab::INTERFACE)));
    let panicked = catch_unwind(AssertUnwindSafe(|| with_wire("delay=1s", |_| panic!("on purpose"))));
    if panicked.is_err() {
        while interfaces().contains(lab::INTERFACE) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
