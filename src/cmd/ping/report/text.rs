//! The lines of iputils ping; where there are several hosts, the summary of fping.

use std::io;

use super::{Report, View, sender};
use crate::cmd::Streams;
use crate::cmd::ping::args::Args;
use crate::cmd::ping::explain;
use crate::craft::ping::text::{self, Style};
use crate::craft::ping::{Event, Statistics, chart, table};
use crate::drive::ping::{Host, Observer};
use crate::sys::terminal;

/// The lines of iputils ping.
pub(crate) struct TextReport<'a, 's> {
    streams: &'a mut Streams<'s>,
    style: Style,
    verbose: bool,
    percentiles: bool,
    histogram: bool,
    hosts: Vec<View>,
    columns: u64,
}

impl<'a, 's> TextReport<'a, 's> {
    pub(crate) fn new(streams: &'a mut Streams<'s>, args: &Args, hosts: Vec<View>) -> Self {
        let Args { timestamps, quiet, precise, verbose, percentiles, histogram, .. } = *args;
        let columns = terminal::width(io::stdout()).unwrap_or(80).into();
        let style = Style { timestamps, quiet, precise };
        Self { streams, style, verbose, percentiles, histogram, hosts, columns }
    }

    /// The route that a reply recorded, unless it is that of the one before.
    fn route(&mut self, host: usize, event: &Event) -> String {
        let Event::Reply(reply) = event else { return String::new() };
        let View { names, route, .. } = &mut self.hosts[host];
        let same = *route == reply.route;
        route.clone_from(&reply.route);
        let labels: Vec<_> = reply.route.iter().map(|address| names.label((*address).into())).collect();
        text::route(&labels, same)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.streams.out.write_all(text.as_bytes())?;
        self.streams.out.flush()
    }

    /// The host, where there are several and the line does not name it.
    fn prefix(&self, host: usize) -> String {
        match self.hosts.len() {
            1 => String::new(),
            _ => format!("{}: ", self.hosts[host].introduction.host),
        }
    }

    /// What follows the summary of a host.
    fn distribution(&self, statistics: &Statistics) -> String {
        let percentiles = if self.percentiles { chart::percentiles(&statistics.rtt) } else { String::new() };
        let histogram = if self.histogram { chart::histogram(&statistics.rtt) } else { String::new() };
        percentiles + &histogram
    }

    fn summary(&self, hosts: &[Host]) -> String {
        let mut text = match hosts {
            [host] => {
                let View { introduction, config, .. } = &self.hosts[0];
                let statistics = host.ping.statistics();
                text::summary(&introduction.host, statistics, config) + &self.distribution(statistics)
            }
            hosts => {
                let rows = hosts.iter().zip(&self.hosts);
                let rows = rows.map(|(host, view)| (view.introduction.host.as_str(), host.ping.statistics()));
                let tails = hosts.iter().map(|host| self.distribution(host.ping.statistics()));
                table::summary(&rows.collect::<Vec<_>>(), &tails.collect::<Vec<_>>())
            }
        };
        let trips = self.hosts.iter().map(|view| (view.introduction.host.as_str(), view.trips.as_slice()));
        text += &table::trips(&trips.collect::<Vec<_>>());
        text
    }
}

impl Report for TextReport<'_, '_> {
    fn begin(&mut self) -> io::Result<()> {
        if self.verbose {
            writeln!(self.streams.err, "rawshake: {}", explain::clocks(self.hosts[0].means))?;
        }
        let introduce = |view: &View| text::introduction(&view.introduction, &view.config, self.style.quiet);
        let text: String = self.hosts.iter().map(introduce).collect();
        self.write(&text)
    }

    fn end(&mut self, hosts: &[Host]) -> io::Result<()> {
        let text = self.summary(hosts);
        self.write(&text)?;
        if self.verbose {
            for (index, host) in hosts.iter().enumerate() {
                let prefix = self.prefix(index);
                writeln!(self.streams.err, "rawshake: {prefix}{}", explain::stamped(host.ping.statistics()))?;
            }
        }
        Ok(())
    }
}

impl Observer for TextReport<'_, '_> {
    fn sent(&mut self, host: usize, in_flight: u64) -> io::Result<()> {
        // More dots than a line has room for could not be wiped out.
        let is_shown = self.hosts[host].config.flood && !self.style.quiet && in_flight < self.columns;
        if is_shown { self.write(text::FLOOD_REQUEST) } else { Ok(()) }
    }

    fn event(&mut self, host: usize, event: &Event) -> io::Result<()> {
        self.hosts[host].note(event);
        if self.hosts[host].config.flood && !matches!(event, Event::Outstanding(_)) {
            return if self.style.quiet { Ok(()) } else { self.write(text::flood(event)) };
        }
        let prefix = self.prefix(host);
        if let Event::Unsent(error) | Event::Local(error) = event
            && !self.style.quiet
        {
            let word = self.hosts[host].config.probe.word();
            writeln!(self.streams.err, "rawshake: {prefix}cannot send {word}_seq={}: {}", error.seq, error.reason)?;
        }
        let route = self.route(host, event);
        let View { names, config, .. } = &mut self.hosts[host];
        let label = sender(event).map_or_else(String::new, |from| names.label(from));
        let Some(mut line) = text::event(event, config, self.style, &label, &route) else { return Ok(()) };
        // Replies and errors name somebody, but an error comes from a router.
        if !matches!(event, Event::Reply(_)) {
            line.insert_str(0, &prefix);
        }
        if let Event::Error(error) = event
            && self.verbose
        {
            line += &explain::error(error);
        }
        self.write(&line)
    }

    fn status(&mut self, host: usize, statistics: &Statistics) -> io::Result<()> {
        let status = text::status(statistics, &self.hosts[host].config);
        let prefix = self.prefix(host);
        let status = if prefix.is_empty() { status } else { prefix + status.trim_start_matches('\r') };
        self.streams.err.write_all(status.as_bytes())
    }
}
