//! The sums as text for people.

use std::io::{self, Write};
use std::time::Duration;

use colored::Colorize;

use super::report::{NAMED, Rates};
use super::{Counts, Totals};
use crate::measure::Histogram;
use crate::{explain, ladder};

/// Columns of a name and of a number.
const NAME: usize = 26;
const NUMBER: usize = 14;

/// Writes everything there is something to say of.
pub(super) fn write(out: &mut dyn Write, totals: &Totals, ascii: bool) -> io::Result<()> {
    let mut text = Text { out, ascii, begun: false };
    if totals.connections > 0 {
        text.whole(totals)?;
    }
    text.counts("Opened", &totals.handshakes(), totals.connections)?;
    text.counts("Closed", &totals.terminations(), totals.connections)?;
    text.counts("Failed or reset", &totals.stages(), totals.connections)?;
    text.times("Handshake", &totals.handshake_times)?;
    text.times("Duration", &totals.durations)?;
    text.syns(totals)?;
    text.refusing(totals)?;
    text.counts("Unusual", &totals.oddities(), totals.connections)?;
    totals.exchanges.iter().try_for_each(|(protocol, outcomes)| {
        let all = outcomes.values().sum();
        text.counts(&format!("{}, {protocol}", explain::count(all, "exchange")), outcomes, all)
    })
}

struct Text<'a> {
    out: &'a mut dyn Write,
    ascii: bool,
    /// Something stands above.
    begun: bool,
}

impl Text<'_> {
    fn heading(&mut self, heading: &str) -> io::Result<()> {
        let above = if std::mem::replace(&mut self.begun, true) { "\n" } else { "" };
        writeln!(self.out, "{above}{}", heading.bold())
    }

    /// `  name      12,345  words`.
    fn row(&mut self, name: &str, number: &str, words: &str) -> io::Result<()> {
        let line = format!("  {name:<NAME$}{number:>NUMBER$}  {words}");
        let line = line.trim_end();
        if self.ascii { writeln!(self.out, "{}", ladder::ascii(line)) } else { writeln!(self.out, "{line}") }
    }

    fn whole(&mut self, totals: &Totals) -> io::Result<()> {
        let rates = Rates::of(totals);
        let rate = |of: fn(&Rates) -> f64| {
            rates.as_ref().map_or_else(String::new, |rates| format!("{} a second", short(of(rates))))
        };
        self.heading(&format!("In {}", explain::duration(totals.time())))?;
        self.row("connections", &explain::grouped(totals.connections), &rate(|rates| rates.connections))?;
        self.row("segments", &explain::grouped(totals.segments), &rate(|rates| rates.segments))?;
        let bytes = totals.bytes.client + totals.bytes.server;
        self.row("bytes of data", &explain::grouped(bytes), &rate(|rates| rates.bytes))?;
        self.row("  by clients", &explain::grouped(totals.bytes.client), "")?;
        self.row("  by servers", &explain::grouped(totals.bytes.server), "")
    }

    /// The commonest first.
    fn counts(&mut self, heading: &str, counts: &Counts, all: u64) -> io::Result<()> {
        if counts.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        let mut rows: Vec<_> = counts.iter().collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        rows.into_iter().try_for_each(|(name, count)| {
            let percent = format!("{:>5.1} %", *count as f64 * 100.0 / all as f64);
            self.row(name, &explain::grouped(*count), &percent)
        })
    }

    fn times(&mut self, heading: &str, histogram: &Histogram) -> io::Result<()> {
        let Some(longest) = histogram.longest() else { return Ok(()) };
        self.heading(&format!("{heading}, of {}", explain::count(histogram.total(), "connection")))?;
        for (name, percent) in [("half within", 50), ("90 % within", 90), ("99 % within", 99)] {
            let time = histogram.percentile(percent).unwrap_or(Duration::ZERO);
            self.row(name, &explain::duration(time), "")?;
        }
        self.row("longest", &explain::duration(longest), "")
    }

    fn syns(&mut self, totals: &Totals) -> io::Result<()> {
        let (again, connections) = totals.syns_again;
        if again == 0 {
            return Ok(());
        }
        self.heading("SYNs sent again")?;
        self.row("SYNs", &explain::grouped(again), &format!("in {}", explain::count(connections, "connection")))
    }

    fn refusing(&mut self, totals: &Totals) -> io::Result<()> {
        let servers = totals.refusing.commonest(NAMED);
        if servers.is_empty() {
            return Ok(());
        }
        self.heading("Servers that refused")?;
        let more = match totals.refusing.missed() {
            0 => String::new(),
            missed => format!("or up to {} more", explain::grouped(missed)),
        };
        servers
            .into_iter()
            .try_for_each(|(server, count)| self.row(&server.to_string(), &explain::grouped(count), &more))
    }
}

/// Three digits, as far as there are so many.
fn short(rate: f64) -> String {
    let decimals = if rate < 10.0 { 2 } else { usize::from(rate < 100.0) };
    if rate < 1000.0 { format!("{rate:.decimals$}") } else { explain::grouped(rate.round() as u64) }
}
