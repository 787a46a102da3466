//! A flood of SYNs on the cable, with an honest client in its midst. A million: `RAWSHAKE_FLOOD=1000000 cargo test --release
//! --test watch flood`.

use crate::common;
use crate::load::{self, Load, NEAR};
use crate::program::{is_caught_up, watching};

/// SYNs before the honest client, and once more after it.
const SYNS: u32 = 20_000;
/// Connections that are followed at once.
const FOLLOWED: u32 = 5_000;
/// The most memory that the program may ever have had, in KiB, the kernel's buffer and all.
const MOST: u64 = 256 * 1024;

/// The most memory that a process has had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a number");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_flood_is_bounded_and_told_and_an_honest_client_shown() {
    let syns = std::env::var("RAWSHAKE_FLOOD").map_or(SYNS, |text| text.parse().expect("a number of SYNs"));
    common::in_own_network(|| {
        let far = load::cable().expect("a cable");
        let mode = format!("--list --format json --max-connections {FOLLOWED}");
        let mut running = watching(&format!("-i {} {mode} --where segments>3", NEAR.name));
        let flood = Load { at_once: syns, connections: syns, pairs: 0, rate: 50_000 };
        // Its second connection has a socket that the flood has not.
        let honest = Load { at_once: 1, connections: 2, pairs: 2, rate: 50_000 };
        let sent = load::flood(&far, flood) + load::send(&far, honest, || ()) + load::flood(&far, flood);
        while !is_caught_up(&mut running, sent) {}
        let peak = peak(running.pid());
        let said = running.stop();
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(peak < MOST, "{peak} KiB");
        let client = load::client(1, &honest).to_string();
        let shown = said.events().into_iter().find(|row| row["client"] == *client).expect("the honest client");
        assert_eq!((&shown["handshake"], &shown["termination"]), (&"three-way".into(), &"three-segment".into()));
        // All of the first and of the second flood but those that are followed in the end.
        let (_, rest) = said.err.split_once("near: ").expect("what was evicted");
        let evicted = rawshake::explain::grouped(u64::from(2 * syns - FOLLOWED));
        assert!(rest.contains("taken for ended too early: more than 5000 at once"), "{evicted}: {}", said.err);
    });
}
