//! A run with `--kernel`, and what it told, in short words.

use std::process::Command;

use serde_json::Value;

use super::common::support::program::{RAWSHAKE, Said, segment};

/// Something that was told, in one word, and of which connection or exchange; 0 is none.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) connection: u64,
    pub(crate) text: String,
}

/// What a run told.
#[derive(Debug)]
pub(crate) struct Account {
    /// Everything in the order of time.
    pub(crate) words: Vec<Word>,
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
    /// Runs the program with these arguments, in the lab, and sorts what it tells. What stands behind `--` is a command of its
    /// own, which may join the lab: so the lab stands in a network of its own, where there is no other to be joined.
    pub(crate) fn of(arguments: &str) -> Self {
        let in_lab = arguments.starts_with("lab ");
        let both = in_lab || arguments.contains("--udp");
        let (ours, theirs) = arguments.split_once(" -- ").unwrap_or((arguments, ""));
        let mut command = Command::new("unshare");
        command.args(["--net", RAWSHAKE]).args(ours.split_whitespace()).args(["--kernel", "--format", "json"]);
        command.args((!in_lab).then_some("--lab"));
        command.args((!theirs.is_empty()).then_some("--")).args(theirs.split_whitespace());
        Self::told(&mut command, both)
    }

    /// Runs `command`, and sorts what it tells; where `both` kernels tell something, words say which.
    pub(crate) fn told(command: &mut Command, both: bool) -> Self {
        Self::sorted(Said::of(command.output().expect("the program")), both)
    }

    /// Sorts what was told; where `both` kernels tell something, words say which.
    pub(crate) fn sorted(said: Said, both: bool) -> Self {
        let mut events = said.events();
        // What is told of the run as a whole has no time.
        events.retain(|event| event["time"].is_string());
        events.sort_by_key(time);
        let word = |event: &Value| {
            let connection = event["connection"].as_u64().or(event["exchange"].as_u64()).unwrap_or(0);
            word(event, both).map(|text| Word { connection, text })
        };
        let words = events.iter().filter_map(word).collect();
        let compared = events.iter().filter(|event| event["what"] == "compared");
        let count = |name: &str| compared.clone().map(|event| event[name].as_u64().expect(name)).sum();
        Self { words, compared: (count("agreed"), count("contradictions")), said }
    }

    /// What was told of this connection; of all where there is none.
    pub(crate) fn words_of(&self, connection: Option<u64>) -> impl Iterator<Item = &str> {
        let is_of = move |word: &&Word| connection.is_none_or(|wanted| wanted == word.connection);
        self.words.iter().filter(is_of).map(|word| word.text.as_str())
    }

    /// The first of `expected` that does not come after those before it, of this connection or of all; none where all do.
    pub(crate) fn missing<'a>(&self, connection: Option<u64>, expected: &[&'a str]) -> Option<&'a str> {
        let mut words = self.words_of(connection);
        expected.iter().find(|expected| !words.any(|word| word == **expected)).copied()
    }
}

fn time(event: &Value) -> (u64, u64) {
    let (seconds, nanos) = event["time"].as_str().and_then(|time| time.split_once('.')).expect("a time");
    (seconds.parse().expect("seconds"), nanos.parse().expect("nanoseconds"))
}

/// `client:SYN`, `client:UDP`, `ICMP`, `accept4(`, `recvfrom=5`, `close=0`, `>LAST_ACK`, `reset:NO_SOCKET`, `drop:NO_SOCKET`, `queue:1/0`; where `both`
/// kernels tell something, `c.` or `s.` before a word says which; calls of no connection have none.
fn word(event: &Value, both: bool) -> Option<String> {
    match event["event"].as_str() {
        Some("segment") => Some(segment(event).replacen(' ', ":", 1).replace(' ', "+")),
        Some("message") => Some(format!("{}:UDP", event["from"].as_str()?)),
        Some("message-error") => Some("ICMP".to_owned()),
        Some("kernel") if both => {
            let side = event["side"].as_str().and_then(|side| side.chars().next());
            Some(side.map_or(String::new(), |side| format!("{side}.")) + &told(event)?)
        }
        Some("kernel") => told(event),
        _ => None,
    }
}

/// Calls that make a descriptor.
const MAKING: [&str; 5] = ["socket", "accept", "accept4", "dup", "fcntl"];

fn told(event: &Value) -> Option<String> {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let how = event["detail"]["how"].as_str().map_or_else(String::new, |how| format!("({how})"));
    let call = text("call").to_owned() + &how;
    Some(match text("what") {
        "called" => format!("{call}("),
        "returned" => match event["errno"].as_str() {
            Some(errno) => format!("{call}={errno}"),
            // Descriptors are other numbers in each run.
            None if MAKING.contains(&call.as_str()) => format!("{call}=fd"),
            None => format!("{call}={}", event["result"]),
        },
        "state" => format!(">{}", text("new")),
        "reset-sent" => format!("reset:{}", text("reason")),
        "reset-received" => "reset-taken".to_owned(),
        "again" => "again".to_owned(),
        "dropped" => format!("drop:{}", text("reason")),
        "counted" => format!("counted:{}", event["retransmitted"]),
        "queue" => format!("queue:{}/{}", event["waiting"], event["allowed"]),
        "lost" => "lost".to_owned(),
        "contradiction" => format!("CONTRADICTION:{}:{}", event["inferred"], event["observed"]),
        _ => return None,
    })
}
