//! What ping saw, as lines or as JSON.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::Serialize;

use super::args::Args;
use super::explain;
use super::names::Names;
use crate::cmd::Streams;
use crate::craft::ping::text::{self, Introduction, Style};
use crate::craft::ping::{Config, Event, Ping, SCHEMA, Statistics, chart};
use crate::drive::ping::Observer;
use crate::sys::icmp::Kind;
use crate::sys::{IcmpSocket, terminal};

/// Tells of one run, from its first line to its last.
pub(super) trait Report: Observer {
    /// Before the first request.
    fn begin(&mut self, introduction: &Introduction, socket: &IcmpSocket) -> io::Result<()>;

    /// After the last reply.
    fn end(&mut self, ping: &Ping) -> io::Result<()>;
}

/// The lines of iputils ping.
pub(super) struct TextReport<'a, 's> {
    streams: &'a mut Streams<'s>,
    names: Names,
    style: Style,
    verbose: bool,
    after: After,
    config: Config,
    host: String,
    /// The route that the last reply recorded.
    route: Vec<Ipv4Addr>,
    columns: u64,
}

/// What follows the summary.
#[derive(Clone, Copy, Debug)]
struct After {
    percentiles: bool,
    histogram: bool,
}

impl<'a, 's> TextReport<'a, 's> {
    pub(super) fn new(streams: &'a mut Streams<'s>, args: &Args, names: Names, config: &Config) -> Self {
        let Args { timestamps, quiet, precise, verbose, percentiles, histogram, .. } = *args;
        Self {
            streams,
            names,
            style: Style { timestamps, quiet, precise },
            verbose,
            after: After { percentiles, histogram },
            config: config.clone(),
            host: String::new(),
            route: Vec::new(),
            columns: terminal::width(io::stdout()).unwrap_or(80).into(),
        }
    }
}

impl Report for TextReport<'_, '_> {
    fn begin(&mut self, introduction: &Introduction, socket: &IcmpSocket) -> io::Result<()> {
        self.host.clone_from(&introduction.host);
        if self.verbose {
            writeln!(self.streams.err, "rawshake: {}", explain::clocks(socket))?;
        }
        let text = text::introduction(introduction, &self.config, self.style.quiet);
        self.streams.out.write_all(text.as_bytes())?;
        self.streams.out.flush()
    }

    fn end(&mut self, ping: &Ping) -> io::Result<()> {
        let statistics = ping.statistics();
        let mut text = text::summary(&self.host, statistics, &self.config);
        if self.after.percentiles {
            text += &chart::percentiles(&statistics.rtt);
        }
        if self.after.histogram {
            text += &chart::histogram(&statistics.rtt);
        }
        self.streams.out.write_all(text.as_bytes())?;
        match self.verbose {
            true => writeln!(self.streams.err, "rawshake: {}", explain::stamped(statistics)),
            false => Ok(()),
        }
    }
}

impl TextReport<'_, '_> {
    /// The route that a reply recorded, unless it is that of the one before.
    fn route(&mut self, event: &Event) -> String {
        let Event::Reply(reply) = event else { return String::new() };
        let same = self.route == reply.route;
        self.route.clone_from(&reply.route);
        let labels: Vec<_> = reply.route.iter().map(|address| self.names.label((*address).into())).collect();
        text::route(&labels, same)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.streams.out.write_all(text.as_bytes())?;
        self.streams.out.flush()
    }
}

impl Observer for TextReport<'_, '_> {
    fn sent(&mut self, in_flight: u64) -> io::Result<()> {
        // More dots than a line has room for could not be wiped out.
        let is_shown = self.config.flood && !self.style.quiet && in_flight < self.columns;
        if is_shown { self.write(text::FLOOD_REQUEST) } else { Ok(()) }
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.config.flood && !matches!(event, Event::Outstanding(_)) {
            return if self.style.quiet { Ok(()) } else { self.write(text::flood(event)) };
        }
        if let Event::Unsent(error) | Event::Local(error) = event
            && !self.style.quiet
        {
            writeln!(self.streams.err, "rawshake: cannot send icmp_seq={}: {}", error.seq, error.reason)?;
        }
        let label = sender(event).map_or_else(String::new, |from| self.names.label(from));
        let route = self.route(event);
        let Some(mut line) = text::event(event, &self.config, self.style, &label, &route) else { return Ok(()) };
        if let Event::Error(error) = event
            && self.verbose
        {
            line += &explain::error(error);
        }
        self.write(&line)
    }

    fn status(&mut self, statistics: &Statistics) -> io::Result<()> {
        self.streams.err.write_all(text::status(statistics, &self.config).as_bytes())
    }
}

/// Who sent what an event tells of.
fn sender(event: &Event) -> Option<IpAddr> {
    match event {
        Event::Reply(reply) => Some(reply.from),
        Event::Error(error) => Some(error.from),
        Event::Unsent(_) | Event::Local(_) | Event::Outstanding(_) | Event::Timeout(_) => None,
    }
}

/// One JSON object a line.
pub(super) struct JsonReport<'a, 's> {
    streams: &'a mut Streams<'s>,
    names: Names,
    quiet: bool,
    config: Config,
    host: String,
}

/// What every object has, and what only one kind has.
#[derive(Serialize)]
struct Line<'a, T> {
    schema: u32,
    #[serde(flatten)]
    content: &'a T,
    /// The name of the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What an error says.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Serialize)]
struct Start<'a> {
    event: &'static str,
    host: &'a str,
    address: IpAddr,
    /// Data octets of a request.
    size: usize,
    /// `raw` or `datagram`.
    socket: &'static str,
    /// The clock of all times and stamps.
    clock: &'static str,
}

#[derive(Serialize)]
struct Summary<'a> {
    event: &'static str,
    host: &'a str,
    #[serde(flatten)]
    counts: &'a Statistics,
    loss_percent: f64,
    time_ms: f64,
    /// Null where there was no reply.
    rtt_min_ms: Option<f64>,
    rtt_avg_ms: Option<f64>,
    rtt_max_ms: Option<f64>,
    rtt_mdev_ms: Option<f64>,
    /// Percentiles by nearest rank, to less than one percent of themselves.
    rtt_p50_ms: Option<f64>,
    rtt_p90_ms: Option<f64>,
    rtt_p95_ms: Option<f64>,
    rtt_p99_ms: Option<f64>,
}

impl<'a, 's> JsonReport<'a, 's> {
    pub(super) fn new(streams: &'a mut Streams<'s>, args: &Args, names: Names, ping: &Ping) -> Self {
        Self { streams, names, quiet: args.quiet, config: ping.config().clone(), host: String::new() }
    }

    fn line<T: Serialize>(&mut self, content: &T, name: Option<String>, text: Option<String>) -> io::Result<()> {
        serde_json::to_writer(&mut self.streams.out, &Line { schema: SCHEMA, content, name, text })?;
        self.streams.out.write_all(b"\n")?;
        self.streams.out.flush()
    }
}

impl Report for JsonReport<'_, '_> {
    fn begin(&mut self, introduction: &Introduction, socket: &IcmpSocket) -> io::Result<()> {
        self.host.clone_from(&introduction.host);
        let socket = match socket.kind() {
            Kind::Raw => "raw",
            Kind::Datagram => "datagram",
        };
        let Config { destination: address, size, .. } = self.config;
        self.line(
            &Start { event: "start", host: &introduction.host, address, size, socket, clock: explain::CLOCK },
            None,
            None,
        )
    }

    fn end(&mut self, ping: &Ping) -> io::Result<()> {
        let counts = ping.statistics();
        let millis = |value: Duration| value.as_nanos() as f64 / 1e6;
        let rtt = |value: Duration| (counts.received > 0).then_some(millis(value));
        let [rtt_p50_ms, rtt_p90_ms, rtt_p95_ms, rtt_p99_ms] =
            chart::PERCENTILES.map(|percent| counts.rtt.histogram.percentile(percent).map(millis));
        let host = std::mem::take(&mut self.host);
        let summary = Summary {
            event: "summary",
            host: &host,
            counts,
            loss_percent: counts.loss(),
            time_ms: millis(counts.span),
            rtt_min_ms: rtt(counts.rtt.min),
            rtt_avg_ms: rtt(counts.rtt.mean()),
            rtt_max_ms: rtt(counts.rtt.max),
            rtt_mdev_ms: rtt(counts.rtt.deviation()),
            rtt_p50_ms,
            rtt_p90_ms,
            rtt_p95_ms,
            rtt_p99_ms,
        };
        self.line(&summary, None, None)
    }
}

impl Observer for JsonReport<'_, '_> {
    fn sent(&mut self, _in_flight: u64) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let name = sender(event).and_then(|from| self.names.name(from)).map(|name| text::printable(&name));
        let text = if let Event::Error(error) = event { Some(text::describe(error)) } else { None };
        self.line(event, name, text)
    }

    fn status(&mut self, statistics: &Statistics) -> io::Result<()> {
        self.streams.err.write_all(text::status(statistics, &self.config).as_bytes())
    }
}
