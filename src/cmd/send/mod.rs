//! `rawshake send`.

mod args;
mod blind;
mod equivalent;
mod far;
mod from;
mod help;
mod hex;
mod notation;
mod plan;
mod report;
mod script;
mod unshown;
mod words;

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use anyhow::ensure;

use super::exit::remark;
use super::give_up::give_up;
use super::kernel::{Kernel, beside};
use super::output::Format;
use super::show::{ByLine, Show};
use super::stage::Stage;
use super::target::Target;
use super::{Exit, Streams};
use crate::craft::packet::{PacketSpec, Transport};
use crate::craft::probe::{Session, Tally};
use crate::drive::probe::Ended;
use crate::drive::{self, LiveWire};
use crate::explain::Case;
use crate::lab::{self, Server};
use crate::ladder::Settings;
use crate::sink::{self, Sink};
use crate::sys::confine::Needs;
use crate::sys::{RawSender, Version, terminal};
use crate::tcp::Verdict;
use blind::Answers;
use hex::Hex;
use plan::Plan;
use report::{List, Report, Screen, by_hand};

pub use args::Args;

/// Whether a text can be read as a script of `--file`; nothing of it is run.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn check_script(text: &str) -> Result<(), String> {
    script::check(text)
}

/// Runs `rawshake send`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    ensure!(
        !(args.hex && args.output.format.is_picture()),
        "--hex writes text below the ladder, which would spoil a picture: leave out --hex or --format {}",
        args.output.format.name()
    );
    if let Some(target) = args.from.from {
        return from::run(args, target, streams);
    }
    if let Some(path) = &args.script.file {
        return script::run(args, path, streams);
    }
    let written = plan::written(args, lab::SERVER.name)?;
    let kernel = args.kernel.before(args.lab.lab, streams.err)?;
    let stage = Stage::enter(&args.lab, &written, Server::Http)?;
    // Before anything is looked up: without this privilege the rest is in vain.
    if !args.show_equivalent {
        drop(RawSender::open(Version::V4, None)?);
    }
    let target = Target::find(&written, stage.port, &plan::way(args), args.lab.lab)?;
    plan::check_spoof(args, &target)?;
    let mut plan = Plan::make(args, target)?;
    if args.show_equivalent {
        write!(streams.out, "{}", equivalent::commands(&plan.series.spec(0)))?;
        return Ok(Exit::Success);
    }
    if args.output.verbose > 0 {
        introduce(&plan.target, plan.series.template.source, plan.guards.is_some(), &stage, streams.err)?;
    }
    ensure!(
        !args.kernel.kernel || !is_listed(args, &plan),
        "--kernel is told in a ladder, and this is told in a list: send less, or add --format lines"
    );
    let kernel = args.kernel.at(kernel, stage.lab.as_ref(), &plan.target, streams.err)?;
    let mut session = Session::new(plan.series.clone(), plan.pace)?;
    let (ended, answers) = shoot(args, &mut plan, &mut session, kernel, streams)?;
    unshown::tell(args.output.format, &settings(args, plan.ours()), &plan.series, session.tally().sent, streams.out)?;
    let mut cases = answers.cases(&plan.series, session.tally().sent)?;
    if unheard(&plan, &ended).is_some() {
        cases.retain(Case::is_answered);
    }
    show_cases(args, &plan, &cases, streams)?;
    conclude(args, &plan, &mut session, &cases, &ended, streams)
}

/// The run itself, shown while it goes on.
fn shoot(
    args: &Args,
    plan: &mut Plan,
    session: &mut Session,
    kernel: Option<Kernel>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<(Ended, Answers)> {
    let PacketSpec { source, destination, .. } = plan.series.template;
    let mut wire = LiveWire::between(&plan.target.route, source, destination)?;
    if plan.series.template.ip.is_corrected(destination.is_ipv4()) {
        wire = wire.by_frames(&plan.target.route)?;
    }
    let pcap = args.capture.create()?;
    plan::prepare_guards(plan)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let series = plan.series.clone();
    let (list, sink) = if is_listed(args, plan) {
        let rows = (!args.output.quiet).then(|| List::new(&mut *streams.out, series, plan.pace.in_turn));
        (rows, Box::new(sink::Nothing) as Box<dyn Sink>)
    } else {
        (None, beside(kernel, args.output.format, open_sink(args, plan, &mut *streams.out)))
    };
    let show = Show::new(by_hand(plan.ours()), sink, pcap, None).with_exchanges();
    let screen = Screen::new(show, hex(args, &settings(args, plan.ours())));
    let mut report = Report::new(screen, source, plan.guards.take(), list);
    let ended = drive::probe::run(session, &mut wire, &mut report);
    // What was seen is shown in any case.
    let shown = report.finish();
    let ended = ended.map_err(|error| hint(error, plan.target.route.mtu, destination.is_ipv4()))?;
    let (answers, octets) = shown?;
    streams.out.write_all(octets.as_bytes())?;
    Ok((ended, answers))
}

/// What to do about a packet that is longer than the link takes, with the longest fragments that fit.
fn hint(error: drive::Error, mtu: u32, v4: bool) -> anyhow::Error {
    let drive::Error::Sys(refused) = &error else { return error.into() };
    if !refused.is_too_long() {
        return error.into();
    }
    let room = mtu.saturating_sub(if v4 { 20 } else { 48 }) / 8 * 8;
    anyhow::anyhow!("{error}; the MTU is {mtu}: try --fragment {room}")
}

fn open_sink<'a>(args: &Args, plan: &Plan, out: &'a mut dyn Write) -> Box<dyn Sink + 'a> {
    sink::open(args.output.format, &settings(args, plan.ours()), Box::new(ByLine(out)))
}

/// How to draw what is sent from the socket `ours`.
fn settings(args: &Args, ours: SocketAddr) -> Settings {
    Settings { ours: Some(ours), by_hand: true, ..args.output.settings(terminal::width(io::stdout())) }
}

fn hex(args: &Args, settings: &Settings) -> Option<Hex> {
    args.hex.then(|| Hex::new(args.output.format, settings.width))
}

/// What RFC 9293 asks for and what came; under a list only in forms that are not for reading, since it tells it, too.
fn show_cases(args: &Args, plan: &Plan, cases: &[Case], streams: &mut Streams<'_>) -> io::Result<()> {
    if cases.len() > 1 && args.output.format == Format::Ladder {
        return Ok(());
    }
    let settings = settings(args, plan.ours());
    cases.iter().try_for_each(|case| show_case(args.output.format, &settings, case, streams))
}

/// A table of connections has no place for what is not as it should be.
fn show_case(format: Format, settings: &Settings, case: &Case, streams: &mut Streams<'_>) -> io::Result<()> {
    match format {
        Format::Csv | Format::Picture(_) if case.ruling.judgement.verdict != Verdict::Agrees => {
            writeln!(streams.err, "{}", case.line())
        }
        _ => sink::judgement(format, settings, case, streams.out),
    }
}

/// Many ladders of two arrows each tell less than a list, and so does one of a SYN that dies at every hop.
fn is_listed(args: &Args, plan: &Plan) -> bool {
    let series = &plan.series;
    args.output.format == Format::Ladder && args.output.verbose == 0 && (!series.is_one_flow() || series.hops() > 1)
}

impl Plan {
    /// Our socket; port 0 stands for any.
    fn ours(&self) -> std::net::SocketAddr {
        let template = &self.series.template;
        let port = match &template.transport {
            Transport::Tcp(tcp) if self.series.is_one_flow() || self.series.keep_source_port => tcp.source_port,
            _ => 0,
        };
        (template.source, port).into()
    }
}

/// What the tool itself does, before it does it.
fn introduce(target: &Target, source: IpAddr, guarded: bool, stage: &Stage, err: &mut dyn Write) -> io::Result<()> {
    if let Some(server) = stage.server() {
        writeln!(err, "Lab: {server} on port {}: {}", stage.port, server.description())?;
    }
    let route = &target.route;
    writeln!(err, "Way: {source} to {} through {}, MTU {}", target.remote, route.interface, route.mtu)?;
    match guarded {
        true => writeln!(err, "RST guard: listening sockets on the source ports whose filter drops every segment"),
        false => writeln!(err, "RST guard: off"),
    }
}

fn conclude(
    args: &Args,
    plan: &Plan,
    session: &mut Session,
    cases: &[Case],
    ended: &Ended,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let tally = *session.tally();
    sum_up(args, plan, session, streams)?;
    let (peer, interface) = (plan.target.remote.ip(), &plan.target.route.interface);
    let (complaint, is_fine) = if tally.answered > 0 {
        (None, true)
    } else if let Some(line) = words::nothing_left(ended.unseen, ended.packets, peer, interface) {
        (Some(line), false)
    } else if let Some(line) = unheard(plan, ended) {
        (Some(line), true)
    } else if is_silence_asked_for(&tally, cases) || unshown::is_unanswerable(&plan.series.template) {
        (None, true)
    } else {
        (Some(words::no_reply(&tally, peer)), false)
    };
    if let Some(line) = &complaint {
        remark(streams.err, line)?;
    }
    Ok(match ended.signal {
        Some(signal) => Exit::Signal(signal.number()),
        None if is_fine && !cases.iter().any(Case::is_otherwise) => Exit::Success,
        None => Exit::NoReply,
    })
}

/// Why silence tells nothing: an answer may come later, or to somebody else.
fn unheard(plan: &Plan, ended: &Ended) -> Option<String> {
    let (source, ours) = (plan.series.template.source, plan.target.route.source);
    if ended.signal.is_some() {
        return Some("stopped before an answer came: not judged".to_owned());
    }
    (source != ours).then(|| format!("not judged: an answer goes to {source}, which is not ours"))
}

/// What came of a series.
fn sum_up(args: &Args, plan: &Plan, session: &mut Session, streams: &mut Streams<'_>) -> io::Result<()> {
    if session.tally().sent < 2 {
        return Ok(());
    }
    match args.output.format {
        Format::Ladder | Format::Lines if !args.output.quiet || is_listed(args, plan) => {
            let gap = if args.output.quiet { "" } else { "\n" };
            write!(streams.out, "{gap}{}", words::summary(session))?;
        }
        Format::Json => words::summary_in_json(session, streams.out)?,
        Format::Ladder | Format::Lines | Format::Csv | Format::Picture(_) => {}
    }
    Ok(())
}

/// Whether every packet was judged, and RFC 9293 asks for no answer to any of them: then none has to come.
fn is_silence_asked_for(tally: &Tally, cases: &[Case]) -> bool {
    cases.len() as u64 == tally.sent && cases.iter().all(|case| case.ruling.judgement.verdict == Verdict::Agrees)
}
