//! A live run and the replay of its own capture file tell of the same events, from which every output is made: only what
//! we know of the hand-made end from having made it differs.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

mod support;

/// Runs of `trace --lab`, each another way through the states.
const RUNS: [&[&str]; 8] = [
    &["--send", "hello"],
    &["--send", "hello", "--close", "passive"],
    &["--send", "hello", "--close", "half"],
    &["--send", "hello", "--close", "reset"],
    &["--send", "hello", "--close", "simultaneous"],
    &["--open", "simultaneous"],
    &["--lab-server", "refuses"],
    &["--lab-server", "silent", "--timeout", "0.05", "--retries", "2"],
];

fn rawshake(arguments: &[&str], option: &[&str], file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rawshake"));
    command.args(arguments).args(option).arg(file).output().expect("rawshake runs")
}

/// The events, without what we know from having made one end by hand.
fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let mut events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    events.iter_mut().for_each(forget);
    events
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "certainty" | "calls" | "origin"));
            fields.values_mut().for_each(forget);
        }
        Value::Array(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}

#[test]
fn the_replay_of_a_live_run_tells_of_the_same_events() {
    let folder = tempfile::tempdir().expect("a folder");
    for (index, arguments) in RUNS.iter().enumerate() {
        let file = folder.path().join(format!("{index}.pcap"));
        let arguments = [&["trace", "--lab", "--format", "json"], *arguments].concat();
        let live = rawshake(&arguments, &["--pcap"], &file);
        let said = String::from_utf8_lossy(&live.stderr);
        if live.status.code() == Some(2) && said.contains("namespace") {
            return support::skip("the_replay_of_a_live_run_tells_of_the_same_events", &said);
        }
        let replayed = rawshake(&["replay", "--format", "json"], &[], &file);
        let (live, replayed) = (events(&live), events(&replayed));
        assert!(live.len() >= 4, "{arguments:?}: {live:#?}");
        assert_eq!(live, replayed, "{arguments:?}");
    }
}
