//! `--from STATE`: the peer is brought into a state by hand before the segment is sent.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::args::Args;
use super::far::Far;
use super::plan;
use super::report::{Screen, by_hand};
use super::script::words;
use super::{equivalent, unshown, words as said};
use crate::cmd::exit::remark;
use crate::cmd::give_up::give_up;
use crate::cmd::kernel::{Kernel, beside};
use crate::cmd::output::Format;
use crate::cmd::show::{ByLine, Show};
use crate::cmd::stage::Stage;
use crate::cmd::target::Target as Peer;
use crate::cmd::{Exit, Streams};
use crate::craft::trial::{Failure, Program, Shot, Sign, TARGETS, Target, Trial, TrialConfig};
use crate::drive::guards::Guards;
use crate::drive::{LiveWire, TrialEnded, run_trial};
use crate::explain::{self, Case};
use crate::lab::{self, Server};
use crate::ladder::Settings;
use crate::sink;
use crate::sys::confine::Needs;
use crate::sys::{RawSender, Version, random};
use crate::tcp::{
    Basis, Heard, Judgement, Ruling, Seq, State, Verdict, expected, judge, judge_with_or_without_program,
};
use crate::wire::{Flags, IpFields, SegmentFields, emit};

/// The state of the peer.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "State of the target")]
pub(super) struct FromArgs {
    /// Bring the target into this state first, by hand, and hold its answer against what RFC 9293 asks
    #[arg(long, value_name = "STATE", value_parser = state(), ignore_case = true, conflicts_with_all = [
        "udp", "icmp", "icmp_code", "icmp_echo", "rate", "fast", "faster", "keep", "allow_spoof",
    ])]
    pub(super) from: Option<Target>,
    /// What a program that is not ours answers, and closes after; \r \n as in scripts [default: an HTTP request]
    #[arg(long, value_name = "TEXT", requires = "from", value_parser = words::unescaped)]
    pub(super) request: Option<String>,
}

fn state() -> impl TypedValueParser<Value = Target> {
    let values = TARGETS.map(|row| PossibleValue::new(row.name).help(row.told.how));
    PossibleValuesParser::new(values)
        .try_map(|name| Target::from_name(&name).ok_or_else(|| format!("no state is called {name}")))
}

/// Octets of a request at most: it is one segment, and any host takes so many in one (RFC 9293 section 3.7.1, SendMSS).
const LONGEST: usize = 536;

/// From one attempt to the next on the way into the state, and how often.
const TIMEOUT: Duration = Duration::from_secs(1);
const RETRIES: u8 = 3;

/// The server of the lab with which the peer comes into the state.
const fn server(target: Target) -> Server {
    match target {
        Target::Closed => Server::Refuses,
        Target::SynSent => Server::Connects,
        _ => Server::Obeys,
    }
}

/// Runs `rawshake send --from`.
pub(super) fn run(args: &Args, target: Target, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let program = program(args);
    check(args, target, program)?;
    let written = plan::written(args, lab::SERVER.name)?;
    let kernel = args.kernel.before(args.lab.lab, streams.err)?;
    let stage = match (program, args.lab.lab) {
        (Program::Obeys, true) => Stage::with_server(&args.lab, written.port()?, server(target))?,
        _ => Stage::enter(&args.lab, &written, server(target))?,
    };
    // Before anything is looked up: without this privilege the rest is in vain.
    drop(RawSender::open(Version::V4, None)?);
    let peer = Peer::find(&written, stage.port, &plan::way(args), args.lab.lab)?;
    plan::check(&args.packet, peer.remote.ip())?;
    let mut guards = Guards::new(&peer.route.interface);
    let port = guards.cover(peer.route.source, args.series.source_port.unwrap_or(0))?;
    let guards = Some(guards).filter(|_| args.way.guard.rst_guard);
    if args.output.verbose > 0 {
        super::introduce(&peer, peer.route.source, guards.is_some(), &stage, streams.err)?;
    }
    let config = config(args, (target, program), SocketAddr::new(peer.route.source, port), peer.remote)?;
    let trial = Trial::with_request(config, request(args, &config)?);
    let template = plan::spec(&args.packet, peer.route.source, &peer, port, Some(trial.variables()))?;
    // Lengths that cannot be are told before anything is sent.
    Shot::of(&template)?;
    // Other hosts of the lab have no program, and another kernel.
    let is_server = peer.remote.ip() == lab::SERVER.ip(Version::of(peer.remote.ip()));
    let far = Far { args, target: &peer, template, lab: stage.lab.as_ref().filter(|_| is_server), state: None };
    let kernel = args.kernel.at(kernel, stage.lab.as_ref(), &peer, streams.err)?;
    fire(args, trial, far, kernel, streams)
}

/// In the lab a program does what it is told, unless another was asked for.
const fn program(args: &Args) -> Program {
    if args.lab.lab && args.lab.lab_server.is_none() { Program::Obeys } else { Program::Reacts }
}

/// What does not go together with one segment to one connection, and states that cannot be brought about.
fn check(args: &Args, target: Target, program: Program) -> anyhow::Result<()> {
    let several = args.ports().is_some_and(|ports| ports.list.len() > 1 || ports.step);
    let rows = [
        ((several || args.ttls().len() > 1) && args.series.sweep.is_some(), "--sweep"),
        (several, "all ports but one"),
        (args.ttls().len() > 1, "all times to live but one"),
        (args.series.count > 1, "--count"),
    ];
    let row = target.row();
    if let Some((_, what)) = rows.iter().find(|(asked, _)| *asked) {
        bail!("--from brings one connection into a state and sends it one segment: leave out {what}");
    }
    if row.way(program).is_none() {
        let others: Vec<_> = TARGETS.iter().filter(|row| row.reacting.is_some()).map(|row| row.name).collect();
        bail!("--from {} needs --lab: {}; elsewhere: {}", row.name, why_not(target), others.join(", "));
    }
    let asks = target.needs_request() && program == Program::Reacts;
    ensure!(
        args.from.request.is_none() || asks,
        "--request is for states that the target's program comes into by closing first, without --lab or with \
         --lab-server; --from {} needs none",
        row.name
    );
    ensure!(args.lab.lab_think.is_none() || program == Program::Reacts, "--lab-think with --from needs --lab-server");
    let is_text = matches!(args.output.format, Format::Ladder | Format::Lines);
    ensure!(!args.show_equivalent || is_text, "--show-equivalent with --from is text: leave out --format");
    Ok(())
}

/// Why no segment of ours brings a state about for certain.
const fn why_not(target: Target) -> &'static str {
    match target {
        Target::SynSent => "only the target's program can call connect() to us",
        _ => "whether its program still holds the socket cannot be seen, and fin-wait-2 is the same state",
    }
}

/// What the target's program is asked; empty where it need not be.
fn request(args: &Args, config: &TrialConfig) -> anyhow::Result<Vec<u8>> {
    if !config.target.needs_request() || config.program == Program::Obeys {
        return Ok(Vec::new());
    }
    let usual = || format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", config.remote);
    let octets = args.from.request.clone().unwrap_or_else(usual).into_bytes();
    ensure!(octets.len() <= LONGEST, "--request is {} octets long; one segment takes {LONGEST}", octets.len());
    Ok(octets)
}

fn config(
    args: &Args,
    (target, program): (Target, Program),
    local: SocketAddr,
    remote: SocketAddr,
) -> anyhow::Result<TrialConfig> {
    Ok(TrialConfig {
        target,
        program,
        local,
        remote,
        ip: IpFields { identification: random::u16()?, flow_label: random::u32()?, ..IpFields::default() },
        isn: Seq(random::u32()?),
        guess: Seq(random::u32()?),
        window: args.packet.tcp.window,
        timeout: TIMEOUT,
        retries: RETRIES,
        pause: args.series.interval.unwrap_or(Duration::ZERO),
        patience: args.series.timeout,
    })
}

fn fire(
    args: &Args,
    mut trial: Trial,
    mut far: Far<'_>,
    kernel: Option<Kernel>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let (config, peer) = (*trial.config(), far.target);
    let mut wire = LiveWire::between(&peer.route, config.local.ip(), config.remote.ip())?;
    if far.template.ip.is_corrected(config.remote.is_ipv4()) {
        wire = wire.by_frames(&peer.route)?;
    }
    let pcap = args.capture.create()?;
    let leave = Leave::open(peer)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let settings = super::settings(args, config.local);
    let sink = sink::open(args.output.format, &settings, Box::new(ByLine(&mut *streams.out)));
    let sink = beside(kernel, args.output.format, sink);
    let mut screen = Screen::new(Show::new(by_hand(config.local), sink, pcap, None), super::hex(args, &settings));
    let ended = run_trial(&mut trial, &mut wire, &mut far, &mut screen);
    let left = leave.take(args, &trial, streams.err);
    // What was seen is shown in any case.
    let octets = screen.finish();
    let ended = ended?;
    left?;
    streams.out.write_all(octets?.as_bytes())?;
    match ended.signal {
        Some(signal) => Ok(Exit::Signal(signal.number())),
        None => conclude(args, &settings, &trial, (&far, &ended), streams),
    }
}

/// A host that is not ours shall not be left with a connection that nobody will ever close.
struct Leave(RawSender);

impl Leave {
    fn open(peer: &Peer) -> anyhow::Result<Self> {
        let tied_to = (!peer.route.loopback).then_some(peer.route.interface.as_str());
        Ok(Self(RawSender::open(Version::of(peer.remote.ip()), tied_to)?))
    }

    fn take(&self, args: &Args, trial: &Trial, err: &mut dyn Write) -> anyhow::Result<()> {
        let config = trial.config();
        let is_gone = matches!(trial.failure(), Some(Failure::Reset));
        if args.lab.lab || !config.target.is_connection() || is_gone {
            return Ok(());
        }
        if args.output.verbose > 0 {
            writeln!(err, "RST: frees {} from the connection, when all is seen", config.remote)?;
        }
        // What it has acknowledged last; else what it must expect by now.
        let seq = match trial.heard() {
            Some(Heard::Segment { flags, ack, .. }) if flags.ack() && !flags.rst() => ack,
            _ => expected(config.target.row().standing.state, trial.variables(), trial.segment()).after.rcv_nxt,
        };
        let fields = SegmentFields { seq: seq.0, flags: Flags::RST, ..SegmentFields::default() };
        let packet = emit::segment(config.local, config.remote, &config.ip, &fields)?;
        let scope_id = if let SocketAddr::V6(v6) = config.remote { v6.scope_id() } else { 0 };
        Ok(self.0.send(&packet, config.remote.ip(), scope_id)?)
    }
}

/// What came of it, and the exit code.
fn conclude(
    args: &Args,
    settings: &Settings,
    trial: &Trial,
    (far, ended): (&Far<'_>, &TrialEnded),
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let (row, peer, interface) = (trial.config().target.row(), trial.config().remote.ip(), &far.target.route.interface);
    if let Some(line) = said::nothing_left(ended.unseen, ended.packets, peer, interface) {
        remark(streams.err, &line)?;
        return Ok(Exit::NoReply);
    }
    let Some(shot) = trial.shot() else {
        let why = trial.failure().map_or_else(String::new, |failure| failed(&failure, trial.config()));
        remark(streams.err, &format!("{} did not come into {}: {why}", trial.config().remote, row.standing.state))?;
        return Ok(Exit::NoReply);
    };
    let error = trial.complaint().map(|error| explain::icmp_words(error.v6, error.kind, error.code).says.to_owned());
    let ruling = Ruling {
        sent: shot.sent,
        ports: (trial.config().local.port(), trial.config().remote.port()),
        damage: shot.damage,
        variables: *trial.variables(),
        judgement: judgement(trial, far.state),
        basis: if far.tells() { Basis::Told } else { Basis::Made },
    };
    let how = row.way(trial.config().program).map(|way| way.how);
    let case = Case { ruling, how, error };
    let mut told = Vec::new();
    unshown::tell_one(args.output.format, settings, (1, &far.template), &mut told)?;
    // Behind the ladder of the way into the state.
    if args.output.format == Format::Ladder && !told.is_empty() {
        writeln!(streams.out)?;
    }
    streams.out.write_all(&told)?;
    super::show_case(args.output.format, settings, &case, streams)?;
    if args.show_equivalent {
        let gap = if args.output.format == Format::Ladder { "\n" } else { "" };
        write!(streams.out, "{gap}{}", equivalent::commands(&far.template))?;
    }
    Ok(if case.ruling.judgement.verdict == Verdict::Agrees { Exit::Success } else { Exit::NoReply })
}

/// What came of it, held against the rules. Whether a program that is not ours still holds its socket cannot be seen.
fn judgement(trial: &Trial, state: Option<State>) -> Judgement {
    let config = trial.config();
    let (variables, segment) = (trial.variables(), trial.segment());
    let standing = config.target.row().standing;
    if config.program == Program::Obeys {
        return judge(standing, variables, segment, trial.heard(), state);
    }
    // Its program, too, has heard of our FIN: what it does then is no answer, and hides where the answer led.
    let asked = expected(standing.state, variables, segment).answer.state;
    let own = standing.state != State::CloseWait && asked == State::CloseWait && state == Some(State::LastAck);
    judge_with_or_without_program(standing.state, variables, segment, trial.heard(), state.filter(|_| !own))
}

/// Why the peer did not come into its state.
fn failed(failure: &Failure, config: &TrialConfig) -> String {
    match failure {
        Failure::Reset => "it sent a RST; does anything listen on that port?".to_owned(),
        Failure::Broken => "it reset the connection on the way".to_owned(),
        Failure::Closed => "its program closed at once, and so it is on in another state".to_owned(),
        Failure::Missing(Sign::Fin) if config.program == Program::Reacts => {
            let next = if config.target.needs_request() { "; --request says what it is asked" } else { "" };
            format!("its program did not close{next}")
        }
        Failure::Unreachable(error) => {
            format!("an ICMP error came: {}", explain::icmp_words(error.v6, error.kind, error.code).says)
        }
        Failure::Missing(sign) => {
            let missing = match sign {
                Sign::Syn => "a SYN of its own",
                Sign::SynAck => "a SYN,ACK",
                Sign::Ack => "an acknowledgment of our FIN",
                Sign::Fin => "a FIN",
            };
            format!("{missing} never came")
        }
    }
}
