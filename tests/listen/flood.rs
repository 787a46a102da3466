//! A hundred thousand SYNs that nothing follows, and one honest client among them.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rawshake::lab::{SILENT, YOU};
use rawshake::sys::{RawSender, Version};

use crate::common::segment;
use rustix::process::Signal;

use crate::program::{address, connect, counts, in_lab, listening};

const SYNS: u32 = 100_000;
/// Honest clients call when so many SYNs were sent, and are served before the last so many.
const BEFORE: u32 = 10_000;
const AFTER: u32 = 10_000;
/// The most memory that the program may ever have had, in KiB.
const MOST: u64 = 64 * 1024;
/// Packets of others on the wire, as IPv6 has them when an interface comes up.
const NOISE: u64 = 40;

/// All ports of one address that never answers, then those of one to which there is no way. Gives the number of
/// 4-tuples from which a SYN was sent.
fn flood(amid: &Sender<()>, served: &Receiver<()>) -> usize {
    let to = address(Version::V4);
    let sender = RawSender::open(Version::V4, None).unwrap();
    let mut sent = HashSet::new();
    for number in 0..SYNS {
        match number {
            BEFORE => amid.send(()).unwrap(),
            _ if number == SYNS - AFTER => served.recv().unwrap(),
            _ => {}
        }
        let (ip, port) = if number < 60_000 {
            (SILENT.ip(Version::V4), 1 + number)
        } else {
            (IpAddr::from([198, 51, 100, 7]), 1 + number - 60_000)
        };
        let from = SocketAddr::new(ip, port as u16);
        let packet = segment(from, to, "S", number, 0, b"");
        while let Err(error) = sender.send(&packet, to.ip(), 0) {
            assert!(error.is_transient(), "{error}");
            std::thread::sleep(Duration::from_millis(1));
        }
        sent.insert((from, to));
    }
    sent.len()
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

/// Packets that passed the listener's interface so far, in and out, as its kernel counts them.
fn passed() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/net/dev").expect("the kernel's counters");
    let line = text.lines().find_map(|line| line.trim().strip_prefix(YOU.name)).expect("the interface");
    let fields: Vec<&str> = line.trim_start_matches(':').split_whitespace().collect();
    [fields[1], fields[9]].iter().map(|field| field.parse::<u64>().expect("a number")).sum()
}

#[test]
fn a_flood_is_shed_and_an_honest_client_served() {
    in_lab(|lab| {
        let before = passed();
        let running = listening("");
        let sent = lab.on_server(|| {
            let ((amid, begun), (served, end)) = (channel(), channel());
            let flood = std::thread::spawn(move || flood(&amid, &end));
            begun.recv().unwrap();
            (0..3).for_each(|_| honest(address(Version::V4)));
            served.send(()).unwrap();
            let sent = flood.join().unwrap();
            (0..3).for_each(|_| honest(address(Version::V4)));
            sent
        });
        assert_eq!(sent.unwrap(), SYNS as usize);
        let peak = peak(running.pid());
        running.signal(Signal::INT);
        let said = running.said();
        let (passed, counts) = (passed() - before, counts(&said));
        assert!(peak < MOST, "{peak} KiB; {counts}");
        let [syns, seen, lost] = ["syns", "captured", "not_captured"].map(|name| counts[name].as_u64().unwrap());
        // The buffer of the capture is for nearly all of them; what it lost nevertheless is told, to the packet.
        assert!(syns > u64::from(SYNS) / 2, "{counts}");
        assert!((seen + lost).abs_diff(passed) <= NOISE, "{passed} packets passed; {counts}");
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
