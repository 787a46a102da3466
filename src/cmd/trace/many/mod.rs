//! `rawshake trace --count`: many connections to one server, and a table of what became of them.

mod remarks;
mod report;
mod show;
mod tally;

use std::io::{self, Write};
use std::time::Duration;

use anyhow::ensure;
use colored::Colorize as _;

use super::args::{Args, OpenMode};
use super::plan::Plan;
use super::words;
use crate::cmd::exit::remark;
use crate::cmd::give_up::give_up;
use crate::cmd::output::Format;
use crate::cmd::stage::Stage;
use crate::cmd::{Exit, Streams};
use crate::craft::{Close, Outcome};
use crate::drive::many::{self, DialOptions, Dialer, ManyEnded, ManyOptions, ManyWire, Places};
use crate::drive::{Ended, Wire as _, icmp_filter};
use crate::ladder::{Verbosity, wrap};
use crate::sink::{self, Sink};
use crate::sys::confine::Needs;
use crate::sys::{RstGuard, Version, counters, limits, terminal};
use report::Report;
use show::{Bar, Show};

/// Descriptors that are no guards: streams, sockets, the capture, the lab's.
const OTHER_FILES: u64 = 64;
/// Guards at least, where there are files for them: those of connections that are over are held a while longer.
const GUARDS: usize = 4096;
/// Packets of each that may wait in the capture's buffer at once: all may close at the same time.
const PACKETS_EACH: u32 = 4;
/// Connections at once.
const PARALLEL: u32 = 16;
/// The same at most, and where only their rate is given: less than there are source ports.
const MOST_PARALLEL: u32 = 25_000;

/// Long enough for a segment to leave.
const MOMENT: Duration = Duration::from_millis(1);

/// How many connections.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Many connections")]
pub(super) struct ManyArgs {
    /// Make this many connections, one like the other, and show a table of what became of them
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(super) count: Option<u64>,
    /// So many at once, and an open file for each [default: 16; with --rate as many as it takes]
    #[arg(long, value_name = "P", requires = "count", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_PARALLEL)))]
    pub(super) parallel: Option<u32>,
    /// Begin no more than this many a second [default: the next when another is over]
    #[arg(long, value_name = "R", requires = "count", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) rate: Option<u32>,
}

/// What is wrong with the arguments, as far as no machine is needed to tell.
pub(super) fn check(args: &Args) -> anyhow::Result<()> {
    if args.many.count.is_none() {
        return Ok(());
    }
    ensure!(args.way.source_port.is_none(), "--source-port is one port, and --count needs one for each connection");
    ensure!(args.open.isn.is_none(), "--isn is one number, and --count needs one for each connection");
    ensure!(!args.kernel.kernel, "--kernel is told in a ladder, and --count makes a table: leave out one of them");
    ensure!(
        args.output.handout.is_none(),
        "--handout is made of one ladder, and --count makes a table: leave out one of them"
    );
    ensure!(args.open.open == OpenMode::Active, "--count makes connections from here: leave out --open");
    Ok(())
}

/// The run itself.
pub(super) fn run(
    args: &Args,
    plan: Plan,
    stage: &Stage,
    count: u64,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let mut wire = ManyWire::open(&wire_options(args, &plan))?;
    let options = options(args, &plan, stage, count);
    // Each connection needs one, and later there is no privilege to make more.
    RstGuard::lay_in(
        Version::of(plan.target.remote.ip()),
        options.files.min(usize::try_from(count).unwrap_or(usize::MAX)),
    )?;
    let mut dialer = Dialer::new(options);
    let pcap = args.capture.create()?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let bar = terminal::is_terminal(io::stderr()).then(|| Bar::new(count));
    let mut show = Show::new(wire.now(), plan.local().ip(), open_sink(args, &plan, &mut *streams.out), pcap, bar);
    let is_here = plan.target.route.loopback;
    let before = overflows(stage, is_here);
    let (remote, interface) = (plan.target.remote, plan.target.route.interface.clone());
    // The guard of the plan only found that a port can be had.
    drop(plan);
    let ended = many::run(&mut dialer, &mut wire, &mut show);
    // What was seen is shown in any case.
    let shown = show.finish();
    let ended = ended?;
    let (tally, took) = shown?;
    let not_captured = wire.dropped()?;
    let overflows = before.zip(overflows(stage, is_here)).map(|(before, after)| after.saturating_sub(before));
    let report = Report { tally, remote, wanted: count, took, not_captured, overflows };
    tell(args, &report, streams)?;
    if let Some(line) = failure(args, &ended, &report, &interface) {
        remark(streams.err, &line)?;
    }
    Ok(exit(&ended, &report))
}

fn options(args: &Args, plan: &Plan, stage: &Stage, count: u64) -> DialOptions {
    let mut config = plan.config.clone();
    // With nothing to be said, nothing has to be waited for but our own ACK: a reset must not overtake it.
    if config.payload.is_empty() && args.talk.wait.is_none() {
        let ends_at_once = matches!(config.close, Close::Reset | Close::None);
        config.timing.wait = if ends_at_once { MOMENT } else { Duration::ZERO };
    }
    let files = limits::raise_open_files().saturating_sub(OTHER_FILES);
    // The lab's server is in this process, too.
    let files = if stage.lab.is_some() { files / 2 } else { files };
    DialOptions {
        config,
        interface: plan.target.route.interface.clone(),
        count,
        parallel: parallel(args) as usize,
        interval: args.many.rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate),
        guarded: args.way.end.guard.rst_guard,
        files: usize::try_from(files).unwrap_or(usize::MAX).min(GUARDS.max(2 * parallel(args) as usize)),
    }
}

fn parallel(args: &Args) -> u32 {
    let unsaid = if args.many.rate.is_some() { MOST_PARALLEL } else { PARALLEL };
    args.many.parallel.unwrap_or(unsaid)
}

fn wire_options(args: &Args, plan: &Plan) -> ManyOptions {
    let (remote, route) = (plan.target.remote, &plan.target.route);
    let icmp = icmp_filter(remote.ip());
    // On loopback each packet goes out and comes in again.
    let each = if route.loopback { 2 * PACKETS_EACH } else { PACKETS_EACH };
    let places = parallel(args).saturating_mul(each);
    ManyOptions {
        interface: route.interface.clone(),
        tied: !route.loopback,
        scope_id: route.index,
        filter: format!("(tcp and host {} and port {}) or {icmp}", remote.ip(), remote.port()),
        versions: vec![Version::of(remote.ip())],
        window: plan.config.window,
        places: Places { short: places, long: places },
    }
}

/// The ladders of many connections are shown only to who asks for more than the table.
fn open_sink<'a>(args: &Args, plan: &Plan, out: &'a mut dyn Write) -> Option<Box<dyn Sink + 'a>> {
    let mut settings = args.output.settings(terminal::width(io::stdout()));
    settings.ours = Some((plan.local().ip(), 0).into());
    let format = args.output.format;
    let is_shown = format != Format::Ladder || settings.verbosity == Verbosity::Verbose;
    is_shown.then(|| sink::open(format, &settings, Box::new(out)))
}

/// What the server's kernel has dropped so far for lack of a place in its queue, where it can be asked.
fn overflows(stage: &Stage, is_here: bool) -> Option<u64> {
    match &stage.lab {
        Some(lab) if !is_here => lab.on_server(counters::listen_overflows).ok()?,
        _ if is_here => counters::listen_overflows(),
        _ => None,
    }
}

fn tell(args: &Args, report: &Report, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    let out = match args.output.format {
        Format::Json => return Ok(report.json(streams.out)?),
        Format::Ladder => &mut *streams.out,
        // What is on standard output is for a program.
        Format::Lines | Format::Csv | Format::Picture(_) => &mut *streams.err,
    };
    for (index, line) in report.table().iter().enumerate() {
        let line = if index == 0 { line.bold() } else { line.normal() };
        writeln!(out, "{line}")?;
    }
    if args.output.quiet {
        return Ok(());
    }
    let width = args.output.settings(terminal::width(io::stdout())).width;
    for remark in remarks::remarks(report) {
        writeln!(out)?;
        wrap(&remark, width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

/// The first end that was not asked for, in a line.
fn failure(args: &Args, ended: &ManyEnded, report: &Report, interface: &str) -> Option<String> {
    let outcome = report.tally.failure?;
    let syns = if let Outcome::Unanswered { syns } = outcome { syns } else { 0 };
    let ended = Ended { outcome, signal: None, packets: ended.packets, unseen: ended.unseen, syns };
    let line = words::complaint(&ended, report.remote, interface, args.close.deadline.0)?;
    Some(words::with_cause(line, outcome, args.way.end.guard.rst_guard))
}

fn exit(ended: &ManyEnded, report: &Report) -> Exit {
    match ended.signal {
        Some(signal) => Exit::Signal(signal.number()),
        None if report.tally.successes() == report.wanted => Exit::Success,
        None => Exit::NoReply,
    }
}
