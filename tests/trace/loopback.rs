//! Outside the lab: an ordinary kernel server on the loopback interface of a network of our own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::common::in_own_network;
use crate::program::trace;

/// A server that sends back what it reads, for `count` connections.
fn echo(address: &str, count: usize) -> u16 {
    let listener = TcpListener::bind(address).expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().take(count) {
            let mut stream = stream.expect("a connection");
            thread::spawn(move || {
                let mut octets = [0; 512];
                while let Ok(read @ 1..) = stream.read(&mut octets) {
                    if stream.write_all(&octets[..read]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn a_whole_connection_over_both_versions() {
    in_own_network(|| {
        let four = echo("127.0.0.1:0", 1);
        let six = echo("[::1]:0", 1);
        for target in [format!("127.0.0.1:{four}"), format!("::1 {six}")] {
            let said = trace(&format!("{target} --send hello --format json"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{target}: {said:?}");
            let verdict = said.verdict();
            assert_eq!(verdict["completeness"], 31, "{verdict}");
            assert!(!said.segments().iter().any(|segment| segment.contains("RST")), "{said:?}");
        }
    });
}

#[test]
fn connections_of_others_never_appear() {
    in_own_network(|| {
        let port = echo("127.0.0.1:0", 2);
        let mut other = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        let chatter = thread::spawn(move || {
            let mut octets = [0; 5];
            let mut rounds = 0;
            // Until the process that it disturbs is through: a few seconds at most.
            while rounds < 20_000 && other.write_all(b"noise").is_ok() && other.read_exact(&mut octets).is_ok() {
                rounds += 1;
            }
            rounds
        });
        let said = trace(&format!("127.0.0.1:{port} --send hello --format json"));
        assert_eq!(said.code, Some(0), "{said:?}");
        let opened = said.events().iter().filter(|event| event["event"] == "opened").count();
        assert_eq!((opened, said.out.contains("noise")), (1, false));
        assert!(chatter.join().expect("the other connection") > 0);
    });
}

#[test]
fn a_closed_port_and_a_missing_route() {
    in_own_network(|| {
        let said = trace("127.0.0.1:81");
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains("Refused"), "{}", said.out);
        let said = trace("192.0.2.55:80");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
        assert!(said.err.contains("no route to 192.0.2.55: network is unreachable"), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1);
    });
}

#[test]
fn a_port_in_use_is_named() {
    in_own_network(|| {
        let port = echo("127.0.0.1:0", 1);
        let said = trace(&format!("127.0.0.1:{port} --source-port {port}"));
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(&format!("port {port} of 127.0.0.1 is in use")), "{}", said.err);
    });
}
