//! `rawshake trace`.

mod args;
mod kernel_client;
mod many;
mod payload;
mod plan;
mod server;
mod step;
mod udp;
pub(super) mod words;

use std::io::{self, Write};

use clap::{Args as _, Command, FromArgMatches as _};

use super::capture::CaptureFile;
use super::exit::remark;
use super::give_up::give_up;
use super::kernel::{Kernel, beside};
use super::output::Format;
use super::show::{ByLine, Progress, Show};
use super::stage::Stage;
use super::target::{Target, Written};
use super::{Exit, Streams};
use crate::craft::{Endpoint, Open, Outcome};
use crate::drive::{self, Ended, LiveWire, Wire as _};
use crate::lab;
use crate::ladder::Settings;
use crate::sink::{self, Sink};
use crate::sys::confine::Needs;
use crate::sys::{RawSender, Version, terminal};
use crate::trace::TracerOptions;
use plan::Plan;

pub use args::Args;

/// Runs `rawshake trace`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if args.socket.udp {
        return udp::run(args, streams);
    }
    plan::check(&args.open)?;
    plan::check_socket(args)?;
    many::check(args)?;
    step::check(args)?;
    let written = Written::of(args.host.as_deref().unwrap_or(lab::SERVER.name), args.port.as_deref())?;
    let kernel = args.kernel.before(args.lab.lab, streams.err)?;
    let (mut stage, plan) = prepare(args, &written)?;
    let kernel = args.kernel.at(kernel, stage.lab.as_ref(), &plan.target, streams.err)?;
    if args.output.verbose > 0 {
        introduce(&plan, &stage, streams.err)?;
    }
    if let Some(count) = args.many.count {
        return many::run(args, plan, &stage, count, streams);
    }
    let both = args.socket.kernel_client.then(|| kernel_client::Both::open(&plan)).transpose()?;
    let (ended, pcap) = connect(args, &plan, &mut stage, (kernel, both.as_ref()), streams)?;
    let exit = conclude(args, &plan, &ended, streams.err)?;
    match both {
        Some(both) if ended.signal.is_none() => {
            let other = both.conclude(args, &plan, pcap, streams)?;
            Ok(if exit == Exit::Success { other } else { exit })
        }
        _ => Ok(exit),
    }
}

/// Enters the lab if it is asked for, and finds what the run needs.
fn prepare(args: &Args, written: &Written) -> anyhow::Result<(Stage, Plan)> {
    let stage = Stage::enter(&args.lab, written, fitting(args))?;
    // Before anything is looked up: without this privilege the rest is in vain.
    drop(RawSender::open(Version::V4, None)?);
    let target = Target::find(written, stage.port, &args.way.way(), args.lab.lab)?;
    let mut payload = payload::payload(&args.talk.payload, &payload::authority(&written.host, stage.port))?;
    if payload.is_empty() {
        payload.extend_from_slice(server::default_payload(stage.server()));
    }
    let plan = Plan::make(args, target, payload)?;
    Ok((stage, plan))
}

/// A run in the lab with these arguments of `rawshake trace --lab`, for `sink` alone; `ready` is called when all is open.
///
/// # Errors
/// Those of [`run`] and of `ready`.
pub(super) fn in_lab(
    arguments: &[&str],
    sink: Box<dyn Sink + '_>,
    ready: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Ended> {
    let words = ["trace", "--lab"].iter().chain(arguments);
    let args = Args::from_arg_matches(&Args::augment_args(Command::new("trace")).try_get_matches_from(words)?)?;
    let (mut stage, plan) = prepare(&args, &Written::of(lab::SERVER.name, None)?)?;
    let wire = LiveWire::open(&plan.target.route, plan.local(), plan.target.remote)?;
    ready()?;
    Ok(follow(&plan, &mut stage, wire, Show::new(tracing(&plan), sink, None, None), false)?.0)
}

fn fitting(args: &Args) -> lab::Server {
    server::fitting(args.open.open, args.close.close, args.talk.payload.http)
}

/// The run itself, shown while it goes on.
fn connect(
    args: &Args,
    plan: &Plan,
    stage: &mut Stage,
    (kernel, both): (Option<Kernel>, Option<&kernel_client::Both>),
    streams: &mut Streams<'_>,
) -> anyhow::Result<(Ended, Option<CaptureFile>)> {
    let Target { remote, ref route } = plan.target;
    let wire = LiveWire::open(route, plan.local(), remote)?;
    let pcap = args.capture.create()?;
    let mut settings = args.output.settings(terminal::width(io::stdout()));
    settings.ours = Some(plan.local());
    let sink = match both {
        Some(both) => both.by_hand(args, &settings, &mut *streams.out)?,
        None => sink::open(args.output.format, &settings, Box::new(ByLine(&mut *streams.out))),
    };
    let sink = beside(kernel, args.output.format, sink);
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    if args.step.step {
        let show = Show::new(tracing(plan), sink, pcap, None);
        let screen = Settings { ours: settings.ours, ..args.output.settings(terminal::width(io::stderr())) };
        let stepper = step::Stepper::new(show, tracing(plan), screen, args.step.predict, streams.err);
        return Ok((step::run(plan, stage, wire, stepper)?, None));
    }
    let show = Show::new(tracing(plan), sink, pcap, Progress::new(remote));
    follow(plan, stage, wire, show, both.is_some())
}

fn tracing(plan: &Plan) -> TracerOptions {
    TracerOptions { ours: Some(plan.local()), ..TracerOptions::default() }
}

/// Runs the hand-made end on `wire`, and shows what passes. The capture file is handed on where another run follows.
fn follow(
    plan: &Plan,
    stage: &mut Stage,
    mut wire: LiveWire,
    mut show: Show<'_>,
    is_first_of_two: bool,
) -> anyhow::Result<(Ended, Option<CaptureFile>)> {
    let remote = plan.target.remote;
    let mut endpoint = Endpoint::new(plan.config.clone(), wire.now())?;
    if let (Some(lab), Open::Simultaneous) = (&mut stage.lab, plan.config.open) {
        lab.connect_from_server(plan.local(), remote.port())?;
    }
    let ended = drive::run(&mut endpoint, (plan.local(), remote), &mut wire, &mut show);
    let goes_on = is_first_of_two && matches!(&ended, Ok(ended) if ended.signal.is_none());
    let pcap = if goes_on { show.take_pcap() } else { None };
    // What was seen is shown in any case.
    let shown = show.finish();
    let ended = ended?;
    shown?;
    Ok((ended, pcap))
}

/// What the tool itself does, before it does it.
fn introduce(plan: &Plan, stage: &Stage, err: &mut dyn Write) -> io::Result<()> {
    if let Some(server) = stage.server() {
        writeln!(err, "Lab: {server} on port {}: {}", stage.port, server.description())?;
    }
    let route = &plan.target.route;
    writeln!(err, "Way: {} to {} through {}, MTU {}", plan.local(), plan.target.remote, route.interface, route.mtu)?;
    match &plan.guard {
        Some(guard) => writeln!(err, "RST guard: {}", guard.method()),
        None => writeln!(err, "RST guard: off, so our own kernel will answer the SYN-ACK with RST"),
    }
}

fn conclude(args: &Args, plan: &Plan, ended: &Ended, err: &mut dyn Write) -> anyhow::Result<Exit> {
    if args.step.step && ended.outcome == Outcome::Interrupted && ended.signal.is_none() {
        return Ok(Exit::Success); // as it was asked for at the prompt
    }
    let interface = &plan.target.route.interface;
    let judged = args.output.format == Format::Ladder && !args.output.quiet && !args.socket.kernel_client;
    if !(judged && words::is_in_verdict(ended))
        && let Some(line) = words::complaint(ended, plan.target.remote, interface, args.close.deadline.0)
    {
        remark(err, &words::with_cause(line, ended.outcome, plan.guard.is_some()))?;
    }
    Ok(match ended.signal {
        Some(signal) => Exit::Signal(signal.number()),
        None if ended.outcome.is_success() => Exit::Success,
        None => Exit::NoReply,
    })
}
