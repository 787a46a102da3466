//! The lab's servers, each asked by an ordinary kernel client, with the states that the server's kernel tells.

mod common;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rawshake::lab::{self, Lab, Options, Server};
use rawshake::sys::sockdiag::KernelState;
use rawshake::sys::{RawSender, RstGuard, Version};

use common::{Listener, is_forbidden, refused, segment};

const VERSIONS: [Version; 2] = [Version::V4, Version::V6];

/// Runs a test in a lab with one server, or skips it.
fn with_lab(options: &Options, test: impl FnOnce(&mut Lab)) {
    match Lab::enter(options) {
        Ok(mut lab) => test(&mut lab),
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => refused(&error),
        Err(error) => panic!("{error}"),
    }
}

fn with_server(server: Server, test: impl FnOnce(&mut Lab)) {
    with_lab(&Options { server, ..Options::default() }, test);
}

fn connect(lab: &Lab, version: Version) -> TcpStream {
    let stream = TcpStream::connect(lab.address(version)).unwrap();
    // Only so that a broken test ends.
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn state(lab: &Lab, server: SocketAddr, client: SocketAddr) -> Option<&'static str> {
    lab.server_state(server, client).unwrap().map(KernelState::name)
}

/// Asks until the server's kernel has left `old`.
fn state_after(lab: &Lab, server: SocketAddr, client: SocketAddr, old: &str) -> Option<&'static str> {
    loop {
        match state(lab, server, client) {
            Some(now) if now == old => std::thread::sleep(Duration::from_millis(1)),
            other => return other,
        }
    }
}

fn ends(stream: &TcpStream) -> (SocketAddr, SocketAddr) {
    (stream.peer_addr().unwrap(), stream.local_addr().unwrap())
}

fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn echo_sends_back_and_closes_after_us() {
    with_server(Server::Echo, |lab| {
        for version in VERSIONS {
            let mut stream = connect(lab, version);
            let (server, client) = ends(&stream);
            assert_eq!((server, client.ip()), (lab.address(version), lab::YOU.ip(version)));
            stream.write_all(b"hello").unwrap();
            let mut back = [0; 5];
            stream.read_exact(&mut back).unwrap();
            assert_eq!((&back, state(lab, server, client)), (b"hello", Some("ESTABLISHED")));
            stream.shutdown(Shutdown::Write).unwrap();
            assert_eq!(state_after(lab, server, client, "ESTABLISHED"), Some("CLOSE_WAIT"));
            assert_eq!(read_to_end(&stream), b"");
            assert_eq!(state_after(lab, server, client, "LAST_ACK"), None);
        }
    });
}

#[test]
fn echo_keeps_several_connections_apart_and_survives_resets() {
    with_server(Server::Echo, |lab| {
        let mut streams: Vec<TcpStream> = (0..20).map(|number| connect(lab, VERSIONS[number % 2])).collect();
        for (number, stream) in streams.iter_mut().enumerate() {
            stream.write_all(format!("number {number}").as_bytes()).unwrap();
        }
        // close() with SO_LINGER zero sends RST.
        for stream in streams.drain(10..) {
            socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
        for (number, stream) in streams.iter().enumerate() {
            stream.shutdown(Shutdown::Write).unwrap();
            assert_eq!(read_to_end(stream), format!("number {number}").as_bytes());
        }
    });
}

#[test]
fn echo_carries_more_than_the_buffers_hold() {
    with_server(Server::Echo, |lab| {
        let mut stream = connect(lab, Version::V4);
        let sent: Vec<u8> = (0..8_000_000u32).map(|number| number.to_le_bytes()[0]).collect();
        let mut writer = stream.try_clone().unwrap();
        let copy = sent.clone();
        let writing = std::thread::spawn(move || {
            writer.write_all(&copy).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut back = Vec::new();
        stream.read_to_end(&mut back).unwrap();
        writing.join().unwrap();
        assert!(back == sent, "{} bytes came back", back.len());
    });
}

#[test]
fn http_answers_as_the_connection_header_says() {
    with_server(Server::Http, |lab| {
        for version in VERSIONS {
            let mut stream = connect(lab, version);
            assert_eq!(stream.peer_addr().unwrap().port(), 80);
            stream.write_all(b"GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n").unwrap();
            let answer = String::from_utf8(read_to_end(&stream)).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("Hello from the lab.\n"), "{answer}");
            let (server, client) = ends(&stream);
            let left = state_after(lab, server, client, "FIN_WAIT1");
            assert_eq!(left, Some("FIN_WAIT2"), "the server closed first");
        }
    });
}

#[test]
fn discard_never_answers() {
    with_server(Server::Discard, |lab| {
        let mut stream = connect(lab, Version::V6);
        stream.write_all(b"into the void").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&stream), b"");
    });
}

#[test]
fn closes_first_leaves_time_wait_with_the_server() {
    with_server(Server::ClosesFirst, |lab| {
        for version in VERSIONS {
            let mut stream = connect(lab, version);
            let (server, client) = ends(&stream);
            stream.write_all(b"one request").unwrap();
            assert_eq!(read_to_end(&stream), b"goodbye\n");
            assert_eq!(state_after(lab, server, client, "FIN_WAIT1"), Some("FIN_WAIT2"));
            drop(stream);
            assert_eq!(state_after(lab, server, client, "FIN_WAIT2"), Some("TIME_WAIT"));
        }
    });
}

#[test]
fn never_closes_stays_in_close_wait() {
    with_server(Server::NeverCloses, |lab| {
        let mut stream = connect(lab, Version::V4);
        let (server, client) = ends(&stream);
        stream.write_all(b"x").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(state_after(lab, server, client, "ESTABLISHED"), Some("CLOSE_WAIT"));
        stream.read_exact(&mut [0]).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(state(lab, server, client), Some("CLOSE_WAIT"));
    });
}

#[test]
fn refuses_is_refused_and_silent_is_not_answered() {
    with_server(Server::Refuses, |lab| {
        lab.start(Server::Silent, 4242).unwrap();
        for version in VERSIONS {
            let refused = TcpStream::connect(lab.address(version)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            let silent = [SocketAddr::new(lab::SERVER.ip(version), 4242), SocketAddr::new(lab::SILENT.ip(version), 80)];
            for address in silent {
                let error = TcpStream::connect_timeout(&address, Duration::from_millis(200)).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{address}");
            }
        }
    });
}

#[test]
fn a_port_can_be_chosen_but_not_taken_twice() {
    with_lab(&Options { port: Some(12345), ..Options::default() }, |lab| {
        assert_eq!(lab.address(Version::V4).to_string(), "192.0.2.2:12345");
        let taken = lab.start(Server::Discard, 12345).unwrap_err().to_string();
        assert!(taken.contains("cannot listen on 192.0.2.2:12345: address already in use"), "{taken}");
        lab.start(Server::Discard, 12346).unwrap();
        connect(lab, Version::V4).write_all(b"still there").unwrap();
    });
}

/// The flags of the server's segments from our FIN on.
fn closing_segments(lab: &Lab, version: Version, with_data: bool) -> Vec<String> {
    let ear = Listener::open(lab::YOU.ip(version));
    let mut stream = connect(lab, version);
    let port = stream.local_addr().unwrap().port();
    if with_data {
        stream.write_all(b"hello").unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let base = ear.next(port);
    assert_eq!(base.flags, "S.");
    let last = base.ack.wrapping_add(if with_data { 6 } else { 1 });
    let mut segments = Vec::new();
    while segments.last().is_none_or(|flags: &String| !flags.contains('F')) {
        let arrived = ear.next(port);
        if arrived.ack == last {
            segments.push(arrived.flags);
        }
    }
    segments
}

const CASES: [(Version, bool); 4] =
    [(Version::V4, false), (Version::V4, true), (Version::V6, false), (Version::V6, true)];

#[test]
fn a_server_that_thinks_makes_four_segments() {
    with_server(Server::Discard, |lab| {
        for (version, with_data) in CASES {
            assert_eq!(closing_segments(lab, version, with_data), [".", "F."], "{version:?} {with_data}");
        }
    });
}

/// The kernel's timer may be faster than a program on a busy machine, so each case may take a few attempts.
#[test]
fn a_server_that_does_not_think_makes_three_segments() {
    with_lab(&Options { server: Server::Discard, think: Duration::ZERO, ..Options::default() }, |lab| {
        for (version, with_data) in CASES {
            let three = (0..50).any(|_| closing_segments(lab, version, with_data) == ["F."]);
            assert!(three, "{version:?} {with_data}");
        }
    });
}

#[test]
fn a_simultaneous_open_by_hand() {
    with_server(Server::Connects, |lab| {
        for version in VERSIONS {
            let server = lab.address(version);
            let client = SocketAddr::new(lab::YOU.ip(version), 40123);
            let _guard = RstGuard::engage(client, None).unwrap();
            let ear = Listener::open(client.ip());
            let raw = RawSender::open(version, Some(lab::INTERFACE)).unwrap();
            let send = |flags, seq, ack, payload| {
                raw.send(&segment(client, server, flags, seq, ack, payload), server.ip(), 0).unwrap();
            };
            lab.connect_from_server(client, server.port()).unwrap();
            let syn = ear.next(client.port());
            assert_eq!((syn.flags.as_str(), state(lab, server, client)), ("S", Some("SYN_SENT")));
            send("S", 5000, 0, &b""[..]);
            let both = std::iter::repeat_with(|| ear.next(client.port())).find(|arrived| arrived.flags != "S").unwrap();
            assert_eq!((both.flags.as_str(), both.seq, both.ack), ("S.", syn.seq, 5001));
            assert_eq!(state(lab, server, client), Some("SYN_RECV"));
            send("S.", 5000, syn.seq + 1, b"");
            assert_eq!(state_after(lab, server, client, "SYN_RECV"), Some("ESTABLISHED"));
            send("P.", 5001, syn.seq + 1, b"hello");
            let echo = std::iter::repeat_with(|| ear.next(client.port())).find(|arrived| !arrived.payload.is_empty());
            assert_eq!(echo.unwrap().payload, b"hello");
        }
    });
}

/// An IPv6 address that joined its solicited-node group would be announced by multicast listener reports.
#[test]
fn the_cable_is_silent() {
    with_server(Server::Echo, |lab| {
        let groups = || std::fs::read_to_string("/proc/thread-self/net/igmp6").unwrap();
        for groups in [groups(), lab.on_server(groups).unwrap()] {
            assert!(groups.contains("ff020000000000000000000000000001"), "{groups}");
            assert!(!groups.contains("ff0200000000000000000001ff"), "{groups}");
        }
    });
}

#[test]
fn labs_do_not_disturb_each_other_and_stop_with_open_connections() {
    with_server(Server::NeverCloses, |first| {
        let inner = std::thread::scope(|scope| {
            scope.spawn(|| with_server(Server::NeverCloses, |second| drop(connect(second, Version::V4)))).join()
        });
        inner.unwrap();
        let _open = [connect(first, Version::V4), connect(first, Version::V6)];
    });
}
