//! `rawshake replay --against`: one side of a recorded connection, played to a live peer.

mod args;
mod client;
mod kept;
mod lab;
mod pattern;
mod recording;
mod report;
mod run;
mod server;

use std::net::SocketAddr;

pub(super) use args::AgainstArgs;

use super::args::Args;
use crate::cmd::stage::Stage;
use crate::cmd::target::Written;
use crate::cmd::{Exit, Streams};
use crate::craft::conversation::Role;
use crate::lab::Server;
use crate::sys::{RawSender, Version};
use recording::Recording;
use report::Report;
use run::Played;

/// Runs `rawshake replay --against HOST`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub(super) fn run(args: &Args, host: &str, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let written = Written::of(host, None)?;
    let named = written.port()?;
    let recording = Recording::read(args, streams.err)?;
    let recorded = recording.kept.summary.map_or(0, |summary| summary.server.port());
    let port = named.unwrap_or(recorded);
    let role = args.against.role();
    let mut stage = enter(args, named, port)?;
    // Before anything is looked up: without this privilege the rest is in vain.
    drop(RawSender::open(Version::V4, None)?);
    let (ours, played) = match role {
        Role::Client => as_client(args, &recording, &written, &mut stage, streams)?,
        Role::Server => as_server(args, &recording, &written, &mut stage, streams)?,
    };
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

fn as_client(
    args: &Args,
    recording: &Recording,
    written: &Written,
    stage: &mut Stage,
    streams: &mut Streams<'_>,
) -> anyhow::Result<(SocketAddr, Played)> {
    let against = &args.against;
    if let (Some(lab), None) = (&mut stage.lab, against.lab.lab_server) {
        lab.serve(lab::script(&recording.conversation, Role::Server, against.fast), stage.port)?;
    }
    let plan = client::Plan::make(against, recording, written, stage.port)?;
    let local = plan.local();
    if args.output.verbose > 0 {
        writeln!(streams.err, "Plays the client of {}, from {local} to {}", recording.name, plan.remote())?;
    }
    let pcap = args.capture.create()?;
    let at_once = report::begin(recording, &args.output, streams.out)?;
    let played = plan.play(against, recording, (at_once, pcap))?;
    Ok((local, played))
}

fn as_server(
    args: &Args,
    recording: &Recording,
    written: &Written,
    stage: &mut Stage,
    streams: &mut Streams<'_>,
) -> anyhow::Result<(SocketAddr, Played)> {
    let against = &args.against;
    let plan = server::Plan::make(against, written, stage.port)?;
    let local = plan.local();
    let pcap = args.capture.create()?;
    writeln!(streams.err, "LISTEN on {local} as the server of {}; Ctrl-C ends it", recording.name)?;
    if let Some(lab) = &mut stage.lab {
        lab.call_by(lab::script(&recording.conversation, Role::Client, against.fast), local)?;
    }
    let at_once = report::begin(recording, &args.output, streams.out)?;
    Ok((local, plan.play(against, recording, (at_once, pcap))?))
}
