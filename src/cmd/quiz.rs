//! `rawshake quiz`: questions about connections.

mod answers;
mod packets;
mod sheet;

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::columns::Columns;
use super::door;
use super::exit::told;
use super::new_file::{Force, OUTPUTS};
use super::{Exit, Streams};
use crate::ladder::Settings;
use crate::quiz::{self, Judged, Kind, Question};
use crate::sink::quiz::{self as show, Marks};
use crate::sys::{Interrupts, random, terminal};
use answers::Answers;
use sheet::SheetFiles;

const AFTER_HELP: &str = "\
Examples:
  rawshake quiz                          about a connection made now in the lab;
                                         needs no sudo
  rawshake quiz capture.pcap             about the connections in a capture
  rawshake quiz capture.pcap --kind next-ack --questions 5
                                         acknowledgment numbers alone
  rawshake quiz capture.pcap --seed 7 --export sheet.txt
                                         a sheet to print, and sheet.txt.key
  rawshake quiz capture.pcap --seed 7 --format json < answers.txt
                                         a gradebook: one answer a line is read

Only what the packets prove is asked: segments that go by the book, from the
first SYN of their connection on; for phenomena, what the screen shows. The
first 64 segments of the first 1000 connections count.
Flags may be typed as SYN ACK, syn+ack, SA or [S.]. An empty line passes a
question over. Ctrl-C, or the end of the input, ends the quiz with the marks so
far.
The same capture and seed give the same questions; a connection in the lab may
differ from run to run.
Exit codes: 0 every answer is right (or the sheet is written), 1 not every one
is, 2 error, 130 Ctrl-C.";

/// Answer questions about real segments: what comes next, with which numbers, and why
///
/// They are made from a capture, or from a connection that is made now in the embedded lab. Every answer is explained.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Capture files; a connection in the lab if left out
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask so many questions, or as many as there are
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    questions: u32,
    /// Choose questions by this number, which makes them the same again [default: random, and told]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Ask questions of this kind alone; may be repeated
    #[arg(short, long = "kind", value_name = "KIND", value_parser = kind())]
    kinds: Vec<Kind>,
    /// How to write the marks; with json the questions go to standard error
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// Ask nothing; write a sheet to print to this new file, and its key to FILE.key
    #[arg(long, value_name = "FILE", conflicts_with = "format", group = OUTPUTS)]
    export: Option<PathBuf>,
    #[command(flatten)]
    force: Force,
    /// Draw with ASCII characters only
    #[arg(long)]
    ascii: bool,
    /// Say what is held and what is given up before a packet is looked at
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    columns: Columns,
}

/// How to write the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Words
    Text,
    /// One JSON object for each question, and one for the marks
    Json,
}

fn kind() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::all().map(Kind::name).collect::<Vec<_>>();
    PossibleValuesParser::new(names).map(|name| Kind::from_name(&name).unwrap_or(Kind::NextFlags))
}

/// Runs the command.
///
/// # Errors
/// A file cannot be read or written, or there is nothing in it to ask about.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let files = args.export.as_deref().map(|path| SheetFiles::new(path, args)).transpose()?;
    door::start_for(&args.files, files.is_some(), |output| {
        let created = files.as_ref().context("no sheet was asked for").and_then(|files| files.create(output));
        created.map(Some).map_err(|error| told(&error))
    })?;
    let seed = match args.seed {
        Some(seed) => seed,
        None => u64::from(random::u32()?),
    };
    let stop = Interrupts::new().context("cannot wait for Ctrl-C")?;
    let kinds: Vec<Kind> = if args.kinds.is_empty() { Kind::all().collect() } else { args.kinds.clone() };
    let records = packets::records(args, (seed, &kinds), &stop, streams.err)?;
    let count = args.questions as usize;
    if let Some(files) = files {
        let sheet = quiz::sheet(&records, &kinds, seed, count);
        something(args, &sheet.questions)?;
        return files.export(&sheet, &args.settings(None), streams);
    }
    let questions = quiz::questions(&records, &kinds, seed, count);
    something(args, &questions)?;
    ask(args, &questions, seed, Answers::new(stop), streams)
}

/// Makes sure that there is a question.
fn something(args: &Args, questions: &[Question]) -> anyhow::Result<()> {
    ensure!(
        !questions.is_empty(),
        "nothing to ask about: no connection begins with a SYN and goes by the book from there on; try another capture{}",
        if args.kinds.is_empty() { "" } else { ", or more kinds" }
    );
    Ok(())
}

impl Args {
    fn settings(&self, screen: Option<u16>) -> Settings {
        let width = self.columns.or(screen);
        Settings { width, ascii: self.ascii, ..Settings::default() }
    }
}

/// Asks one question after the other.
fn ask(
    args: &Args,
    questions: &[Question],
    seed: u64,
    mut answers: Answers,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let (is_json, count) = (args.format == Format::Json, questions.len());
    let (screen, width) = if is_json {
        (&mut *streams.err, terminal::width(io::stderr()))
    } else {
        (&mut *streams.out, terminal::width(io::stdout()))
    };
    let settings = args.settings(width);
    writeln!(screen, "{count} questions; --seed {seed} asks the same again. An empty line passes one over.\n")?;
    show::preface(&settings, screen)?;
    let mut marks = Marks { right: 0, answered: 0, questions: count };
    let mut book = Vec::new();
    for (at, question) in questions.iter().enumerate() {
        show::question(question, (at + 1, count), &settings, screen)?;
        let Some(typed) = answers.answer(question, screen)? else { break };
        let judged = question.judge(&typed);
        marks.answered += usize::from(!typed.trim().is_empty());
        marks.right += usize::from(judged == Judged::Right);
        show::verdict(question, &judged, &settings, screen)?;
        book.push(typed);
    }
    show::marks(marks, screen)?;
    screen.flush()?;
    if is_json {
        for (at, question) in questions.iter().enumerate() {
            show::entry(question, at + 1, book.get(at).map(String::as_str), streams.out)?;
        }
        show::total(marks, seed, streams.out)?;
    }
    Ok(match answers.signal() {
        Some(signal) => Exit::Signal(signal.number()),
        None if marks.right == count => Exit::Success,
        None => Exit::NoReply,
    })
}
