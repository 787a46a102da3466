//! The kernel's trace of state changes, held against a connection whose states are known.

#[path = "support/mod.rs"]
mod support;

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use rawshake::sys::clock;
use rawshake::sys::tracefs::{StateChange, StateTrace};

/// One test at a time: each may count the buffers of this process.
static ALONE: Mutex<()> = Mutex::new(());

/// A record, or the reason on file why there is none here.
fn start(test: &str) -> Option<StateTrace> {
    match StateTrace::start() {
        Ok(trace) => Some(trace),
        Err(error) => {
            // A kernel without it, or no root: the system call said so. Anything else is a fault of ours.
            assert!(error.errno().is_some(), "{error}");
            support::skip(test, &error.to_string());
            None
        }
    }
}

/// The changes of the socket with this end and that peer, each as old and new.
fn path(changes: &[StateChange], local: SocketAddr, remote: SocketAddr) -> Vec<String> {
    let socket = changes.iter().find(|change| (change.local, change.remote) == (local, remote)).map(|it| it.socket);
    let of_socket = changes.iter().filter(|change| Some(change.socket) == socket);
    of_socket.map(|change| format!("{}>{}", change.old, change.new)).collect()
}

fn follow(address: &str, trace: &mut StateTrace) {
    let before = clock::now();
    let listener = TcpListener::bind(address).unwrap();
    let server = listener.local_addr().unwrap();
    let client = TcpStream::connect(server).unwrap();
    let own = client.local_addr().unwrap();
    let (mut accepted, _) = listener.accept().unwrap();
    drop(client);
    assert_eq!(accepted.read(&mut [0]).unwrap(), 0);
    drop(accepted);
    let mut changes = Vec::new();
    // The last change is made by a segment, which needs its time.
    while path(&changes, server, own).len() < 5 {
        changes.extend(trace.read().unwrap());
    }
    let after = clock::now();
    let client = ["CLOSE>SYN_SENT", "SYN_SENT>ESTABLISHED", "ESTABLISHED>FIN_WAIT1", "FIN_WAIT1>FIN_WAIT2"];
    assert_eq!(path(&changes, own, server)[..4], client);
    let passive = path(&changes, server, own);
    let expected = ["SYN_RECV>ESTABLISHED", "ESTABLISHED>CLOSE_WAIT", "CLOSE_WAIT>LAST_ACK", "LAST_ACK>CLOSE"];
    assert_eq!(passive[passive.len() - 4..], expected);
    let ours = changes.iter().filter(|change| change.local == own);
    assert!(ours.into_iter().all(|change| (before..=after).contains(&change.time)), "{changes:?}");
    assert!(changes.is_sorted_by_key(|change| change.time));
}

#[test]
fn tells_the_states_of_both_ends_and_when() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(mut trace) = start("tells_the_states_of_both_ends_and_when") {
        follow("127.0.0.1:0", &mut trace);
        follow("[::1]:0", &mut trace);
        assert_eq!(trace.lost().unwrap(), 0);
    }
}

/// The instances that there are, as a mount in a namespace of its own shows them.
fn instances() -> Vec<String> {
    const SCRIPT: &str = "mount -t tracefs nodev /sys/kernel/tracing && ls /sys/kernel/tracing/instances";
    let output = Command::new("unshare").args(["-m", "sh", "-c", SCRIPT]).output().expect("unshare");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_left_of_it_and_of_one_that_was_killed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let test = "nothing_is_left_of_it_and_of_one_that_was_killed";
    let Some(trace) = start(test) else { return };
    let own = format!("rawshake-{}-", std::process::id());
    let count = || instances().iter().filter(|name| name.starts_with(&own)).count();
    assert_eq!(count(), 1);
    // No process has this number: it is above the kernel's greatest.
    let script = "mount -t tracefs nodev /sys/kernel/tracing && mkdir /sys/kernel/tracing/instances/rawshake-4194305-0";
    assert!(Command::new("unshare").args(["-m", "sh", "-c", script]).status().expect("unshare").success());
    let second = StateTrace::start().unwrap();
    assert!(!instances().contains(&"rawshake-4194305-0".to_owned()));
    assert_eq!(count(), 2);
    drop((trace, second));
    assert_eq!(count(), 0);
}
