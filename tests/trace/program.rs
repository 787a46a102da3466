//! The program, and what it said.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::process::{Command, Output};

use serde_json::Value;

use crate::common;

/// The program under test.
pub(crate) const RAWSHAKE: &str = env!("CARGO_BIN_EXE_rawshake");

/// What a run said, and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }

    /// The events of a run with `--format json`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// The verdict of a run with `--format json`.
    pub(crate) fn verdict(&self) -> Value {
        let verdict = self.events().into_iter().find(|event| event["event"] == "ended");
        verdict.unwrap_or_else(|| panic!("no verdict: {self:?}"))
    }

    /// The segments of a run with `--format json`, each as `client SYN ACK`.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.events().iter().filter(|event| event["event"] == "segment").map(segment).collect()
    }
}

/// Who sent which flags.
pub(crate) fn segment(event: &Value) -> String {
    let flags: Vec<&str> = event["flags"].as_array().expect("flags").iter().filter_map(Value::as_str).collect();
    format!("{} {}", event["from"].as_str().expect("a side"), flags.join(" "))
}

/// Runs `rawshake trace` with these arguments, separated by blanks.
pub(crate) fn trace(arguments: &str) -> Said {
    Said::of(command(arguments).output().expect("the program"))
}

/// Runs `rawshake send` with these arguments, separated by blanks.
pub(crate) fn send(arguments: &str) -> Said {
    Said::of(command_of("send", arguments).output().expect("the program"))
}

pub(crate) fn command(arguments: &str) -> Command {
    command_of("trace", arguments)
}

pub(crate) fn command_of(subcommand: &str, arguments: &str) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.arg(subcommand).args(arguments.split(' ').filter(|word| !word.is_empty()));
    command
}

/// Whether the lab can be had here; if not, that is put on record.
pub(crate) fn has_lab() -> bool {
    let said = trace("--lab --lab-server refuses");
    let forbidden = said.code == Some(2) && said.err.contains("cannot set up the lab");
    if forbidden {
        common::impossible(said.err.trim_end());
    }
    !forbidden
}
