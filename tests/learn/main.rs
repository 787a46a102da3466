//! `rawshake learn`: every lesson runs in the lab, and what it tells is held against the octets of its captures; a person is
//! played on a terminal.

#[path = "../common/mod.rs"]
mod common;

mod auto;
mod capture;
mod counts;
mod look;
mod person;
mod progress;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::support::program::{RAWSHAKE, Said};
use tempfile::TempDir;

/// The user without any privilege.
const NOBODY: u32 = 65534;

/// The program with a home of its own, so that nobody's progress is touched.
struct School {
    folder: TempDir,
    program: PathBuf,
    user: Option<u32>,
}

impl School {
    /// For the user who runs the test.
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), program: PathBuf::from(RAWSHAKE), user: None }
    }

    /// For a user without any privilege; none where this test cannot become one.
    fn of_nobody() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            common::impossible("only root can become another user");
            return None;
        }
        let mut school = Self::new();
        let all = |path: &std::path::Path| {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("permissions");
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("another owner");
        };
        all(school.folder.path());
        school.program = school.path("rawshake");
        std::fs::copy(RAWSHAKE, &school.program).expect("a copy");
        all(&school.program);
        school.user = Some(NOBODY);
        Some(school)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `rawshake learn`, not started yet.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("learn").args(arguments).env_clear().env("XDG_STATE_HOME", self.path("state"));
        command.env("TMPDIR", self.folder.path()).current_dir(self.folder.path());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    /// What it says to somebody who types this into a pipe.
    fn learn(&self, arguments: &[&str], typed: &str) -> Said {
        use std::io::Write as _;
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("rawshake");
        // It need not read all of it.
        let _ = child.stdin.take().expect("a pipe").write_all(typed.as_bytes());
        Said::of(child.wait_with_output().expect("its end"))
    }

    /// What is left in the folder for temporary files, apart from the program and what is kept.
    fn left(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
        let names = names.map(|entry| entry.file_name().into_string().expect("UTF-8"));
        names.filter(|name| name.starts_with("rawshake-")).collect()
    }
}

/// Whether there is a lab for this run; if not, that is put on record.
fn has_lab(said: &Said) -> bool {
    let is_refused = said.code == Some(2) && said.err.contains("namespace");
    if is_refused {
        common::impossible(&said.err);
    }
    !is_refused
}

/// The lessons as `--list` names them.
fn names() -> Vec<String> {
    let list = School::new().learn(&["--list"], "").out;
    list.lines().filter_map(|line| line.split_whitespace().nth(1).map(ToOwned::to_owned)).collect()
}
