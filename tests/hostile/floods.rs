//! Floods of SYNs through every output, in as much memory as any other capture may take.

use std::fs::File;
use std::path::Path;

use crate::common::support::flood::{self, HONEST};
use crate::looks;
use crate::outputs::{Output, outputs};
use crate::run::replay_long;

/// SYNs of the short run, and connections that are followed in it. A debug build takes minutes for a million.
const FEW: u32 = 800;
const FOLLOWED: u32 = 200;
/// SYNs of the long one.
const MILLION: u32 = 1_000_000;
/// Connections that are followed by default.
const DEFAULT: u32 = 100_000;

fn file(folder: &Path, syns: u32) -> std::path::PathBuf {
    let path = folder.join(format!("{syns}.pcap"));
    flood::write(File::create(&path).expect("a file"), syns, &flood::honest());
    path
}

/// Runs one output; the evictions must be told, to the connection, and the honest one shown where there was room.
fn survives(output: &Output, path: &Path, evicted: u32) {
    let ran = replay_long(&output.arguments, path);
    let (line, said) = (output.arguments.join(" "), String::from_utf8(ran.stderr).expect("UTF-8"));
    assert_eq!(ran.status.code(), Some(0), "{line}: {said}");
    looks::sound(output, &ran.stdout).unwrap_or_else(|why| panic!("{line}: {why}"));
    let told = format!("{} connections taken for ended too early", rawshake::explain::grouped(evicted.into()));
    assert!(said.contains(&told), "{line}: {said}");
    // Pictures end when they are as large as a reader can take, and sums name nobody.
    let is_picture = matches!(&*output.format, "svg" | "html");
    if !is_picture && !line.contains("--stats") {
        // Beside its port, which tcpdump sets apart by a dot.
        let (address, _) = HONEST.rsplit_once(':').expect("a socket");
        let is_there = ran.stdout.windows(address.len()).any(|octets| octets == address.as_bytes());
        assert!(is_there, "{line}: no honest client");
    }
}

/// One manner of each output: colours and words cost time, not memory. A list that is put in order keeps its rows.
fn usual() -> Vec<Output> {
    let mut outputs = outputs();
    outputs.retain(Output::is_usual);
    let arguments = "--format ladder --color never --list --sort client:desc".split(' ').map(str::to_owned).collect();
    outputs.push(Output { format: "ladder".to_owned(), arguments });
    outputs
}

#[test]
fn a_flood_is_bounded_and_told_in_every_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), FEW);
    for mut output in usual() {
        output.arguments.extend(["--max-connections".to_owned(), FOLLOWED.to_string()]);
        survives(&output, &path, FEW - FOLLOWED);
    }
}

#[test]
#[ignore = "minutes: cargo test --release --test hostile -- --ignored a_million"]
fn a_million_syns_take_little_memory_in_every_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), MILLION);
    for output in usual() {
        survives(&output, &path, MILLION - DEFAULT);
    }
}
