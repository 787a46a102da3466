//! A trace buffer is what a kernel does not take back from who was killed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

#[test]
fn a_trace_buffer_that_was_left_is_removed_by_the_next_run() {
    if let Err(why) = instances() {
        return common::impossible(&why);
    }
    for moment in [0, 5, 60, 200].map(Duration::from_millis) {
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
        child.kill().expect("a signal");
        child.wait().expect("an end");
        let status = Command::new(RAWSHAKE).args(["trace", "--lab", "--kernel", "-q"]).stdout(Stdio::null()).status();
        assert!(status.expect("the program").success());
        let left: Vec<_> = instances().expect("tracefs").into_iter().filter(|name| name.starts_with(&own)).collect();
        assert!(left.is_empty() && !Path::new("/proc").join(child.id().to_string()).exists(), "{left:?}");
        assert!(!fs::read_to_string("/proc/self/mountinfo").expect("/proc").contains(&own));
    }
}
