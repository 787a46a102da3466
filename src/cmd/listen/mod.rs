//! `rawshake listen`.

mod addresses;
mod args;
mod hold;
mod plan;
mod screen;
mod shared;
mod show;
mod table;
mod words;

use std::io::{self, Write};
use std::net::SocketAddr;

use super::give_up::give_up;
use super::in_place::InPlace;
use super::kernel::{Kernel, Whose, beside};
use super::output::Format;
use super::{Exit, Streams};
use crate::craft::listen::{Listener, Stats};
use crate::drive::many::{self, ManyEnded, ManyWire};
use crate::lab::{self, Client, Lab, Server};
use crate::sink::{self, Sink};
use crate::sys::confine::Needs;
use crate::sys::{RawSender, RstGuard, Version, terminal};
use screen::{Kind, Screen};
use shared::Shared;
use show::Show;
use words::Packets;

pub(super) use addresses::Addresses;
pub use args::Args;
pub(super) use plan::{many_options, secret};

/// Events that all open connections together may keep for their ladders.
const EVENTS: usize = 40_000;

/// Runs `rawshake listen`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let kernel = match args.lab.kernel {
        here if here.kernel && !args.lab.lab => Some(Kernel::of_machine(Some(plan::port(args)), streams.err)?),
        lab => lab.before(args.lab.lab, streams.err)?,
    };
    let mut lab = enter(args)?;
    // Before anything else: without this privilege the rest is in vain.
    drop(RawSender::open(Version::V4, None)?);
    let versions = plan::versions(args)?;
    let guards = plan::guards(args, &versions)?;
    let mut wire = ManyWire::open(&plan::wire(args, &versions))?;
    let mut listener = Listener::new(plan::config(args, &versions)?);
    introduce(args, &versions, &guards, streams.err)?;
    let (ended, not_shown) = serve(args, (&mut listener, &mut wire), &versions, (lab.as_mut(), kernel), streams)?;
    let packets = Packets {
        captured: ended.packets,
        not_shown,
        not_captured: wire.dropped()?,
        not_sent: ended.unsent,
        refusal: ended.refusal,
    };
    conclude(args, &ended, listener.stats(), packets, streams)
}

fn enter(args: &Args) -> anyhow::Result<Option<Lab>> {
    let options =
        lab::Options { server: Server::Refuses, wire: args.lab.wire.lab_wire.clone(), ..lab::Options::default() };
    Ok(if args.lab.lab { Some(super::lab::enter(&options)?) } else { None })
}

/// The run itself, shown while it goes on. Gives how it ended, and how many packets were not shown.
fn serve(
    args: &Args,
    (listener, wire): (&mut Listener, &mut ManyWire),
    versions: &[Version],
    (lab, kernel): (Option<&mut Lab>, Option<Kernel>),
    streams: &mut Streams<'_>,
) -> anyhow::Result<(ManyEnded, u64)> {
    let port = plan::port(args);
    let pcap = args.capture.create()?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let out = Shared::new(&mut *streams.out);
    let screen = Screen::new(screen_kind(args, &out, &mut *streams.err));
    let lab = lab.map(|lab| call(args, lab, versions)).transpose()?;
    let kernel = match (kernel, lab) {
        (Some(kernel), Some(lab)) => Some(kernel.in_lab(lab, Whose::Far)?),
        (kernel, _) => kernel,
    };
    let sink = beside(kernel, args.output.format, open_sink(args, port, out));
    let waited_for = lab.filter(|_| args.bounds.count.is_none() && plan::client(args) != Client::Nobody);
    let show = Show::new(port, args.bounds.max_connections as usize, sink, pcap, screen);
    let mut show = show.with_table_alone(is_table_alone(args)).until_quiet(waited_for);
    let ended = many::run(listener, wire, &mut show);
    // What was seen is shown in any case.
    let shown = show.finish();
    Ok((ended?, shown?))
}

/// Lets the clients of the lab call.
fn call<'a>(args: &Args, lab: &'a mut Lab, versions: &[Version]) -> anyhow::Result<&'a Lab> {
    let server = SocketAddr::new(lab::YOU.ip(versions[0]), plan::port(args));
    (0..args.lab.lab_clients).try_for_each(|_| lab.call(plan::client(args), server))?;
    Ok(lab)
}

/// Ladders of many connections at once are kept within a smaller bound: clients decide how many there are.
fn open_sink<'a>(args: &Args, port: u16, out: Shared<'a>) -> Box<dyn Sink + 'a> {
    let mut settings = args.output.settings(terminal::width(io::stdout()));
    settings.ours = Some(SocketAddr::from(([0, 0, 0, 0], port)));
    match args.output.format {
        _ if is_table_alone(args) => Box::new(sink::Nothing),
        format => sink::open_within(EVENTS, format, &settings, Box::new(out)),
    }
}

/// Whether the table is all that is shown.
fn is_table_alone(args: &Args) -> bool {
    args.table.table && args.output.format == Format::Ladder
}

/// Where the table goes: alone it is the result, beside other results a note.
fn screen_kind<'a>(args: &Args, out: &Shared<'a>, err: &'a mut dyn Write) -> Kind<'a> {
    let asked = args.table.table;
    if asked && args.output.format == Format::Json {
        return Kind::Events(Box::new(out.clone()));
    }
    if is_table_alone(args) {
        let lines = || Kind::Lines(Box::new(out.clone()));
        return InPlace::on(io::stdout).map_or_else(lines, |place| Kind::Table(place, usize::MAX));
    }
    match InPlace::on(io::stderr) {
        Some(place) if asked || !args.output.quiet => Kind::Table(place, table::ROWS),
        _ if asked || args.output.verbose > 0 => Kind::Lines(Box::new(err)),
        _ => Kind::Nothing,
    }
}

/// What the tool itself does, before it does it.
fn introduce(args: &Args, versions: &[Version], guards: &[RstGuard], err: &mut dyn Write) -> io::Result<()> {
    let port = plan::port(args);
    if args.lab.lab {
        let address = SocketAddr::new(lab::YOU.ip(versions[0]), port);
        writeln!(err, "LISTEN on {address} in the lab; Ctrl-C ends it")?;
    } else {
        writeln!(err, "LISTEN on port {port}; Ctrl-C ends it")?;
    }
    if args.output.verbose == 0 {
        return Ok(());
    }
    if guards.is_empty() {
        writeln!(err, "RST guard: off, so our own kernel will answer every SYN with RST")?;
    }
    guards.iter().try_for_each(|guard| writeln!(err, "RST guard: {}", guard.method()))
}

fn conclude(
    args: &Args,
    ended: &ManyEnded,
    stats: &Stats,
    packets: Packets,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let port = plan::port(args);
    if args.output.format == Format::Json {
        words::json(streams.out, port, stats, packets)?;
    }
    let lines = words::lines(port, stats, packets);
    let shown = if args.output.quiet { 1 } else { lines.len() };
    lines[..shown].iter().try_for_each(|line| writeln!(streams.err, "{line}"))?;
    Ok(match ended.signal {
        Some(signal) => Exit::Signal(signal.number()),
        None if stats.broken == 0 => Exit::Success,
        None => Exit::NoReply,
    })
}
