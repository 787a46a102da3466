//! `rawshake sockets`, held against ss(8) where there are more than a thousand sockets in all states.

#[path = "../common/mod.rs"]
mod common;
mod population;
mod ss;
mod watch;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use common::support::installed;
use common::support::program::{RAWSHAKE, Said};
use population::Population;

/// Runs the command in the network of this thread.
fn sockets(arguments: &str) -> Said {
    let mut command = Command::new(RAWSHAKE);
    command.arg("sockets").args(arguments.split_whitespace());
    Said::of(command.output().expect("the program"))
}

/// The sockets that ss lists too, in its form. It does not list what has a port and nothing else; those are counted.
fn rows(said: &Said) -> (Vec<ss::Row>, usize) {
    let (bound, listed): (Vec<Value>, Vec<Value>) = said.events().into_iter().partition(is_bound);
    let mut rows: Vec<_> = listed.iter().map(ss::Row::of_json).collect();
    rows.sort();
    (rows, bound.len())
}

fn is_bound(socket: &Value) -> bool {
    socket["protocol"] == "tcp" && socket["state"] == "CLOSED"
}

#[test]
fn a_thousand_sockets_are_those_of_ss() {
    if !installed("sockets", "ss") {
        return common::skip("ss is not installed (iproute2)");
    }
    common::in_own_network(|| {
        let population = Population::new();
        let (theirs, ours) = ss::while_still(|| sockets("--format json"));
        let (rows, bound) = rows(&ours);
        assert_eq!(bound, population.bound());
        assert!(rows.len() >= 1000, "{} sockets", rows.len());
        let states: BTreeMap<&str, usize> = rows.iter().fold(BTreeMap::new(), |mut states, row| {
            *states.entry(row.state()).or_default() += 1;
            states
        });
        assert_eq!(states.len(), 11, "all states of TCP but CLOSED, and a datagram socket without a peer: {states:?}");
        for (ours, theirs) in rows.iter().zip(&theirs) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(rows.len(), theirs.len());
        families(&ours);
        choices(&ours);
        forms(rows.len() + bound);
    });
}

/// Each connection of the server's side is beneath its listening socket.
fn families(said: &Said) {
    let events = said.events();
    let listeners: BTreeMap<u64, &Value> = events
        .iter()
        .filter(|event| event["state"] == "LISTEN")
        .filter_map(|event| Some((event["cookie"].as_u64()?, event)))
        .collect();
    let port = |socket: &Value| socket["local"].as_str().and_then(|local| Some(local.rsplit_once(':')?.1.to_owned()));
    // A port may be free again while connections that came from there go on, and then be taken at another address or on
    // one interface alone.
    let address = |socket: &Value| socket["local"].as_str().and_then(|it| Some(it.rsplit_once(':')?.0.to_owned()));
    let is_any = |socket: &Value| ["0.0.0.0", "[::]"].contains(&address(socket).unwrap_or_default().as_str());
    let takes = |door: &Value, end: &Value| {
        (port(door), &door["ip"]) == (port(end), &end["ip"])
            && (is_any(door) || address(door) == address(end))
            && (door["interface"].is_null() || door["interface"] == end["interface"])
    };
    let mut beneath = 0;
    for socket in events.iter().filter(|socket| socket["protocol"] == "tcp" && !socket["remote"].is_null()) {
        let parent = socket["listener"].as_u64().map(|cookie| listeners[&cookie]);
        assert_eq!(parent.is_some(), listeners.values().any(|door| takes(door, socket)), "{socket}");
        if let Some(parent) = parent {
            assert_eq!((port(parent), &parent["ip"]), (port(socket), &socket["ip"]), "{socket}");
            beneath += 1;
        }
    }
    assert!(beneath > 80, "{beneath}");
    // In text, too: each such socket stands behind a branch.
    let tree = sockets("--tree");
    assert_eq!(tree.out.lines().filter(|line| line.starts_with("LISTEN")).count(), listeners.len());
    assert_eq!(tree.out.lines().filter(|line| line.starts_with(['├', '└'])).count(), events.len() - listeners.len());
}

/// Whether an end of it satisfies this.
fn has_end(socket: &Value, satisfies: impl Fn(&str) -> bool) -> bool {
    [&socket["local"], &socket["remote"]].iter().any(|end| end.as_str().is_some_and(&satisfies))
}

fn is_connected(socket: &Value) -> bool {
    socket["protocol"] == "tcp" && socket["state"] != "LISTEN" && socket["state"] != "CLOSED"
}

fn is_held_by_sleep(socket: &Value) -> bool {
    socket["processes"].as_array().is_some_and(|held| held.iter().any(|one| one["command"] == "sleep"))
}

type Choice = (&'static str, fn(&Value) -> bool);

const CHOICES: [Choice; 9] = [
    ("--tcp", |socket| socket["protocol"] == "tcp"),
    ("-u", |socket| socket["protocol"] == "udp"),
    ("-4", |socket| socket["ip"] == 4),
    ("-6 -t", |socket| socket["ip"] == 6 && socket["protocol"] == "tcp"),
    ("--listening", |socket| socket["state"] == "LISTEN" || socket["state"] == "unconnected"),
    ("--state time-wait,CLOSE_WAIT", |socket| socket["state"] == "TIME-WAIT" || socket["state"] == "CLOSE-WAIT"),
    ("--state connected -t", is_connected),
    ("--process sleep", is_held_by_sleep),
    ("--address ::1", |socket| has_end(socket, |end| end.starts_with("[::1]"))),
];

/// What the options choose is what they say.
fn choices(all: &Said) {
    let events = all.events();
    let cookie = |socket: &Value| socket["cookie"].clone();
    let found = |arguments: &str| -> Vec<Value> {
        sockets(&format!("--format json {arguments}")).events().iter().map(cookie).collect()
    };
    for (arguments, passes) in CHOICES {
        let wanted: Vec<_> = events.iter().filter(|socket| passes(socket)).map(cookie).collect();
        assert!(!wanted.is_empty(), "{arguments}");
        assert_eq!(found(arguments), wanted, "{arguments}");
    }
    let waits = events.iter().find(|socket| socket["state"] == "CLOSE-WAIT").expect("one");
    let port = waits["local"].as_str().and_then(|end| end.rsplit_once(':')).expect("a port").1;
    let ending = format!(":{port}");
    let wanted: Vec<_> =
        events.iter().filter(|socket| has_end(socket, |end| end.ends_with(&ending))).map(cookie).collect();
    assert_eq!(found(&format!("--port {port}")), wanted);
    let none = sockets("--port 1 --format table");
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (Some(1), "", "no socket passes the options\n"));
}

/// Every form has every socket, and none is wider than asked for.
fn forms(sockets_there: usize) {
    let lines = sockets("--format lines");
    assert_eq!(lines.out.lines().count(), sockets_there);
    assert_eq!(sockets("").out.lines().count(), sockets_there + 1, "with a heading");
    for width in [40_usize, 80, 120] {
        for tree in ["", "--tree", "--tree --ascii"] {
            let said = sockets(&format!("--width {width} {tree}"));
            let wide: Vec<_> = said.out.lines().filter(|line| line.chars().count() > width).collect();
            assert!(wide.is_empty(), "{wide:#?}");
            assert!(!tree.contains("ascii") || said.out.is_ascii());
            assert_eq!(said.code, Some(0));
        }
    }
}

#[test]
fn wrong_arguments_are_told_in_one_line() {
    for (arguments, told) in [
        ("--state open", "there are: closed, listen, syn-sent"),
        ("--port 70000", "70000"),
        ("--watch 0", "must be more than 0 seconds"),
        ("--address nowhere", "invalid IP address syntax"),
        ("--format xml", "[possible values: table, lines, json]"),
    ] {
        let said = sockets(arguments);
        assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
    }
}
