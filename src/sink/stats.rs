//! What many connections have in common: counts, percentiles, rates.

mod report;
mod text;
mod top;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::{Format, Sink};
use crate::measure::Histogram;
use crate::trace::exchange::{ExchangeEvent, ExchangeKind};
use crate::trace::{Event, EventKind, Handshake, Mark, PHENOMENA, Pair, Severity, Stage, Summary, Termination};
use crate::wire::Time;
use report::Report;
use top::Top;

/// A sink that writes what all connections have in common, and how many exchanges came to what: as JSON, or as text for people.
#[must_use]
pub fn open_stats<'a>(format: Format, ascii: bool, out: Box<dyn Write + 'a>) -> Box<dyn Sink + 'a> {
    Box::new(Stats { out, json: format == Format::Json, ascii, totals: Totals::new() })
}

struct Stats<'a> {
    out: Box<dyn Write + 'a>,
    json: bool,
    ascii: bool,
    totals: Totals,
}

/// How many connections have each name.
type Counts = BTreeMap<&'static str, u64>;

/// Sums over all connections; what they take does not grow with them.
struct Totals {
    connections: u64,
    segments: u64,
    bytes: Pair<u64>,
    span: Option<(Time, Time)>,
    /// Connections by how they opened, in the order of the enumeration; and so on.
    handshakes: [u64; Handshake::ALL.len()],
    terminations: [u64; Termination::ALL.len()],
    /// Connections that failed or were reset, by how far they had got.
    stages: [u64; Stage::ALL.len()],
    /// Connections that have each mark, in the order of the table.
    marks: [u64; PHENOMENA.len()],
    handshake_times: Histogram,
    durations: Histogram,
    /// SYNs that were sent again, and connections that did it.
    syns_again: (u64, u64),
    refusing: Top<SocketAddr>,
    /// UDP and ICMP exchanges, by protocol and outcome.
    exchanges: BTreeMap<&'static str, Counts>,
}

impl Totals {
    fn new() -> Self {
        Self {
            connections: 0,
            segments: 0,
            bytes: Pair::default(),
            span: None,
            handshakes: [0; Handshake::ALL.len()],
            terminations: [0; Termination::ALL.len()],
            stages: [0; Stage::ALL.len()],
            marks: [0; PHENOMENA.len()],
            handshake_times: Histogram::new(),
            durations: Histogram::new(),
            syns_again: (0, 0),
            refusing: Top::new(),
            exchanges: BTreeMap::new(),
        }
    }

    fn add(&mut self, summary: &Summary) {
        self.connections += 1;
        self.segments += summary.segments;
        self.bytes.client += summary.bytes_client;
        self.bytes.server += summary.bytes_server;
        let (first, last) = self.span.unwrap_or((summary.first, summary.last));
        self.span = Some((first.min(summary.first), last.max(summary.last)));
        self.handshakes[summary.handshake as usize] += 1;
        self.terminations[summary.termination as usize] += 1;
        if let Some(stage) = summary.stage {
            self.stages[stage as usize] += 1;
        }
        summary.marks.iter().for_each(|mark| self.marks[mark as usize] += 1);
        if let Some(time) = summary.handshake_time {
            self.handshake_times.add(time.0);
        }
        self.durations.add(summary.last.since(summary.first));
        let again = u64::from(summary.syns.saturating_sub(1));
        self.syns_again.0 += again;
        self.syns_again.1 += u64::from(again > 0);
        if summary.handshake == Handshake::Refused {
            self.refusing.add(summary.server);
        }
    }

    fn handshakes(&self) -> Counts {
        named(Handshake::ALL.into_iter().map(Handshake::name), &self.handshakes)
    }

    fn terminations(&self) -> Counts {
        named(Termination::ALL.into_iter().map(Termination::name), &self.terminations)
    }

    fn stages(&self) -> Counts {
        named(Stage::ALL.into_iter().map(Stage::name), &self.stages)
    }

    fn marks(&self) -> Counts {
        named(Mark::all().map(Mark::name), &self.marks)
    }

    /// Marks that are no part of an ordinary connection.
    fn oddities(&self) -> Counts {
        let mut marks = self.marks();
        PHENOMENA.iter().filter(|row| row.severity <= Severity::Note).for_each(|row| _ = marks.remove(row.mark.name()));
        marks
    }

    /// From the first segment to the last.
    fn time(&self) -> Duration {
        self.span.map_or(Duration::ZERO, |(first, last)| last.since(first))
    }
}

/// What was counted at all, by its name.
fn named(names: impl Iterator<Item = &'static str>, counts: &[u64]) -> Counts {
    names.zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect()
}

impl Sink for Stats<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let EventKind::Ended(summary) = &event.kind {
            self.totals.add(summary);
        }
        Ok(())
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        if let ExchangeKind::Ended(summary) = &event.kind {
            let outcomes = self.totals.exchanges.entry(event.protocol.name()).or_default();
            *outcomes.entry(summary.outcome.name()).or_default() += 1;
        }
        Ok(())
    }

    /// Nothing is said before the end, or before somebody asks.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What is said then is of connections that are over.
    fn so_far(&mut self) -> io::Result<()> {
        self.finish()
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut *self.out, &Report::of(&self.totals))?;
            self.out.write_all(b"\n")?;
        } else if self.totals.connections > 0 || !self.totals.exchanges.is_empty() {
            text::write(&mut *self.out, &self.totals, self.ascii)?;
        }
        self.out.flush()
    }
}
