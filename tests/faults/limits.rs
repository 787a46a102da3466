//! Limits on descriptors and memory: an error in one line, or success, and nothing left.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::common;
use crate::left::Surroundings;
use crate::run::{CAPTURE, RAWSHAKE, Said, behind};

const RUNS: [&str; 5] = [
    "trace --lab -q",
    "listen --lab -q",
    "watch -i lo --duration 0.01",
    "replay -q CAPTURE",
    "lab serve -q --clients 1",
];

/// Some of which are too few, each at another place.
const LIMITS: [&str; 6] = [
    "ulimit -n 4",
    "ulimit -n 8",
    "ulimit -n 14",
    // Of 1024 octets each.
    "ulimit -v 40000",
    "ulimit -v 70000",
    "ulimit -v 75000",
];

/// Nobody is there to be watched.
const SUCCESS: [i32; 2] = [0, 1];

fn is_in_order(said: &Said) -> bool {
    let told = said.err.lines().filter(|line| line.starts_with("rawshake: ")).count();
    match said.code {
        Some(2) => told == 1,
        code => code.is_some_and(|code| SUCCESS.contains(&code)) && told == 0,
    }
}

#[test]
fn limits_that_are_hit_are_told_in_one_line_and_nothing_is_left() {
    common::as_another_root(|| {
        let mut refused = 0;
        for limit in LIMITS {
            for arguments in RUNS {
                let surroundings = Surroundings::new(1);
                let mut command = behind(limit, arguments);
                surroundings.prepare(&mut command);
                let said = Said::of(command.output().expect("sh"));
                assert!(is_in_order(&said), "{limit}: {arguments}: {said:?}");
                refused += usize::from(said.code == Some(2));
                surroundings.must_be_as_before(limit);
            }
        }
        assert!(refused > LIMITS.len(), "{refused} of them were hit");
    });
}

/// A user of this number has no other processes, and root is not limited.
const ALONE: u32 = 54_321;

#[test]
fn a_limit_on_threads_is_told_in_one_line() {
    if !rustix::process::geteuid().is_root() {
        return common::impossible("only root can run a program as a user who has no processes");
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a folder for all");
    // Copied by another process: one that this process starts meanwhile would have the copy open for writing.
    let copied = Command::new("cp").args([RAWSHAKE, CAPTURE]).arg(folder.path()).status().expect("cp");
    assert!(copied.success());
    for arguments in ["replay -q four-segment.pcap", "trace --lab -q", "replay four-segment.pcap --list"] {
        let mut command = Command::new("prlimit");
        command.args(["--nproc=1", "./rawshake"]).args(arguments.split(' ')).current_dir(folder.path());
        let said = Said::of(command.uid(ALONE).gid(ALONE).output().expect("prlimit"));
        assert!(said.code == Some(2) && is_in_order(&said), "{arguments}: {said:?}");
        assert!(said.err.contains("cannot start a thread"), "{arguments}: {said:?}");
    }
}
