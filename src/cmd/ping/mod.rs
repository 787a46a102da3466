//! `rawshake ping`.

mod args;
mod names;
mod record;
mod report;
mod target;

use anyhow::{Context as _, ensure};

pub use args::{Args, Seconds};

use super::{Exit, Streams};
use crate::craft::ping::{Config, Ping, max_size, text};
use crate::drive;
use crate::lab::{self, Lab};
use crate::sys::icmp::{self, Kind};
use crate::sys::{IcmpSocket, Signal, Version, privilege, random, route};
use args::{Format, Through};
use names::Names;
use record::Record;
use report::{JsonReport, Report, TextReport};
use target::Target;

/// Runs `rawshake ping`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    check_interval(args)?;
    // Held until the end: the far host goes with it.
    let _lab = args.lab.then(|| Lab::enter(&lab::Options::default())).transpose()?;
    let target = Target::find(args)?;
    let config = config(args, &target)?;
    let socket = IcmpSocket::open(Version::of(target.address), &socket_config(args, &target))?;
    let identifier = if socket.kind() == Kind::Raw { Some(random::u16()?) } else { None };
    let mut ping = Ping::new(Config { identifier, ..config });
    let mut names = Names::new(args, &target);
    let introduction = introduction(args, &target, &mut names)?;
    let mut report: Box<dyn Report + '_> = match args.format {
        Format::Text => Box::new(TextReport::new(streams, args, names, ping.config())),
        Format::Json => Box::new(JsonReport::new(streams, args, names, &ping, socket.kind())),
    };
    report.begin(&introduction)?;
    let signal = match args.capture.create()? {
        None => drive::ping::run(&mut ping, &socket, target.scope_id, &mut *report)?,
        Some(file) => {
            let mut record = Record::begin(&mut *report, file, &target, socket.identifier().or(identifier))?;
            let signal = drive::ping::run(&mut ping, &socket, target.scope_id, &mut record)?;
            record.finish()?;
            signal
        }
    };
    report.end(&ping)?;
    Ok(match signal {
        Some(signal @ (Signal::Terminate | Signal::Hangup)) => Exit::Signal(signal.number()),
        _ if ping.is_success() => Exit::Success,
        _ => Exit::NoReply,
    })
}

/// Between two requests, where the user is not root: as in iputils.
const USER_INTERVAL_MS: u64 = 2;

fn check_interval(args: &Args) -> anyhow::Result<()> {
    let is_polite = args.interval.0.as_millis() >= u128::from(USER_INTERVAL_MS);
    ensure!(
        args.lab || is_polite || privilege::is_root(),
        "cannot flood: only root may send more often than every {USER_INTERVAL_MS} ms; use -i 0.002 or more, or --lab"
    );
    Ok(())
}

fn config(args: &Args, target: &Target) -> anyhow::Result<Config> {
    let most = max_size(target.address);
    ensure!(
        args.size <= most,
        "{} bytes do not fit into one packet to {}: use -s {most} or less",
        args.size,
        target.address
    );
    let unless_zero = |seconds: Seconds| (!seconds.0.is_zero()).then_some(seconds.0);
    Ok(Config {
        count: args.count,
        interval: args.interval.0,
        deadline: args.deadline.and_then(unless_zero),
        timeout: unless_zero(args.timeout),
        size: args.size,
        pattern: args.pattern.clone().unwrap_or_default(),
        report_outstanding: args.outstanding,
        ..Config::new(target.address)
    })
}

fn socket_config(args: &Args, target: &Target) -> icmp::Config {
    let (interface, source) = match &args.through {
        Some(Through::Interface(name)) => (Some(name.clone()), None),
        Some(Through::Source(address)) => (target.scope.clone(), Some(*address)),
        None => (target.scope.clone(), None),
    };
    icmp::Config { interface, source, ttl: args.ttl, ..icmp::Config::default() }
}

fn introduction(args: &Args, target: &Target, names: &mut Names) -> anyhow::Result<text::Introduction> {
    let (source, interface) = match &args.through {
        None => (None, None),
        Some(Through::Source(address)) => (Some(*address), None),
        Some(Through::Interface(name)) => {
            let route = route::to(target.address, None, Some(name));
            (Some(route.context("the interface does not lead there")?.source), Some(name.clone()))
        }
    };
    // As it was written: an interface from -I is told apart.
    let address = names::scoped(target.address, target.scope.as_deref());
    Ok(text::Introduction {
        host: text::printable(&target.host),
        label: text::label(names.name(target.address).as_deref(), &address),
        address,
        source,
        interface,
    })
}
