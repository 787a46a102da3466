//! States and calls, as the kernels and programs of both hosts told them while the packets were captured.

use std::process::Command;

use serde_json::Value;

use crate::common::impossible;
use crate::common::support::program::{RAWSHAKE, Said};
use crate::{questions, quiz};

/// Runs in which both ends are programs with sockets of the kernel.
const RUNS: [&str; 8] = [
    "lab serve --clients 3 --in-turn",
    "lab serve --clients 3 --in-turn --close-first",
    "lab serve --clients 2 --in-turn --half-close",
    "lab serve --clients 2 --in-turn --http",
    "lab serve --clients 2 --in-turn --http --close-first -6",
    "lab serve --clients 2 --in-turn --model thread",
    "lab serve --clients 2 --in-turn --wire delay=20ms",
    CALLS_NOBODY,
];

/// Behind its options comes a command that calls a port where nobody listens.
const CALLS_NOBODY: &str = "lab run";

/// The kernel's names of states, and those of RFC 9293.
const STATES: [(&str, &str); 11] = [
    ("CLOSE", "CLOSED"),
    ("LISTEN", "LISTEN"),
    ("SYN_SENT", "SYN-SENT"),
    ("SYN_RECV", "SYN-RECEIVED"),
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN_WAIT1", "FIN-WAIT-1"),
    ("FIN_WAIT2", "FIN-WAIT-2"),
    ("CLOSE_WAIT", "CLOSE-WAIT"),
    ("CLOSING", "CLOSING"),
    ("LAST_ACK", "LAST-ACK"),
    ("TIME_WAIT", "TIME-WAIT"),
];

/// What was told of one connection, in the order of time.
struct Told(Vec<Value>);

impl Told {
    fn of(connection: u64, said: &Said) -> Self {
        let mut events = said.events();
        events.retain(|event| event["connection"] == connection && event["time"].is_string());
        events.sort_by(|one, other| one["time"].as_str().cmp(&other["time"].as_str()));
        Self(events)
    }

    fn place(&self, is_it: impl Fn(&Value) -> bool) -> Option<usize> {
        self.0.iter().position(is_it)
    }

    /// The states in which the end of `side` was, by its kernel, from when `packet` was captured until its next own segment.
    fn states(&self, side: &str, packet: u64) -> Vec<&'static str> {
        let begin = self.place(|event| event["event"] == "segment" && event["number"] == packet).expect("the packet");
        let is_own = |event: &&Value| event["event"] == "segment" && event["from"] == side;
        let is_state = |event: &&Value| event["side"] == side && event["what"] == "state";
        let name = |event: &Value| {
            let row = STATES.iter().find(|row| event["new"] == row.0);
            row.unwrap_or_else(|| panic!("a state: {event}")).1
        };
        let before = self.0[..begin].iter().rev().find(is_state).map(name);
        let until = self.0[begin + 1..].iter().take_while(|event| !is_own(event));
        before.into_iter().chain(until.filter(is_state).map(name)).collect()
    }

    /// What returned at the program of `side`, in the words of the choices.
    fn returned(&self, side: &str) -> Vec<&'static str> {
        let mut all = Vec::new();
        for event in self.0.iter().filter(|event| event["side"] == side && event["what"] == "returned") {
            let result = event["result"].as_i64().expect("a result");
            let word = match (event["call"].as_str().expect("a call"), result) {
                ("connect", 0) => "connect(), with success",
                ("connect", -111) => "connect(), with ECONNREFUSED",
                ("accept" | "accept4", 0..) => "accept(), with a new socket",
                ("recvfrom" | "read" | "recvmsg", 1..) => "recv(), with data",
                // Some ask again what they know.
                ("recvfrom" | "read" | "recvmsg", 0) if all.last() != Some(&"recv(), with 0") => "recv(), with 0",
                _ => continue,
            };
            all.push(word);
        }
        all
    }
}

/// One run, and the questions about its capture.
fn run(arguments: &str) -> (Said, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.pcap");
    let path = file.to_str().expect("UTF-8");
    let mut command = Command::new(RAWSHAKE);
    command.args(arguments.split(' ')).args(["--kernel", "--format", "json", "--pcap", path]);
    if arguments == CALLS_NOBODY {
        command.args(["--", "bash", "-c", "exec 3<>/dev/tcp/192.0.2.2/81"]);
    }
    let said = Said::of(command.output().expect("the program"));
    let book = quiz(&[path, "--kind", "next-state", "--kind", "returns", "-n", "1000", "--format", "json"], "");
    let mut asked = questions(&book);
    asked.sort_by_key(|question| question["packet"].as_u64());
    assert!(!asked.is_empty(), "{said:?} {book:?}");
    (said, asked)
}

/// The text of the right choice.
fn right(question: &Value) -> &str {
    question["answer"].as_str().and_then(|answer| answer.split_once(". ")).expect("a choice").1
}

fn state_is_told(told: &Told, question: &Value) {
    let side = question["side"].as_str().expect("a side");
    let states = told.states(side, question["packet"].as_u64().expect("a number"));
    // The kernel makes a socket of a half-open connection only when the handshake is done, and tells SYN_RECV then.
    // TIME-WAIT it tells when it is asked, afterwards; its socket is gone by then.
    let is_remembered = || told.0.iter().any(|event| event["side"] == side && event["new"] == "TIME_WAIT");
    let told = match right(question) {
        "SYN-RECEIVED" => states.is_empty() || states == ["LISTEN"],
        "TIME-WAIT" => states.contains(&"FIN-WAIT-2") && is_remembered(),
        state => states.contains(&state),
    };
    assert!(told, "{states:?}: {question}");
}

#[test]
fn kernels_and_programs_say_the_same() {
    if let Err(error) = rawshake::sys::tracefs::StateTrace::start() {
        assert!(error.errno().is_some(), "{error}");
        return impossible(&error.to_string());
    }
    let (mut states, mut calls) = (0, 0);
    for arguments in RUNS {
        let (said, asked) = run(arguments);
        let connections: std::collections::BTreeSet<_> =
            asked.iter().filter_map(|question| question["connection"].as_u64()).collect();
        for connection in connections {
            let told = Told::of(connection, &said);
            let of = |kind: &'static str| {
                asked.iter().filter(move |one| one["connection"] == connection && one["kind"] == kind)
            };
            for question in of("next-state") {
                state_is_told(&told, question);
                states += 1;
            }
            for side in ["client", "server"] {
                let wanted = of("returns").filter(|one| one["side"] == side).map(right);
                let wanted: Vec<_> = wanted.filter(|word| *word != "none of these").collect();
                // What comes to an end that has closed its own direction is not asked about.
                let returned = told.returned(side);
                assert!(returned.starts_with(&wanted), "{arguments}, {connection}, {side}: {wanted:?}, {returned:?}");
                calls += wanted.len();
            }
        }
    }
    assert!(states >= 50 && calls >= 40, "{states} states, {calls} calls");
}
