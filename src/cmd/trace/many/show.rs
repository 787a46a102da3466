//! What passes, to the tracer and its verdicts to the tally; a bar meanwhile.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use std::{fmt, io};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::tally::Tally;
use crate::cmd::capture::{CaptureFile, record};
use crate::cmd::show::forward;
use crate::craft::Sockets;
use crate::drive::Seen;
use crate::drive::many::{Audience, Dialed, Dialer};
use crate::sink::{Nothing, Sink};
use crate::trace::{Event, EventKind, Hint, Tracer, TracerOptions};
use crate::wire::Time;

/// How long the capture may take to show the last packet of a connection.
const SETTLE: Duration = Duration::from_millis(100);
/// Connections that are followed at once: all that may be open, those in TIME-WAIT, and those whose end settles.
const FOLLOWED: usize = 1 << 17;
/// Times a second that the bar is drawn at most.
const FREQUENCY: u8 = 10;
const TEMPLATE: &str = "{human_pos} of {human_len} connections  [{wide_bar}]  {rate} a second, {eta} left";

/// How far it has come, on standard error; it goes away in the end.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(count: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::stderr_with_hz(FREQUENCY));
        let style = ProgressStyle::with_template(TEMPLATE);
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Nobody reads a bar that cannot be written.
            let _ = write!(out, "{:.0}", state.per_sec());
        };
        let style = style.map(|style| style.with_key("rate", rate).progress_chars("=> "));
        Self(style.map_or(bar.clone(), |style| bar.with_style(style)))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Counts, and shows what is to be shown.
pub(super) struct Show<'a> {
    tracer: Tracer,
    sink: Box<dyn Sink + 'a>,
    pcap: Option<CaptureFile>,
    bar: Option<Bar>,
    tally: Tally,
    /// When the run began, and when it last did something.
    began: Time,
    latest: Time,
    /// Connections that are over, with the number of each, and when their last packet has surely passed.
    ending: VecDeque<(Time, Sockets, Option<u32>)>,
}

impl<'a> Show<'a> {
    /// For connections from `local` in a run that begins at `now`; without a sink only their verdicts count.
    pub(super) fn new(
        now: Time,
        local: IpAddr,
        sink: Option<Box<dyn Sink + 'a>>,
        pcap: Option<CaptureFile>,
        bar: Option<Bar>,
    ) -> Self {
        let ours = Some(SocketAddr::new(local, 0));
        let only_ends = sink.is_none();
        let tracer =
            Tracer::new(TracerOptions { ours, max_connections: FOLLOWED, only_ends, ..TracerOptions::default() });
        let sink = sink.unwrap_or_else(|| Box::new(Nothing));
        Self { tracer, sink, pcap, bar, tally: Tally::default(), began: now, latest: now, ending: VecDeque::new() }
    }

    /// The end: the last verdicts, and what was held back. Gives the counts, and how long it took.
    pub(super) fn finish(mut self) -> anyhow::Result<(Tally, Duration)> {
        self.tell(|tracer, out| tracer.finish(out))?;
        drop(self.bar.take());
        self.sink.finish()?;
        self.pcap.map_or(Ok(()), CaptureFile::finish)?;
        Ok((self.tally, self.latest.since(self.began)))
    }

    /// Events go to the sink, and verdicts to the tally as well.
    fn tell(&mut self, produce: impl FnOnce(&mut Tracer, &mut dyn FnMut(&Event))) -> io::Result<()> {
        let (tracer, tally) = (&mut self.tracer, &mut self.tally);
        forward(&mut *self.sink, |out| {
            produce(tracer, &mut |event| {
                if let EventKind::Ended(summary) = &event.kind {
                    tally.verdict(summary);
                }
                out(event);
            });
        })
    }

    /// Ends what is over, where all packets up to `complete` were seen.
    fn end_due(&mut self, complete: Time) -> io::Result<()> {
        while let Some((_, sockets, number)) = self.ending.pop_front_if(|(time, ..)| *time <= complete) {
            if let Some(number) = number {
                self.tell(|tracer, out| tracer.end(sockets.local(), sockets.remote(), number, out))?;
            }
        }
        Ok(())
    }
}

impl Audience<Dialer> for Show<'_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        let written = record(&mut self.pcap, seen.packet);
        self.latest = self.latest.max(seen.packet.time);
        let hint = Hint { origin: seen.origin, calls: seen.calls, ..Hint::default() };
        self.sink.packet(seen.number, seen.packet, seen.decoded);
        self.tell(|tracer, out| tracer.packet(seen.number, seen.packet, seen.decoded, hint, out))?;
        written
    }

    fn note(&mut self, now: Time, note: Dialed) -> io::Result<()> {
        self.latest = self.latest.max(now);
        match note {
            Dialed::Ended(sockets, outcome) => {
                self.tally.outcome(outcome);
                if let Some(Bar(bar)) = &self.bar {
                    bar.set_position(self.tally.ended());
                }
                let number = self.tracer.number(sockets.local(), sockets.remote());
                self.ending.push_back((now + SETTLE, sockets, number));
            }
            Dialed::Limited(most, shortage) => self.tally.limited = Some((most, shortage)),
        }
        Ok(())
    }

    fn pause(&mut self, complete: Time, _: &Dialer) -> io::Result<bool> {
        self.end_due(complete)?;
        self.sink.flush()?;
        Ok(false)
    }

    fn wakes(&self) -> Option<Time> {
        None
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_one() {
        indicatif::ProgressStyle::with_template(super::TEMPLATE).unwrap();
    }
}
