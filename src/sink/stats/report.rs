//! The sums as one JSON object.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::{Counts, Totals};
use crate::measure::Histogram;
use crate::trace::{Millis, Pair, SCHEMA};
use crate::wire::Time;

/// Servers that are named at most.
pub(super) const NAMED: usize = 10;

/// What `--stats --format json` writes.
#[derive(Serialize)]
pub(super) struct Report {
    schema: u32,
    connections: u64,
    segments: u64,
    bytes: Pair<u64>,
    first: Option<Time>,
    last: Option<Time>,
    duration_ms: Millis,
    per_second: Option<Rates>,
    handshake: Counts,
    termination: Counts,
    /// Connections that failed or were reset, by how far they had got.
    stage: Counts,
    /// Connections that have each mark.
    marks: Counts,
    handshake_ms: Times,
    connection_ms: Times,
    syns_again: u64,
    connections_with_syns_again: u64,
    refusing: Vec<Refusing>,
    /// By how much each count of `refusing` may be too low.
    refusing_missed: u64,
    /// UDP and ICMP exchanges, by protocol and outcome.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    exchanges: BTreeMap<&'static str, Counts>,
}

/// Averages; none where everything happened at once.
#[derive(Serialize)]
pub(super) struct Rates {
    pub(super) connections: f64,
    pub(super) segments: f64,
    pub(super) bytes: f64,
}

/// Percentiles, and how many times there are.
#[derive(Serialize)]
struct Times {
    count: u64,
    p50: Option<Millis>,
    p90: Option<Millis>,
    p99: Option<Millis>,
    max: Option<Millis>,
}

#[derive(Serialize)]
struct Refusing {
    server: SocketAddr,
    connections: u64,
}

impl Report {
    pub(super) fn of(totals: &Totals) -> Self {
        let refusing = totals.refusing.commonest(NAMED);
        Self {
            schema: SCHEMA,
            connections: totals.connections,
            segments: totals.segments,
            bytes: totals.bytes,
            first: totals.span.map(|(first, _)| first),
            last: totals.span.map(|(_, last)| last),
            duration_ms: Millis(totals.time()),
            per_second: Rates::of(totals),
            handshake: totals.handshakes(),
            termination: totals.terminations(),
            stage: totals.stages(),
            marks: totals.marks(),
            handshake_ms: Times::of(&totals.handshake_times),
            connection_ms: Times::of(&totals.durations),
            syns_again: totals.syns_again.0,
            connections_with_syns_again: totals.syns_again.1,
            refusing: refusing.into_iter().map(|(server, connections)| Refusing { server, connections }).collect(),
            refusing_missed: totals.refusing.missed(),
            exchanges: totals.exchanges.clone(),
        }
    }
}

impl Rates {
    pub(super) fn of(totals: &Totals) -> Option<Self> {
        let seconds = totals.time().as_secs_f64();
        let rate = |count: u64| count as f64 / seconds;
        let bytes = totals.bytes.client + totals.bytes.server;
        (totals.time() > Duration::ZERO).then(|| Self {
            connections: rate(totals.connections),
            segments: rate(totals.segments),
            bytes: rate(bytes),
        })
    }
}

impl Times {
    fn of(histogram: &Histogram) -> Self {
        let percentile = |percent| histogram.percentile(percent).map(Millis);
        Self {
            count: histogram.total(),
            p50: percentile(50),
            p90: percentile(90),
            p99: percentile(99),
            max: histogram.longest().map(Millis),
        }
    }
}
