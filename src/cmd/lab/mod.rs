//! `rawshake lab`.

mod caretaker;
mod client;
mod clients;
mod place;
mod program;
mod run;
mod serve;
mod shell;
mod view;
mod within;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anstream::StripStream;
use clap::Subcommand;

use super::capture::{CaptureArgs, CaptureFile};
use super::new_file::{Named, OUTPUTS};
use super::output::OutputArgs;
use super::show::ByLine;
use super::{Exit, Streams};
use crate::lab::{self, Impairments, Lab};
use crate::sink::{self, ListSettings, Sink};
use crate::sys::{confine, terminal};

/// Real servers and clients of the kernel in the embedded lab, and every packet on the wire between them
///
/// The lab is a network of two hosts, `you` and `server`, in namespaces of their own. It needs no privileges and leaves
/// nothing behind.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true, subcommand_required = true, after_help = AFTER_HELP)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake lab serve --model fork --clients 3   a process for each connection,
                                                and three clients at once
  rawshake lab serve                            waits for clients; from another
                                                terminal:
  rawshake lab client 3                         three of them
  rawshake lab serve --backlog 1 --never-accept --clients 4
                                                a backlog that overflows
  rawshake lab run -- curl http://server/       any program, and its packets
  rawshake lab shell                            a shell on a host of the lab";

/// The subcommands.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::Args>),
    Client(client::Args),
    Run(Box<run::Args>),
    Shell(Box<shell::Args>),
    /// What a process of the lab is to do, in words of its own
    #[command(hide = true)]
    Program(program::Args),
    /// What waits for the end of the lab
    #[command(hide = true)]
    Caretaker,
    /// A place of the lab for a command
    #[command(hide = true)]
    Within(within::Args),
}

/// Runs `rawshake lab`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let is_shown = matches!(args.command, Command::Serve(_) | Command::Run(_) | Command::Shell(_));
    if !is_shown {
        confine::act_for_self()?;
    }
    match &args.command {
        Command::Serve(args) => serve::run(args, streams),
        Command::Client(args) => client::run(args, streams),
        Command::Run(args) => run::run(args, streams),
        Command::Shell(args) => shell::run(args, streams),
        Command::Caretaker => caretaker::run(),
        Command::Within(args) => within::run(args, streams),
        Command::Program(args) => program::run(args, streams),
    }
}

/// Enters the lab as every command does.
///
/// # Errors
/// Those of [`Lab::enter`]; no process can be had.
pub(super) fn enter(options: &lab::Options) -> Result<Lab, lab::Error> {
    let mut lab = Lab::enter(options)?;
    lab.take_care()?;
    Ok(lab)
}

/// What is shown of the wire, and what it does to the frames on it.
#[derive(Debug, clap::Args)]
struct WireArgs {
    /// What the lab's wire does to frames: delay=50ms loss=1% drop=3,7 dup=4 corrupt=6 reorder=5 seed=7
    #[arg(long, visible_alias = "lab-wire", value_name = "WORDS", help_heading = "Lab")]
    wire: Option<Impairments>,
    /// Show what the kernels of both hosts say: system calls, states, resets, drops; as root, else their states when asked
    #[arg(long, conflicts_with = "list", help_heading = "Lab")]
    kernel: bool,
    /// One row for each connection
    #[arg(short, long, help_heading = "Output")]
    list: bool,
    /// Show it in this new file, not on standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output", group = OUTPUTS)]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    capture: CaptureArgs,
}

/// The files that were asked for.
struct Files {
    out: Option<Named<File>>,
    pcap: Option<CaptureFile>,
}

impl WireArgs {
    /// Opens the files that were asked for, with the rights of who called; from then on those of who runs this count, who
    /// makes the lab and starts programs there. To be called before any thread is there.
    ///
    /// # Errors
    /// A file cannot be written; pictures are asked of a list.
    fn open(&self) -> anyhow::Result<Files> {
        if self.list {
            self.output.refuse_pictures("--list is none")?;
        }
        let create = |path: &PathBuf| Named::create(path, self.capture.force(), &[]);
        let files = Files { out: self.out.as_ref().map(create).transpose()?, pcap: self.capture.create()? };
        confine::act_for_self()?;
        Ok(files)
    }

    /// What shows the wire on `out`, or in the file that was named.
    fn sink<'a>(&self, out: &'a mut dyn Write, file: Option<Named<File>>) -> Box<dyn Sink + 'a> {
        let (out, terminal): (Box<dyn Write + 'a>, _) = match file {
            None => (Box::new(ByLine(out)), terminal::width(io::stdout())),
            Some(file) => (Box::new(StripStream::new(Box::new(file) as Box<dyn Write>)), None),
        };
        let output = &self.output;
        if self.list {
            let width = output.width.or(terminal).map(usize::from);
            let settings = ListSettings { width, ascii: output.ascii, ..ListSettings::default() };
            return sink::open_list(output.format, &settings, out);
        }
        sink::open(output.format, &output.settings(terminal), out)
    }
}
