//! `rawshake trace`.

use super::{Exit, Streams};

/// Build a TCP connection by hand, and show every segment of it
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `rawshake trace`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(_args: &Args, _streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("not built yet")
}
