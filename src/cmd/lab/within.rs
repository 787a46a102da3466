//! `rawshake lab within`: a place of the lab for a command. The lab starts it; it is for nobody else.

use std::ffi::OsString;

use crate::cmd::exit::tell;
use crate::cmd::{Exit, Streams};
use crate::lab;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The process that starts it
    parent: u32,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Runs the command.
///
/// # Errors
/// There is no place for it.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let ended = lab::enclose(args.parent, &args.command)?;
    if let Some(failure) = ended.failure {
        tell(streams.err, &failure.to_string())?;
    }
    Ok(Exit::Command(ended.code))
}
