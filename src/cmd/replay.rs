//! `rawshake replay`.

mod args;
mod faults;
mod input;
mod read;
mod tally;

use std::io::{self, Write};

pub use args::Args;

use self::input::Input;
use self::read::{Found, Pass, Plan};
use super::output::Format;
use super::{Exit, Streams, exit};
use crate::explain;
use crate::sink::{self, Sink};
use crate::sys::{Signal, terminal};
use crate::trace::TracerOptions;

/// Runs `rawshake replay`.
///
/// # Errors
/// The filter is not one, options contradict each other, or the output cannot be written. What is damaged in the files is
/// told, and shows in the exit code.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    args.check()?;
    let input = Input::new(args)?;
    let mut source = input.source()?;
    let plan = Plan {
        wanted: args.choice.connection,
        live: input.is_live(),
        tracer: TracerOptions { max_connections: args.reading.max_connections as usize, ..TracerOptions::default() },
    };
    let copy = args.capture.create()?;
    let mut sink = open_sink(args, streams.out);
    let found = Pass::new(plan, &mut *sink, copy, streams.err).run(&mut *source)?;
    drop(sink);
    streams.out.flush()?;
    let exit = report(args, found, streams)?;
    Ok(match input.stop().and_then(crate::sys::Interrupts::take) {
        Some(signal @ Signal::Terminate) => Exit::Signal(signal.exit_code() - 128),
        // Ctrl-C is how one ends what has no end of its own.
        Some(Signal::Interrupt) | None => exit,
    })
}

fn open_sink<'a>(args: &Args, out: &'a mut dyn Write) -> Box<dyn Sink + 'a> {
    let settings = args.output.settings(terminal::width(io::stdout()));
    let open = if args.list { sink::open_list } else { sink::open };
    open(args.output.format, &settings, Box::new(out))
}

/// Says what was passed over, and what went wrong.
fn report(args: &Args, mut found: Found, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let name = args.name();
    let losses = found.tally.losses();
    let failed = found.failed || !losses.is_empty();
    if found.connections == 0 && args.output.format != Format::Json && !(failed && found.tally.is_empty()) {
        writeln!(streams.out, "No TCP connection in this capture: {}.", found.tally)?;
        streams.out.flush()?;
    } else if args.output.verbose > 0 || found.tally.is_lossy() {
        writeln!(streams.err, "{name}: {}", found.tally)?;
    }
    if found.evicted > 0 {
        let connections = explain::count(found.evicted, "connection");
        let most = args.reading.max_connections;
        writeln!(
            streams.err,
            "{name}: {connections} taken for ended too early: more than {most} at once (--max-connections)"
        )?;
    }
    losses.iter().try_for_each(|loss| exit::tell(streams.err, &format!("{name}: {loss}")))?;
    found.faults.tell(streams.err)?;
    if let Some(wanted) = args.choice.connection.filter(|wanted| *wanted > found.connections) {
        anyhow::bail!("there is no connection {wanted} in {name}: it holds {}", found.connections);
    }
    Ok(match (failed, found.connections) {
        (true, _) => Exit::Error,
        (false, 0) => Exit::NoReply,
        (false, _) => Exit::Success,
    })
}
