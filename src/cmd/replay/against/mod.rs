//! `rawshake replay --against`: one side of a recorded connection, played to a live peer.

mod args;
mod client;
mod lab;
mod pattern;
mod plan;
mod recording;
mod report;
mod run;
mod server;

pub(super) use args::AgainstArgs;

use anyhow::bail;

use super::args::Args;
use crate::cmd::give_up::give_up;
use crate::cmd::stage::Stage;
use crate::cmd::target::Written;
use crate::cmd::{Exit, Streams};
use crate::lab::Server;
use crate::sys::confine::Needs;
use crate::sys::{RawSender, Version};
use plan::Plan;
use recording::Recording;
use report::Report;

/// Runs `rawshake replay --against HOST`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub(super) fn run(args: &Args, host: &str, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let written = Written::of(host, None)?;
    let named = written.port()?;
    let verbose = args.output.verbose;
    let port = match named {
        Some(port) => port,
        None => match recording::port(args)? {
            Some(port) => port,
            // Nothing is opened for what cannot be played: reading it says why.
            None => {
                give_up(Needs::default(), verbose, streams.err)?;
                let name = Recording::read(args, streams.err)?.name;
                bail!("{name} was changed while it was read; try again")
            }
        },
    };
    let role = args.against.role();
    let mut stage = enter(args, named, port)?;
    // Before anything is looked up: without this privilege the rest is in vain.
    drop(RawSender::open(Version::V4, None)?);
    let plan = Plan::make(&args.against, &written, stage.port)?;
    let ours = plan.local();
    let pcap = args.capture.create()?;
    give_up(Needs::default(), verbose, streams.err)?;
    let recording = Recording::read(args, streams.err)?;
    plan.announce(&recording.name, verbose > 0, streams.err)?;
    plan.engage_lab(&args.against, &recording, &mut stage)?;
    let at_once = report::begin(&recording, &args.output, streams.out)?;
    let played = plan.play(&args.against, &recording, (at_once, pcap))?;
    let report =
        Report { recording: &recording, played: &played, role, ours, ignores: !args.against.ignore.is_empty() };
    let rerun = report.rerun();
    report.show(&rerun, &args.output, streams.out)?;
    Ok(match played.signal {
        Some(signal) => Exit::Signal(signal.number()),
        None if rerun.is_same() => Exit::Success,
        None => Exit::NoReply,
    })
}

/// Enters the lab if it is asked for, with the server that was named, or nobody yet.
fn enter(args: &Args, named: Option<u16>, port: u16) -> anyhow::Result<Stage> {
    let lab = &args.against.lab;
    match lab.lab_server {
        _ if !lab.lab => Ok(Stage { lab: None, port }),
        Some(server) => Stage::with_server(lab, named, server),
        None => Stage::with_server(lab, Some(port), Server::Refuses),
    }
}
