//! Pictures of what happens now, in the lab: every command that draws ladders draws these.

use std::process::{Command, Stdio};

use crate::common::impossible;
use crate::common::support::program::{RAWSHAKE, Said};

/// A command, and how many connections it shows.
const RUNS: [(&str, usize); 6] = [
    ("trace --lab --send hello", 1),
    ("trace --lab --send hello --count 3", 3),
    ("send --lab --from established -f S", 1),
    ("listen --lab --count 1", 1),
    ("lab run", 1),
    ("lab serve --clients 2 --in-turn", 2),
];

/// A format, how it begins, and what stands there once for each connection.
const FORMATS: [(&str, &str, &str); 5] = [
    ("svg", "<svg ", ">Connection "),
    ("html", "<!DOCTYPE html>", "<section "),
    ("markdown", "## Connection", "## Connection"),
    ("mermaid", "sequenceDiagram\n", ": Connection "),
    ("plantuml", "@startuml\n", "== Connection "),
];

/// None where this machine has no lab.
fn run(command: &str, options: &[&str]) -> Option<Said> {
    let mut run = Command::new(RAWSHAKE);
    run.args(command.split(' ')).args(options).stdin(Stdio::null());
    if command == "lab run" {
        run.args(["--", "bash", "-c", "exec 3<>/dev/tcp/192.0.2.2/7"]);
    }
    let said = Said::of(run.output().expect("rawshake"));
    if said.err.contains("user namespaces") {
        impossible(said.err.trim());
        return None;
    }
    assert!(said.code != Some(2), "{command} {options:?}: {said:?}");
    Some(said)
}

#[test]
fn every_command_that_draws_ladders_draws_them_in_every_format() {
    for (at, (command, connections)) in RUNS.into_iter().enumerate() {
        // Two formats for each, so that each is drawn by some.
        for (format, begin, each) in [FORMATS[at % 5], FORMATS[(at + 2) % 5]] {
            let Some(said) = run(command, &["--format", format]) else { return };
            assert!(said.out.starts_with(begin), "{command} {format}: {said:?}");
            let count = said.out.matches(each).count();
            // One alone has no heading everywhere.
            assert!(count >= connections || connections == 1, "{command} {format}: {count}, {said:?}");
        }
        if !command.contains("--count 3") {
            let Some(said) = run(command, &["--format", "svg", "--handout", "blank"]) else { return };
            assert!(said.out.contains("____") && !said.out.contains("SYN"), "{command}: {said:?}");
        }
    }
}

/// Every segment has its octets on the page, also where there are many connections.
#[test]
fn pages_of_many_connections_have_every_octet() {
    let Some(page) = run("trace --lab --send hello --count 3", &["--format", "html"]) else { return };
    let (tables, articles) = (page.out.matches("<table").count(), page.out.matches("<article").count());
    assert!(articles >= 3 * 8 && tables == articles, "{tables} tables, {articles} segments");
    assert_eq!(page.out.matches("68 65 6c 6c\n6f").count(), 6, "hello, and its echo");
}
