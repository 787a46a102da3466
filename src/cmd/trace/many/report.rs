//! The table of many connections, and the same as JSON.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::tally::{Counts, Tally};
use crate::explain::{brief_duration, count, duration, grouped};
use crate::measure::Histogram;
use crate::trace::{Millis, SCHEMA};

/// The percentiles that are told, beside shortest and longest.
const PERCENTILES: [(&str, u64); 3] = [("median", 50), ("p90", 90), ("p99", 99)];
/// Columns of the heading of a row, and of a time.
const HEADING: usize = 14;
const CELL: usize = 10;

/// All that there is to tell.
pub(super) struct Report {
    pub(super) tally: Tally,
    /// The server.
    pub(super) remote: SocketAddr,
    /// Connections that were asked for.
    pub(super) wanted: u64,
    /// From the start until the last connection was over.
    pub(super) took: Duration,
    /// Packets that the capture lost.
    pub(super) not_captured: u64,
    /// Connections that the server's kernel dropped meanwhile since nobody accepted them, where it can be asked.
    pub(super) overflows: Option<u64>,
}

/// A distribution of times, in milliseconds.
#[derive(Serialize)]
struct Times {
    count: u64,
    min: Option<Millis>,
    median: Option<Millis>,
    p90: Option<Millis>,
    p99: Option<Millis>,
    max: Option<Millis>,
}

impl Times {
    fn of(times: &Histogram) -> Self {
        let at = |percent| times.percentile(percent).map(Millis);
        let [median, p90, p99] = PERCENTILES.map(|(_, percent)| at(percent));
        Self {
            count: times.total(),
            min: times.shortest().map(Millis),
            median,
            p90,
            p99,
            max: times.longest().map(Millis),
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    event: &'static str,
    server: SocketAddr,
    wanted: u64,
    connections: u64,
    succeeded: u64,
    seconds: f64,
    outcomes: &'a Counts,
    handshakes: &'a Counts,
    terminations: &'a Counts,
    handshake_ms: Times,
    termination_ms: Times,
    syns_again: u64,
    syn_acks_again: u64,
    retransmitted: u64,
    listen_overflows: Option<u64>,
    limited_to: Option<usize>,
    not_captured: u64,
}

impl Report {
    /// One line of JSON.
    ///
    /// # Errors
    /// Those of `out`.
    pub(super) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let tally = &self.tally;
        let object = Object {
            schema: SCHEMA,
            event: "many",
            server: self.remote,
            wanted: self.wanted,
            connections: tally.ended(),
            succeeded: tally.successes(),
            seconds: self.took.as_secs_f64(),
            outcomes: &tally.outcomes,
            handshakes: &tally.handshakes,
            terminations: &tally.terminations,
            handshake_ms: Times::of(&tally.opening),
            termination_ms: Times::of(&tally.closing),
            syns_again: tally.syns_again,
            syn_acks_again: tally.syn_acks_again,
            retransmitted: tally.retransmitted,
            listen_overflows: self.overflows,
            limited_to: tally.limited.map(|(most, _)| most),
            not_captured: self.not_captured,
        };
        serde_json::to_writer(&mut *out, &object)?;
        writeln!(out)
    }

    /// The table, below a headline.
    pub(super) fn table(&self) -> Vec<String> {
        let tally = &self.tally;
        let mut lines = vec![self.headline(), String::new()];
        for (heading, counts) in
            [("handshake", &tally.handshakes), ("termination", &tally.terminations), ("outcome", &tally.outcomes)]
        {
            lines.extend(rows(heading, counts));
        }
        lines.push(String::new());
        let names = std::iter::once("min").chain(PERCENTILES.map(|(name, _)| name)).chain(["max"]);
        let names: String = names.map(|name| format!("{name:>CELL$}")).collect();
        lines.push(format!("{:HEADING$}{names}", "time"));
        lines.push(times("handshake", &tally.opening));
        lines.push(times("termination", &tally.closing));
        lines
    }

    fn headline(&self) -> String {
        let ended = self.tally.ended();
        let all = if ended < self.wanted { format!(" of {}", grouped(self.wanted)) } else { String::new() };
        let connections = count(if all.is_empty() { ended } else { self.wanted }, "connection");
        let noun = connections.split_once(' ').map_or("connections", |(_, noun)| noun);
        let seconds = self.took.as_secs_f64();
        let took = duration(self.took);
        let heading = format!("{}{all} {noun} to {}", grouped(ended), self.remote);
        if self.tally.opening.total() == 0 {
            return format!("{heading} tried in {took}: none opened");
        }
        let rate = ended as f64 / seconds;
        let pace = if ended > 1 && seconds > 0.0 { format!(", {rate:.0} a second") } else { String::new() };
        format!("{heading} in {took}{pace}")
    }
}

/// A row for each, the commonest first: `handshake   9,998  99.98 %  three-way`.
fn rows(heading: &str, counts: &Counts) -> Vec<String> {
    let total: u64 = counts.values().sum();
    let mut counts: Vec<(&str, u64)> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let row = |(index, (name, count)): (usize, (&str, u64))| {
        let heading = if index == 0 { heading } else { "" };
        let share = count as f64 * 100.0 / total as f64;
        let decimals = if count == total { 0 } else { 2 };
        format!("{heading:HEADING$}{:>CELL$}{:>CELL$}  {name}", grouped(count), format!("{share:.decimals$} %"))
    };
    counts.into_iter().enumerate().map(row).collect()
}

fn times(heading: &str, times: &Histogram) -> String {
    let percentiles = PERCENTILES.map(|(_, percent)| times.percentile(percent));
    let cells = std::iter::once(times.shortest()).chain(percentiles).chain([times.longest()]);
    let cells: String = cells.map(|time| format!("{:>CELL$}", time.map_or("–".to_owned(), brief_duration))).collect();
    format!("{heading:HEADING$}{cells}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::craft::Outcome;

    pub(crate) fn report() -> Report {
        let mut tally = Tally::default();
        (0..1200).for_each(|_| tally.outcome(Outcome::Closed));
        tally.outcome(Outcome::Refused);
        tally.handshakes = Counts::from([("refused", 1), ("three-way", 1200)]);
        (1..=100).for_each(|millis| tally.opening.add(Duration::from_millis(millis)));
        let remote = "192.0.2.2:80".parse().unwrap();
        Report { tally, remote, wanted: 1201, took: Duration::from_secs(2), not_captured: 0, overflows: None }
    }

    #[test]
    fn the_table_names_counts_and_percentiles() {
        insta::assert_snapshot!(report().table().join("\n"), @r"
        1,201 connections to 192.0.2.2:80 in 2.0 s, 600 a second

        handshake          1,200   99.92 %  three-way
                               1    0.08 %  refused
        outcome            1,200   99.92 %  closed
                               1    0.08 %  refused

        time                 min    median       p90       p99       max
        handshake         1.0 ms     50 ms     90 ms     99 ms    100 ms
        termination            –         –         –         –         –
        ");
    }

    #[test]
    fn fewer_than_wanted_are_so_many_of_all() {
        let headline = |wanted| Report { wanted, ..report() }.headline();
        assert_eq!(headline(5000), "1,201 of 5,000 connections to 192.0.2.2:80 in 2.0 s, 600 a second");
        let one = Report { tally: Tally::default(), wanted: 1, took: Duration::ZERO, ..report() };
        assert_eq!(one.headline(), "0 of 1 connection to 192.0.2.2:80 tried in 0 µs: none opened");
    }

    #[test]
    fn json_holds_the_same() {
        let mut out = Vec::new();
        report().json(&mut out).unwrap();
        let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&object["connections"], &object["succeeded"]), (&1201.into(), &1200.into()));
        assert_eq!((&object["handshakes"]["three-way"], &object["server"]), (&1200.into(), &"192.0.2.2:80".into()));
        let (opening, closing) = (&object["handshake_ms"], &object["termination_ms"]);
        assert_eq!((&opening["count"], &closing["max"]), (&100.into(), &serde_json::Value::Null));
        assert_eq!((&opening["min"], &opening["max"]), (&1.0.into(), &100.0.into()), "exact");
    }
}
