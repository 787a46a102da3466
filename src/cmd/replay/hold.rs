//! Whole connections by their verdicts, where packets can be read only once.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;

use super::choice::Choice;
use crate::sink::Sink;
use crate::sink::fields::Row;
use crate::trace::{Event, EventKind};
use crate::wire::{Decoded, Packet};

/// Octets that the events of open connections may take, or else [`FEW`] events for each.
const ROOM: usize = 32 << 20;
/// Events for each connection that are kept without regard to room.
const FEW: usize = 4;
/// Events that stay of each connection at least: the first and the last.
const FEWEST: usize = 2;

/// Keeps the events of each connection until its verdict is known, and passes them on if it was asked for. Where there
/// are too many, connections with many lose those in the middle.
pub(in crate::cmd) struct Hold<'a> {
    choice: &'a Choice,
    inner: Box<dyn Sink + 'a>,
    open: HashMap<u32, Vec<Event>>,
    held: usize,
    room: usize,
    /// Events in the middle of connections that were shown without them.
    lost: &'a Cell<u64>,
    lost_of: HashMap<u32, u64>,
}

impl<'a> Hold<'a> {
    pub(in crate::cmd) fn new(choice: &'a Choice, inner: Box<dyn Sink + 'a>, lost: &'a Cell<u64>) -> Self {
        let room = ROOM / size_of::<Event>();
        Self { choice, inner, open: HashMap::new(), held: 0, room, lost, lost_of: HashMap::new() }
    }

    /// Whether there are more events than there is room for.
    fn is_full(&self) -> bool {
        self.held > self.room.max(self.open.len() * FEW)
    }

    /// Halves connections with more events than half the average. Those with fewer hold at most half of all, so that a good
    /// part of all goes at once.
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
    }
}

impl Sink for Hold<'_> {
    fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        self.inner.packet(number, packet, decoded);
    }

    fn wants_packets(&self) -> bool {
        self.inner.wants_packets()
    }

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
        } else if self.is_full() {
            self.thin();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }

    fn so_far(&mut self) -> io::Result<()> {
        self.inner.so_far()
    }

    fn make_way(&mut self) -> io::Result<()> {
        self.inner.make_way()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.inner.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::replay::args::VerdictArgs;
    use crate::ladder::fixture::Script;
    use std::rc::Rc;

    /// Notes the events that come through.
    #[derive(Clone, Default)]
    struct Notes(Rc<Cell<u64>>, Rc<Cell<u64>>);

    impl Sink for Notes {
        fn event(&mut self, event: &Event) -> io::Result<()> {
            let ended = matches!(event.kind, EventKind::Ended(_));
            self.0.set(self.0.get() + 1);
            self.1.set(self.1.get() + u64::from(ended));
            Ok(())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn finish(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn choice(expression: &str) -> Choice {
        let expression = Some(expression.to_owned());
        Choice::new(None, &VerdictArgs { only: Vec::new(), expression }).unwrap()
    }

    /// What a connection is: its opening, a segment, its end.
    fn events() -> Vec<Event> {
        let events = Script::new("192.0.2.1:40000", "192.0.2.2:80").handshake().end(|_| ());
        vec![events[0], events[1], events[events.len() - 1]]
    }

    #[test]
    fn only_what_was_asked_for_comes_through() {
        for (expression, expected) in [("segments >= 0", 3), ("connection = 2", 0)] {
            let (choice, lost, notes) = (choice(expression), Cell::new(0), Notes::default());
            let mut hold = Hold::new(&choice, Box::new(notes.clone()), &lost);
            events().iter().for_each(|event| hold.event(event).unwrap());
            assert_eq!((notes.0.get(), hold.held, lost.get()), (expected, 0, 0), "{expression}");
        }
    }

    #[test]
    fn room_is_bounded_and_what_is_lost_is_counted() {
        let (choice, lost, notes) = (choice("connection >= 1"), Cell::new(0), Notes::default());
        let mut hold = Hold::new(&choice, Box::new(notes.clone()), &lost);
        hold.room = 100;
        let [opened, segment, ended] = events().try_into().unwrap();
        let of = |event: Event, connection| Event { connection, ..event };
        (1..=20).for_each(|number| hold.event(&of(opened, number)).unwrap());
        for _ in 0..10_000 {
            hold.event(&of(segment, 7)).unwrap();
            assert!(hold.held <= 100);
            assert_eq!(hold.held, hold.open.values().map(Vec::len).sum::<usize>());
        }
        (1..=20).for_each(|number| hold.event(&of(ended, number)).unwrap());
        assert_eq!((notes.1.get(), notes.0.get() + lost.get()), (20, 20 + 10_000 + 20));
        assert!(lost.get() > 9_900 && hold.open.is_empty() && hold.lost_of.is_empty());
    }
}
