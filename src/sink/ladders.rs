//! Ladders, one connection after another: events are kept until their connection has ended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::Sink;
use super::exchange::{Drawing, Ends, Key};
use crate::explain::{self, Told};
use crate::ladder::{Ladder, Settings, handout};
use crate::trace::exchange::{ExchangeEvent, ExchangeKind};
use crate::trace::{CallEvent, Event, EventKind, KernelKind};
use crate::wire::{Decoded, Packet, Time};

/// Events that all open connections together may keep, at most 480 octets each; beyond it the largest is shown as far as it
/// has come. Of a flood, the SYNs of 100,000 connections are just as many.
pub(super) const BUDGET: usize = 300_000;
/// Calls of which no connection came: so many are shown.
const APART: usize = 1000;
/// What is said of them.
const CALLS_APART: &str = "Calls of which nothing came on the wire, told by the kernel: observed";

/// Draws ladders that are whole.
pub(super) trait Draw {
    /// Draws one.
    fn ladder(&mut self, shown: &Shown) -> io::Result<()>;

    /// Takes a packet, if whoever draws shows octets.
    fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        let _ = (number, packet, decoded);
    }

    /// Whether it does.
    fn wants_packets(&self) -> bool {
        false
    }

    /// Shows lines that belong to no ladder, below all; a picture of one connection has no place for them.
    fn apart(&mut self, heading: &str, lines: &[String]) -> io::Result<()> {
        let _ = (heading, lines);
        Ok(())
    }

    /// Sees to it that what was drawn so far is seen.
    fn flush(&mut self) -> io::Result<()>;

    /// The end: what can be drawn only when all is known.
    fn finish(&mut self) -> io::Result<()>;
}

/// A ladder that is to be drawn.
pub(super) struct Shown {
    pub(super) ladder: Ladder,
    /// Some of it was shown before.
    pub(super) continued: bool,
    /// More than one connection or exchange was seen by now.
    pub(super) several: bool,
    /// What was remarked on sections and interfaces of the capture since the one before.
    pub(super) remarks: Vec<String>,
}

impl Shown {
    /// `Connection 2  192.0.2.1:40123 > 192.0.2.2:80`.
    pub(super) fn heading(&self) -> String {
        let ladder = &self.ladder;
        let mut text = format!("{} {}", ladder.kind, ladder.number);
        if let (Some(client), Some(server)) = (ladder.lanes.client.end, ladder.lanes.server.end) {
            text += &format!("  {client} > {server}");
        }
        if self.continued {
            text += ", continued";
        }
        text
    }
}

/// A connection or an exchange that has not ended.
struct Open {
    drawing: Drawing,
    continued: bool,
}

/// Where an event stands among those of its connection. What begins in the middle came when the end was told already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Middle,
    Last,
}

/// Draws each connection, and each exchange, when it has ended.
pub(super) struct Ladders<D> {
    settings: Settings,
    draw: D,
    open: BTreeMap<Key, Open>,
    /// The same by what they take, the largest first, and of equal ones the oldest: it is silent for longest.
    sizes: BTreeSet<(Reverse<usize>, Key)>,
    /// Those that were shown before their end, and have kept nothing since.
    waiting: BTreeMap<Key, Option<Ends>>,
    kept: usize,
    budget: usize,
    shown: u64,
    /// More than one connection or exchange was seen.
    several: bool,
    /// The last packet that anything was told of.
    reached: u64,
    /// Calls of which no connection came, in words.
    apart: Vec<String>,
}

impl<D: Draw> Ladders<D> {
    /// Open connections may keep `budget` events.
    pub(super) fn new(settings: &Settings, draw: D, budget: usize) -> Self {
        let settings = settings.clone();
        Self {
            settings,
            draw,
            open: BTreeMap::new(),
            sizes: BTreeSet::new(),
            waiting: BTreeMap::new(),
            kept: 0,
            budget,
            shown: 0,
            several: false,
            reached: 0,
            apart: Vec::new(),
        }
    }

    /// Shows `open` as far as it has come.
    fn show(&mut self, open: Open) -> io::Result<()> {
        let ladder = open.drawing.finish(&self.settings);
        let ladder = match self.settings.handout {
            Some(kind) => handout(ladder, kind),
            None => ladder,
        };
        let Settings { comments, ascii, .. } = &self.settings;
        let remarks = comments.take_of_files(self.reached);
        let remarks = remarks.iter().map(|comment| explain::comment(comment, *ascii)).collect();
        self.draw.ladder(&Shown { ladder, continued: open.continued, several: self.several, remarks })?;
        self.shown += 1;
        Ok(())
    }

    /// Takes what has this key out of the open ones.
    fn remove(&mut self, key: Key) -> Option<Open> {
        let open = self.open.remove(&key)?;
        let weight = open.drawing.weight();
        self.sizes.remove(&(Reverse(weight), key));
        self.kept -= weight;
        Some(open)
    }

    /// Makes place for a connection or exchange of which something comes.
    fn insert(&mut self, key: Key, part: Part) {
        let open = match self.waiting.remove(&key) {
            Some(Some(ends)) => Open { drawing: Drawing::continuing(key, &ends, &self.settings), continued: true },
            waiting => {
                Open { drawing: Drawing::new(key, &self.settings), continued: waiting.is_some() || part != Part::First }
            }
        };
        self.several |= key.number() > 1 || !self.open.is_empty() || self.shown > 0;
        let weight = open.drawing.weight();
        self.kept += weight;
        self.sizes.insert((Reverse(weight), key));
        self.open.insert(key, open);
    }

    /// Shows what takes the most, to make room; what is left of it is whose it is.
    fn make_room(&mut self) -> io::Result<()> {
        let largest = self.sizes.first().map(|(_, key)| *key);
        let Some((key, open)) = largest.and_then(|key| Some((key, self.remove(key)?))) else {
            return Ok(());
        };
        self.waiting.insert(key, open.drawing.ends());
        self.several = true;
        self.show(open)
    }

    /// Lets `push` add an event to what has this key.
    fn add(&mut self, key: Key, part: Part, push: impl FnOnce(&mut Drawing, &Settings)) -> io::Result<()> {
        if !self.open.contains_key(&key) {
            self.insert(key, part);
        }
        if let Some(open) = self.open.get_mut(&key) {
            let before = open.drawing.weight();
            push(&mut open.drawing, &self.settings);
            let after = open.drawing.weight();
            if after != before {
                self.sizes.remove(&(Reverse(before), key));
                self.sizes.insert((Reverse(after), key));
                self.kept = self.kept + after - before;
            }
        }
        if part == Part::Last {
            return self.remove(key).map_or(Ok(()), |open| self.show(open));
        }
        while self.kept > self.budget {
            self.make_room()?;
        }
        Ok(())
    }
}

impl<D: Draw> Sink for Ladders<D> {
    fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        self.draw.packet(number, packet, decoded);
    }

    fn wants_packets(&self) -> bool {
        self.draw.wants_packets()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.reached = event.packet().unwrap_or(self.reached);
        let part = match event.kind {
            EventKind::Opened(_) => Part::First,
            EventKind::Segment(_) | EventKind::Icmp(_) | EventKind::Kernel(_) => Part::Middle,
            EventKind::Ended(_) => Part::Last,
        };
        self.add(Key::Connection(event.connection), part, |drawing, settings| drawing.push(event, settings))
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        self.reached = event.packet().unwrap_or(self.reached);
        let part = match event.kind {
            ExchangeKind::Began(_) => Part::First,
            ExchangeKind::Ended(_) => Part::Last,
            _ => Part::Middle,
        };
        self.add(Key::Exchange(event.exchange), part, |drawing, _| drawing.push_exchange(event))
    }

    fn apart(&mut self, _: Time, call: &KernelKind) -> io::Result<()> {
        if let KernelKind::Returned { call: CallEvent { process, .. }, .. } = call
            && self.apart.len() < APART
            && self.settings.handout.is_none()
        {
            self.apart.push(format!("{}, {}", explain::system_call(call, Told::Whole), explain::process(process)));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draw.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.reached = u64::MAX;
        while let Some(open) = self.open.keys().next().copied().and_then(|key| self.remove(key)) {
            self.show(open)?;
        }
        if !self.apart.is_empty() {
            self.draw.apart(CALLS_APART, &std::mem::take(&mut self.apart))?;
        }
        self.draw.finish()
    }
}
