//! `rawshake lab`.

mod client;
mod clients;
mod program;
mod serve;
mod view;

use std::io;

use clap::Subcommand;

use super::capture::CaptureArgs;
use super::output::OutputArgs;
use super::{Exit, Streams};
use crate::lab::Impairments;
use crate::sink::{self, ListSettings, Sink};
use crate::sys::terminal;

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
                                                a backlog that overflows";

/// The subcommands.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::Args>),
    Client(client::Args),
    /// What a process of the lab is to do, in words of its own
    #[command(hide = true)]
    Program(program::Args),
}

/// Runs `rawshake lab`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Serve(args) => serve::run(args, streams),
        Command::Client(args) => client::run(args, streams),
        Command::Program(args) => program::run(args, streams),
    }
}

/// What is shown of the wire, and what it does to the frames on it.
#[derive(Debug, clap::Args)]
struct WireArgs {
    /// What the wire does to frames: delay=50ms loss=1% drop=3,7 dup=4 corrupt=6 reorder=5 seed=7
    #[arg(long, visible_alias = "lab-wire", value_name = "WORDS", help_heading = "Lab")]
    wire: Option<Impairments>,
    /// One row for each connection
    #[arg(short, long, help_heading = "Output")]
    list: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    capture: CaptureArgs,
}

impl WireArgs {
    /// What shows the wire on `out`.
    fn sink<'a>(&self, out: &'a mut dyn io::Write) -> Box<dyn Sink + 'a> {
        let (output, terminal) = (&self.output, terminal::width(io::stdout()));
        if self.list {
            let width = output.width.or(terminal).map(usize::from);
            let settings = ListSettings { width, ascii: output.ascii, sort: None };
            return sink::open_list(output.format, &settings, Box::new(out));
        }
        sink::open(output.format, &output.settings(terminal), Box::new(super::show::ByLine(out)))
    }
}
