//! `rawshake replay`.

use super::{Exit, Streams};

/// Show the TCP connections in a capture file
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `rawshake replay`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(_args: &Args, _streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("not built yet")
}
