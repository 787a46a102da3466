//! What passes, to the tracer and the sink and a capture file; each connection ends when the listener says so.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::hold::Hold;
use super::screen::Screen;
use crate::cmd::capture::{CaptureFile, record};
use crate::cmd::show::forward;
use crate::craft::Sockets;
use crate::craft::listen::{Listener, Note, SynFate};
use crate::drive::Seen;
use crate::drive::many::Audience;
use crate::lab::Lab;
use crate::sink::Sink;
use crate::trace::{Event, EventKind, Hint, Reception, Tracer, TracerOptions};
use crate::wire::{Content, Time};

/// Connections that may be shown before their handshake is complete; in a flood there are more.
const UNPROVEN: usize = 256;
/// One whose handshake was never completed is over after this time: the listener has long given up.
const FORGOTTEN: Duration = Duration::from_secs(130);
/// Clients whose SYNs are remembered.
const RECEPTIONS: usize = 4096;
/// How long the capture may take to show the last packet of a connection.
const SETTLE: Duration = Duration::from_millis(100);

/// How long clients of the lab have been gone before they are believed to be.
const QUIET: Duration = Duration::from_millis(500);

/// Shows all connections of a listener.
pub(super) struct Show<'a> {
    port: u16,
    tracer: Tracer,
    sink: Box<dyn Sink + 'a>,
    pcap: Option<CaptureFile>,
    screen: Screen<'a>,
    /// The sink prints something.
    prints: bool,
    /// The connections that are shown, and whether their handshake was completed.
    shown: HashMap<Sockets, bool>,
    unproven: usize,
    /// When each of them was first shown.
    first_shown: VecDeque<(Time, Sockets)>,
    /// What was done with the SYNs of connections that may be shown.
    receptions: HashMap<Sockets, Reception>,
    hold: Hold,
    /// Connections that are over, with the number of each in the tracer, and when their last packet has surely passed.
    ending: VecDeque<(Time, Sockets, Option<u32>)>,
    /// Packets that are not shown.
    shed: u64,
    /// The lab whose clients call, and since when none of them does any more.
    lab: Option<&'a Lab>,
    quiet: Option<Time>,
    /// When to look for that again.
    look: Time,
}

impl<'a> Show<'a> {
    /// Shows up to `connections` at once of what listens on `port`.
    pub(super) fn new(
        port: u16,
        connections: usize,
        sink: Box<dyn Sink + 'a>,
        pcap: Option<CaptureFile>,
        screen: Screen<'a>,
    ) -> Self {
        let any = SocketAddr::from(([0, 0, 0, 0], port));
        let max_connections = 2 * connections + 4 * UNPROVEN;
        Self {
            port,
            tracer: Tracer::new(TracerOptions {
                ours: Some(any),
                listens: true,
                max_connections,
                ..TracerOptions::default()
            }),
            sink,
            pcap,
            screen,
            prints: true,
            shown: HashMap::new(),
            unproven: 0,
            first_shown: VecDeque::new(),
            receptions: HashMap::new(),
            hold: Hold::default(),
            ending: VecDeque::new(),
            shed: 0,
            lab: None,
            quiet: None,
            look: Time::default(),
        }
    }

    /// Only the table is shown.
    pub(super) fn with_table_alone(self, alone: bool) -> Self {
        Self { prints: !alone, ..self }
    }

    /// It is over when no client of the lab calls any more.
    pub(super) fn until_quiet(self, lab: Option<&'a Lab>) -> Self {
        Self { lab, ..self }
    }

    /// Whether the lab's clients are gone, for long enough that what they said last has arrived.
    fn is_quiet(&mut self, now: Time, listener: &Listener) -> bool {
        let quiet = self.lab.is_some_and(Lab::is_quiet) && listener.connections() == 0;
        let since = *self.quiet.get_or_insert(now);
        if !quiet {
            self.quiet = None;
        }
        quiet && now >= since + QUIET
    }

    /// The end: verdicts, and what was held back.
    pub(super) fn finish(mut self) -> anyhow::Result<u64> {
        self.screen.clear()?;
        let (tracer, sink, receptions) = (&mut self.tracer, &mut *self.sink, &mut self.receptions);
        forward(sink, |out| tracer.finish(&mut |event| out(&informed(receptions, event))))?;
        self.sink.finish()?;
        self.pcap.map_or(Ok(()), CaptureFile::finish)?;
        Ok(self.shed)
    }

    /// Between which sockets a packet is, seen from our end.
    fn sockets(&self, seen: &Seen<'_>) -> Option<Sockets> {
        let (from, to) = match &seen.decoded.content {
            Content::Segment(segment) => {
                let ip = seen.decoded.ip.as_ref()?;
                (
                    SocketAddr::new(ip.source, segment.source_port),
                    SocketAddr::new(ip.destination, segment.destination_port),
                )
            }
            // What it quotes was sent by us.
            Content::Icmp(icmp) => icmp.quote()?.sockets().map(|(local, remote)| (remote, local))?,
            _ => return None,
        };
        Some(if to.port() == self.port { Sockets::new(to, from) } else { Sockets::new(from, to) })
    }

    fn trace(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.make_room()?;
        let hint = Hint { origin: seen.origin, calls: seen.calls, ..Hint::default() };
        let (tracer, sink, receptions) = (&mut self.tracer, &mut *self.sink, &mut self.receptions);
        sink.packet(seen.number, seen.packet, seen.decoded);
        forward(sink, |out| {
            let out = &mut |event: &Event| out(&informed(receptions, event));
            tracer.packet(seen.number, seen.packet, seen.decoded, hint, out);
        })
    }

    /// Whether the packets between these sockets are shown at once.
    fn is_shown(&mut self, sockets: Sockets, time: Time) -> bool {
        let room = self.unproven < UNPROVEN;
        if !self.shown.contains_key(&sockets) && room {
            self.shown.insert(sockets, false);
            self.unproven += 1;
            self.first_shown.push_back((time, sockets));
            return true;
        }
        self.shown.contains_key(&sockets)
    }

    fn established(&mut self, now: Time, sockets: Sockets) -> io::Result<()> {
        // The same sockets may be in use again before the end of the connection before was told.
        if let Some(place) = self.ending.iter().position(|(_, ending, _)| *ending == sockets)
            && let Some((_, _, number)) = self.ending.remove(place)
            && number != self.number(&sockets)
        {
            self.end_in_tracer(&sockets, number)?;
        }
        match self.shown.insert(sockets, true) {
            Some(true) => {}
            Some(false) => self.unproven -= 1,
            None => self.first_shown.push_back((now, sockets)),
        }
        let mut hold = std::mem::take(&mut self.hold);
        let mut told = Ok(());
        hold.release(&sockets, |seen| {
            if told.is_ok() {
                told = self.trace(seen);
            }
        });
        self.hold = hold;
        told
    }

    fn number(&mut self, sockets: &Sockets) -> Option<u32> {
        self.tracer.number(sockets.local(), sockets.remote())
    }

    /// The table gives way to what the sink may print.
    fn make_room(&mut self) -> io::Result<()> {
        if self.prints { self.screen.clear() } else { Ok(()) }
    }

    fn end_in_tracer(&mut self, sockets: &Sockets, number: Option<u32>) -> io::Result<()> {
        self.make_room()?;
        let Some(number) = number else { return Ok(()) };
        let (tracer, sink, receptions) = (&mut self.tracer, &mut *self.sink, &mut self.receptions);
        forward(sink, |out| {
            let out = &mut |event: &Event| out(&informed(receptions, event));
            tracer.end(sockets.local(), sockets.remote(), number, out);
        })
    }

    /// Ends what is over, and what never became a connection.
    fn end_all(&mut self, now: Time) -> io::Result<()> {
        while let Some((_, sockets, number)) = self.ending.pop_front_if(|(time, ..)| *time <= now) {
            self.end_in_tracer(&sockets, number)?;
            if self.shown.remove(&sockets) == Some(false) {
                self.unproven -= 1;
            }
        }
        while let Some((_, sockets)) = self.first_shown.pop_front_if(|(time, _)| *time + FORGOTTEN <= now) {
            if self.shown.get(&sockets) == Some(&false) {
                self.shown.remove(&sockets);
                self.unproven -= 1;
                let number = self.number(&sockets);
                self.end_in_tracer(&sockets, number)?;
            }
        }
        Ok(())
    }
}

/// The event with what only the listener knows, where it ends a connection.
fn informed(receptions: &mut HashMap<Sockets, Reception>, event: &Event) -> Event {
    let mut event = *event;
    if let EventKind::Ended(summary) = &mut event.kind {
        summary.reception = receptions.remove(&Sockets::new(summary.server, summary.client));
    }
    event
}

/// Adds what became of a SYN. Those of clients that are never shown are forgotten, all at once.
fn receive(receptions: &mut HashMap<Sockets, Reception>, sockets: Sockets, fate: SynFate) {
    if receptions.len() >= RECEPTIONS && !receptions.contains_key(&sockets) {
        receptions.clear();
    }
    let reception = receptions.entry(sockets).or_default();
    match fate {
        SynFate::Lost => reception.lost = reception.lost.saturating_add(1),
        SynFate::NoPlace => reception.no_place = reception.no_place.saturating_add(1),
        SynFate::Held => {}
    }
}

impl Audience<Listener> for Show<'_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        let written = record(&mut self.pcap, seen.packet);
        self.screen.touch();
        let Some(sockets) = self.sockets(seen) else { return Ok(()) };
        if self.is_shown(sockets, seen.packet.time) {
            self.trace(seen)?;
        } else if !self.hold.push(sockets, seen) {
            self.shed += 1;
        }
        written
    }

    fn note(&mut self, now: Time, note: Note) -> io::Result<()> {
        self.screen.note(&note)?;
        match note {
            Note::Syn(sockets, fate) => {
                receive(&mut self.receptions, sockets, fate);
                Ok(())
            }
            Note::Established(sockets) => self.established(now, sockets),
            Note::Ended(sockets, _) if self.shown.contains_key(&sockets) => {
                let number = self.number(&sockets);
                self.ending.push_back((now + SETTLE, sockets, number));
                Ok(())
            }
            Note::Ended(..) => Ok(()),
        }
    }

    fn pause(&mut self, now: Time, listener: &Listener) -> io::Result<bool> {
        self.end_all(now)?;
        self.sink.flush()?;
        self.screen.draw(now, listener)?;
        self.look = now + QUIET;
        Ok(self.is_quiet(now, listener))
    }

    fn wakes(&self) -> Option<Time> {
        let ending = self.ending.front().map(|(time, ..)| *time);
        let look = self.lab.map(|_| self.look);
        [ending, self.screen.wakes(), look].into_iter().flatten().min()
    }
}
