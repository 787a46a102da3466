//! What ping saw, as lines or as JSON.

use std::io;
use std::net::IpAddr;

use serde::Serialize;

use super::args::Args;
use super::names::Names;
use crate::cmd::Streams;
use crate::craft::ping::text::{self, Introduction, Style};
use crate::craft::ping::{Config, Event, Ping, SCHEMA, Statistics};
use crate::drive::ping::Observer;
use crate::sys::icmp::Kind;

/// Tells of one run, from its first line to its last.
pub(super) trait Report: Observer {
    /// Before the first request.
    fn begin(&mut self, introduction: &Introduction) -> io::Result<()>;

    /// After the last reply.
    fn end(&mut self, ping: &Ping) -> io::Result<()>;
}

/// The lines of iputils ping.
pub(super) struct TextReport<'a, 's> {
    streams: &'a mut Streams<'s>,
    names: Names,
    style: Style,
    config: Config,
    host: String,
}

impl<'a, 's> TextReport<'a, 's> {
    pub(super) fn new(streams: &'a mut Streams<'s>, args: &Args, names: Names, config: &Config) -> Self {
        let style = Style { timestamps: args.timestamps, quiet: args.quiet };
        Self { streams, names, style, config: config.clone(), host: String::new() }
    }
}

impl Report for TextReport<'_, '_> {
    fn begin(&mut self, introduction: &Introduction) -> io::Result<()> {
        self.host.clone_from(&introduction.host);
        let text = text::introduction(introduction, &self.config, self.style.quiet);
        self.streams.out.write_all(text.as_bytes())?;
        self.streams.out.flush()
    }

    fn end(&mut self, ping: &Ping) -> io::Result<()> {
        let text = text::summary(&self.host, ping.statistics(), &self.config);
        self.streams.out.write_all(text.as_bytes())
    }
}

impl Observer for TextReport<'_, '_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Unsent(error) | Event::Local(error) = event
            && !self.style.quiet
        {
            writeln!(self.streams.err, "rawshake: cannot send icmp_seq={}: {}", error.seq, error.reason)?;
        }
        let label = sender(event).map_or_else(String::new, |from| self.names.label(from));
        let Some(line) = text::event(event, &self.config, self.style, &label) else { return Ok(()) };
        self.streams.out.write_all(line.as_bytes())?;
        self.streams.out.flush()
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
    socket: Kind,
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
}

impl<'a, 's> JsonReport<'a, 's> {
    pub(super) fn new(streams: &'a mut Streams<'s>, args: &Args, names: Names, ping: &Ping, socket: Kind) -> Self {
        Self { streams, names, quiet: args.quiet, config: ping.config().clone(), socket, host: String::new() }
    }

    fn line<T: Serialize>(&mut self, content: &T, name: Option<String>, text: Option<String>) -> io::Result<()> {
        serde_json::to_writer(&mut self.streams.out, &Line { schema: SCHEMA, content, name, text })?;
        self.streams.out.write_all(b"\n")?;
        self.streams.out.flush()
    }
}

impl Report for JsonReport<'_, '_> {
    fn begin(&mut self, introduction: &Introduction) -> io::Result<()> {
        self.host.clone_from(&introduction.host);
        let socket = match self.socket {
            Kind::Raw => "raw",
            Kind::Datagram => "datagram",
        };
        let Config { destination: address, size, .. } = self.config;
        self.line(&Start { event: "start", host: &introduction.host, address, size, socket }, None, None)
    }

    fn end(&mut self, ping: &Ping) -> io::Result<()> {
        let counts = ping.statistics();
        let rtt = |value: std::time::Duration| (counts.received > 0).then_some(value.as_nanos() as f64 / 1e6);
        let host = std::mem::take(&mut self.host);
        let summary = Summary {
            event: "summary",
            host: &host,
            counts,
            loss_percent: counts.loss(),
            time_ms: counts.span.as_nanos() as f64 / 1e6,
            rtt_min_ms: rtt(counts.rtt.min),
            rtt_avg_ms: rtt(counts.rtt.mean()),
            rtt_max_ms: rtt(counts.rtt.max),
            rtt_mdev_ms: rtt(counts.rtt.deviation()),
        };
        self.line(&summary, None, None)
    }
}

impl Observer for JsonReport<'_, '_> {
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
