//! A hundred thousand SYNs that nothing follows, and one honest client among them.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rawshake::lab::SILENT;
use rawshake::sys::{RawSender, Version};

use crate::common::segment;
use crate::program::{Listening, address, connect, in_lab};

const SYNS: u32 = 100_000;
/// The most memory that the program may ever have had, in KiB.
const MOST: u64 = 64 * 1024;

/// Every 4-tuple once: all ports of one address that never answers, then those of one to which there is no way.
fn flood() {
    let to = address(Version::V4);
    let sender = RawSender::open(Version::V4, None).unwrap();
    for number in 0..SYNS {
        let (ip, port) = if number < 60_000 {
            (SILENT.ip(Version::V4), 1 + number)
        } else {
            (IpAddr::from([198, 51, 100, 7]), 1 + number - 60_000)
        };
        let from = SocketAddr::new(ip, port as u16);
        let packet = segment(from, to, "S", number, 0, b"");
        while sender.send(&packet, to.ip(), 0).is_err_and(|error| error.is_transient()) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn honest(server: SocketAddr) {
    let mut stream = connect(server);
    stream.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

/// The most memory that a process has had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}

#[test]
fn a_flood_is_shed_and_an_honest_client_served() {
    in_lab(|lab| {
        let listening = Listening::start("");
        lab.on_server(|| {
            let flood = std::thread::spawn(flood);
            (0..3).for_each(|_| honest(address(Version::V4)));
            flood.join().unwrap();
            (0..3).for_each(|_| honest(address(Version::V4)));
        })
        .unwrap();
        let peak = peak(listening.pid());
        listening.interrupt();
        let said = listening.end();
        let counts = said.counts();
        assert!(peak < MOST, "{peak} KiB; {counts}");
        let [syns, lost] = ["syns", "not_captured"].map(|name| counts[name].as_u64().unwrap());
        assert!(syns + lost >= u64::from(SYNS) && syns > 10_000, "{counts}");
        assert!(counts["cookies_sent"].as_u64().unwrap() > 0 && counts["not_shown"].as_u64().unwrap() > 0, "{counts}");
        assert_eq!(counts["accepted"], 6, "{counts}");
        // Honest clients are shown from their SYNs on, though they were some of many; of those amid the flood the capture
        // may have lost a segment.
        let events = said.events();
        let whole = events.iter().filter(|event| event["event"] == "ended" && event["handshake"] == "three-way");
        assert!(whole.count() >= 3, "{counts}");
        assert!(events.len() < 20_000, "{} events", events.len());
    });
}
