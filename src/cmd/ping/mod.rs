//! `rawshake ping`.

mod args;
mod explain;
mod help;
mod limits;
mod names;
mod record;
mod report;
mod target;

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};

pub use args::Args;

use super::give_up::give_up;
use super::{Exit, Seconds, Streams};
use crate::craft::packet::IpSpec;
use crate::craft::ping::{Config, End, Form, Ping, Probe, max_size, text};
use crate::drive;
use crate::drive::ping::{Carrier, Echo, Host, Ports, Way};
use crate::lab;
use crate::sys::confine::Needs;
use crate::sys::icmp::{self, Kind, PathMtu};
use crate::sys::{IcmpSocket, Signal, Version, random, route};
use args::{Format, MtuDiscovery, TcpEnd, Through};
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
    let options = lab::Options { wire: args.wire.lab_wire.clone(), ..lab::Options::default() };
    let _lab = args.lab.then(|| super::lab::enter(&options)).transpose()?;
    let targets = Target::all(args)?;
    let (mut hosts, mut views) = (Vec::new(), Vec::new());
    for (index, target) in targets.iter().enumerate() {
        let (host, view) = prepare(args, target, index as u16)?;
        hosts.push(host);
        views.push(view);
    }
    let record =
        args.capture.create()?.map(|file| Record::begin(file, &targets[0], views[0].config.clone())).transpose()?;
    let names = !args.numeric;
    give_up(Needs { names }, args.verbose.into(), streams.err)?;
    let mut report: Box<dyn Report + '_> = match args.format {
        Format::Text => Box::new(TextReport::new(streams, args, views)),
        Format::Json => Box::new(JsonReport::new(streams, args, views)),
    };
    report.begin()?;
    let signal = match record {
        None => drive::ping::run(&mut hosts, &mut *report)?,
        Some(record) => {
            let mut recording = record.beside(&mut *report);
            let signal = drive::ping::run(&mut hosts, &mut recording)?;
            recording.finish()?;
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
    let (carrier, means, identifier) = match config.probe {
        Probe::Echo => echo(args, target, index)?,
        probe => ports(args, target, probe)?,
    };
    let config = Config { identifier, ..config };
    let mut names = Names::new(args, target);
    let introduction = introduction(args, target, &mut names)?;
    let trips = vec![None; args.vcount.unwrap_or(0).into()];
    let host = Host { ping: Ping::new(config.clone()), carrier };
    Ok((host, View { introduction, config, means, names, route: Vec::new(), trips }))
}

/// How requests travel, how that is told, and the identifier of echo requests where it is ours.
type Travel = (Box<dyn Carrier>, Means, Option<u16>);

fn echo(args: &Args, target: &Target, index: u16) -> anyhow::Result<Travel> {
    let asked = args.identifier.map(|identifier| identifier.wrapping_add(index));
    let socket_config = icmp::Config { identifier: asked, ..socket_config(args, target) };
    let socket = IcmpSocket::open(Version::of(target.address), &socket_config)?;
    let (identifier, kind) = match socket.kind() {
        Kind::Raw => (Some(asked.map_or_else(random::u16, Ok)?), "raw"),
        Kind::Datagram => (None, "datagram"),
    };
    let departure = socket.stamps_departures().then_some("SO_TIMESTAMPING");
    let means = Means { socket: kind, departure, receipt: "SO_TIMESTAMPNS" };
    Ok((Box::new(Echo::new(socket, target.address, target.scope_id)), means, identifier))
}

/// Whose stamp a captured packet has.
const PACKET_STAMP: &str = "packet(7)";
/// Descriptors that the probes of all hosts together may hold.
const HELD: usize = 256;

fn ports(args: &Args, target: &Target, probe: Probe) -> anyhow::Result<Travel> {
    let icmp::Config { interface, source, .. } = socket_config(args, target);
    let route = route::to(target.address, source, interface.as_deref())?;
    let way =
        Way { source: route.source, interface: route.interface, loopback: route.loopback, scope_id: target.scope_id };
    let defaults = IpSpec::default();
    let ip = IpSpec { ttl: args.ttl.unwrap_or(defaults.ttl), tos: args.tos.unwrap_or(defaults.tos), ..defaults };
    let end = if let Probe::Syn { end, .. } = probe { Some(end) } else { None };
    let remote = SocketAddr::new(target.address, probe.port().unwrap_or(0));
    let form = Form { remote, end, ip, mtu: route.mtu };
    let most = (HELD / args.hosts.len().max(1)).min(args.count.map_or(HELD, |count| count.try_into().unwrap_or(HELD)));
    let ports = Ports::open(way, form, most.max(1))?;
    let means = Means { socket: "capture", departure: Some(PACKET_STAMP), receipt: PACKET_STAMP };
    Ok((Box::new(ports), means, None))
}

fn probe(args: &Args) -> Probe {
    let end = match args.tcp_end {
        TcpEnd::Rst => End::Reset,
        TcpEnd::Fin => End::Fin,
    };
    let syn = args.tcp.map(|port| Probe::Syn { port, end });
    syn.or(args.udp.map(|port| Probe::Datagram { port })).unwrap_or_default()
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
        probe: probe(args),
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
