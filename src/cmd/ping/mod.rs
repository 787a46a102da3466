//! `rawshake ping`.

mod args;
mod explain;
mod limits;
mod names;
mod record;
mod report;
mod target;

use anyhow::{Context as _, ensure};

pub use args::{Args, Seconds};

use super::{Exit, Streams};
use crate::craft::ping::{Config, Ping, max_size, text};
use crate::drive;
use crate::drive::ping::{Echo, Host};
use crate::lab::{self, Lab};
use crate::sys::icmp::{self, Kind, PathMtu};
use crate::sys::{IcmpSocket, Signal, Version, random, route};
use args::{Format, MtuDiscovery, Through};
use names::Names;
use record::Record;
use report::{JsonReport, Means, Report, TextReport, View};
use target::Target;

/// Runs `rawshake ping`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    limits::check(args)?;
    // Held until the end: the far host goes with it.
    let options = lab::Options { wire: args.lab_wire.clone(), ..lab::Options::default() };
    let _lab = args.lab.then(|| Lab::enter(&options)).transpose()?;
    let targets = Target::all(args)?;
    let (mut hosts, mut views) = (Vec::new(), Vec::new());
    for (index, target) in targets.iter().enumerate() {
        let (host, view) = prepare(args, target, index as u16)?;
        hosts.push(host);
        views.push(view);
    }
    let identifier = views[0].config.identifier;
    let mut report: Box<dyn Report + '_> = match args.format {
        Format::Text => Box::new(TextReport::new(streams, args, views)),
        Format::Json => Box::new(JsonReport::new(streams, args, views)),
    };
    report.begin()?;
    let signal = match args.capture.create()? {
        None => drive::ping::run(&mut hosts, &mut *report)?,
        Some(file) => {
            let mut record = Record::begin(&mut *report, file, &targets[0], identifier)?;
            let signal = drive::ping::run(&mut hosts, &mut record)?;
            record.finish()?;
            signal
        }
    };
    report.end(&hosts)?;
    Ok(match signal {
        Some(signal @ (Signal::Terminate | Signal::Hangup)) => Exit::Signal(signal.number()),
        _ if hosts.iter().all(|host| host.ping.is_success()) => Exit::Success,
        _ => Exit::NoReply,
    })
}

/// One host of the run, and what is told of it. `index` is its place among them.
fn prepare(args: &Args, target: &Target, index: u16) -> anyhow::Result<(Host, View)> {
    let config = config(args, target)?;
    let asked = args.identifier.map(|identifier| identifier.wrapping_add(index));
    let socket_config = icmp::Config { identifier: asked, ..socket_config(args, target) };
    let socket = IcmpSocket::open(Version::of(target.address), &socket_config)?;
    let (identifier, kind) = match socket.kind() {
        Kind::Raw => (Some(asked.map_or_else(random::u16, Ok)?), "raw"),
        Kind::Datagram => (None, "datagram"),
    };
    let means = Means { socket: kind, stamps_departures: socket.stamps_departures() };
    let config = Config { identifier, ..config };
    let mut names = Names::new(args, target);
    let introduction = introduction(args, target, &mut names)?;
    let trips = vec![None; args.vcount.unwrap_or(0).into()];
    let carrier = Box::new(Echo::new(socket, target.address, target.scope_id));
    let host = Host { ping: Ping::new(config.clone()), carrier };
    Ok((host, View { introduction, config, means, names, route: Vec::new(), trips }))
}

fn config(args: &Args, target: &Target) -> anyhow::Result<Config> {
    let most = max_size(target.address) - if args.record_route { OPTION } else { 0 };
    ensure!(
        args.size <= most,
        "{} bytes do not fit into one packet to {}: use -s {most} or less",
        args.size,
        target.address
    );
    let unless_zero = |seconds: Seconds| (!seconds.0.is_zero()).then_some(seconds.0);
    Ok(Config {
        count: args.count.or(args.vcount.map(u64::from)),
        interval: limits::interval(args),
        deadline: args.deadline.and_then(unless_zero),
        timeout: unless_zero(args.timeout),
        size: args.size,
        pattern: args.pattern.clone().unwrap_or_default(),
        report_outstanding: args.outstanding,
        preload: args.preload,
        adaptive: args.adaptive,
        least_interval: limits::least_interval(args),
        flood: args.flood,
        record_route: args.record_route,
        ..Config::new(target.address)
    })
}

/// Octets of the record-route option.
const OPTION: usize = 40;

fn socket_config(args: &Args, target: &Target) -> icmp::Config {
    let (interface, source) = match &args.through {
        Some(Through::Interface(name)) => (Some(name.clone()), None),
        Some(Through::Source(address)) => (target.scope.clone(), Some(*address)),
        None => (target.scope.clone(), None),
    };
    let path_mtu = args.mtu_discovery.map(|how| match how {
        MtuDiscovery::Do => PathMtu::Do,
        MtuDiscovery::Want => PathMtu::Want,
        MtuDiscovery::Dont => PathMtu::Dont,
        MtuDiscovery::Probe => PathMtu::Probe,
    });
    let Args { ttl, tos, record_route, .. } = *args;
    icmp::Config { interface, source, ttl, tos, path_mtu, record_route, ..icmp::Config::default() }
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
