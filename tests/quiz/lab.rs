//! Without a file: about a connection that is made in the lab, by root and by who has no privilege at all.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::altered::Shown;
use crate::common::impossible;
use crate::common::support::program::{RAWSHAKE, Said};
use crate::questions;

/// The user without any privilege.
const NOBODY: u32 = 65534;
/// Every kind is asked in one of so many quizzes.
const SEEDS: u64 = 6;

/// `program`, run by whoever runs the test, or by nobody.
fn command(program: &str, as_nobody: bool) -> Command {
    let mut command = Command::new(program);
    if as_nobody {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Whether the machine keeps that user from having a lab; that is on record then.
fn is_forbidden(as_nobody: bool) -> bool {
    let output = command("unshare", as_nobody).args(["--user", "--map-root-user", "--net", "true"]).output();
    let refused = output.ok().filter(|output| !output.status.success());
    if let Some(output) = &refused {
        impossible(&String::from_utf8_lossy(&output.stderr));
    }
    refused.is_some()
}

fn quiz(as_nobody: bool, arguments: &[&str]) -> Said {
    let mut command = command(RAWSHAKE, as_nobody);
    Said::of(command.arg("quiz").args(arguments).args(["--format", "json"]).output().expect("rawshake"))
}

/// What the rows before say of the number that is asked for.
fn expected(question: &Value) -> Option<i64> {
    let rows = question["rows"].as_array().expect("rows");
    let own = match question["kind"].as_str().expect("a kind") {
        "next-seq" => true,
        "next-ack" => false,
        _ => return None,
    };
    let mut before = rows[..rows.len() - 1].iter().rev();
    let row = before.find(|row| (row["from"] == question["side"]) == own)?;
    Some(Shown::of(row).end())
}

fn asks_about_a_connection(as_nobody: bool) {
    let mut kinds = BTreeSet::new();
    for seed in 0..SEEDS {
        let said = quiz(as_nobody, &["--seed", &seed.to_string(), "-n", "30"]);
        let book = questions(&said);
        assert!(said.code == Some(1) && book.len() > 10, "{said:?}");
        assert!(said.err.contains("A connection is made in the lab."), "{}", said.err);
        for question in book {
            let answer = question["answer"].as_str().expect("an answer");
            if let Some(number) = expected(&question) {
                assert_eq!(answer, number.to_string(), "{question}");
            }
            kinds.insert(question["kind"].to_string());
        }
    }
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}

#[test]
fn whoever_runs_it_is_asked_about_the_lab() {
    if is_forbidden(false) {
        return;
    }
    asks_about_a_connection(false);
}

#[test]
fn nobody_needs_a_privilege() {
    if !rustix::process::geteuid().is_root() {
        return impossible("only root can become nobody");
    }
    if is_forbidden(true) {
        return;
    }
    asks_about_a_connection(true);
}

#[test]
fn phenomena_alone_are_asked_about_a_run_that_has_one() {
    if is_forbidden(false) {
        return;
    }
    let named = |seed: u64| {
        let book = questions(&quiz(false, &["--kind", "phenomenon", "--seed", &seed.to_string()]));
        book.iter().map(|question| question["answer"].to_string()).collect::<Vec<_>>().join(" ")
    };
    for (seed, name) in [(0, "syn-retransmission"), (1, "retransmission"), (2, "refused"), (3, "simultaneous-close")] {
        let answers = named(seed);
        assert!(answers.contains(name), "seed {seed}: {answers}");
    }
}
