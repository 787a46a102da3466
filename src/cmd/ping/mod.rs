//! `rawshake ping`.

use super::{Exit, Streams};

/// Send ICMP echo requests by hand, and show the replies
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `rawshake ping`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(_args: &Args, _streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    anyhow::bail!("not built yet")
}
