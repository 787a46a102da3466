//! A client that sends a SYN and is never heard of again.

use std::net::SocketAddr;
use std::time::Duration;

use rawshake::lab::SILENT;
use rawshake::sys::{RawSender, Version};

use crate::common::segment;
use rustix::process::Signal;

use crate::program::{address, counts, in_lab, listening};

#[test]
fn the_syn_ack_is_repeated_and_then_the_connection_forgotten() {
    in_lab(|lab| {
        let running = listening("--retries 2 --timeout 0.1");
        lab.on_server(|| {
            let (from, to) = (SocketAddr::new(SILENT.ip(Version::V4), 4000), address(Version::V4));
            let sender = RawSender::open(Version::V4, None).unwrap();
            sender.send(&segment(from, to, "S", 7, 0, b""), to.ip(), 0).unwrap();
            // 0.1 + 0.2 + 0.4 s, and some.
            std::thread::sleep(Duration::from_millis(1500));
        })
        .unwrap();
        running.signal(Signal::INT);
        let said = running.said();
        assert_eq!(said.segments(), ["client SYN", "server SYN ACK", "server SYN ACK", "server SYN ACK"]);
        let counts = counts(&said);
        assert_eq!((&counts["syn_acks_again"], &counts["half_open_expired"]), (&2.into(), &1.into()));
        assert_eq!(said.verdict()["handshake"], "syn-received");
    });
}
