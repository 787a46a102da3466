//! `rawshake lab program`: what a process of the lab does. The lab starts it; it is for nobody else.

use anyhow::Context as _;

use crate::cmd::{Exit, Streams};
use crate::lab::program::Program;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A program in JSON
    program: String,
    /// The process that starts it
    parent: u32,
}

/// Runs it.
///
/// # Errors
/// The program cannot be read, or cannot do what it is to do.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let program: Program =
        serde_json::from_str(&args.program).context("this command is for the lab itself; see rawshake lab --help")?;
    Ok(if program.run(args.parent, streams.out)? { Exit::Success } else { Exit::NoReply })
}
