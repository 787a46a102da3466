//! Nothing is lost, and nothing grows.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use rawshake::sys::Interface;
use serde_json::Value;

use crate::common;
use crate::load::{self, Load, NEAR};
use crate::program::{Said, is_caught_up, watching};

/// Ten thousand connections at once. All of it has room in the kernel's buffer, so that the debug build may be late.
const LOAD: Load = Load { at_once: 10_000, connections: 10_000, pairs: 2, rate: 100_000 };

/// The clients of connections that events tell of, each with how many segments it had.
fn clients<'a>(events: impl IntoIterator<Item = &'a Value>) -> BTreeMap<SocketAddr, u64> {
    let client = |event: &Value| event["client"].as_str().expect("a client").parse().expect("a socket");
    events.into_iter().map(|event| (client(event), event["segments"].as_u64().unwrap_or(0))).collect()
}

/// They must be those that were sent.
fn are_all(clients: &BTreeMap<SocketAddr, u64>) {
    let found: BTreeSet<_> = clients.keys().copied().collect();
    let missing = all().difference(&found).count();
    assert_eq!((found.len(), missing), (LOAD.connections as usize, 0));
}

fn all() -> BTreeSet<SocketAddr> {
    (0..LOAD.connections).map(|number| load::client(number, &LOAD)).collect()
}

/// Sends the load to a run with these arguments, and holds what it counts against what was sent and what arrived.
fn watched(arguments: &str) -> Said {
    let far = load::cable().expect("a cable");
    let running = watching(&format!("-i {} {arguments}", NEAR.name));
    let sent = load::send(&far, LOAD, || ());
    assert_eq!(Interface::named(NEAR.name).expect("an interface").received, sent, "the cable itself loses nothing");
    let said = running.stop();
    assert_eq!(sent, u64::from(LOAD.connections * LOAD.segments()));
    let told = ("near: 100,000 packets, 10,000 connections; 0 packets dropped by the kernel\n").to_owned();
    assert_eq!((said.code, said.err), (Some(0), told));
    Said { err: String::new(), ..said }
}

#[test]
fn every_connection_of_ten_thousand_at_once_is_listed() {
    common::in_own_network(|| {
        let said = watched("--list --format json tcp");
        let listed = said.events();
        let clients = clients(&listed);
        are_all(&clients);
        assert!(clients.values().all(|segments| *segments == u64::from(LOAD.segments())));
        assert!(listed.iter().all(|row| row["handshake"] == "three-way" && row["termination"] == "three-segment"));
    });
}

#[test]
fn each_is_told_when_it_opens_and_when_it_ends() {
    common::in_own_network(|| {
        let events = watched("--brief --format json").events();
        are_all(&clients(events.iter().filter(|event| event["event"] == "opened")));
        let ended = clients(events.iter().filter(|event| event["event"] == "ended"));
        are_all(&ended);
        assert!(ended.values().all(|segments| *segments == u64::from(LOAD.segments())));
        assert_eq!(events.len(), 2 * LOAD.connections as usize);
    });
}

/// Octets of memory that are the program's own: not those of the kernel's buffer.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a number");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn what_was_told_takes_no_memory() {
    common::in_own_network(|| {
        let far = load::cable().expect("a cable");
        let mode = "--brief --format json --max-connections 500 --buffer-size 32";
        let mut running = watching(&format!("-i {} {mode}", NEAR.name));
        // As many at once as all batches hold; and what is over is remembered until as many others are.
        let flood = Load { at_once: 500, connections: 6_000, pairs: 0, rate: 0 };
        let first = load::send(&far, flood, || ());
        while !is_caught_up(&mut running, first) {}
        let before = resident(running.pid());
        let second = load::send(&far, Load { rate: 20_000, ..flood }, || ());
        while !is_caught_up(&mut running, first + second) {}
        let growth = resident(running.pid()).saturating_sub(before);
        let said = running.stop();
        assert!(said.err.contains("near: 72,000 packets, "), "{:?}", said.err);
        assert!(said.err.contains("; 0 packets dropped by the kernel"), "{:?}", said.err);
        // A connection that is followed takes 1.6 kB.
        assert!(growth < 2 << 20, "{growth} octets for {} connections", flood.connections);
    });
}
