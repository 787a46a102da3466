//! One pass over the packets: decoded, put together where they are fragments, traced.

use std::io::{self, Write};
use std::time::Duration;

use super::bar::Bar;
use super::choice::Wanted;
use super::exchanges::{Beside, Protocols, Told};
use super::faults::Faults;
use super::pace::Pace;
use super::tally::Tally;
use crate::cmd::capture::Recorder;
use crate::cmd::exit;
use crate::explain::count;
use crate::sink::Sink;
use crate::source::{self, Expression, Source, Supply};
use crate::sys::Interrupts;
use crate::trace::{Event, Glance, Hint, Lookout, Tracer, TracerOptions};
use crate::wire::{self, Decoded, Packet, Reassembler, Time};

/// How long nothing must come of a connection that is over, by the packets' clock or, where none come, by ours, until its
/// end is told while packets come as they happen. Segments that are late, or sent again, come sooner as a rule.
const QUIET: Duration = Duration::from_secs(1);

/// How a pass goes.
#[derive(Clone)]
pub(in crate::cmd) struct Plan {
    /// The only connections that are shown.
    pub(in crate::cmd) wanted: Option<Wanted>,
    /// The packets are read once more before, to know which connections are wanted.
    pub(in crate::cmd) twice: bool,
    /// Packets may come while they happen: what was found goes out before the next is waited for.
    pub(in crate::cmd) live: bool,
    /// No more packets than these are read, and no signal is heeded: an earlier pass was stopped behind them.
    pub(in crate::cmd) limit: Option<u64>,
    pub(in crate::cmd) tracer: TracerOptions,
    pub(in crate::cmd) protocols: Protocols,
    /// Every packet goes to the copy, and not only what is shown.
    pub(in crate::cmd) records_all: bool,
}

/// Where the packets of a pass come from.
pub(in crate::cmd) trait Feed: Source {
    /// Passes over the next packets, but not more than these, for as long as `accept` takes a glance at each; answers how
    /// many.
    fn glance_over(&mut self, at_most: u64, accept: impl FnMut(&Glance) -> bool) -> u64;

    /// Whether a glance at the packet at hand was possible.
    fn was_glanced(&self) -> bool;

    /// The time of the newest packet of those that are glanced over while they happen.
    fn newest(&self) -> Option<Time> {
        None
    }

    /// Whether somebody asks how far it has come; may wait for the next packet.
    fn is_asked(&mut self) -> bool {
        false
    }

    /// What there is to say then beside what the pass knows.
    fn so_far(&self) -> String {
        String::new()
    }
}

/// What a pass found, beside what its sink was given.
#[derive(Default)]
pub(in crate::cmd) struct Found {
    /// Connections that there are.
    pub(in crate::cmd) connections: u32,
    /// UDP and ICMP exchanges.
    pub(in crate::cmd) exchanges: Told,
    /// Connections that were ended because the table was full.
    pub(in crate::cmd) evicted: u64,
    pub(in crate::cmd) tally: Tally,
    pub(in crate::cmd) faults: Faults,
    /// Packets that were read, those included that the filter took out.
    pub(in crate::cmd) packets: u64,
    /// A signal ended the reading of what has an end of its own.
    pub(in crate::cmd) interrupted: bool,
    /// Whether there was any error, those included that were told already.
    pub(in crate::cmd) failed: bool,
}

/// A pass that is under way.
pub(in crate::cmd) struct Pass<'a> {
    plan: Plan,
    sink: &'a mut dyn Sink,
    copy: Option<Box<dyn Recorder + 'a>>,
    err: &'a mut dyn Write,
    tracer: Tracer,
    exchanges: Beside,
    reassembler: Reassembler,
    number: u64,
    filter: Option<Expression>,
    stop: Option<&'a Interrupts>,
    pace: Option<Pace<'a>>,
    bar: Option<Bar>,
    found: Found,
}

impl<'a> Pass<'a> {
    /// Events go to `sink`, the packets behind them to `copy`, and errors of live packets to `err` at once.
    pub(in crate::cmd) fn new(
        plan: Plan,
        sink: &'a mut dyn Sink,
        copy: Option<Box<dyn Recorder + 'a>>,
        err: &'a mut dyn Write,
    ) -> Self {
        let (tracer, reassembler) = (Tracer::new(plan.tracer), Reassembler::default());
        let exchanges = Beside::new(plan.protocols);
        Self {
            plan,
            sink,
            copy,
            err,
            tracer,
            exchanges,
            reassembler,
            number: 0,
            filter: None,
            stop: None,
            pace: None,
            bar: None,
            found: Found::default(),
        }
    }

    /// Passes over the packets that do not pass `filter`.
    pub(in crate::cmd) fn filtered(self, filter: Option<Expression>) -> Self {
        Self { filter, ..self }
    }

    /// Ends with what was found so far when a signal comes.
    pub(in crate::cmd) fn until(self, stop: &'a Interrupts) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Shows packets at their time.
    pub(super) fn at_pace(self, pace: Option<Pace<'a>>) -> Self {
        Self { pace, ..self }
    }

    /// Shows how far it has come.
    pub(super) fn with_bar(self, bar: Option<Bar>) -> Self {
        Self { bar, ..self }
    }

    /// What makes glances for this pass, where nothing but ends is to be told, and packets are not written as they come.
    pub(in crate::cmd) fn lookout(&self) -> Option<Lookout> {
        (self.plan.tracer.only_ends && !self.records_as_it_comes()).then(|| self.tracer.lookout())
    }

    /// Whether each packet is written whatever it is.
    fn records_as_it_comes(&self) -> bool {
        self.plan.records_all && self.copy.is_some()
    }

    /// Says a sentence before it begins.
    ///
    /// # Errors
    /// Those of the stream.
    pub(in crate::cmd) fn remark(&mut self, sentence: &str) -> io::Result<()> {
        exit::remark(self.err, sentence)
    }

    /// Reads to the end. What is damaged is passed over.
    ///
    /// # Errors
    /// Only of the output.
    pub(in crate::cmd) fn run(mut self, source: &mut impl Feed) -> anyhow::Result<Found> {
        while !self.is_stopped(source) {
            self.show_meanwhile(source)?;
            if source.is_asked() {
                self.tell_so_far(source)?;
                continue;
            }
            if let Some(bar) = &mut self.bar {
                bar.packets(self.number, source);
            }
            if self.may_glance() && self.glance_over(source)? > 0 {
                continue;
            }
            match source.advance() {
                Ok(true) => {
                    let glanced = self.may_glance() && source.was_glanced();
                    let Some(packet) = source.packet() else { continue };
                    if !self.take(&packet, Hint { glanced, ..Hint::default() })? {
                        break;
                    }
                }
                Ok(false) => break,
                Err(error) => self.note(error)?,
            }
        }
        self.finish()
    }

    /// Writes a packet to the copy. Where that fails it is told at once, and the rest is shown all the same.
    fn record(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let written = self.copy.as_mut().map_or(Ok(()), |copy| copy.write(packet));
        self.check_copy(written)
    }

    fn check_copy(&mut self, written: anyhow::Result<()>) -> io::Result<()> {
        let Err(error) = written else { return Ok(()) };
        (self.copy, self.found.failed) = (None, true);
        self.sink.make_way()?;
        exit::tell(self.err, &format!("{error:#}; going on without it"))
    }

    /// Somebody asks.
    fn tell_so_far(&mut self, source: &impl Feed) -> io::Result<()> {
        self.sink.so_far()?;
        self.sink.make_way()?;
        let (packets, connections) = (self.number, self.tracer.connections());
        let counts =
            [(packets, "packet"), (connections.into(), "connection")].map(|(number, what)| count(number, what));
        exit::remark(self.err, &format!("so far {}; {}", counts.join(", "), source.so_far()))
    }

    /// Whether nothing more is to be read. What is in memory already of packets that come while they happen still counts.
    fn is_stopped(&mut self, source: &dyn Source) -> bool {
        if let Some(limit) = self.plan.limit {
            self.found.interrupted = self.number >= limit;
            return self.found.interrupted;
        }
        let stopped = self.stop.is_some_and(Interrupts::is_pending) && source.supply() != Supply::Waiting;
        self.found.interrupted |= stopped && !self.plan.live;
        stopped
    }

    /// Shows what was found before the next packet is waited for, and when it does not come, what is over.
    fn show_meanwhile(&mut self, source: &dyn Source) -> io::Result<()> {
        if !self.plan.live || source.supply() != Supply::Pending || source.wait(Duration::ZERO) {
            return Ok(());
        }
        self.sink.flush()?;
        if self.plan.records_all {
            let written = self.copy.as_mut().map_or(Ok(()), |copy| copy.flush());
            self.check_copy(written)?;
        }
        if !self.tracer.is_settled() && !source.wait(QUIET) {
            self.settle(None)?;
            self.sink.flush()?;
        }
        Ok(())
    }

    /// Tells the ends of connections that are over, if nothing came of them since.
    fn settle(&mut self, since: Option<Time>) -> io::Result<()> {
        let tracer = &mut self.tracer;
        forward(self.sink, self.plan.wanted.as_ref(), |out| tracer.settle(since, out)).map(|_| ())
    }

    /// Takes a packet, if it passes the filter, when its time has come; false when Ctrl-C came first.
    fn take(&mut self, packet: &Packet<'_>, hint: Hint) -> anyhow::Result<bool> {
        self.number += 1;
        if self.plan.records_all {
            self.record(packet)?;
        }
        match self.filter.as_mut().map_or(Ok(true), |filter| filter.accepts(packet)) {
            Ok(true) => {}
            Ok(false) => return Ok(true),
            Err(error) => return self.note(error).map(|()| true),
        }
        if self.plan.live || self.pace.is_some() {
            self.settle(Some(packet.time - QUIET))?;
        }
        let is_time = self.is_time_for(packet)?;
        if is_time {
            self.packet(packet, hint)?;
        }
        Ok(is_time)
    }

    fn note(&mut self, error: source::Error) -> anyhow::Result<()> {
        self.found.failed = true;
        self.found.faults.add(error);
        if self.plan.live {
            self.sink.make_way()?;
            self.found.faults.tell(self.err)?;
        }
        Ok(())
    }

    /// Waits until the packet's time has come, if that was asked for; false when Ctrl-C came first.
    fn is_time_for(&mut self, packet: &Packet<'_>) -> anyhow::Result<bool> {
        let Some(pace) = &mut self.pace else { return Ok(true) };
        let left = pace.left(packet.time);
        if !left.is_zero() {
            self.sink.flush()?;
        }
        Ok(pace.wait(left)?)
    }

    fn finish(mut self) -> anyhow::Result<Found> {
        self.bar = None;
        let tracer = &mut self.tracer;
        forward(self.sink, self.plan.wanted.as_ref(), |out| tracer.finish(out))?;
        self.found.exchanges = self.exchanges.finish(self.sink)?;
        self.sink.finish()?;
        if let Some(mut copy) = self.copy.take() {
            if !self.found.failed {
                copy.begin()?;
            }
            copy.finish()?;
        }
        self.found.packets = self.number;
        self.found.connections = self.tracer.connections();
        self.found.evicted = self.tracer.evicted();
        self.found.tally.incomplete(self.reassembler.given_up() + self.reassembler.waiting() as u64);
        Ok(self.found)
    }

    /// Whether nothing is to be known of a packet but what a glance at it tells.
    fn may_glance(&self) -> bool {
        let all_at_once = self.filter.is_none() && self.pace.is_none() && !self.sink.wants_packets();
        all_at_once && !self.records_as_it_comes() && self.exchanges.is_idle() && self.plan.protocols.tcp
    }

    /// Takes the next packets for as long as a glance at each is enough; answers how many.
    fn glance_over(&mut self, source: &mut impl Feed) -> io::Result<u64> {
        if let Some(newest) = source.newest() {
            self.settle(Some(newest - QUIET))?;
        }
        let at_most = self.plan.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.number));
        let (tracer, mut count) = (&mut self.tracer, 0);
        forward(self.sink, self.plan.wanted.as_ref(), |out| {
            count = source.glance_over(at_most, |glance| tracer.glance(glance, out));
        })?;
        self.number += count;
        self.found.tally.count_segments(count);
        Ok(count)
    }

    fn packet(&mut self, packet: &Packet<'_>, hint: Hint) -> anyhow::Result<()> {
        // Before anything is shown.
        self.copy.as_mut().map(|copy| copy.begin()).transpose()?;
        let decoded = wire::decode(packet);
        self.found.tally.count(self.number, &decoded);
        let is_fragment = decoded.ip.as_ref().is_some_and(|ip| ip.fragment.is_some());
        let is_shown = if is_fragment { self.fragment(packet, &decoded)? } else { self.trace(packet, &decoded, hint)? };
        let all = self.plan.wanted.is_none() && self.plan.protocols.is_unsaid();
        if let Some(copy) = self.copy.as_mut().filter(|_| (is_shown || all) && !self.plan.records_all) {
            copy.write(packet)?;
        }
        Ok(())
    }

    /// Whose a fragment is shows only when the last one has come; so each of them counts as shown.
    fn fragment(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>) -> io::Result<bool> {
        // The packet made whole is lent by the reassembler.
        let mut reassembler = std::mem::take(&mut self.reassembler);
        let traced = match reassembler.add(packet, decoded) {
            Some(whole) => {
                let decoded = wire::decode(&whole);
                self.found.tally.count_whole(self.number, &decoded);
                self.trace(&whole, &decoded, Hint { reassembled: true, ..Hint::default() })
            }
            None => Ok(true),
        };
        self.reassembler = reassembler;
        traced.map(|_| true)
    }

    fn trace(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>, hint: Hint) -> io::Result<bool> {
        let (tracer, number) = (&mut self.tracer, self.number);
        self.sink.packet(number, packet, decoded);
        let is_connection = self.plan.protocols.tcp
            && forward(self.sink, self.plan.wanted.as_ref(), |out| {
                tracer.packet(number, packet, decoded, hint, out);
            })?;
        let is_exchange = self.exchanges.packet(self.tracer.connections(), (number, packet, decoded), self.sink)?;
        Ok(is_connection || is_exchange)
    }
}

/// Passes the events that `produce` gives to the sink, but for connections that were not asked for; answers whether
/// there was one to pass.
fn forward(
    sink: &mut dyn Sink,
    wanted: Option<&Wanted>,
    produce: impl FnOnce(&mut dyn FnMut(&Event)),
) -> io::Result<bool> {
    let mut result = Ok(false);
    produce(&mut |event| {
        if result.is_ok() && wanted.is_none_or(|wanted| wanted.has(event.connection)) {
            result = sink.event(event).map(|()| true);
        }
    });
    result
}
