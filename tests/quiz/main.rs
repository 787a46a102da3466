//! `rawshake quiz`: every answer is derived once more from the octets of the capture, and a person is played on a terminal.

#[path = "../common/mod.rs"]
mod common;

mod altered;
mod ends;
mod kernels;
mod lab;
mod person;
mod phenomena;
mod proof;
mod raw;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::support::program::{RAWSHAKE, Said};
use serde_json::Value;

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = fs::read_dir(folder).expect("captures").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "pcap")).collect();
    files.sort();
    files
}

fn capture(name: &str) -> String {
    format!("{}/captures/{name}.pcap", env!("CARGO_MANIFEST_DIR"))
}

/// A quiz whose answers come through a pipe.
fn quiz(arguments: &[&str], typed: &str) -> Said {
    use std::io::Write as _;
    let mut command = Command::new(RAWSHAKE);
    command.arg("quiz").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("rawshake");
    // It need not read all of it.
    let _ = child.stdin.take().expect("a pipe").write_all(typed.as_bytes());
    Said::of(child.wait_with_output().expect("its end"))
}

/// The questions in a gradebook.
fn questions(said: &Said) -> Vec<Value> {
    said.events().into_iter().filter(|event| event["event"] == "question").collect()
}

/// What is typed to answer `question` right: the number of a choice, or the answer.
fn right(question: &Value) -> String {
    let answer = question["answer"].as_str().expect("an answer");
    if question["choices"].is_array() { answer.split('.').next().unwrap_or_default() } else { answer }.to_owned()
}
