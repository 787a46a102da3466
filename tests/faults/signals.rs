//! A signal after each line that is printed: the right exit code, and nothing left, neither here nor at the peer.

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rawshake::lab::{Lab, Options, SERVER, YOU};
use rustix::process::Signal;

use crate::common;
use crate::left::Surroundings;
use crate::run::{Running, command};

const SIGNALS: [Signal; 4] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];

/// More steps than any of the runs has.
const MANY: usize = 60;

/// Between two attempts.
const STEP: Duration = Duration::from_millis(5);
/// Only so that a broken program ends the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is a step of a run.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A line that it prints.
    Line,
    /// A packet that `lo` carries: it prints nothing before its end.
    Packet,
}

/// A run that is signalled behind each of its steps, until it ends by itself.
struct Run {
    arguments: &'static str,
    step: Step,
    /// Exit codes with which it ends by itself, before the signal or because of it.
    by_itself: &'static [i32],
    /// What it says when all is over: from then on a signal may end it as if nobody had collected any.
    last: &'static str,
}

const fn lines(arguments: &'static str, by_itself: &'static [i32], last: &'static str) -> Run {
    Run { arguments, step: Step::Line, by_itself, last }
}

const TRACE: Run = lines("trace --lab --send hello --close reset --wait 0.05 --format lines", &[0], "[R.]");

const LISTEN: Run = lines("listen --lab --format lines", &[0], "closed in good order");

const SERVE: Run = lines("lab serve --clients 1 --format lines", &[0], ": served");

/// Keys are for the command, which has ended or knows of none.
const COMMAND: Run = lines("lab run --format lines -- curl -s http://server/", &[0], "Hello from the lab.");

/// It is how one ends a watch.
const WATCH: Run = lines("watch -i lo --brief --immediate --count 12", &[0, 1], "dropped by the kernel");

const ONTO: Run = Run { step: Step::Packet, ..lines("replay CAPTURE --onto lo --yes --pps 40", &[0], "Late ") };

/// Packets that `lo` has carried, in the network of this thread.
fn carried() -> u64 {
    let table = std::fs::read_to_string("/proc/thread-self/net/dev").expect("the kernel's counts");
    let row = table.lines().find_map(|line| line.trim().strip_prefix("lo:")).expect("lo");
    row.split_whitespace().nth(1).and_then(|packets| packets.parse().ok()).expect("a count")
}

impl Run {
    /// Lets it go so many steps; false where it has fewer.
    fn go(&self, steps: usize, running: &mut Running, carried_before: u64) -> bool {
        match self.step {
            Step::Line => (0..steps).all(|_| running.line()),
            Step::Packet => loop {
                if carried() >= carried_before + steps as u64 {
                    return true;
                }
                if running.has_ended() {
                    return false;
                }
                sleep(Duration::from_millis(1));
            },
        }
    }

    /// Signals it behind so many steps, and checks its end; false where it has fewer.
    fn signalled(&self, steps: usize, signal: Signal, surroundings: &Surroundings) -> bool {
        let mut command = command(self.arguments, Path::new("/"));
        surroundings.prepare(&mut command);
        let before = carried();
        let mut running = Running::start(&mut command);
        let is_there = self.go(steps, &mut running, before);
        if steps == 0 {
            // Before that it may not have begun to wait for signals, which then end it by themselves.
            running.until_it_waits();
        }
        running.signal(signal);
        let said = running.said();
        let when = format!("{}: {signal:?} behind {steps} steps: {said:?}", self.arguments);
        let is_own = said.code.is_some_and(|code| self.by_itself.contains(&code));
        let is_over = said.code.is_none() && (said.out.contains(self.last) || said.err.contains(self.last));
        assert!(is_own || is_over || said.code == Some(128 + signal.as_raw()), "{when}");
        assert!(!said.err.contains("panicked"), "{when}");
        surroundings.must_be_as_before_but_for_rules_and_namespaces(&when);
        is_there
    }

    /// Signals it behind each of its steps, each time another of these.
    fn behind_each_step(&self, signals: &[Signal], surroundings: &Surroundings) {
        let mut signals = signals.iter().cycle();
        let mut is_there = |steps| self.signalled(steps, *signals.next().expect("a signal"), surroundings);
        let last = (0..MANY).find(|steps| !is_there(*steps)).expect("an end");
        assert!(last > 3, "{}: only {last} steps", self.arguments);
    }
}

/// Whether RAWSHAKE_EVERY_SIGNAL asks for every signal at every step, which takes minutes.
pub(crate) fn is_every_signal_asked_for() -> bool {
    std::env::var_os("RAWSHAKE_EVERY_SIGNAL").is_some()
}

/// Signals the run behind every step, first by this one of [`SIGNALS`]; where it is asked for, each step meets every signal.
fn behind_every_step(run: &Run, first: usize) {
    let surroundings = Surroundings::new(1);
    let rounds = if is_every_signal_asked_for() { SIGNALS.len() } else { 1 };
    for round in 0..rounds {
        let mut signals = SIGNALS;
        signals.rotate_left((first + round) % SIGNALS.len());
        run.behind_each_step(&signals, &surroundings);
        surroundings.must_be_as_before(run.arguments);
    }
}

#[test]
fn behind_every_line_a_signal_ends_who_connects_by_hand() {
    common::as_another_root(|| behind_every_step(&TRACE, 0));
}

#[test]
fn behind_every_line_a_signal_ends_who_listens_by_hand() {
    common::as_another_root(|| behind_every_step(&LISTEN, 1));
}

#[test]
fn behind_every_line_a_signal_ends_the_servers_of_a_lab() {
    common::as_another_root(|| behind_every_step(&SERVE, 2));
}

#[test]
fn behind_every_line_a_signal_ends_a_command_in_a_lab() {
    common::as_another_root(|| behind_every_step(&COMMAND, 3));
}

#[test]
fn behind_every_packet_a_signal_ends_who_sends_a_capture() {
    common::as_another_root(|| behind_every_step(&ONTO, 0));
}

/// Whatever becomes of the test, those who speak in the meantime end with it.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn behind_every_line_a_signal_ends_who_watches() {
    common::as_another_root(|| {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _over = Over(&is_over);
            // Something to watch.
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let _ = TcpStream::connect("127.0.0.1:9");
                    sleep(Duration::from_millis(2));
                }
            });
            behind_every_step(&WATCH, 1);
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
