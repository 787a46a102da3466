//! A flood of half-open connections for a process that may not have much memory. `make bench` measures a million.

mod support;

use std::process::{Command, Stdio};

use support::flood;

const SYNS: u32 = 300_000;
/// KiB of address space that the program takes without any.
const PROGRAM: u32 = 40 * 1024;
/// The same for all: 200 octets for each.
const LIMIT: u32 = PROGRAM + SYNS / 1024 * 200;

#[test]
fn many_half_open_connections() {
    let line = format!("ulimit -v {LIMIT} && exec \"$0\" \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_rawshake")])
        .args(["replay", "-", "--list", "--format", "json", "--max-connections", &SYNS.to_string()])
        .args(["--connection", &SYNS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("rawshake");
    flood::write(child.stdin.take().expect("a pipe"), SYNS, &[]);
    let output = child.wait_with_output().expect("its end");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complained}");
    assert!(said.contains("\"unanswered\"") && said.contains(&format!("\"connection\":{SYNS}")), "{said}");
    assert_eq!(complained, "", "nothing is evicted");
}
