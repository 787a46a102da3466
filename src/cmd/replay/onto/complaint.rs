//! What a run and a dry run say alike of packets that do not go.

use std::io::Write;

use anyhow::bail;

use crate::cmd::exit;
use crate::cmd::replay::args::Args;
use crate::explain;
use crate::sys::Interface;

/// Whether it has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// It has.
    Done,
    /// It would.
    Dry,
}

impl Mood {
    const fn was(self) -> &'static str {
        match self {
            Self::Done => "was",
            Self::Dry => "would be",
        }
    }
}

/// Says why nothing is sent, where nothing went wrong: `read` packets were asked for, and `left_out` are for many.
///
/// # Errors
/// There is no connection of the number that was asked for, or `err` fails.
pub(super) fn nothing(args: &Args, read: u64, left_out: u64, mood: Mood, err: &mut dyn Write) -> anyhow::Result<()> {
    let (file, was) = (args.name(), mood.was());
    if left_out > 0 {
        let all = explain::count(left_out, "packet");
        let line = format!("Nothing {was} sent: {all} to broadcast or multicast addresses, and no other.");
        return Ok(exit::remark(err, &line)?);
    }
    if read > 0 {
        return Ok(());
    }
    if let Some(number) = args.choice.connection {
        bail!("there is no connection {number} in {file}, and nothing {was} sent");
    }
    let none = match &args.choice.filter {
        Some(filter) => format!("No packet of {file} passes --filter {filter:?}"),
        None => format!("There is no packet in {file}"),
    };
    Ok(exit::remark(err, &format!("{none}: nothing {was} sent."))?)
}

/// `1 packet was not sent: longer than …`.
pub(super) fn too_long(packets: u64, interface: &Interface, mood: Mood) -> String {
    let (many, name) = (explain::count(packets, "packet"), interface.name.escape_debug());
    let not = match (mood, packets) {
        (Mood::Done, 1) => "was not",
        (Mood::Done, _) => "were not",
        (Mood::Dry, _) => "would not be",
    };
    format!("{many} {not} sent: longer than interface {name} allows (MTU {}; --mtu-trim cuts them)", interface.mtu)
}
