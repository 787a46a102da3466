//! `rawshake sockets`: what the kernel itself says of its TCP and UDP sockets.

mod args;
mod family;
mod record;
mod table;
mod tree;
mod view;
mod words;

use std::io::{self, Write};
use std::os::fd::AsFd as _;

use colored::Colorize as _;

pub use args::Args;

use self::args::Format;
use self::view::View;
use super::in_place::InPlace;
use super::{Exit, Streams, exit};
use crate::explain::count;
use crate::sys::{Interrupts, clock, confine, poll, privilege, terminal};

/// Runs `rawshake sockets`.
///
/// # Errors
/// The kernel does not list its sockets or has no seccomp, or standard output cannot be written to.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    // Names of processes are anybody's to choose. To see whose sockets there are takes root's rights, but no such call.
    confine::forbid_deadly_calls()?;
    if let Some(pause) = args.watch {
        return watch(args, pause.0, streams);
    }
    let view = View::now(&args.filter)?;
    let width = args.width.or_else(|| terminal::width(io::stdout())).map(usize::from);
    show(args, &view, width, streams.out)?;
    streams.out.flush()?;
    notes(&view).iter().try_for_each(|note| exit::remark(streams.err, note))?;
    if view.rows.is_empty() && args.format != Format::Json {
        exit::remark(streams.err, "no socket passes the options")?;
    }
    Ok(if view.rows.is_empty() { Exit::NoReply } else { Exit::Success })
}

/// Writes all sockets.
fn show(args: &Args, view: &View, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    match args.format {
        Format::Json => record::json(view, clock::now(), out),
        Format::Lines => record::lines(view, out),
        Format::Table => {
            for (index, line) in text(args, view, width).into_iter().enumerate() {
                if index == 0 && !args.tree { writeln!(out, "{}", line.bold())? } else { writeln!(out, "{line}")? }
            }
            Ok(())
        }
    }
}

/// The lines for a person; the first is a heading where it is no tree.
fn text(args: &Args, view: &View, width: Option<usize>) -> Vec<String> {
    match (view.rows.is_empty(), args.tree) {
        (true, _) => Vec::new(),
        (false, true) => tree::lines(&view.rows, width, args.ascii),
        (false, false) => table::lines(&view.rows, width),
    }
}

/// What is not shown, and what to do about it.
fn notes(view: &View) -> Vec<String> {
    let mut notes = view.faults.clone();
    if view.unseen() > 0 {
        let sockets = count(view.unseen() as u64, "socket");
        notes.push(if view.hidden > 0 && !privilege::is_root() {
            format!("{sockets} of other users: their processes show as root only, with sudo")
        } else {
            format!("{sockets} of processes that do not show here: of the kernel, or of another PID namespace")
        });
    }
    if view.incomplete {
        notes.push(
            "too many descriptors are open on this machine: those of its last processes were not looked at".to_owned(),
        );
    }
    notes
}

/// Shows them again and again until Ctrl-C.
fn watch(args: &Args, pause: std::time::Duration, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let interrupts = Interrupts::new()?;
    let mut place = if args.format == Format::Table { InPlace::on(io::stdout) } else { None };
    let mut told: Vec<String> = Vec::new();
    let mut shown = 0;
    loop {
        let view = View::now(&args.filter)?;
        let heading =
            format!("{} at {}", count(view.rows.len() as u64, "socket"), jiff::Zoned::now().strftime("%H:%M:%S"));
        if let Some(place) = &mut place {
            let width = args.width.map_or(place.columns(), usize::from);
            let lines = fitting(text(args, &view, Some(width)), place.rows().saturating_sub(1));
            place.draw(Some(&heading), &lines)?;
        } else {
            if shown > 0 && args.format == Format::Table {
                writeln!(streams.out)?;
            }
            if args.format == Format::Table {
                writeln!(streams.out, "{heading}")?;
            }
            show(args, &view, args.width.map(usize::from), streams.out)?;
            streams.out.flush()?;
        }
        shown += 1;
        // On a terminal they would be in the way of the table; they come at the end.
        told = if place.is_some() { notes(&view) } else { tell_new(told, notes(&view), streams.err)? };
        if !poll::wait(&[interrupts.as_fd()], Some(pause))?.is_empty() {
            break;
        }
    }
    if place.is_some() {
        told.iter().try_for_each(|note| exit::remark(streams.err, note))?;
    }
    // Ctrl-C is how one ends what has no end of its own.
    Ok(match interrupts.take() {
        Some(signal) if signal != crate::sys::Signal::Interrupt => Exit::Signal(signal.number()),
        _ => Exit::Success,
    })
}

/// Says what was not said before.
fn tell_new(told: Vec<String>, notes: Vec<String>, err: &mut dyn Write) -> io::Result<Vec<String>> {
    notes.iter().filter(|note| !told.contains(note)).try_for_each(|note| exit::remark(err, note))?;
    Ok(notes)
}

/// So many lines, the last of which says how many more there are.
fn fitting(mut lines: Vec<String>, rows: usize) -> Vec<String> {
    if lines.len() > rows {
        let more = lines.len() + 1 - rows;
        lines.truncate(rows.saturating_sub(1));
        lines.push(format!("and {} more; --port, --state or --process shows fewer", count(more as u64, "line")));
    }
    lines
}
