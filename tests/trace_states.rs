//! After each segment of a hand-made connection the lab server's kernel is asked (sock_diag) which state it really has,
//! and the tracer's belief must be that.

mod common;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rawshake::craft::{Close, Config, Endpoint, Open, Outcome};
use rawshake::drive::{self, LiveWire, Seen, Watcher, Wire as _};
use rawshake::lab::{self, Lab, Options, Server};
use rawshake::sys::{RstGuard, Version, random, route};
use rawshake::tcp::{Seq, State};
use rawshake::trace::{EventKind, Hint, Tracer, TracerOptions};
use rawshake::wire::Time;

use common::{is_forbidden, refused};

/// The server thinks for longer than it takes to ask its kernel, so that the answer is about the segment just seen.
const THINK: Duration = Duration::from_millis(250);

/// What was seen with one segment.
#[derive(Debug)]
struct Row {
    ours: bool,
    flags: String,
    /// The tracer's belief about the server.
    belief: State,
    /// The kernel's word.
    kernel: Option<State>,
}

struct Witness<'a> {
    lab: &'a Lab,
    local: SocketAddr,
    remote: SocketAddr,
    tracer: Tracer,
    rows: Vec<Row>,
}

impl Witness<'_> {
    fn ask(&self) -> Option<State> {
        let state = self.lab.server_state(self.remote, self.local).expect("sock_diag");
        state.map(|state| State::from_kernel(state.0).expect("a state of the kernel's list"))
    }

    /// What the kernel says once our segment has arrived: behind a busy machine's queue it may still be on its way.
    fn settled(&self, ours: bool, belief: State) -> Option<State> {
        let before = self.rows.last().map_or(State::Listen, |row| row.belief);
        for _ in 0..2000 {
            let kernel = self.ask();
            let pending = ours && before != belief && matches(before, kernel);
            if !pending {
                return kernel;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.ask()
    }
}

/// Whether the kernel's word is that state: it has no socket in CLOSED, and none of this connection in LISTEN.
fn matches(state: State, kernel: Option<State>) -> bool {
    match kernel {
        Some(kernel) => kernel == state,
        None => matches!(state, State::Closed | State::Listen),
    }
}

impl Watcher for Witness<'_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        let hint = Hint { origin: seen.origin, calls: seen.calls, ..Hint::default() };
        let mut found = None;
        self.tracer.packet(seen.number, seen.packet, seen.decoded, hint, &mut |event| {
            if let EventKind::Segment(segment) = event.kind {
                found = Some(segment);
            }
        });
        let segment = found.expect("every packet of the lab is a segment of this connection");
        let (ip, tcp) = seen.decoded.segment().expect("a segment");
        let ours = (ip.source, tcp.source_port) == (self.local.ip(), self.local.port());
        let our_side = if ours { segment.from } else { segment.from.other() };
        let belief = segment.after[our_side.other()].state.expect("everything was seen from the start");
        let kernel = self.settled(ours, belief);
        self.rows.push(Row { ours, flags: segment.flags.to_string(), belief, kernel });
        Ok(())
    }

    fn waiting(&mut self, _: Time, _: Time, _: State) -> io::Result<()> {
        Ok(())
    }
}

/// Each word of the kernel must be the belief after that segment, or after one that the server sent by itself before our
/// next: the kernel may be ahead of the capture, and never of us.
fn check(rows: &[Row]) {
    for (index, row) in rows.iter().enumerate() {
        let later = rows[index + 1..].iter().take_while(|row| !row.ours);
        let allowed: Vec<State> = std::iter::once(row).chain(later).map(|row| row.belief).collect();
        assert!(
            allowed.iter().any(|state| matches(*state, row.kernel)),
            "after segment {} ({}) the kernel says {:?}, and we believe {allowed:?}\n{rows:#?}",
            index + 1,
            row.flags,
            row.kernel
        );
    }
}

/// Runs one connection in a lab and gives what the kernel said after each segment of ours.
fn run(server: Server, version: Version, change: impl Fn(&mut Config)) -> Option<(Outcome, Vec<Option<State>>)> {
    let options = Options { server, think: THINK, ..Options::default() };
    match Lab::enter(&options) {
        Ok(mut lab) => Some(run_in(&mut lab, version, change)),
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => {
            refused(&error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn run_in(lab: &mut Lab, version: Version, change: impl Fn(&mut Config)) -> (Outcome, Vec<Option<State>>) {
    let remote = lab.address(version);
    let guard = RstGuard::engage(SocketAddr::new(lab::YOU.ip(version), 0), None).unwrap();
    let local = guard.local();
    let mut config = Config::new(local, remote, Seq(random::u32().unwrap()));
    config.payload = b"hello".to_vec();
    change(&mut config);
    let open = config.open;
    let route = route::to(remote.ip(), None, None).unwrap();
    let mut wire = LiveWire::open(&route, local, remote).unwrap();
    let mut endpoint = Endpoint::new(config, wire.now()).unwrap();
    if open == Open::Simultaneous {
        lab.connect_from_server(local, remote.port()).unwrap();
    }
    let tracer = Tracer::new(TracerOptions { ours: Some(local), ..TracerOptions::default() });
    let mut witness = Witness { lab, local, remote, tracer, rows: Vec::new() };
    let ended = drive::run(&mut endpoint, (local, remote), &mut wire, &mut witness).unwrap();
    check(&witness.rows);
    assert_eq!(ended.unseen, 0, "the capture shows everything that we sent");
    (ended.outcome, witness.rows.iter().filter(|row| row.ours).map(|row| row.kernel).collect())
}

/// Runs it over both IP versions. `expected` is what the
/// kernel must say after each segment of ours; none means that it has no such socket any more.
fn both(server: Server, outcome: Outcome, expected: &[Option<State>], change: impl Fn(&mut Config)) {
    for version in [Version::V4, Version::V6] {
        if !version.is_supported() {
            common::impossible("this kernel has no IPv6");
            continue;
        }
        if let Some((ended, words)) = run(server, version, &change) {
            assert_eq!((ended, words.as_slice()), (outcome, expected), "{version:?}");
        }
    }
}

const SYN_RECEIVED: Option<State> = Some(State::SynReceived);
const ESTABLISHED: Option<State> = Some(State::Established);
const CLOSE_WAIT: Option<State> = Some(State::CloseWait);
const FIN_WAIT_2: Option<State> = Some(State::FinWait2);
const CLOSING: Option<State> = Some(State::Closing);
const TIME_WAIT: Option<State> = Some(State::TimeWait);

#[test]
fn active_close() {
    // SYN, ACK, data, ACK of the echo, FIN, ACK of the FIN
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, ESTABLISHED, CLOSE_WAIT, None];
    both(Server::Echo, Outcome::Closed, &words, |_| {});
}

#[test]
fn passive_close() {
    // SYN, ACK, data, ACK of the answer, ACK of the FIN, FIN
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, ESTABLISHED, FIN_WAIT_2, TIME_WAIT];
    both(Server::ClosesFirst, Outcome::Closed, &words, |config| config.close = Close::Passive);
}

#[test]
fn half_close() {
    // SYN, ACK, data with FIN, ACK of the echo, ACK of the FIN
    let words = [SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT, CLOSE_WAIT, None];
    both(Server::Echo, Outcome::Closed, &words, |config| config.close = Close::Half);
}

#[test]
fn reset() {
    // SYN, ACK, data, RST
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, None];
    both(Server::Discard, Outcome::Aborted, &words, |config| config.close = Close::Reset);
}

#[test]
fn simultaneous_close() {
    // SYN, ACK, data, ACK of the answer, FIN, ACK of the FIN
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, ESTABLISHED, CLOSING, TIME_WAIT];
    both(Server::ClosesFirst, Outcome::Closed, &words, |config| config.close = Close::Simultaneous);
}

#[test]
fn left_open() {
    // SYN, ACK, data, ACK of the echo
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, ESTABLISHED];
    both(Server::NeverCloses, Outcome::LeftOpen, &words, |config| config.close = Close::None);
}

#[test]
fn refused_by_a_closed_port() {
    both(Server::Refuses, Outcome::Refused, &[None], |_| {});
}

#[test]
fn never_closed() {
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, ESTABLISHED, CLOSE_WAIT];
    let outcome = Outcome::PeerNeverClosed { state: State::FinWait2 };
    both(Server::NeverCloses, outcome, &words, |config| config.timing.deadline = Duration::from_millis(500));
}

#[test]
fn simultaneous_open() {
    // SYN, SYN ACK, data, ACK of the echo, FIN, ACK of the FIN
    let words = [SYN_RECEIVED, ESTABLISHED, ESTABLISHED, ESTABLISHED, CLOSE_WAIT, None];
    both(Server::Connects, Outcome::Closed, &words, |config| config.open = Open::Simultaneous);
}

/// The check itself must be able to fail.
#[test]
fn a_belief_that_the_kernel_does_not_share_is_found() {
    let row = |ours, belief, kernel| Row { ours, flags: String::new(), belief, kernel };
    let wrong = [row(true, State::Established, SYN_RECEIVED)];
    assert!(std::panic::catch_unwind(|| check(&wrong)).is_err());
    let ahead_of_us = [row(false, State::Established, CLOSE_WAIT), row(true, State::CloseWait, CLOSE_WAIT)];
    assert!(std::panic::catch_unwind(|| check(&ahead_of_us)).is_err());
    check(&[row(true, State::SynReceived, SYN_RECEIVED), row(true, State::Closed, None)]);
    check(&[row(true, State::CloseWait, Some(State::LastAck)), row(false, State::LastAck, Some(State::LastAck))]);
}
