//! Every file in captures/ gives the verdict that its line in captures/README.md names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

/// The rows of the table: file name, and the cells behind the description.
fn rows() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(folder().join("README.md")).expect("captures/README.md");
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'))
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cells| cells[0].contains(".pcap"))
        .map(|cells| (cells[0].clone(), cells[2..].to_vec()))
        .collect()
}

fn list(file: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_rawshake"))
        .args(["replay", "--list", "--format", "json"])
        .arg(folder().join(file))
        .output()
        .expect("rawshake runs");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The cells that the table should hold for `connection`.
fn cells(connection: &Value) -> Vec<String> {
    let text = |key: &str| connection[key].as_str().unwrap_or("–").to_owned();
    vec![
        text("handshake"),
        text("termination"),
        text("closed_first"),
        if connection["half_close"] == true { "yes" } else { "no" }.to_owned(),
        connection["completeness"].to_string(),
    ]
}

#[test]
fn every_file_has_a_line_and_every_line_a_file() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("captures")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".pcap") || name.ends_with(".pcapng"))
        .collect();
    assert_eq!(rows().into_iter().map(|(file, _)| file).collect::<BTreeSet<_>>(), files);
    assert!(!files.is_empty());
}

#[test]
fn every_file_gives_the_verdict_of_its_line() {
    let mut wrong = Vec::new();
    for (file, expected) in rows() {
        let found = list(&file);
        let found: Vec<Vec<String>> = found.iter().map(cells).collect();
        let is_right = if expected[0].is_empty() { found.is_empty() } else { found == [expected.clone()] };
        if !is_right {
            wrong.push(format!("{file}: the table says {expected:?}, the replay {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_gives_its_ladder() {
    for (file, _) in rows() {
        let output = Command::new(env!("CARGO_BIN_EXE_rawshake"))
            .args(["replay", "--width", "80"])
            .arg(folder().join(&file))
            .output()
            .expect("rawshake runs");
        insta::assert_snapshot!(file.as_str(), String::from_utf8(output.stdout).expect("UTF-8"));
    }
}
