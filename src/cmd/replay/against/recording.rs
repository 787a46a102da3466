//! The recorded connection: as a conversation to be had again, and as the events to be shown beside it.

use std::io::{self, Write};

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::cmd::kept::Kept;
use crate::cmd::replay::args::Args;
use crate::cmd::replay::faults::Faults;
use crate::cmd::replay::input;
use crate::cmd::replay::tally::Tally;
use crate::craft::conversation::{Conversation, Recorder, Role};
use crate::source::Expression;
use crate::sys::{Interrupts, apart};
use crate::trace::{EventKind, Hint, Side, Tracer, TracerOptions};
use crate::wire::{self, Decoded, Packet, Reassembler};

/// A connection of a capture.
pub(super) struct Recording {
    /// The capture, as messages call it.
    pub(super) name: String,
    /// Its number.
    pub(super) number: u32,
    pub(super) conversation: Conversation,
    pub(super) kept: Kept,
}

/// The side of the tracer's events that `role` is.
pub(super) const fn side(role: Role) -> Side {
    match role {
        Role::Client => Side::Client,
        Role::Server => Side::Server,
    }
}

const fn role(side: Side) -> Role {
    match side {
        Side::Client => Role::Client,
        Side::Server => Role::Server,
    }
}

impl Recording {
    /// The port of the server.
    pub(super) fn server_port(&self) -> Option<u16> {
        self.kept.summary.as_ref().map(|summary| summary.server.port())
    }

    /// Reads the capture to its end.
    ///
    /// # Errors
    /// There is no such connection, or not all of it.
    pub(super) fn read(args: &Args, err: &mut dyn Write) -> anyhow::Result<Self> {
        let mut source = input::packets(args, None::<&Interrupts>);
        let mut filter = args.choice.filter.as_ref().map(Expression::new).transpose()?;
        let mut reading = Reading::new(args);
        let mut faults = Faults::default();
        loop {
            let accepted = match source.next() {
                Ok(Some(packet)) => {
                    let accepts = filter.as_mut().map_or(Ok(true), |filter| filter.accepts(&packet));
                    accepts.map(|accepts| {
                        if accepts {
                            reading.packet(&packet)
                        }
                    })
                }
                Ok(None) => break,
                // Nothing was read, and nothing more is to be said.
                Err(error) if reading.number == 0 => return Err(error.into()),
                Err(error) => Err(error),
            };
            if let Err(error) = accepted {
                faults.add(error);
            }
        }
        faults.tell(err)?;
        reading.finish(args)
    }
}

/// The port of the recorded server, found out by a process that has given everything up: sockets are opened for it before
/// this one does. None where [`Recording::read`] says what is wrong.
///
/// # Errors
/// The files cannot be read twice; no process can be had.
pub(super) fn port(args: &Args) -> anyhow::Result<Option<u16>> {
    ensure!(
        input::is_repeatable(args),
        "what is no file cannot be read twice, to know the port before privileges are given up: name it, as in \
         --against HOST:80"
    );
    let read = || Recording::read(args, &mut io::sink()).ok()?.server_port();
    Ok(apart::ask(read)?)
}

struct Reading {
    wanted: u32,
    tracer: Tracer,
    reassembler: Reassembler,
    recorder: Recorder,
    kept: Kept,
    tally: Tally,
    number: u64,
}

impl Reading {
    fn new(args: &Args) -> Self {
        let max_connections = args.reading.max_connections as usize;
        Self {
            wanted: args.choice.connection.unwrap_or(1),
            tracer: Tracer::new(TracerOptions { max_connections, ..TracerOptions::default() }),
            reassembler: Reassembler::default(),
            recorder: Recorder::new(Recorder::LIMIT),
            kept: Kept::default(),
            tally: Tally::default(),
            number: 0,
        }
    }

    fn packet(&mut self, packet: &Packet<'_>) {
        self.number += 1;
        let decoded = wire::decode(packet);
        self.tally.count(self.number, &decoded);
        if decoded.ip.as_ref().is_none_or(|ip| ip.fragment.is_none()) {
            return self.whole(packet, &decoded, Hint::default());
        }
        // The packet made whole is lent by the reassembler.
        let mut reassembler = std::mem::take(&mut self.reassembler);
        if let Some(whole) = reassembler.add(packet, &decoded) {
            self.whole(&whole, &wire::decode(&whole), Hint { reassembled: true, ..Hint::default() });
        }
        self.reassembler = reassembler;
    }

    fn whole(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>, hint: Hint) {
        let (wanted, kept, mut from) = (self.wanted, &mut self.kept, None);
        self.tracer.packet(self.number, packet, decoded, hint, &mut |event| {
            if event.connection != wanted {
                return;
            }
            if let EventKind::Segment(segment) = &event.kind {
                from = Some(segment.from);
            }
            kept.push(event);
        });
        if let (Some(from), Some((_, segment))) = (from, decoded.segment()) {
            self.recorder.segment(packet.time, role(from), segment);
        }
    }

    fn finish(mut self, args: &Args) -> anyhow::Result<Recording> {
        let (wanted, kept) = (self.wanted, &mut self.kept);
        self.tracer.finish(&mut |event| {
            if event.connection == wanted {
                kept.push(event);
            }
        });
        let name = args.name();
        match (self.tracer.connections(), args.choice.connection) {
            (0, _) => bail!("there is no TCP connection in {name}: {}", self.tally),
            (there, Some(wanted)) if wanted > there => {
                bail!("there is no connection {wanted} in {name}: it holds {there}")
            }
            (there, None) if there > 1 => {
                bail!("there are {there} connections in {name}: choose one with --connection, as --list numbers them")
            }
            _ => {}
        }
        let conversation = self.recorder.finish();
        let conversation =
            conversation.map_err(|refusal| anyhow!("connection {wanted} of {name} cannot be played: {refusal}"))?;
        let kept = self.kept;
        kept.summary.as_ref().with_context(|| format!("connection {wanted} of {name} has no end"))?;
        Ok(Recording { name, number: wanted, conversation, kept })
    }
}
