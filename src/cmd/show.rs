//! What passes, to the tracer and the sink, to a capture file, and a note where nothing passes for long.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::capture::{CaptureFile, record};
use super::in_place::InPlace;
use crate::drive::{Seen, Watcher};
use crate::ladder::wrap;
use crate::sink::Sink;
use crate::tcp::State;
use crate::trace::exchange::{ExchangeEvent, Exchanges};
use crate::trace::{Event, Hint, Tracer, TracerOptions};
use crate::wire::Time;

/// A wait that is worth a word.
const LONG: Duration = Duration::from_millis(900);

/// Shows a run while it goes on.
pub(super) struct Show<'a> {
    tracer: Tracer,
    exchanges: Option<Exchanges>,
    sink: Box<dyn Sink + 'a>,
    pcap: Option<CaptureFile>,
    progress: Option<Progress>,
}

impl<'a> Show<'a> {
    /// Shows what `tracing` makes of it in `sink`, and writes it to `pcap`; `progress` is a terminal for passing notes.
    pub(super) fn new(
        tracing: TracerOptions,
        sink: Box<dyn Sink + 'a>,
        pcap: Option<CaptureFile>,
        progress: Option<Progress>,
    ) -> Self {
        Self { tracer: Tracer::new(tracing), exchanges: None, sink, pcap, progress }
    }

    /// Shows UDP and ICMP exchanges as well.
    pub(super) fn with_exchanges(self) -> Self {
        Self { exchanges: Some(Exchanges::default()), ..self }
    }

    /// Whether there is no connection that is over and was not told of.
    pub(super) fn is_settled(&self) -> bool {
        self.tracer.is_settled()
    }

    /// Tells the ends of connections that are over. What comes later is a continuation.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        let (tracer, sink) = (&mut self.tracer, &mut *self.sink);
        forward(sink, |out| tracer.settle(None, out))?;
        self.sink.flush()
    }

    /// The capture file, which is ended elsewhere: more is to be written to it.
    pub(super) fn take_pcap(&mut self) -> Option<CaptureFile> {
        self.pcap.take()
    }

    /// The end: verdicts, and what was held back.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        if let Some(progress) = &mut self.progress {
            progress.place.clear()?;
        }
        let (tracer, sink) = (&mut self.tracer, &mut *self.sink);
        forward(sink, |out| tracer.finish(out))?;
        if let Some(exchanges) = &mut self.exchanges {
            forward_exchanges(sink, |out| exchanges.finish(out))?;
        }
        self.sink.finish()?;
        self.pcap.map_or(Ok(()), CaptureFile::finish)
    }
}

pub(super) fn forward(sink: &mut dyn Sink, produce: impl FnOnce(&mut dyn FnMut(&Event))) -> io::Result<()> {
    let mut result = Ok(());
    produce(&mut |event| {
        if result.is_ok() {
            result = sink.event(event);
        }
    });
    result
}

fn forward_exchanges(sink: &mut dyn Sink, produce: impl FnOnce(&mut dyn FnMut(&ExchangeEvent))) -> io::Result<()> {
    let mut result = Ok(());
    produce(&mut |event| {
        if result.is_ok() {
            result = sink.exchange(event);
        }
    });
    result
}

impl Watcher for Show<'_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        if let Some(progress) = &mut self.progress {
            progress.place.clear()?;
        }
        // A capture file holds what passed.
        let written = if seen.captured { record(&mut self.pcap, seen.packet) } else { Ok(()) };
        let hint = Hint { origin: seen.origin, calls: seen.calls, ..Hint::default() };
        let (tracer, sink) = (&mut self.tracer, &mut *self.sink);
        sink.packet(seen.number, seen.packet, seen.decoded);
        forward(sink, |out| tracer.packet(seen.number, seen.packet, seen.decoded, hint, out))?;
        if let Some(exchanges) = &mut self.exchanges {
            forward_exchanges(sink, |out| exchanges.packet(seen.number, seen.packet, seen.decoded, out))?;
        }
        written
    }

    fn waiting(&mut self, now: Time, until: Time, state: State) -> io::Result<()> {
        match &mut self.progress {
            Some(progress) if until.since(now) > LONG => progress.tell(until.since(now), state),
            _ => Ok(()),
        }
    }
}

/// One line on a terminal that goes away again.
pub(super) struct Progress {
    place: InPlace,
    remote: SocketAddr,
}

impl Progress {
    /// For the peer `remote`, on standard error; none where that is no terminal.
    pub(super) fn new(remote: SocketAddr) -> Option<Self> {
        Some(Self { place: InPlace::on(io::stderr)?, remote })
    }

    fn tell(&mut self, wait: Duration, state: State) -> io::Result<()> {
        let line = format!("{state}: waiting for {}, up to {:.1} s; Ctrl-C stops", self.remote, wait.as_secs_f64());
        self.place.draw(None, &wrap(&line, self.place.columns()))
    }
}

/// Passes each line on as soon as it is whole: a run can last for a while, and somebody watches.
pub(super) struct ByLine<'a>(pub(super) &'a mut dyn Write);

impl Write for ByLine<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.0.write(octets)?;
        if octets[..written].contains(&b'\n') {
            self.0.flush()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
