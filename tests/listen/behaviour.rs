//! Every behaviour, and what the kernel of a client makes of it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};

use rustix::process::Signal;

use crate::program::{PORT, address, connect, counts, in_lab, kernel_state, listening, serve, until_state};
use rawshake::lab::{SERVER, YOU};
use rawshake::sys::Version;

fn ends(stream: &TcpStream) -> (SocketAddr, SocketAddr) {
    (stream.local_addr().unwrap(), stream.peer_addr().unwrap())
}

fn exchange(mut stream: &TcpStream) {
    stream.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

const OPENING: [&str; 3] = ["client SYN", "server SYN ACK", "client ACK"];
const TALK: [&str; 4] = ["client PSH ACK", "server ACK", "server PSH ACK", "client ACK"];

#[test]
fn the_client_closes_first_and_is_left_in_time_wait() {
    let said = serve("-c 1", |server| {
        let stream = connect(server);
        exchange(&stream);
        assert_eq!(kernel_state(&stream), Some("ESTABLISHED"));
        let ends = ends(&stream);
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&stream).read(&mut [0]).unwrap(), 0, "our FIN");
        until_state(ends, Some("TIME_WAIT"));
    });
    let Some(said) = said else { return };
    let closing = ["client FIN ACK", "server ACK", "server FIN ACK", "client ACK"];
    assert_eq!(said.segments(), [&OPENING[..], &TALK, &closing].concat());
    let verdict = said.verdict();
    assert_eq!((&verdict["handshake"], &verdict["termination"]), (&"three-way".into(), &"four-segment".into()));
    assert_eq!((said.code, &counts(&said)["ended"]), (Some(0), &1.into()));
}

#[test]
fn closing_first_leaves_the_client_in_close_wait() {
    let said = serve("-c 1 --close first", |server| {
        let stream = connect(server);
        exchange(&stream);
        let ends = ends(&stream);
        until_state(ends, Some("CLOSE_WAIT"));
        drop(stream);
        until_state(ends, None);
    });
    let Some(said) = said else { return };
    let verdict = said.verdict();
    assert_eq!((&verdict["closed_first"], &verdict["time_wait"]), (&"server".into(), &"server".into()));
    assert_eq!(said.code, Some(0));
}

#[test]
fn never_closing_leaves_the_client_in_fin_wait_2() {
    let said = serve("-c 1 --close never --idle 1", |server| {
        let stream = connect(server);
        exchange(&stream);
        let ends = ends(&stream);
        stream.shutdown(Shutdown::Write).unwrap();
        until_state(ends, Some("FIN_WAIT2"));
        // Then --idle has passed.
        assert_eq!((&stream).read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
    let Some(said) = said else { return };
    assert_eq!((said.code, &counts(&said)["broken"]), (Some(1), &1.into()));
}

#[test]
fn a_text_answers_the_first_that_is_said() {
    let said = serve("-c 1 --reply Welcome. --close first", |server| {
        let mut stream = connect(server);
        stream.write_all(b"hello").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "Welcome.");
    });
    let Some(said) = said else { return };
    assert_eq!((said.code, &said.verdict()["bytes_server"]), (Some(0), &8.into()));
}

#[test]
fn a_client_that_says_nothing_is_not_waited_for_where_we_close_first() {
    let said = serve("-c 1 --close first --wait 0.1", |server| {
        assert_eq!(connect(server).read(&mut [0]).unwrap(), 0, "our FIN");
    });
    let Some(said) = said else { return };
    assert_eq!((said.code, &said.verdict()["closed_first"]), (Some(0), &"server".into()));
}

#[test]
fn a_reset_reaches_the_client_behind_the_answer() {
    let said = serve("-c 1 --close reset", |server| {
        let stream = connect(server);
        let ends = ends(&stream);
        exchange(&stream);
        assert_eq!((&stream).read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        until_state(ends, None);
    });
    let Some(said) = said else { return };
    assert_eq!(said.segments().last().map(String::as_str), Some("server RST ACK"));
    assert_eq!((said.code, &said.verdict()["termination"]), (Some(0), &"reset".into()));
}

#[test]
fn a_split_handshake_and_a_simultaneous_open_connect() {
    for (arguments, handshake, opening) in [
        ("--split-handshake", "split", &["client SYN", "server SYN", "client SYN ACK", "server ACK"][..]),
        ("--simultaneous", "simultaneous-open", &["client SYN", "server SYN", "client SYN ACK", "server SYN ACK"]),
    ] {
        let said = serve(&format!("-c 1 {arguments}"), |server| {
            let stream = connect(server);
            exchange(&stream);
            assert_eq!(kernel_state(&stream), Some("ESTABLISHED"));
        });
        let Some(said) = said else { return };
        assert_eq!(said.verdict()["handshake"], handshake);
        assert_eq!(said.segments()[..4], *opening);
    }
}

#[test]
fn a_cookie_leaves_no_room_for_options() {
    let said = serve("-c 1 --syn-cookies", |server| exchange(&connect(server)));
    let Some(said) = said else { return };
    let (verdict, counts) = (said.verdict(), counts(&said));
    assert_eq!(verdict["offered"]["server"]["mss"], 1460);
    assert!(
        verdict["offered"]["server"]["timestamps"].is_null() && !verdict["offered"]["client"]["timestamps"].is_null()
    );
    assert_eq!((&counts["cookies_sent"], &counts["cookies_taken"]), (&1.into(), &1.into()));
    assert!(!said.segments().iter().any(|segment| segment.contains("RST")), "{said:?}");
}

/// A client that has sent its SYN and does not wait.
fn calling(server: SocketAddr) -> (Socket, (SocketAddr, SocketAddr)) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
    socket.bind(&SocketAddr::new(SERVER.ip(Version::V4), 0).into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let _ = socket.connect(&server.into());
    let local = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, (local, server))
}

#[test]
fn a_syn_that_is_lost_or_answered_late_comes_again() {
    for (arguments, count) in [("--drop 1", "lost"), ("--delay-syn-ack 1.3", "syns")] {
        let said = serve(&format!("-c 1 {arguments}"), |server| {
            let (socket, ends) = calling(server);
            until_state(ends, Some("SYN_SENT"));
            until_state(ends, Some("ESTABLISHED"));
            drop(socket);
        });
        let Some(said) = said else { return };
        assert_eq!(said.segments()[..3], ["client SYN", "client SYN", "server SYN ACK"], "{arguments}");
        assert_eq!(counts(&said)[count], 1, "{arguments}");
    }
}

#[test]
fn a_syn_beyond_the_backlog_is_dropped_or_refused() {
    in_lab(|lab| {
        for (arguments, count, state) in [
            ("--backlog 0", "overflow_dropped", Some("SYN_SENT")),
            ("--backlog 0 --abort-on-overflow", "overflow_refused", None),
        ] {
            let running = listening(arguments);
            lab.on_server(move || {
                let (socket, ends) = calling(address(Version::V4));
                // Dropped: it is still calling after its second SYN.
                if state.is_some() {
                    std::thread::sleep(std::time::Duration::from_millis(1300));
                }
                until_state(ends, state);
                if state.is_none() {
                    let error = socket.take_error().unwrap().expect("a refusal");
                    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
                }
            })
            .unwrap();
            running.signal(Signal::INT);
            let said = running.said();
            assert!(counts(&said)[count].as_u64().unwrap() >= 1, "{said:?}");
            assert_eq!((said.code, &counts(&said)["accepted"]), (Some(130), &0.into()));
        }
    });
}

#[test]
fn an_interrupt_closes_open_connections_politely() {
    in_lab(|lab| {
        let running = listening("");
        let stream = lab
            .on_server(|| {
                let stream = connect(address(Version::V4));
                exchange(&stream);
                stream
            })
            .unwrap();
        running.signal(Signal::INT);
        assert_eq!((&stream).read(&mut [0]).unwrap(), 0, "a FIN, no RST");
        drop(stream);
        let said = running.said();
        assert_eq!(said.code, Some(130));
        assert!(!said.segments().iter().any(|segment| segment.contains("RST")), "{said:?}");
        assert_eq!(said.verdict()["closed_first"], "server");
        let counts = counts(&said);
        assert_eq!((&counts["ended"], &counts["broken"]), (&1.into(), &0.into()), "{counts}");
    });
}

#[test]
fn over_ipv6_as_well() {
    in_lab(|lab| {
        if !Version::V6.is_supported() {
            return crate::common::impossible("this kernel has no IPv6");
        }
        let running = listening("-c 1");
        lab.on_server(|| exchange(&connect(address(Version::V6)))).unwrap();
        let said = running.said();
        assert_eq!(said.verdict()["server"], SocketAddr::new(YOU.ip(Version::V6), PORT).to_string());
        assert_eq!(said.code, Some(0));
    });
}
