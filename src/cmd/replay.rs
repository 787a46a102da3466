//! `rawshake replay`.

mod tally;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use self::tally::Tally;
use super::capture::{self, CaptureArgs};
use super::output::{Format, OutputArgs};
use super::{Exit, Streams};
use crate::sink::{self, Sink};
use crate::source::{self, CaptureFile, Expression, Filter, Source};
use crate::sys::terminal;
use crate::trace::{Event, Hint, Tracer, TracerOptions};
use crate::wire;

/// Show the TCP connections in a capture file
///
/// States and socket calls are inferred from the segments, and marked so; where the capture began too late a question
/// mark stands for what cannot be known.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Capture file, pcap or pcapng; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One row for each connection
    #[arg(short, long)]
    list: bool,
    /// Only the connection of this number, as --list counts them
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    connection: Option<u32>,
    /// Only packets that pass this filter, in the language of tcpdump (see pcap-filter(7))
    #[arg(short = 'f', long, value_name = "FILTER")]
    filter: Option<String>,
    #[command(flatten)]
    capture: CaptureArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake replay capture.pcap               every connection as a ladder
  rawshake replay capture.pcap --list        one row for each connection
  rawshake replay capture.pcap -n 3 -v       the third one, with every reason
  rawshake replay capture.pcap -f 'port 80' --list --format json

Read are pcap and pcapng, also within gzip or zstd, with Ethernet (VLAN tags too), BSD loopback, raw IP and Linux
cooked packets.
IP fragments and tunnels are not put together or looked into; the last line counts what was passed over.
Exit codes: 0 at least one connection, 1 none, 2 error; what was read before damage in a file is shown all the same.";

/// Runs `rawshake replay`.
///
/// # Errors
/// The file cannot be opened or is damaged, or the filter is not one.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let mut source = open(&args.file, args.filter.as_deref())?;
    let mut sink = open_sink(args, streams.out);
    let copy = args.capture.create()?;
    let mut seen = Seen { wanted: args.connection, copy, ..Seen::default() };
    let read = read_all(&mut *source, &mut *sink, &mut seen);
    sink.finish()?;
    drop(sink);
    streams.out.flush()?;
    if let Some(copy) = seen.copy.take() {
        copy.finish()?;
    }
    read?;
    report(args, &seen, streams)
}

fn open(path: &Path, filter: Option<&str>) -> anyhow::Result<Box<dyn Source>> {
    let expression = filter.map(Expression::new).transpose()?;
    let file: Box<dyn Source> = if path == Path::new("-") {
        Box::new(CaptureFile::new(io::stdin().lock(), "standard input")?)
    } else {
        Box::new(CaptureFile::open(path)?)
    };
    Ok(match expression {
        Some(expression) => Box::new(Filter::new(file, expression)),
        None => file,
    })
}

fn open_sink<'a>(args: &Args, out: &'a mut dyn Write) -> Box<dyn Sink + 'a> {
    let settings = args.output.settings(terminal::width(io::stdout()));
    let open = if args.list { sink::open_list } else { sink::open };
    open(args.output.format, &settings, Box::new(out))
}

/// What was seen while reading.
#[derive(Default)]
struct Seen {
    wanted: Option<u32>,
    connections: u32,
    tally: Tally,
    copy: Option<capture::CaptureFile>,
}

/// Reads to the end. Damage that can be passed over is remembered, and is the error in the end.
fn read_all(source: &mut dyn Source, sink: &mut dyn Sink, seen: &mut Seen) -> anyhow::Result<()> {
    let mut tracer = Tracer::new(TracerOptions::default());
    let mut damage: Option<source::Error> = None;
    let mut number = 0;
    loop {
        let packet = match source.next() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) => {
                let is_final = error.is_final();
                damage.get_or_insert(error);
                if is_final {
                    break;
                }
                continue;
            }
        };
        number += 1;
        let decoded = wire::decode(&packet);
        seen.tally.count(&decoded);
        let is_shown = forward(sink, seen, |out| tracer.packet(number, &packet, &decoded, Hint::default(), out))?;
        if let Some(copy) = seen.copy.as_mut().filter(|_| is_shown || seen.wanted.is_none()) {
            copy.write(&packet)?;
        }
    }
    forward(sink, seen, |out| tracer.finish(out))?;
    damage.map_or(Ok(()), |error| Err(error).context("shown is what could be read"))
}

/// Passes the events that `produce` gives to the sink, but for connections that were not asked for; answers whether
/// there was one to pass.
fn forward(sink: &mut dyn Sink, seen: &mut Seen, produce: impl FnOnce(&mut dyn FnMut(&Event))) -> io::Result<bool> {
    let mut result = Ok(false);
    produce(&mut |event| {
        seen.connections = seen.connections.max(event.connection);
        if result.is_ok() && seen.wanted.is_none_or(|wanted| wanted == event.connection) {
            result = sink.event(event).map(|()| true);
        }
    });
    result
}

fn report(args: &Args, seen: &Seen, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if let Some(wanted) = args.connection.filter(|wanted| *wanted > seen.connections) {
        anyhow::bail!("there is no connection {wanted} in {}: it holds {}", args.file.display(), seen.connections);
    }
    let to_a_person = args.output.format != Format::Json;
    if seen.connections == 0 && to_a_person {
        writeln!(streams.out, "No TCP connection in this capture: {}.", seen.tally)?;
    } else if args.output.verbose > 0 || seen.tally.is_lossy() {
        writeln!(streams.err, "{}: {}", args.file.display(), seen.tally)?;
    }
    Ok(if seen.connections == 0 { Exit::NoReply } else { Exit::Success })
}
