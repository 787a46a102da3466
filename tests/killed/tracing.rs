//! A trace buffer is what a kernel does not take back from who was killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::common;
use crate::common::support::program::RAWSHAKE;

/// The names of all trace buffers, as a mount in a namespace of its own shows them.
fn instances() -> Result<Vec<String>, String> {
    const SCRIPT: &str = "mount -t tracefs nodev /sys/kernel/tracing && ls /sys/kernel/tracing/instances";
    let output =
        Command::new("unshare").args(["-m", "sh", "-c", SCRIPT]).output().map_err(|error| error.to_string())?;
    let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
    if output.status.success() {
        Ok(text(output.stdout).lines().map(str::to_owned).collect())
    } else {
        Err(text(output.stderr))
    }
}

/// The children of a process that are called so.
fn children(process: u32, name: &str) -> Vec<String> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let is_so = |child: &&str| fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|comm| comm.trim() == name);
    list.split_whitespace().filter(is_so).map(str::to_owned).collect()
}

#[test]
fn a_trace_buffer_is_removed_by_a_process_that_waits_for_that_or_by_the_next_run() {
    if let Err(why) = instances() {
        return common::impossible(&why);
    }
    for (moment, has_remover) in [(0, true), (5, false), (60, true), (200, false)] {
        let moment = Duration::from_millis(moment);
        let mut run = Command::new(RAWSHAKE);
        run.args(["lab", "serve", "--kernel", "--clients", "2", "--silence", "9"]);
        let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program");
        let own = format!("rawshake-{}-", child.id());
        let deadline = Instant::now() + Duration::from_secs(20);
        while !instances().expect("tracefs").iter().any(|name| name.starts_with(&own)) {
            if child.try_wait().expect("a process").is_some() || Instant::now() > deadline {
                let _ = child.kill();
                return common::impossible("no trace buffer is made here");
            }
        }
        std::thread::sleep(moment);
        let removers = children(child.id(), "rawshake trace");
        assert_eq!(removers.len(), 1);
        if !has_remover {
            assert!(Command::new("kill").arg("-KILL").args(removers).status().expect("kill").success());
        }
        child.kill().expect("a signal");
        child.wait().expect("an end");
        if !has_remover {
            let next = Command::new(RAWSHAKE).args(["trace", "--lab", "--kernel", "-q"]).stdout(Stdio::null()).status();
            assert!(next.expect("the program").success());
        }
        let left = || -> Vec<String> {
            instances().expect("tracefs").into_iter().filter(|name| name.starts_with(&own)).collect()
        };
        while has_remover && !left().is_empty() {
            assert!(Instant::now() < deadline, "nobody removes {:?}", left());
        }
        let left = left();
        assert!(left.is_empty() && !Path::new("/proc").join(child.id().to_string()).exists(), "{left:?}");
        assert!(!fs::read_to_string("/proc/self/mountinfo").expect("/proc").contains(&own));
    }
}

#[test]
fn a_signal_behind_any_line_takes_the_trace_buffer_away() {
    if let Err(why) = instances() {
        return common::impossible(&why);
    }
    for (lines, signal) in [(1, Signal::INT), (8, Signal::TERM), (14, Signal::HUP), (20, Signal::QUIT)] {
        let mut run = Command::new(RAWSHAKE);
        run.args(["trace", "--lab", "--kernel", "--send", "hello", "--wait", "60", "--format", "lines"]);
        let mut child = run.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program");
        let mut read = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let is_there = read.by_ref().take(lines).count() == lines;
        let own = format!("rawshake-{}-", child.id());
        let is_own = |name: &String| name.starts_with(&own);
        if !is_there || !instances().expect("tracefs").iter().any(is_own) {
            child.kill().expect("a signal");
            child.wait().expect("an end");
            return common::impossible("no trace buffer is made here");
        }
        kill_process(Pid::from_child(&child), signal).expect("a signal");
        read.for_each(drop);
        let code = child.wait().expect("an end").code();
        let left: Vec<_> = instances().expect("tracefs").into_iter().filter(is_own).collect();
        assert!(
            left.is_empty() && code == Some(128 + signal.as_raw()),
            "{signal:?} behind {lines}: {code:?}, {left:?}"
        );
    }
}
