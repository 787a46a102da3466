//! `rawshake watch`: the connections of others, as they come by.

mod args;
mod board;
mod feed;

use std::cell::Cell;
use std::io::{self, Write};

use anyhow::{Context as _, anyhow};

pub use args::Args;

use self::board::Board;
use self::feed::{Opened, not_shown};
use super::door;
use super::give_up::give_up;
use super::in_place::InPlace;
use super::kernel::Kernel;
use super::output::Format;
use super::replay::choice::{Choice, Verdicts};
use super::replay::hold::Hold;
use super::replay::read::{Found, Pass, Plan};
use super::replay::report::notes;
use super::{Exit, Streams, exit};
use crate::explain::count;
use crate::sink::{self, Brief, ListSettings, Sink};
use crate::source::{self, Losses};
use crate::sys::confine::Needs;
use crate::sys::{Interrupts, Signal, StatusRequests, privilege, terminal};
use crate::trace::TracerOptions;

/// Runs `rawshake watch`.
///
/// # Errors
/// The interface cannot be captured on, the filter or the expression is not one, options contradict each other, or the
/// output cannot be written. What goes wrong later is told, and shows in the exit code.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    args.check()?;
    door::start(&[], &args.capture)?;
    let choice = Choice::new(None, &args.verdicts)?;
    // Whoever may send one signal may send the other.
    let requests = StatusRequests::new()?;
    let stop = Interrupts::beside_status().context("cannot wait for Ctrl-C")?;
    let (losses, place) = (Losses::default(), place(args));
    let tracer = TracerOptions {
        max_connections: args.tap.max_connections as usize,
        only_ends: args.is_of_verdicts() && place.is_none(),
        ..TracerOptions::default()
    };
    let protocols = args.protocols()?;
    let plan = Plan { wanted: None, twice: false, live: true, limit: None, tracer, protocols, records_all: true };
    let lost = Cell::new(0);
    let mut sink = match place {
        Some(place) => Box::new(Board::new(place, losses.clone())),
        None => open_sink(args, streams.out),
    };
    if choice.is_by_verdict() {
        sink = if args.is_of_verdicts() {
            Box::new(Verdicts { choice: &choice, inner: sink })
        } else {
            Box::new(Hold::new(&choice, sink, &lost))
        };
    }
    if args.kernel {
        sink = Kernel::of_machine(None, streams.err)?.beside(sink, args.output.format);
    }
    let copy = args.capture.record(&args.rotation)?;
    let opened = Opened::open(args, losses.clone(), requests).map_err(without_lab)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let mut pass = Pass::new(plan, &mut *sink, copy, streams.err);
    let mut watched = opened.begin(&stop, pass.lookout())?;
    pass.remark(&format!("watching {}; Ctrl-C ends it", args.tap.interface.escape_debug()))?;
    let found = pass.run(&mut watched)?;
    drop(sink);
    streams.out.flush()?;
    let exit = report(args, &choice, found, lost.get(), &not_shown(&losses), streams)?;
    // Ctrl-C is how one ends what has no end of its own.
    let signal = stop.take().filter(|signal| *signal != Signal::Interrupt);
    Ok(signal.map_or(exit, |signal| Exit::Signal(signal.number())))
}

/// Where the table stands, if one was asked for and standard output is a terminal.
fn place(args: &Args) -> Option<InPlace> {
    let is_table = args.list.list && args.output.format == Format::Ladder;
    if is_table { InPlace::on(io::stdout) } else { None }
}

/// The lab has nobody to watch.
fn without_lab(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<source::Error>() {
        Some(source::Error::NotPermitted { interface }) => anyhow!(
            "cannot capture on interface {interface:?}: operation not permitted; {}",
            privilege::ways_to_get_it()
        ),
        _ => error,
    }
}

fn open_sink<'a>(args: &Args, out: &'a mut dyn Write) -> Box<dyn Sink + 'a> {
    let (format, ascii) = (args.output.format, args.output.ascii);
    let terminal = terminal::width(io::stdout());
    if args.list.stats {
        return sink::open_stats(format, ascii, Box::new(out));
    }
    if args.list.brief {
        return if format == Format::Json { Box::new(Brief::json(out)) } else { Box::new(Brief::new(ascii, out)) };
    }
    if args.is_of_verdicts() {
        let width = args.output.width.or(terminal).map(usize::from);
        return sink::open_list(format, &ListSettings { width, ascii, ..ListSettings::default() }, Box::new(out));
    }
    sink::open(format, &args.output.settings(terminal), Box::new(out))
}

/// Says what there was, and always what the kernel lost.
fn report(
    args: &Args,
    choice: &Choice,
    mut found: Found,
    lost: u64,
    not_shown: &str,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let exchanges = u64::from(found.exchanges.any);
    let shown = if choice.is_by_verdict() { choice.met() } else { u64::from(found.connections) + exchanges };
    let name = args.tap.interface.escape_debug();
    let packets = count(found.packets, "packet");
    let connections = count(found.connections.into(), "connection");
    exit::remark(streams.err, &format!("{name}: {packets}, {connections}; {not_shown}"))?;
    if shown == 0 && found.connections > 0 {
        let typed = args.verdicts.typed().collect::<Vec<_>>().join(" and ");
        exit::remark(streams.err, &format!("{name}: none of {connections} passes {typed}"))?;
    }
    if (shown == 0 && found.packets > 0) || args.output.verbose > 0 || found.tally.is_lossy() {
        exit::remark(streams.err, &format!("{name}: {}", found.tally))?;
    }
    for note in notes(args.tap.max_connections, &found, lost) {
        exit::remark(streams.err, &format!("{name}: {note}"))?;
    }
    let losses = found.tally.losses();
    losses.iter().try_for_each(|loss| exit::tell(streams.err, &format!("{name}: {loss}")))?;
    found.faults.tell(streams.err)?;
    Ok(match (found.failed || !losses.is_empty(), shown) {
        (true, _) => Exit::Error,
        (false, 0) => Exit::NoReply,
        (false, _) => Exit::Success,
    })
}
