//! One pass over the packets: decoded, put together where they are fragments, traced.

use std::io::{self, Write};

use super::bar::Bar;
use super::choice::Wanted;
use super::exchanges::{Beside, Protocols, Told};
use super::faults::Faults;
use super::pace::Pace;
use super::tally::Tally;
use crate::cmd::capture::PlannedFile;
use crate::sink::Sink;
use crate::source::{Source, Supply};
use crate::trace::{Event, Hint, Tracer, TracerOptions};
use crate::wire::{self, Decoded, Packet, Reassembler};

/// How a pass goes.
#[derive(Clone)]
pub(super) struct Plan {
    /// The only connections that are shown.
    pub(super) wanted: Option<Wanted>,
    /// The packets are read once more before, to know which connections are wanted.
    pub(super) twice: bool,
    /// Packets may come while they happen: what was found goes out before the next is waited for.
    pub(super) live: bool,
    pub(super) tracer: TracerOptions,
    pub(super) protocols: Protocols,
}

/// What a pass found, beside what its sink was given.
#[derive(Default)]
pub(super) struct Found {
    /// Connections that there are.
    pub(super) connections: u32,
    /// UDP and ICMP exchanges.
    pub(super) exchanges: Told,
    /// Connections that were ended because the table was full.
    pub(super) evicted: u64,
    pub(super) tally: Tally,
    pub(super) faults: Faults,
    /// Whether there was any error, those included that were told already.
    pub(super) failed: bool,
}

/// A pass that is under way.
pub(super) struct Pass<'a> {
    plan: Plan,
    sink: &'a mut dyn Sink,
    copy: Option<PlannedFile<'a>>,
    err: &'a mut dyn Write,
    tracer: Tracer,
    exchanges: Beside,
    reassembler: Reassembler,
    number: u64,
    pace: Option<Pace<'a>>,
    bar: Option<Bar>,
    found: Found,
}

impl<'a> Pass<'a> {
    /// Events go to `sink`, the packets behind them to `copy`, and errors of live packets to `err` at once.
    pub(super) fn new(
        plan: Plan,
        sink: &'a mut dyn Sink,
        copy: Option<PlannedFile<'a>>,
        err: &'a mut dyn Write,
    ) -> Self {
        let (tracer, reassembler) = (Tracer::new(plan.tracer), Reassembler::default());
        let exchanges = Beside::new(plan.protocols);
        let found = Found::default();
        Self { plan, sink, copy, err, tracer, exchanges, reassembler, number: 0, pace: None, bar: None, found }
    }

    /// Shows packets at their time.
    pub(super) fn at_pace(self, pace: Option<Pace<'a>>) -> Self {
        Self { pace, ..self }
    }

    /// Shows how far it has come.
    pub(super) fn with_bar(self, bar: Option<Bar>) -> Self {
        Self { bar, ..self }
    }

    /// Reads to the end. What is damaged is passed over.
    ///
    /// # Errors
    /// Only of the output.
    pub(super) fn run(mut self, source: &mut dyn Source) -> anyhow::Result<Found> {
        loop {
            if self.plan.live && source.supply() == Supply::Pending {
                self.sink.flush()?;
            }
            if let Some(bar) = &mut self.bar {
                bar.packet(source);
            }
            match source.next() {
                Ok(Some(packet)) => {
                    if !self.is_time_for(&packet)? {
                        break;
                    }
                    self.packet(&packet)?;
                }
                Ok(None) => break,
                Err(error) => {
                    self.found.failed = true;
                    self.found.faults.add(error);
                    if self.plan.live {
                        self.sink.flush()?;
                        self.found.faults.tell(self.err)?;
                    }
                }
            }
        }
        self.finish()
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
                copy.file()?;
            }
            copy.finish()?;
        }
        self.found.connections = self.tracer.connections();
        self.found.evicted = self.tracer.evicted();
        self.found.tally.incomplete(self.reassembler.given_up() + self.reassembler.waiting() as u64);
        Ok(self.found)
    }

    fn packet(&mut self, packet: &Packet<'_>) -> anyhow::Result<()> {
        self.number += 1;
        // Before anything is shown.
        self.copy.as_mut().map(PlannedFile::file).transpose()?;
        let decoded = wire::decode(packet);
        self.found.tally.count(self.number, &decoded);
        let is_fragment = decoded.ip.as_ref().is_some_and(|ip| ip.fragment.is_some());
        let is_shown =
            if is_fragment { self.fragment(packet, &decoded)? } else { self.trace(packet, &decoded, Hint::default())? };
        let all = self.plan.wanted.is_none() && self.plan.protocols.is_unsaid();
        if let Some(copy) = self.copy.as_mut().filter(|_| is_shown || all) {
            copy.file()?.write(packet)?;
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
