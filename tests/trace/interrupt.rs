//! Ctrl-C while a run goes on.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::program::{Said, command, has_lab};

/// Runs until a segment with these words is shown, sends the signal, and reads the rest.
fn interrupted(arguments: &str, signal: Signal, after: &str) -> Said {
    let mut child = command(&format!("--lab --format json {arguments}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut out = String::new();
    loop {
        let start = out.len();
        let read = output.read_line(&mut out).expect("a line");
        assert!(read > 0, "it ended before {after}: {out}");
        let event: Value = serde_json::from_str(&out[start..]).expect("JSON");
        if event["event"] == "segment" && crate::program::segment(&event) == after {
            break;
        }
    }
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process")).expect("a process");
    kill_process(pid, signal).expect("a signal");
    output.read_to_string(&mut out).expect("the rest");
    let rest = child.wait_with_output().expect("an end");
    Said { out, ..Said::of(rest) }
}

#[test]
fn an_open_connection_is_closed() {
    if has_lab() {
        let said = interrupted("--close passive --lab-server echo --send hello", Signal::INT, "server PSH ACK");
        assert_eq!(said.code, Some(130), "{said:?}");
        let verdict = said.verdict();
        assert_eq!((&verdict["termination"], &verdict["closed_first"]), (&"four-segment".into(), &"client".into()));
        assert!(!said.segments().iter().any(|segment| segment.contains("RST")), "{said:?}");
    }
}

#[test]
fn one_that_is_to_be_reset_is_reset() {
    if has_lab() {
        let said = interrupted("--close reset --wait 60 --deadline 60 --send hello", Signal::INT, "server ACK");
        assert_eq!(said.code, Some(130), "{said:?}");
        assert_eq!(said.segments().last().map(String::as_str), Some("client RST ACK"));
    }
}

#[test]
fn one_that_never_opened_is_reset() {
    if has_lab() {
        let said = interrupted("--lab-server silent --timeout 60", Signal::INT, "client SYN");
        assert_eq!(said.code, Some(130), "{said:?}");
        assert_eq!(said.segments(), ["client SYN", "client RST"]);
        assert!(said.err.contains("interrupted"), "{said:?}");
    }
}

#[test]
fn a_peer_that_never_closes_is_reset() {
    if has_lab() {
        let said = interrupted("--lab-server never-closes --deadline 60", Signal::INT, "client FIN ACK");
        assert_eq!(said.code, Some(130), "{said:?}");
        assert_eq!(said.segments().last().map(String::as_str), Some("client RST ACK"));
    }
}

#[test]
fn termination_has_its_own_exit_code() {
    if has_lab() {
        for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
            let said = interrupted("--lab-server silent --timeout 60", signal, "client SYN");
            assert_eq!(said.code, Some(code), "{said:?}");
            assert_eq!(said.segments(), ["client SYN", "client RST"]);
        }
    }
}
