//! The kernel's trace of state changes, held against a connection whose states are known.

#[path = "support/mod.rs"]
mod support;

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use rawshake::sys::clock;
use rawshake::sys::tracefs::{Callers, KernelTrace, Record, StateChange, StateTrace, What};

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

/// The threads of this process.
fn threads() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc/self/task").unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

fn account(test: &str) -> Option<KernelTrace> {
    match KernelTrace::start(Callers::Tasks(&threads())) {
        Ok(trace) => Some(trace),
        Err(error) => {
            assert!(error.errno().is_some(), "{error}");
            support::skip(test, &error.to_string());
            None
        }
    }
}

/// What this thread did, as `listen(5, 1)` and `listen = 0`, from the first call of this name on.
fn calls(records: &[Record], task: u32, first: &str) -> Vec<String> {
    let of_thread = records.iter().filter(|record| record.task == task);
    let words = of_thread.filter_map(|record| match record.what {
        What::Entered { call, arguments } => Some(format!("{call}({}, {})", arguments[0], arguments[1])),
        What::Returned { call, result } => Some(format!("{call} = {result}")),
        _ => None,
    });
    words.skip_while(|call| !call.starts_with(first)).collect()
}

#[test]
fn tells_the_calls_of_a_process_and_of_the_threads_that_it_makes() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut trace) = account("tells_the_calls_of_a_process_and_of_the_threads_that_it_makes") else { return };
    let (listener, thread) = std::thread::Builder::new()
        .name("a new thread".to_owned())
        .spawn(|| {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
            socket.listen(3).unwrap();
            (TcpListener::from(socket), rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs())
        })
        .unwrap()
        .join()
        .unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&listener);
    let records = trace.read().unwrap();
    let expected = [
        &format!("socket({}, {})", libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC),
        &format!("socket = {fd}"),
        &format!("bind({fd}, "),
        "bind = 0",
        &format!("listen({fd}, 3)"),
        "listen = 0",
    ];
    let said = calls(&records, thread, "socket(");
    assert!(said.iter().zip(expected).all(|(said, expected)| said.starts_with(expected)), "{said:?}");
    let named = |what: What| matches!(what, What::Renamed { name } if name.starts_with(b"a new thread\0"));
    assert!(records.iter().any(|record| record.task == thread && named(record.what)));
    let born = |what: What| matches!(what, What::Born { task, .. } if task == thread);
    assert!(records.iter().any(|record| born(record.what)));
    assert_eq!(trace.lost().unwrap(), 0);
}

#[test]
fn tells_why_a_packet_was_dropped_and_who_reset() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut trace) = account("tells_why_a_packet_was_dropped_and_who_reset") else { return };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    trace.read().unwrap();
    assert!(TcpStream::connect(closed).is_err());
    let records = trace.read().unwrap();
    let reset = records.iter().find_map(|record| match record.what {
        What::ResetSent { packet, ends, reason, .. } if ends.local == closed => Some((packet, reason)),
        _ => None,
    });
    let (packet, reason) = reset.unwrap_or_else(|| panic!("{records:?}"));
    assert_eq!(trace.reasons().of_reset(reason), Some("NO_SOCKET"));
    let dropped = records.iter().find_map(|record| match record.what {
        What::Dropped { packet: dropped, reason, .. } if dropped == packet => Some(reason),
        _ => None,
    });
    assert_eq!(trace.reasons().of_drop(dropped.unwrap()), Some("NO_SOCKET"));
    let received = |what: What| matches!(what, What::ResetReceived { ends, .. } if ends.remote == closed);
    assert!(records.iter().any(|record| received(record.what)), "{records:?}");
    assert_eq!((trace.reasons().of_drop(u64::MAX), trace.reasons().of_reset(u64::MAX)), (None, None));
}
