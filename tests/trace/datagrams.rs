//! `rawshake trace --udp`: datagrams, through the kernel's own socket.

use std::net::UdpSocket;

use crate::common::in_own_network;
use crate::program::{has_lab, trace};

#[test]
fn a_datagram_is_answered_refused_or_lost() {
    if !has_lab() {
        return;
    }
    for (arguments, code, told) in [
        ("--send hi", 0, &["UDP  2 bytes", "answers after", "Answered"][..]),
        ("-6 --send hi", 0, &["[2001:db8::2]:7", "Answered"]),
        ("--lab-server refuses", 1, &["ICMP port unreachable  from 192.0.2.2", "Refused"]),
        ("server:99 --lab-server refuses", 1, &["no socket is bound to port 99"]),
        ("silent --timeout 0.05 --retries 2", 1, &["3rd time: no answer was seen", "Unanswered"]),
        ("silent --timeout 0.05 --retries 0", 1, &["1 datagram with 5 bytes by the client", "Unanswered"]),
        // The program itself sends again what was lost.
        ("--wire drop=1 --timeout 0.1", 0, &["2nd time: no answer was seen", "Answered"]),
        ("--wire dup=1 --send hi", 0, &["2 datagrams with 4 bytes"]),
    ] {
        let said = trace(&format!("--lab --udp {arguments}"));
        assert_eq!(said.code, Some(code), "{arguments}: {said:?}");
        for words in told {
            assert!(said.out.contains(words), "{arguments}: {words}: {said:?}");
        }
    }
    let said = trace("--lab --udp --send-hex 00ff -q --format lines");
    assert!(said.out.lines().count() == 2 && said.out.contains("> 192.0.2.2.7: UDP, length 2"), "{said:?}");
}

#[test]
fn our_own_fields_are_those_that_were_asked_for() {
    if !has_lab() {
        return;
    }
    let path = std::env::temp_dir().join(format!("rawshake-udp-{}.pcap", std::process::id()));
    let said = trace(&format!("--lab --udp --source-port 4444 --ttl 9 --pcap {}", path.display()));
    assert_eq!(said.code, Some(0), "{said:?}");
    let octets = std::fs::read(&path).expect("the capture");
    std::fs::remove_file(&path).expect("the capture");
    // Behind the file's header, the packet's and Ethernet's: time to live, and the source port.
    let ip = &octets[24 + 16 + 14..];
    assert_eq!((ip[8], ip[9], u16::from_be_bytes([ip[20], ip[21]])), (9, 17, 4444));
}

#[test]
fn a_port_of_this_machine_is_asked_and_what_means_nothing_is_refused() {
    if !has_lab() {
        return;
    }
    in_own_network(|| {
        let there = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = there.local_addr().expect("an address").port();
        let silent = trace(&format!("127.0.0.1:{port} --udp --send x --timeout 0.05 --retries 0"));
        assert!(silent.code == Some(1) && silent.out.contains("Unanswered"), "{silent:?}");
        let mut octets = [0; 9];
        assert_eq!(there.recv(&mut octets).expect("the datagram"), 1);
        drop(there);
        let closed = trace(&format!("127.0.0.1:{port} --udp"));
        assert!(closed.code == Some(1) && closed.out.contains("Refused"), "{closed:?}");
    });
    for (arguments, complaint) in [
        ("--lab --udp --close half", "cannot be used with"),
        ("--lab --udp --http", "cannot be used with"),
        ("--lab --udp --count 3", "cannot be used with"),
        ("--lab --udp --lab-server http", "there are echo and refuses"),
        ("localhost --udp", "which UDP port?"),
    ] {
        let said = trace(arguments);
        assert!(said.code == Some(2) && said.err.contains(complaint), "{arguments}: {said:?}");
        assert!(said.out.is_empty() && said.err.lines().count() == 1, "{arguments}: {said:?}");
    }
}
