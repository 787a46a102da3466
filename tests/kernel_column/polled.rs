//! Without tracepoints, as for an ordinary user: the kernel is asked for its states, and these are the same.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::account::{Account, possible};
use super::common::support::program::RAWSHAKE;

/// Who may do nothing.
const NOBODY: u32 = 65_534;

/// The program where everybody may run it.
struct Copied(PathBuf);

impl Copied {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("rawshake-for-nobody-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::copy(RAWSHAKE, &path).expect("a copy of the program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        Self(path)
    }

    /// What it tells to an ordinary user.
    fn told(&self, arguments: &str) -> Account {
        let mut command = Command::new(&self.0);
        command.args(arguments.split_whitespace()).args(["--kernel", "--format", "json"]);
        command.arg("--lab").uid(NOBODY).gid(NOBODY);
        Account::told(&mut command, false)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The states of a connection that were told.
fn states(account: &Account) -> Vec<&str> {
    account.words_of(None).filter(|word| word.starts_with('>') && *word != ">LISTEN").collect()
}

/// Whether the one has nothing that the other has not, in the same order.
fn is_part_of(part: &[&str], whole: &[&str]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|state| whole.any(|other| other == state))
}

#[test]
fn who_may_not_trace_is_told_the_same_states() {
    if !possible() {
        return;
    }
    let copied = Copied::new();
    for arguments in [
        "trace --send hello",
        "trace --close passive",
        "trace --close simultaneous",
        "trace --close reset --send hi",
        "trace --close half --send hi -6",
        "trace --lab-server refuses",
        "listen",
        "listen --close reset",
    ] {
        let (polled, traced) = (copied.told(arguments), Account::of(arguments));
        if polled.said.err.contains("cannot set up the lab") {
            return super::common::impossible(polled.said.err.trim_end());
        }
        assert!(polled.said.err.contains("so it is asked for its states after each packet"), "{polled:?}");
        assert_eq!((polled.compared.1, traced.compared.1), (0, 0), "{arguments}: {polled:?} {traced:?}");
        let (asked, told) = (states(&polled), states(&traced));
        assert!(is_part_of(&asked, &told), "{arguments}: {asked:?} {told:?}");
        assert_eq!(asked.last(), told.last(), "{arguments}: {asked:?} {told:?}");
        let events = polled.said.events();
        let states = events.iter().filter(|event| event["what"] == "state");
        assert!(states.clone().all(|event| event["teller"] == "sock-diag"), "{polled:?}");
        assert!(arguments.contains("refuses") || states.count() >= 2, "{polled:?}");
        assert!(events.iter().all(|event| event["what"] != "called"), "{polled:?}");
    }
}

#[test]
fn who_may_not_trace_is_told_what_was_sent_again() {
    if !possible() {
        return;
    }
    let copied = Copied::new();
    let polled = copied.told("trace --wire drop=6 --send hi");
    if polled.said.err.contains("cannot set up the lab") {
        return super::common::impossible(polled.said.err.trim_end());
    }
    let expected = [">ESTABLISHED", "counted:0", "server:PSH+ACK", "counted:1", ">LAST_ACK"];
    assert_eq!(polled.missing(None, &expected), None, "{polled:?}");
}
