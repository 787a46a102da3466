//! A run with `--kernel`, and what it told, in short words.

use std::process::Command;

use serde_json::Value;

use super::common::support::program::{RAWSHAKE, Said, segment};

/// What a run told.
#[derive(Debug)]
pub(crate) struct Account {
    /// Everything in the order of time, each as one word.
    pub(crate) words: Vec<String>,
    /// States on which segments and kernel agree, and on which they do not.
    pub(crate) compared: (u64, u64),
    pub(crate) said: Said,
}

/// Whether the kernel's trace is to be had here; if not, the reason is on record.
pub(crate) fn possible() -> bool {
    match rawshake::sys::tracefs::StateTrace::start() {
        Ok(_) => true,
        // A kernel without it, or no root: the system call said so. Anything else is a fault of ours.
        Err(error) => {
            assert!(error.errno().is_some(), "{error}");
            super::common::impossible(&error.to_string());
            false
        }
    }
}

pub(crate) fn rawshake(arguments: &str) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.args(arguments.split_whitespace());
    command
}

impl Account {
    /// Runs the program with these arguments, in the lab, and sorts what it tells.
    pub(crate) fn of(arguments: &str) -> Self {
        let output = rawshake(arguments).args(["--lab", "--kernel", "--format", "json"]).output().expect("the program");
        let said = Said::of(output);
        let mut events = said.events();
        // What is told of the run as a whole has no time.
        events.retain(|event| event["time"].is_string());
        events.sort_by_key(time);
        let words = events.iter().filter_map(word).collect();
        let compared = events.iter().filter(|event| event["what"] == "compared");
        let count = |name: &str| compared.clone().map(|event| event[name].as_u64().expect(name)).sum();
        Self { words, compared: (count("agreed"), count("contradictions")), said }
    }

    /// The states that the kernel told, in their order.
    pub(crate) fn states(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).filter(|word| word.starts_with('>')).collect()
    }

    /// The first of `expected` that does not come after those before it; none where all do.
    pub(crate) fn missing<'a>(&self, expected: &[&'a str]) -> Option<&'a str> {
        let mut words = self.words.iter();
        expected.iter().find(|expected| !words.any(|word| word == *expected)).copied()
    }
}

fn time(event: &Value) -> (u64, u64) {
    let (seconds, nanos) = event["time"].as_str().and_then(|time| time.split_once('.')).expect("a time");
    (seconds.parse().expect("seconds"), nanos.parse().expect("nanoseconds"))
}

/// `client:SYN`, `accept4(`, `recvfrom=5`, `close=0`, `>LAST_ACK`, `reset:NO_SOCKET`, `drop:NO_SOCKET`.
fn word(event: &Value) -> Option<String> {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let call = |event: &Value| match &event["detail"]["how"] {
        Value::String(how) => format!("{}({how})", event["call"].as_str().expect("a call")),
        _ => event["call"].as_str().expect("a call").to_owned(),
    };
    match (text("event"), text("what")) {
        ("segment", _) => Some(segment(event).replacen(' ', ":", 1).replace(' ', "+")),
        (_, "called") => Some(format!("{}(", call(event))),
        (_, "returned") => Some(match event["errno"].as_str() {
            Some(errno) => format!("{}={errno}", call(event)),
            // Descriptors are other numbers in each run.
            None if ["socket", "accept4"].contains(&text("call")) => format!("{}=fd", text("call")),
            None => format!("{}={}", call(event), event["result"]),
        }),
        (_, "state") => Some(format!(">{}", text("new"))),
        (_, "reset-sent") => Some(format!("reset:{}", text("reason"))),
        (_, "reset-received") => Some("reset-taken".to_owned()),
        (_, "again") => Some("again".to_owned()),
        (_, "dropped") => Some(format!("drop:{}", text("reason"))),
        (_, "lost") => Some("lost".to_owned()),
        (_, "contradiction") => Some(format!("CONTRADICTION:{}:{}", event["inferred"], event["observed"])),
        _ => None,
    }
}
