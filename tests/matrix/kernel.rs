//! `table.txt` against the kernel of this machine: every segment is fired at a connection of its own in the lab, and the
//! answer and the state afterwards (sock_diag of the far host) must be the ones of Linux.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rawshake::craft::packet::{IpSpec, PacketSpec, TcpSpec, Transport};
use rawshake::craft::trial::{Deed, Shot, TARGETS, Target, Trial, TrialConfig};
use rawshake::drive::{LiveWire, Seen, Stage, Watcher, run_trials};
use rawshake::lab::{self, Lab, Options, Order, Server};
use rawshake::sys::{RstGuard, Version, random, route};
use rawshake::tcp::{Heard, Judgement, Observed, Seq, State, Verdict, judge, state_after};
use rawshake::wire::{IpFields, Time};

use crate::common::{impossible, is_forbidden, refused};
use crate::table::{Cell, Comes, cells, letters};

/// How long to listen: longer than a delayed acknowledgment takes.
const PATIENCE: Duration = Duration::from_millis(250);

/// Cells that this kernel answers otherwise than the table says: IP version, state, segment, and what was seen. Each is
/// here with a reason.
const OTHERWISE: &[(Version, Target, &str, &str)] = &[];

/// The far side of one row of trials, and what came of them.
struct Far<'a> {
    lab: &'a Lab,
    cells: &'a [Cell],
    judged: Vec<(usize, Judgement)>,
}

impl Far<'_> {
    /// What the kernel of the far host says of the connection, or of the listener where there is none.
    fn state(&self, trial: &Trial, before: State) -> io::Result<State> {
        let (server, client) = (trial.config().remote, trial.config().local);
        let ask = |client| {
            let found = self.lab.server_state(server, client).map_err(io::Error::other)?;
            Ok::<_, io::Error>(found.and_then(|state| State::from_kernel(state.0)))
        };
        let state = state_after(before, ask(client)?);
        if state != State::Listen {
            return Ok(state);
        }
        let unspecified = if client.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        Ok(ask(unspecified.parse().expect("an address"))?.unwrap_or(State::Closed))
    }

    fn cell(&self, trial: &Trial) -> &Cell {
        let TrialConfig { local, target, .. } = *trial.config();
        &self.cells[usize::from(local.port() - first_port(target))]
    }
}

/// The source port of the first trial of a column: no column meets what another has left behind.
fn first_port(target: Target) -> u16 {
    40_000 + 100 * target as u16
}

impl Stage for Far<'_> {
    fn act(&mut self, deed: Deed, trial: &Trial) -> io::Result<bool> {
        let order = match deed {
            Deed::Connect => Order::Connect,
            Deed::ShutdownWrite => Order::ShutdownWrite,
            Deed::Close => Order::Close,
        };
        self.lab.order(order, trial.config().remote, trial.config().local).map_err(io::Error::other)
    }

    fn shot(&mut self, trial: &Trial) -> io::Result<Shot> {
        let standing = trial.config().target.row().standing;
        // Our last segment on the way may still be on its way through the far host.
        let arrived = (0..1000).any(|_| {
            let there = self.state(trial, standing.state).is_ok_and(|state| state == standing.state);
            there || {
                std::thread::sleep(Duration::from_millis(1));
                false
            }
        });
        assert!(arrived, "the kernel is not in {standing:?}");
        let cell = self.cell(trial);
        let segment = cell.probe.arriving(trial.variables());
        let TrialConfig { local, remote, .. } = *trial.config();
        let tcp = TcpSpec {
            source_port: local.port(),
            destination_port: remote.port(),
            seq: segment.seq.0,
            ack: segment.ack.0,
            flags: segment.flags,
            window: trial.config().window,
            bad_checksum: cell.probe.damaged,
            ..TcpSpec::default()
        };
        let spec = PacketSpec {
            source: local.ip(),
            destination: remote.ip(),
            ip: IpSpec::default(),
            transport: Transport::Tcp(tcp),
            payload: vec![b'x'; segment.len as usize],
        };
        let shot = Shot::of(&spec).map_err(io::Error::other)?;
        assert_eq!((shot.sent, shot.whole), (segment, !cell.probe.damaged));
        Ok(shot)
    }

    fn done(&mut self, index: usize, trial: &Trial) -> io::Result<()> {
        assert_eq!(trial.failure(), None, "on the way into {}", trial.config().target.row().name);
        let standing = trial.config().target.row().standing;
        let state = self.state(trial, standing.state)?;
        let judgement = judge(standing, trial.variables(), trial.segment(), trial.heard(), Some(state));
        self.judged.push((index, judgement));
        Ok(())
    }
}

struct Unseen;

impl Watcher for Unseen {
    fn packet(&mut self, _: &Seen<'_>) -> io::Result<()> {
        Ok(())
    }

    fn waiting(&mut self, _: Time, _: Time, _: State) -> io::Result<()> {
        Ok(())
    }
}

/// The port of the far host whose state that is.
fn port(target: Target) -> u16 {
    match target {
        Target::Closed => Server::Refuses.port(),
        Target::SynSent => Server::Connects.port(),
        _ => Server::Obeys.port(),
    }
}

/// All segments at once, each at a connection of its own in `target`.
fn column(lab: &Lab, version: Version, target: Target) -> Vec<(Cell, Judgement)> {
    let standing = target.row().standing;
    let cells: Vec<Cell> =
        cells().into_iter().filter(|cell| (cell.state, cell.orphan) == (standing.state, standing.orphan)).collect();
    assert_eq!(cells.len(), 33);
    let remote = SocketAddr::new(lab::SERVER.ip(version), port(target));
    let locals: Vec<SocketAddr> =
        (first_port(target)..).take(cells.len()).map(|port| SocketAddr::new(lab::YOU.ip(version), port)).collect();
    let _guards: Vec<RstGuard> = locals.iter().map(|local| RstGuard::engage(*local, None).unwrap()).collect();
    let trial = |local: &SocketAddr| {
        Trial::new(TrialConfig {
            target,
            local: *local,
            remote,
            ip: IpFields::default(),
            isn: Seq(random::u32().unwrap()),
            guess: Seq(random::u32().unwrap()),
            window: 64_240,
            timeout: Duration::from_secs(1),
            retries: 3,
            patience: PATIENCE,
        })
    };
    let mut trials: Vec<Trial> = locals.iter().map(trial).collect();
    let route = route::to(remote.ip(), None, None).unwrap();
    let mut wire = LiveWire::between(&route, route.source, remote.ip()).unwrap();
    let mut far = Far { lab, cells: &cells, judged: Vec::new() };
    let signal = run_trials(&mut trials, &mut wire, &mut far, &mut Unseen).unwrap();
    assert_eq!((signal, far.judged.len()), (None, cells.len()));
    far.judged.sort_by_key(|(index, _)| *index);
    cells.iter().cloned().zip(far.judged.into_iter().map(|(_, judgement)| judgement)).collect()
}

fn comes(observed: &Observed) -> Comes {
    let reply = match observed.heard {
        None => "-",
        Some(Heard::Segment { flags, .. }) => letters(Some(flags)),
        Some(Heard::Error) => "ICMP",
    };
    Comes { reply, state: observed.state.expect("the kernel was asked") }
}

/// What is not as the table says.
fn wrong(version: Version, target: Target, cell: &Cell, judgement: &Judgement) -> Option<String> {
    let seen = comes(&judgement.observed);
    let same = cell.rfc == cell.linux;
    let fits = match judgement.verdict {
        Verdict::Agrees => same,
        Verdict::Known(_) => !same,
        Verdict::Differs => false,
    };
    let name = target.row().name;
    let told = format!("{} > {}", seen.reply, seen.state);
    let listed = OTHERWISE
        .iter()
        .any(|(v, t, segment, what)| (*v, *t, *segment, *what) == (version, target, cell.probe.name, told.as_str()));
    (!(listed || seen == cell.linux && fits))
        .then(|| format!("{version:?} {name} gets {}: {told}, not {:?}; {judgement:?}", cell.probe.name, cell.linux))
}

fn check(version: Version, targets: &[Target]) {
    let lab = match Lab::enter(&Options { server: Server::Obeys, ..Options::default() }) {
        Ok(lab) => lab,
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => return refused(&error),
        Err(error) => panic!("{error}"),
    };
    let mut faults = Vec::new();
    for target in targets {
        let column = column(&lab, version, *target);
        faults.extend(column.iter().filter_map(|(cell, judgement)| wrong(version, *target, cell, judgement)));
    }
    assert!(faults.is_empty(), "{} cells:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_cell_over_ipv4() {
    check(Version::V4, &TARGETS.map(|row| row.target));
}

#[test]
fn every_cell_over_ipv6() {
    if !Version::V6.is_supported() {
        return impossible("this kernel has no IPv6");
    }
    check(Version::V6, &TARGETS.map(|row| row.target));
}

/// The check itself must be able to fail.
#[test]
fn a_wrong_answer_is_found() {
    let cell = cells().into_iter().find(|cell| cell.state == State::Established && cell.rfc.reply == "A").unwrap();
    let receiver = crate::table::variables(cell.state);
    let segment = cell.probe.arriving(&receiver);
    let standing = Target::Established.row().standing;
    let judged = |heard, state| judge(standing, &receiver, Some(&segment), heard, Some(state));
    let ack = |seq, ack| Some(Heard::Segment { flags: rawshake::wire::Flags::ACK, seq, ack });
    let right = judged(ack(receiver.snd_nxt, receiver.rcv_nxt), State::Established);
    let fault = |judgement| wrong(Version::V4, Target::Established, &cell, &judgement);
    assert_eq!(fault(right), None);
    assert!(fault(judged(None, State::Established)).is_some(), "silence");
    assert!(fault(judged(ack(receiver.snd_nxt + 1, receiver.rcv_nxt), State::Established)).is_some(), "SEQ");
    assert!(fault(judged(ack(receiver.snd_nxt, receiver.rcv_nxt + 1), State::Established)).is_some(), "ACK");
    assert!(fault(judged(ack(receiver.snd_nxt, receiver.rcv_nxt), State::Closed)).is_some(), "state");
}
