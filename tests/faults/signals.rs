//! A signal after each line that is printed: the right exit code, and nothing left, neither here nor at the peer.

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rawshake::lab::{Lab, Options, SERVER, YOU};
use rustix::process::Signal;

use crate::common;
use crate::left::Surroundings;
use crate::run::{Running, command};

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// More lines than any of the runs prints.
const MANY: usize = 40;

/// Between two attempts.
const STEP: Duration = Duration::from_millis(5);
/// Only so that a broken program ends the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// Signals a run behind each of its lines, each time another, until one ends by itself first.
fn behind_each_line(
    (arguments, most, by_itself): (&str, usize, &[i32]),
    first: usize,
    prepare: &dyn Fn(&mut Command),
    check: &dyn Fn(&str),
) {
    for lines in 0..most {
        let signal = SIGNALS[(first + lines) % SIGNALS.len()];
        let mut command = command(arguments, Path::new("/"));
        prepare(&mut command);
        let mut running = Running::start(&mut command);
        let is_there = (0..lines).all(|_| running.line());
        if lines == 0 {
            // Before that it may not have begun to wait for signals, which then end it by themselves.
            running.until_it_waits();
        }
        running.signal(signal);
        let said = running.said();
        let when = format!("{arguments}: {signal:?} behind {lines} lines: {said:?}");
        let is_own = said.code.is_some_and(|code| by_itself.contains(&code));
        assert!(is_own || said.code == Some(128 + signal.as_raw()), "{when}");
        assert!(!said.err.contains("panicked"), "{when}");
        check(&when);
        if !is_there {
            return;
        }
    }
}

/// Commands, after how many lines at most they are signalled, and the exit codes with which they end by themselves.
const RUNS: [(&str, usize, &[i32]); 8] = [
    ("trace --lab --send hello --close reset --wait 0.05 --format lines", MANY, &[0]),
    ("listen --lab --format lines", 6, &[0]),
    ("lab serve --clients 1 --format lines", 4, &[0]),
    // Ctrl-C is for the command.
    ("lab run --format lines -- curl -s http://server/", 3, &[0]),
    // It is how one ends a watch.
    ("watch -i lo --brief --immediate", 3, &[0, 1]),
    REPLAY,
    REPLAY,
    REPLAY,
];

/// It prints nothing before its end, in 25 seconds.
const REPLAY: (&str, usize, &[i32]) = ("replay CAPTURE --onto lo --yes --pps 0.25", 1, &[]);

#[test]
fn behind_every_line_a_signal_ends_it_and_nothing_is_left() {
    common::as_another_root(|| {
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Something to watch.
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    let _ = std::net::TcpStream::connect("127.0.0.1:9");
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
            });
            for (at, run) in RUNS.into_iter().enumerate() {
                let surroundings = Surroundings::new(1);
                let check = |when: &str| surroundings.must_be_as_before(when);
                behind_each_line(run, at, &|command| surroundings.prepare(command), &check);
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    });
}

/// Whether the peer's program is told that its connection was reset.
fn is_reset(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut octets = [0; 64];
    loop {
        match stream.read(&mut octets) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

/// TCP sockets of the thread's network that are no listening ones and not in TIME-WAIT, as the kernel lists them.
fn connections() -> Vec<String> {
    let rows = std::fs::read_to_string("/proc/thread-self/net/tcp").expect("the kernel's list");
    let is_open = |row: &&str| !matches!(row.split_whitespace().nth(3), Some("0A" | "06"));
    rows.lines().skip(1).filter(is_open).map(str::to_owned).collect()
}

/// Whether the peer's kernel comes to have no connection.
fn is_forgotten(lab: &Lab) -> bool {
    let all = || lab.on_server(connections).expect("the server");
    let attempts = PATIENCE.as_millis() / STEP.as_millis();
    (0..attempts).any(|_| {
        all().is_empty() || {
            sleep(STEP);
            false
        }
    })
}

#[test]
fn the_peer_of_a_connection_by_hand_is_told_by_a_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    common::in_lab(&Options::default(), |lab| {
        let server = SocketAddr::new(SERVER.v4.into(), 9000);
        let listener = lab.on_server(move || TcpListener::bind(server)).expect("the server").expect("a port");
        // A program that never closes: with a FIN before, the reset comes when it had a second for that.
        let ways = [(1, "reset", true), (2, "reset", true), (4, "reset", true), (4, "active", false)];
        for (at, (lines, close, by_reset)) in ways.into_iter().enumerate() {
            let signal = SIGNALS[at % SIGNALS.len()];
            let arguments = format!("trace 192.0.2.2:9000 --send hello --wait 60 --close {close} --format lines");
            let mut running = Running::start(&mut command(&arguments, folder.path()));
            let (mut stream, _) = listener.accept().expect("a connection");
            assert!((0..lines).all(|_| running.line()));
            running.signal(signal);
            let said = running.said();
            assert_eq!(said.code, Some(128 + signal.as_raw()), "{said:?}");
            assert_eq!(is_reset(&mut stream), by_reset, "{signal:?} behind {lines} lines: {said:?}");
            assert!(is_forgotten(lab), "{signal:?} behind {lines} lines: {said:?}");
        }
        for (lines, signal) in (1..=3).zip(SIGNALS) {
            let mut running = Running::start(&mut command("listen 8080 --format lines", folder.path()));
            let own = SocketAddr::new(YOU.v4.into(), 8080);
            let connect = move || (0..2000).find_map(|_| TcpStream::connect(own).map_err(|_| sleep(STEP)).ok());
            let stream = lab.on_server(connect).expect("the server").expect("somebody listens");
            assert!((0..lines).all(|_| running.line()));
            running.until(&format!("192.0.2.2.{} > ", stream.local_addr().expect("an address").port()));
            running.signal(signal);
            let said = running.said();
            assert_eq!(said.code, Some(128 + signal.as_raw()), "{said:?}");
            assert!(is_forgotten(lab), "{signal:?} behind {lines} lines: {said:?}");
        }
    });
}
