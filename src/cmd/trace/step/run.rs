//! A run that somebody steps through.

use std::path::Path;

use anyhow::ensure;

use super::Stepper;
use crate::cmd::stage::Stage;
use crate::cmd::trace::args::Args;
use crate::cmd::trace::plan::Plan;
use crate::craft::{Endpoint, Open, Outcome};
use crate::drive::{self, Ended, LiveWire, Wire as _};
use crate::tcp::Seq;
use crate::wire::{Flags, SegmentFields, emit};

/// What does not go together with `--step`.
///
/// # Errors
/// Says what.
pub(in crate::cmd::trace) fn check(args: &Args) -> anyhow::Result<()> {
    let reads_stdin = args.talk.payload.send_file.as_deref() == Some(Path::new("-"));
    ensure!(
        !(args.step.step && reads_stdin),
        "--step reads what you type from standard input, so the payload cannot come from there: --send-file wants a file"
    );
    Ok(())
}

/// Runs the hand-made end on `wire`, and asks before each of its segments.
///
/// # Errors
/// Those of the wire, and of what is written.
pub(in crate::cmd::trace) fn run(
    plan: &Plan,
    stage: &mut Stage,
    mut wire: LiveWire,
    mut stepper: Stepper<'_>,
) -> anyhow::Result<Ended> {
    let (local, remote) = (plan.local(), plan.target.remote);
    let mut endpoint = Endpoint::new(plan.config.clone(), wire.now())?;
    if let (Some(lab), Open::Simultaneous) = (&mut stage.lab, plan.config.open) {
        lab.connect_from_server(local, remote.port())?;
    }
    let ended = drive::run(&mut endpoint, (local, remote), &mut wire, &mut stepper);
    let left = stepper.held_open().filter(|_| !matches!(&ended, Ok(Ended { outcome: Outcome::LeftOpen, .. })));
    // A host that is not ours shall not be left with a connection that nobody will ever close.
    if let (Some(seq), None) = (left, &stage.lab) {
        take_leave(plan, &mut wire, seq)?;
    }
    // What was seen is shown in any case.
    let shown = stepper.finish();
    let ended = ended?;
    shown?;
    Ok(ended)
}

/// A reset with the number that the peer waits for: no other would it believe (RFC 5961 section 3.2).
fn take_leave(plan: &Plan, wire: &mut LiveWire, seq: Seq) -> anyhow::Result<()> {
    let fields = SegmentFields { seq: seq.0, flags: Flags::RST, ..SegmentFields::default() };
    let packet = emit::segment(plan.local(), plan.target.remote, &plan.config.ip, &fields)?;
    wire.send(&packet)?;
    Ok(())
}
