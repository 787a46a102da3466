//! SIGKILL at any moment: no process, network namespace, interface, socket or file of ours is left.
//!
//! Each test runs as root of a user namespace, since the kernel counts the network namespaces that belong to one: that all
//! are gone shows by another that can be made where no more are allowed.

#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "some of it is for what ends by a signal")]
mod left;
mod tracing;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use common::support::program::RAWSHAKE;
use left::Surroundings;

/// How often each command is killed, at moments that are spread over its time.
const TIMES: u32 = 5;

/// The program with these arguments, separated by blanks; the last may be a script.
fn command(arguments: &str, script: Option<&str>) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.args(arguments.split_whitespace()).args(script);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Kills the program at moments of its first `span`, and waits each time until nothing is left. It fails when that does not
/// come to pass.
fn is_killed(name: &str, mut start: impl FnMut(&Surroundings) -> Child, span: Duration, surroundings: &Surroundings) {
    for time in 0..TIMES {
        let fraction = f64::from(RandomState::new().hash_one(time) as u32) / f64::from(u32::MAX);
        let moment = span.mul_f64((f64::from(time) + fraction) / f64::from(TIMES));
        let mut child = start(surroundings);
        sleep(moment);
        child.kill().expect("a signal");
        child.wait().expect("an end");
        surroundings.must_be_as_before(&format!("{name}, killed after {moment:?}"));
    }
}

/// The same for several commands, each with its span in milliseconds.
fn are_killed(commands: &[(&str, Option<&str>, u64)]) {
    common::as_another_root(|| {
        let surroundings = Surroundings::new(1);
        for (arguments, script, span) in commands {
            let start = |around: &Surroundings| around.start(&mut command(arguments, *script));
            is_killed(arguments, start, Duration::from_millis(*span), &surroundings);
        }
    });
}

#[test]
fn who_only_looks() {
    are_killed(&[
        ("watch --list", None, 150),
        ("watch -i lo --promiscuous --stats", None, 150),
        ("sockets --watch 0.01", None, 100),
    ]);
}

#[test]
fn who_speaks_by_hand() {
    are_killed(&[
        ("listen 8080", None, 150),
        ("listen --lab", None, 300),
        ("trace --lab --send hello --wait 1", None, 400),
        ("trace --lab --send hello --lab-server never-closes --lab-wire delay=20ms", None, 500),
        ("trace --lab --count 2000 --parallel 64", None, 400),
        ("trace --lab --send hello --kernel-client", None, 400),
        ("ping --lab -i 0.01", None, 200),
    ]);
}

/// Some that do not hear signals, one that is not ours any more.
const STUBBORN: &str = "setsid sleep 1000 & (trap '' HUP TERM INT; sleep 1001 & sleep 1002) & nohup sleep 1003 & wait";

#[test]
fn labs_with_their_programs() {
    are_killed(&[
        ("lab serve --clients 3 --messages 9", None, 500),
        ("lab serve --model hybrid --clients 3 --silence 9", None, 400),
        ("lab serve --model thread", None, 300),
        ("lab run -- sh -c", Some(STUBBORN), 300),
    ]);
}

/// By themselves the kernels would go on sending FINs there for minutes.
#[test]
fn labs_with_a_wire() {
    are_killed(&[
        ("lab serve --clients 3 --messages 9 --wire delay=20ms", None, 700),
        ("lab serve --model event --clients 3 --messages 9 --wire loss=50%", None, 700),
        ("lab run --wire delay=20ms -- sh -c", Some("curl -s http://server/ http://server/; sleep 1000"), 500),
    ]);
}

#[test]
fn a_shell_in_the_lab() {
    common::as_another_root(|| {
        let surroundings = Surroundings::new(1);
        let start = |around: &Surroundings| {
            let mut shell = command("lab shell", None);
            let mut child = around.start(shell.env("SHELL", "/bin/sh").stdin(Stdio::piped()));
            let mut keyboard = child.stdin.take().expect("a pipe");
            // One that was killed before it reads is what this is about.
            let _ = std::io::Write::write_all(&mut keyboard, b"sleep 1000 & sleep 1001\n");
            child
        };
        is_killed("lab shell", start, Duration::from_millis(300), &surroundings);
    });
}

#[test]
fn clients_that_join_a_lab() {
    common::as_another_root(|| {
        let alone = Surroundings::new(1);
        let mut lab = command("lab serve --model thread", None).stderr(Stdio::piped()).spawn().expect("the program");
        let mut said = std::io::BufReader::new(lab.stderr.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains("waits for clients") {
            assert!(std::io::BufRead::read_line(&mut said, &mut line).expect("UTF-8") > 0, "{line}");
        }
        // Its own network and those of both hosts.
        let surroundings = Surroundings::new(3);
        for (arguments, script) in [("lab client 3 --messages 9", None), ("lab run --join -- sh -c", Some(STUBBORN))] {
            let start = |around: &Surroundings| around.start(&mut command(arguments, script));
            is_killed(arguments, start, Duration::from_millis(300), &surroundings);
        }
        lab.kill().expect("a signal");
        lab.wait().expect("an end");
        alone.must_be_as_before("the lab was killed");
    });
}
