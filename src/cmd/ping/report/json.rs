//! One JSON object a line.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::{Report, View, sender};
use crate::cmd::Streams;
use crate::cmd::ping::args::Args;
use crate::cmd::ping::explain;
use crate::craft::ping::{Config, Event, Probe, SCHEMA, Statistics, chart, text};
use crate::drive::ping::{Host, Observer};

/// One JSON object a line.
pub(crate) struct JsonReport<'a, 's> {
    streams: &'a mut Streams<'s>,
    quiet: bool,
    hosts: Vec<View>,
}

/// What every object has, and what only one kind has.
#[derive(Serialize)]
struct Line<'a, T> {
    schema: u32,
    #[serde(flatten)]
    content: &'a T,
    /// The host that it is about, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
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
    /// What is sent: `icmp`, `tcp` or `udp`.
    probe: &'static str,
    /// The port that it is sent to; null for ICMP.
    port: Option<u16>,
    /// Data octets of a request.
    size: usize,
    /// `raw`, `datagram` or `capture`.
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
    pub(crate) fn new(streams: &'a mut Streams<'s>, args: &Args, hosts: Vec<View>) -> Self {
        Self { streams, quiet: args.quiet, hosts }
    }

    fn line<T: Serialize>(&mut self, line: &Line<'_, T>) -> io::Result<()> {
        serde_json::to_writer(&mut self.streams.out, line)?;
        self.streams.out.write_all(b"\n")?;
        self.streams.out.flush()
    }
}

impl<'a, T> Line<'a, T> {
    const fn new(content: &'a T) -> Self {
        Self { schema: SCHEMA, content, to: None, name: None, text: None }
    }
}

impl Report for JsonReport<'_, '_> {
    fn begin(&mut self) -> io::Result<()> {
        for index in 0..self.hosts.len() {
            let View { introduction, config, means, .. } = &self.hosts[index];
            let Config { destination: address, probe, .. } = *config;
            let size = if let Probe::Syn { .. } = probe { 0 } else { config.size };
            let (host, socket) = (introduction.host.clone(), means.socket);
            let (probe, port, clock) = (probe.word(), probe.port(), explain::CLOCK);
            let start = Start { event: "start", host: &host, address, probe, port, size, socket, clock };
            self.line(&Line::new(&start))?;
        }
        Ok(())
    }

    fn end(&mut self, hosts: &[Host]) -> io::Result<()> {
        for (index, host) in hosts.iter().enumerate() {
            let name = self.hosts[index].introduction.host.clone();
            self.line(&Line::new(&summary(&name, host.ping.statistics())))?;
        }
        Ok(())
    }
}

fn summary<'a>(host: &'a str, counts: &'a Statistics) -> Summary<'a> {
    let millis = |value: Duration| value.as_nanos() as f64 / 1e6;
    let rtt = |value: Duration| (counts.received > 0).then_some(millis(value));
    let [rtt_p50_ms, rtt_p90_ms, rtt_p95_ms, rtt_p99_ms] =
        chart::PERCENTILES.map(|percent| counts.rtt.histogram.percentile(percent).map(millis));
    Summary {
        event: "summary",
        host,
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
    }
}

impl Observer for JsonReport<'_, '_> {
    fn sent(&mut self, _host: usize, _in_flight: u64) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, host: usize, event: &Event) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let several = self.hosts.len() > 1;
        let view = &mut self.hosts[host];
        let name = sender(event).and_then(|from| view.names.name(from)).map(|name| text::printable(&name));
        let text = if let Event::Error(error) = event { Some(text::describe(error)) } else { None };
        let to = several.then(|| view.introduction.host.clone());
        self.line(&Line { to: to.as_deref(), name, text, ..Line::new(event) })
    }

    fn status(&mut self, host: usize, statistics: &Statistics) -> io::Result<()> {
        self.streams.err.write_all(text::status(statistics, &self.hosts[host].config).as_bytes())
    }
}
