//! The program as this user runs it, and as sudo would.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common;
use crate::common::support::program::{RAWSHAKE, Said};

/// An ordinary user that every machine has ("daemon"), whose group has the same number.
pub(crate) const USER: u32 = 1;

/// Runs that go on after their first line.
pub(crate) const LIVE: &[&str] = &[
    "trace --lab --lab-server silent --format lines",
    "trace --lab --lab-server silent --lab-wire delay=1ms --format lines",
    "trace --lab --udp --lab-server echo --wait 60 --format lines",
    "ping --lab -i 0.2",
    "ping --lab -i 0.2 --tcp 80",
    "send --lab -c 100 --format lines",
    "listen --lab --lab-client waits --format lines",
    "replay captures/three-segment.pcap --follow --format lines",
    "replay --lab captures/fin.pcap --one-at-a-time",
    "replay captures/three-segment.pcap --against server --lab --lab-server silent --format lines",
    "replay captures/three-segment.pcap --against you --as server --lab --lab-wire delay=1s --format lines",
    "trace --lab --lab-server silent --format lines --kernel",
    "send --lab -c 100 --format lines --kernel",
    "listen --lab --lab-client waits --format lines --kernel",
    "quiz captures/three-segment.pcap",
    "quiz",
];

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The program with these arguments, separated by blanks.
pub(crate) fn command(arguments: &str) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments.split(' '))
        .env_remove("SUDO_UID")
        .env_remove("SUDO_GID");
    command
}

/// The same as sudo runs it for [`USER`].
pub(crate) fn behind_sudo(arguments: &str) -> Command {
    let mut command = command(arguments);
    command.env("SUDO_UID", USER.to_string()).env("SUDO_GID", USER.to_string());
    command
}

/// A folder of this user alone.
pub(crate) fn folder_of(user: u32) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    chown(folder.path(), Some(user), Some(user)).expect("a folder given away");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("for them alone");
    folder
}

/// Whether the lab can be had here; if not, that is put on record.
pub(crate) fn has_lab() -> bool {
    let said = Said::of(command("trace --lab --lab-server refuses").output().expect("the program"));
    let forbidden = said.code == Some(2) && said.err.contains("cannot set up the lab");
    if forbidden {
        common::impossible(said.err.trim_end());
    }
    !forbidden
}

/// Copies a file that is to be run. Another process does it: one that this process starts meanwhile would have the copy open
/// for writing, and such a file cannot be run.
pub(crate) fn copy(from: &str, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().expect("cp").success());
}
