//! The events of one connection, kept to be shown when its end is known.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::sink::Sink;
use crate::trace::{Event, EventKind, SegmentEvent, Side, Summary};

/// Events that are kept: the ladder of more would not be looked at.
const MOST: usize = 20_000;

/// Events in their order, as many as there is place for, and the verdict.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) events: Vec<Event>,
    pub(super) summary: Option<Summary>,
    /// Events that there was no place for.
    pub(super) more: u64,
}

impl Kept {
    pub(super) fn push(&mut self, event: &Event) {
        if let EventKind::Ended(summary) = &event.kind {
            self.summary = Some(*summary);
        } else if self.events.len() == MOST {
            self.more += 1;
            return;
        }
        self.events.push(*event);
    }

    /// Its segments.
    pub(super) fn segments(&self) -> impl Iterator<Item = &SegmentEvent> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Segment(segment) => Some(segment),
            _ => None,
        })
    }

    /// Number of the first packet of `side` for which `is` holds.
    pub(super) fn first(&self, side: Side, is: impl Fn(&SegmentEvent) -> bool) -> Option<u64> {
        self.segments().find(|segment| segment.from == side && is(segment)).map(|segment| segment.number)
    }

    /// Number of the first packet that carries octet `at` of the stream of `side`.
    pub(super) fn carrier(&self, side: Side, at: usize) -> Option<u64> {
        // Counted from the SYN, which takes the first number.
        self.first(side, |segment| {
            let start = segment.relative_seq.wrapping_add(u32::from(segment.flags.syn()));
            (at as u32).wrapping_add(1).wrapping_sub(start) < segment.len
        })
    }

    /// Number of the packet that ends the stream of `side`.
    pub(super) fn end(&self, side: Side) -> Option<u64> {
        self.first(side, |segment| segment.flags.fin() || segment.flags.rst())
    }
}

/// Keeps the events of a live run, and passes them on to what shows them at once.
pub(super) struct Keeper<'a> {
    kept: Rc<RefCell<Vec<Kept>>>,
    at_once: Box<dyn Sink + 'a>,
}

impl<'a> Keeper<'a> {
    /// Everything kept can be taken out of `kept`, by the number of the connection.
    pub(super) const fn new(kept: Rc<RefCell<Vec<Kept>>>, at_once: Box<dyn Sink + 'a>) -> Self {
        Self { kept, at_once }
    }
}

/// Connections of which events are kept: others may call where we listen.
const CONNECTIONS: usize = 16;

impl Sink for Keeper<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let place = event.connection as usize - 1;
        let mut kept = self.kept.borrow_mut();
        if place < CONNECTIONS {
            let len = kept.len().max(place + 1);
            kept.resize(len, Kept::default());
            kept[place].push(event);
        }
        self.at_once.event(event)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.at_once.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.at_once.finish()
    }
}

/// What was kept of the connection with `remote`; of whatever there is where nothing is known of that.
pub(super) fn of_peer(kept: &Rc<RefCell<Vec<Kept>>>, remote: Option<SocketAddr>) -> Kept {
    let kept = std::mem::take(&mut *kept.borrow_mut());
    let is_with = |kept: &Kept| {
        kept.events.iter().any(|event| match &event.kind {
            EventKind::Opened(opened) => {
                remote.is_some_and(|remote| [opened.client, opened.server].iter().any(|end| same(*end, remote)))
            }
            _ => false,
        })
    };
    let place = kept.iter().position(is_with).unwrap_or(0);
    kept.into_iter().nth(place).unwrap_or_default()
}

/// A packet carries no scope.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    (one.ip(), one.port()) == (other.ip(), other.port())
}
