//! What the kernel says of each thread: /proc/PID/task/TID/status, proc(5).

use std::fs;
use std::io;

/// The sets of capabilities; the bounding set last.
const SETS: [&str; 5] = ["CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"];

/// The threads of this process; none where /proc is not mounted.
pub(super) fn threads() -> Vec<i32> {
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Holds every thread against what was asked for: `is_other`, another user without groups; `bounding`, also that set empty.
///
/// # Errors
/// Names the thread and what it still has.
pub(super) fn verify(is_other: bool, bounding: bool) -> io::Result<()> {
    for thread in threads() {
        let Ok(status) = read(thread) else { continue };
        if let Some(what) = left(&status, is_other, bounding) {
            return Err(io::Error::other(format!("thread {thread} still has {what}")));
        }
    }
    Ok(())
}

/// What a thread with this status should not have any more.
fn left(status: &str, is_other: bool, bounding: bool) -> Option<String> {
    let sets = if bounding { &SETS[..] } else { &SETS[..4] };
    let full = sets.iter().find(|set| !is_zero(status, set)).map(|set| (*set).to_owned());
    let root = |name| field(status, name).is_none_or(|ids| ids.split_whitespace().any(|id| id == "0"));
    let grouped = field(status, "Groups").is_none_or(|groups| !groups.is_empty());
    let rows = [
        (is_other && root("Uid"), "the user root"),
        (is_other && root("Gid"), "the group root"),
        (is_other && grouped, "groups"),
        (field(status, "NoNewPrivs") != Some("1"), "a way to new privileges"),
        (field(status, "Seccomp") != Some("2"), "all system calls"),
    ];
    full.or_else(|| rows.into_iter().find(|row| row.0).map(|row| row.1.to_owned()))
}

fn read(thread: i32) -> io::Result<String> {
    fs::read_to_string(format!("/proc/self/task/{thread}/status"))
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(str::trim)
}

fn is_zero(status: &str, set: &str) -> bool {
    field(status, set).is_some_and(|bits| bits.bytes().all(|byte| byte == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFINED: &str = "Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nGroups:\t \nCapInh:\t0000\n\
                            CapPrm:\t0000\nCapEff:\t0000\nCapBnd:\t0000\nCapAmb:\t0000\nNoNewPrivs:\t1\nSeccomp:\t2\n";

    #[test]
    fn whatever_is_left_is_found() {
        assert_eq!(left(CONFINED, true, true), None);
        for (old, new, what) in [
            ("CapInh:\t0000", "CapInh:\t0001", "CapInh"),
            ("CapBnd:\t0000", "CapBnd:\t8000", "CapBnd"),
            ("CapAmb:\t0000\n", "", "CapAmb"),
            ("Uid:\t1000\t1000\t1000\t1000", "Uid:\t1000\t1000\t1000\t0", "the user root"),
            ("Gid:\t1000", "Gid:\t0", "the group root"),
            ("Groups:\t ", "Groups:\t4 ", "groups"),
            ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "a way to new privileges"),
            ("Seccomp:\t2", "Seccomp:\t0", "all system calls"),
        ] {
            assert_eq!(left(&CONFINED.replace(old, new), true, true).as_deref(), Some(what), "{new}");
        }
        let root = CONFINED.replace("Uid:\t1000", "Uid:\t0").replace("CapBnd:\t0000", "CapBnd:\t0001");
        assert_eq!(left(&root, false, false), None, "the same user, who cannot change the bounding set");
    }

    #[test]
    fn this_thread_is_among_them() {
        let own = rustix::thread::gettid().as_raw_nonzero().get();
        assert!(threads().contains(&own));
        assert!(read(own).is_ok_and(|status| field(&status, "Seccomp").is_some()));
    }
}
