//! Whole connections by their verdicts, where packets can be read only once.

use std::collections::HashMap;
use std::io;

use super::choice::Choice;
use crate::sink::Sink;
use crate::sink::fields::Row;
use crate::trace::{Event, EventKind};

/// Octets that the events of open connections may take, as far as two for each are fewer.
const ROOM: usize = 32 << 20;
/// Events that stay of each connection at least: the first and the last.
const FEWEST: usize = 2;

/// Keeps the events of each connection until its verdict is known, and passes them on if it was asked for. Where there
/// are too many, connections with many lose those in the middle.
pub(super) struct Hold<'a> {
    choice: &'a Choice,
    inner: Box<dyn Sink + 'a>,
    open: HashMap<u32, Vec<Event>>,
    held: usize,
    room: usize,
    /// Events in the middle of connections that were shown without them.
    lost: &'a std::cell::Cell<u64>,
    lost_of: HashMap<u32, u64>,
}

impl<'a> Hold<'a> {
    pub(super) fn new(choice: &'a Choice, inner: Box<dyn Sink + 'a>, lost: &'a std::cell::Cell<u64>) -> Self {
        let room = ROOM / size_of::<Event>();
        Self { choice, inner, open: HashMap::new(), held: 0, room, lost, lost_of: HashMap::new() }
    }

    /// Halves connections with more events than most. Those with fewer than half the average hold at most half of all, so
    /// that at least a quarter goes, or every connection has come down to the fewest.
    fn thin(&mut self) {
        let many = (self.held / (2 * self.open.len().max(1))).max(FEWEST);
        for (number, events) in self.open.iter_mut().filter(|(_, events)| events.len() > many) {
            let quarter = (events.len() / 4).max(1);
            let middle = quarter..events.len() - quarter;
            self.held -= middle.len();
            *self.lost_of.entry(*number).or_default() += middle.len() as u64;
            events.drain(middle);
            events.shrink_to_fit();
        }
        // Looked at again when it pays.
        self.room = self.room.max(self.held * 2);
    }
}

impl Sink for Hold<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let number = event.connection;
        self.open.entry(number).or_default().push(*event);
        self.held += 1;
        if let EventKind::Ended(summary) = &event.kind {
            let events = self.open.remove(&number).unwrap_or_default();
            self.held -= events.len();
            let lost = self.lost_of.remove(&number).unwrap_or(0);
            if self.choice.takes(&Row { number, summary }) {
                self.lost.set(self.lost.get() + lost);
                events.iter().try_for_each(|event| self.inner.event(event))?;
            }
        } else if self.held > self.room {
            self.thin();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.inner.finish()
    }
}
