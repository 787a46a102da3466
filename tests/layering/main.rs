//! What holds for the sources as a text: who may import whom, by the table of ARCHITECTURE.md, and what docs/TRUST.md promises.

mod clocks;
mod environment;
mod promises;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms of ours that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("measure", &[]),
    ("tcp", &["wire"]),
    ("trace", &["tcp", "wire"]),
    ("explain", &["trace", "tcp", "wire"]),
    ("ladder", &["explain", "trace", "tcp", "wire"]),
    ("quiz", &["explain", "trace", "tcp", "wire"]),
    ("learn", &["quiz", "explain", "trace", "tcp", "wire"]),
    ("step", &["quiz", "explain", "tcp", "wire"]),
    ("craft", &["measure", "tcp", "wire"]),
    ("sys", &["wire"]),
    ("source", &["sys", "wire"]),
    ("sink", &["ladder", "learn", "quiz", "explain", "trace", "tcp", "measure", "wire"]),
    ("drive", &["craft", "source", "sys", "trace", "tcp", "wire"]),
    ("lab", &["sys", "wire"]),
    (
        "cmd",
        &[
            "wire", "measure", "tcp", "trace", "explain", "ladder", "quiz", "learn", "step", "craft", "sys", "source",
            "sink", "drive", "lab",
        ],
    ),
];

/// Rooms that touch neither clock, file, socket, environment nor terminal.
const PURE: &[&str] = &["wire", "measure", "tcp", "trace", "explain", "ladder", "quiz", "learn", "step", "craft"];

/// What a pure room must not name.
const IMPURE: &[&str] = &[
    "pnet",
    "pcap",
    "clap",
    "colored",
    "anyhow",
    "anstream",
    "libc",
    "rustix",
    "socket2",
    "signal_hook",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant::now",
    "TcpStream",
    "UdpSocket",
    "File::open",
    "stdout()",
    "stderr()",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The lines of every file of `room`, without comments, each with where it stands.
fn lines(room: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), &mut files);
    assert!(!files.is_empty(), "room {room} has no file");
    let mut lines = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for (index, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            lines.push((format!("{}:{}", file.display(), index + 1), code.to_owned()));
        }
    }
    lines
}

/// Whether `name` stands in `code` as a word of its own.
fn names(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_none_or(|c| !is_word(c) && c != '.');
        let after = code[at + name.len()..].chars().next().is_none_or(|c| !is_word(c));
        before && after
    })
}

/// Holds that one of these `ways` stands in no line but those that `rows` list, each by its file and words of it, and that each
/// row still has its line.
fn must_be_listed(ways: &[&str], rows: &[(&str, &str)]) {
    let root = format!("{}/", env!("CARGO_MANIFEST_DIR"));
    let (mut wrong, mut found) = (Vec::new(), vec![false; rows.len()]);
    for (room, _) in ROOMS {
        for (place, code) in lines(room) {
            if !ways.iter().any(|way| names(&code, way) || code.contains(&format!("::{way}("))) {
                continue;
            }
            let place = place.strip_prefix(&root).unwrap_or(&place).to_owned();
            let is_row = |(file, words): &(&str, &str)| place.starts_with(&format!("{file}:")) && code.contains(words);
            match rows.iter().position(is_row) {
                Some(row) => found[row] = true,
                None => wrong.push(format!("{place}: {}", code.trim())),
            }
        }
    }
    assert!(wrong.is_empty(), "not in the table: {}", wrong.join("\n"));
    assert!(found.iter().all(|found| *found), "no longer there: {found:?}");
}

#[test]
fn every_room_is_in_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms: BTreeSet<String> = fs::read_dir(source)
        .expect("src")
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(rooms, ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect());
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        for (place, code) in lines(room) {
            for (other, _) in ROOMS.iter().filter(|(other, _)| other != room && !allowed.contains(other)) {
                if code.contains(&format!("crate::{other}::")) || code.contains(&format!("crate::{other};")) {
                    wrong.push(format!("{place}: {room} may not import {other}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_touch_nothing_outside() {
    let mut wrong = Vec::new();
    for room in PURE {
        for (place, code) in lines(room) {
            wrong.extend(IMPURE.iter().filter(|name| names(&code, name)).map(|name| format!("{place}: {name}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_is_in_one_room() {
    for (room, _) in ROOMS.iter().filter(|(room, _)| *room != "sys") {
        for (place, code) in lines(room) {
            // Behind the word of the language stands a blank or a bracket, unlike that of a page's policy.
            let is_unsafe = ["unsafe ", "unsafe{", "unsafe("].iter().any(|word| code.contains(word));
            assert!(!is_unsafe, "{place}: unsafe code belongs into sys");
        }
    }
}

#[test]
fn only_cmd_knows_anyhow() {
    for (room, _) in ROOMS.iter().filter(|(room, _)| *room != "cmd") {
        for (place, code) in lines(room) {
            assert!(!names(&code, "anyhow"), "{place}: errors below cmd have types");
        }
    }
}
