//! What is shown while packets are sent: with `--one-at-a-time` each of them, at its press of Enter.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::os::fd::AsFd as _;

use super::bar::Bar;
use crate::cmd::output::OutputArgs;
use crate::cmd::{Streams, exit};
use crate::drive::onto::{SoFar, Watcher};
use crate::sink::{Format, Sink, open};
use crate::sys::{Interrupts, poll, terminal};
use crate::trace::exchange::{ExchangeEvent, Exchanges};
use crate::trace::{Event, Hint, Tracer, TracerOptions};
use crate::wire::{self, Decoded, Packet};

/// Shows packets on standard output, and asks on standard input.
pub(super) struct Screen<'a> {
    lines: Box<dyn Sink + 'a>,
    err: &'a mut dyn Write,
    stop: &'a Interrupts,
    tracer: Tracer,
    exchanges: Exchanges,
    /// Packets that were asked for.
    number: u64,
    bar: Option<Bar>,
}

impl<'a> Screen<'a> {
    /// With `steps` each packet is shown; otherwise how far it has come, where that is a terminal.
    pub(super) fn new(output: &OutputArgs, steps: bool, stop: &'a Interrupts, streams: &'a mut Streams<'_>) -> Self {
        let format = if output.format == Format::Json { Format::Json } else { Format::Lines };
        let lines = open(format, &output.settings(None), Box::new(&mut *streams.out));
        let (tracer, exchanges) = (Tracer::new(TracerOptions::default()), Exchanges::default());
        let bar = (!steps && !output.quiet && terminal::is_terminal(io::stderr())).then(Bar::default);
        Self { lines, err: &mut *streams.err, stop, tracer, exchanges, number: 0, bar }
    }

    /// One line for the packet, as `--format lines` has it.
    fn show(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let decoded = wire::decode(packet);
        let (sink, mut shown) = (&mut *self.lines, Ok(0));
        let connection = &mut |event: &Event| note(&mut shown, || sink.event(event));
        self.tracer.packet(self.number, packet, &decoded, Hint::default(), connection);
        let exchange = &mut |event: &ExchangeEvent| note(&mut shown, || sink.exchange(event));
        self.exchanges.packet(self.number, packet, &decoded, exchange);
        let is_shown = shown? > 0;
        self.lines.flush()?;
        if is_shown { Ok(()) } else { self.describe(&decoded, packet) }
    }

    /// What is neither a segment nor part of an exchange.
    fn describe(&mut self, decoded: &Decoded<'_>, packet: &Packet<'_>) -> io::Result<()> {
        let what = decoded.stopped.map_or_else(String::new, |stop| format!(": {stop}"));
        exit::remark(self.err, &format!("packet {}, {} octets{what}", self.number, packet.bytes.len()))
    }
}

/// Counts what was shown, unless something failed before.
fn note(shown: &mut io::Result<u32>, show: impl FnOnce() -> io::Result<()>) {
    if let Ok(count) = shown {
        let count = *count + 1;
        *shown = show().map(|()| count);
    }
}

impl Watcher for Screen<'_> {
    fn so_far(&mut self, so_far: &SoFar) -> io::Result<()> {
        if let Some(bar) = &mut self.bar {
            bar.draw(so_far);
        }
        Ok(())
    }

    fn may_go(&mut self, packet: &Packet<'_>) -> io::Result<bool> {
        if self.number == 0 && terminal::is_terminal(io::stdin()) {
            exit::remark(self.err, "Enter sends the next packet, Ctrl-D or Ctrl-C ends.")?;
        }
        let pressed = enter(self.stop)?;
        if pressed {
            self.number += 1;
            self.show(packet)?;
        }
        Ok(pressed)
    }
}

/// Waits for the end of a line on standard input; false at its end, and on Ctrl-C. It takes no octet too many.
fn enter(stop: &Interrupts) -> io::Result<bool> {
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut octet = [0];
    loop {
        let ready = poll::wait(&[stop.as_fd(), input.as_fd()], None).map_err(io::Error::other)?;
        if ready.contains(0) || input.read(&mut octet)? == 0 {
            return Ok(false);
        }
        if octet == *b"\n" {
            return Ok(true);
        }
    }
}
