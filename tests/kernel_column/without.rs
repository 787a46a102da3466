//! Where the trace is not to be had, where it makes no sense, and where its user was killed.

use std::io::Read as _;
use std::process::{Command, Stdio};

use super::account::{possible, rawshake};
use super::common::support::program::Said;

#[test]
fn arguments_that_make_no_sense_are_told() {
    let said = |arguments: &str| Said::of(rawshake(arguments).output().expect("the program"));
    let many = said("trace --lab --kernel --count 2");
    assert_eq!(many.code, Some(2));
    assert!(many.err.contains("--kernel is told in a ladder, and --count makes a table"), "{many:?}");
    for command in ["trace --lab", "send --lab", "listen --lab", "watch -i lo", "lab serve -c 1"] {
        let rows = said(&format!("{command} --kernel --format csv"));
        assert!(rows.err.contains("--format csv has a row for each connection"), "{command}: {rows:?}");
        assert_eq!(rows.code, Some(2), "{command}");
    }
}

/// The trace buffers of programs with this number, as a mount in a namespace of its own shows them.
fn instances(process: u32) -> usize {
    const SCRIPT: &str = "mount -t tracefs nodev /sys/kernel/tracing && ls /sys/kernel/tracing/instances";
    let output = Command::new("unshare").args(["-m", "sh", "-c", SCRIPT]).output().expect("unshare");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let prefix = format!("rawshake-{process}-");
    String::from_utf8_lossy(&output.stdout).lines().filter(|name| name.starts_with(&prefix)).count()
}

#[test]
fn nothing_is_left_after_ctrl_c() {
    if !possible() {
        return;
    }
    let mut running = rawshake("trace --lab --kernel --wait 60 --deadline 60 --format lines")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    running.stdout.as_mut().expect("its output").read_exact(&mut [0]).expect("a line");
    let process = running.id();
    assert!(Command::new("kill").args(["-INT", &process.to_string()]).status().expect("kill").success());
    let said = Said::of(running.wait_with_output().expect("its end"));
    assert_eq!((said.code, instances(process)), (Some(130), 0), "{said:?}");
}

#[test]
fn a_list_has_no_place_for_it() {
    let listed = Said::of(rawshake("send --lab --kernel -S --ports 80-83").output().expect("the program"));
    assert!(listed.code == Some(2) && listed.err.contains("--format lines"), "{listed:?}");
}
