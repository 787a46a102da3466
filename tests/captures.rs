//! Every file in captures/ gives the verdict that its line in captures/README.md names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rawshake::trace::Mark;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

/// The table: each file, and the cells behind the description for each of its connections.
fn table() -> BTreeMap<String, Vec<Vec<String>>> {
    let text = fs::read_to_string(folder().join("README.md")).expect("captures/README.md");
    let mut table: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|')) {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        if cells[0].contains(".pcap") {
            let (file, times) = cells[0].split_once(" ×").unwrap_or((&cells[0], "1"));
            let rows = vec![cells[2..].to_vec(); times.parse().expect("a number")];
            table.entry(file.to_owned()).or_default().extend(rows);
        }
    }
    table
}

fn list(file: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_rawshake"))
        .args(["replay", "--list", "--format", "json"])
        .arg(folder().join(file))
        .output()
        .expect("rawshake runs");
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The marks of every segment of `connection`, or the oddities of an exchange.
fn marks(connection: &Value) -> String {
    let marks = connection["marks"].as_array().or(connection["oddities"].as_array()).expect("marks");
    let names: Vec<_> = marks.iter().map(|mark| mark.as_str().expect("a name")).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

/// The cells that the table should hold for a connection or an exchange.
fn cells(connection: &Value) -> Vec<String> {
    let text = |key: &str| connection[key].as_str().unwrap_or("–").to_owned();
    if connection["exchange"].is_u64() {
        let none = || "–".to_owned();
        return vec![text("protocol"), text("outcome"), none(), none(), none(), marks(connection)];
    }
    vec![
        text("handshake"),
        text("termination"),
        text("closed_first"),
        if connection["half_close"] == true { "yes" } else { "no" }.to_owned(),
        connection["completeness"].to_string(),
        marks(connection),
    ]
}

#[test]
fn every_file_has_a_line_and_every_line_a_file() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("captures")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".pcap") || name.ends_with(".pcapng"))
        .collect();
    assert_eq!(table().into_keys().collect::<BTreeSet<_>>(), files);
    assert!(!files.is_empty());
}

#[test]
fn every_file_gives_the_verdict_of_its_line() {
    let mut wrong = Vec::new();
    for (file, expected) in table() {
        let found: Vec<_> = list(&file).iter().map(cells).collect();
        if found != expected {
            wrong.push(format!("{file}: the table says {expected:#?}, the replay {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// But for the one that only a live run can tell: whether a reset is our own kernel's.
#[test]
fn every_phenomenon_has_a_capture() {
    let shown: BTreeSet<String> = table()
        .into_values()
        .flatten()
        .flat_map(|cells| cells[5].split(", ").map(ToOwned::to_owned).collect::<Vec<_>>())
        .collect();
    let missing: Vec<_> = Mark::all().filter(|mark| !shown.contains(mark.name())).collect();
    assert_eq!(missing, [Mark::OwnKernelReset]);
}

#[test]
fn every_file_gives_its_ladder() {
    for file in table().into_keys() {
        let output = Command::new(env!("CARGO_BIN_EXE_rawshake"))
            .args(["replay", "--width", "80"])
            .arg(folder().join(&file))
            .output()
            .expect("rawshake runs");
        insta::assert_snapshot!(file.as_str(), String::from_utf8(output.stdout).expect("UTF-8"));
    }
}
