//! What is kept of connections to ask about them.

use std::collections::HashMap;

use crate::trace::{Event, EventKind, Mark, SegmentEvent, Side};
use crate::wire::Checksum;

/// So many connections are kept; the first ones.
pub const MAX_CONNECTIONS: usize = 1_000;
/// So many segments are kept of each; the first ones.
pub const MAX_SEGMENTS: usize = 64;

/// Marks of segments that go by the book all the same.
const ORDINARY: [Mark; 2] = [Mark::OffloadedChecksum, Mark::Refused];

/// The beginning of one connection.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number among the connections.
    pub connection: u32,
    segments: Vec<SegmentEvent>,
    /// Segments from the first on that go by the book: nothing is missing before them, sent again or marked.
    plain: usize,
}

impl Record {
    /// Its segments, as far as they are kept.
    pub(super) fn segments(&self) -> &[SegmentEvent] {
        &self.segments
    }

    /// Those from the first SYN on that go by the book.
    pub(super) fn plain(&self) -> &[SegmentEvent] {
        &self.segments[..self.plain]
    }

    /// The number behind all that `side` sent before the segment at `index`, counted from its initial number; and where
    /// the segment stands that reached it. None if it sent nothing.
    pub(super) fn sent(&self, side: Side, index: usize) -> Option<(u32, usize)> {
        let before = self.plain().iter().take(index).enumerate().rev();
        before.filter(|(_, segment)| segment.from == side).map(|(at, segment)| (end(segment), at)).next()
    }
}

/// The number behind the segment, counted from its sender's initial number (RFC 9293 section 3.4).
pub(super) const fn end(segment: &SegmentEvent) -> u32 {
    segment.relative_seq.wrapping_add(segment.len).wrapping_add(segment.flags.sequence_len())
}

/// Whether the segment goes by the book where all before it do.
fn is_plain(segment: &SegmentEvent, before: &[SegmentEvent]) -> bool {
    let is_begin = !before.is_empty() || (segment.flags.syn() && !segment.flags.ack());
    let sent = |side| before.iter().rev().find(|one| one.from == side).map(end);
    let follows = sent(segment.from).unwrap_or(0) == segment.relative_seq;
    // Where the capture lacks one direction, what it acknowledges was not seen.
    let is_seen = segment.relative_ack.is_none_or(|ack| sent(segment.from.other()).is_some_and(|sent| ack <= sent));
    let is_ordinary = segment.marks.iter().all(|mark| ORDINARY.contains(&mark));
    is_begin
        && follows
        && is_seen
        && is_ordinary
        && segment.copy == 1
        && segment.gap == 0
        && segment.checksum != Checksum::Bad
}

/// A connection that is not over.
#[derive(Debug, Default)]
struct Growing {
    segments: Vec<SegmentEvent>,
    /// Those from the first on that go by the book.
    plain: usize,
    /// No more segments count to `plain`.
    is_odd: bool,
}

impl Growing {
    fn add(&mut self, segment: &SegmentEvent) {
        if self.segments.len() == MAX_SEGMENTS {
            return;
        }
        self.is_odd |= !is_plain(segment, &self.segments);
        self.segments.push(*segment);
        self.plain += usize::from(!self.is_odd);
    }
}

/// Takes the events of a tracer, and keeps what can be asked about.
#[derive(Debug, Default)]
pub struct Records {
    /// Connections that are not over.
    open: HashMap<u32, Growing>,
    done: Vec<Record>,
    /// Connections that there was no room for.
    left_out: u64,
}

impl Records {
    /// Takes one event.
    pub fn event(&mut self, event: &Event) {
        let number = event.connection;
        if let EventKind::Opened(_) = event.kind {
            if self.open.len() + self.done.len() < MAX_CONNECTIONS {
                self.open.insert(number, Growing::default());
            } else {
                self.left_out += 1;
            }
        }
        let Some(growing) = self.open.get_mut(&number) else { return };
        match &event.kind {
            EventKind::Segment(segment) => growing.add(segment),
            // What follows an error is no longer the ordinary course.
            EventKind::Icmp(_) => growing.is_odd = true,
            EventKind::Ended(_) => {
                let Growing { segments, plain, .. } = std::mem::take(growing);
                self.open.remove(&number);
                self.done.push(Record { connection: number, segments, plain });
            }
            EventKind::Opened(_) | EventKind::Kernel(_) => {}
        }
    }

    /// Connections that there was no room for.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The connections that are over, by their numbers.
    #[must_use]
    pub fn finish(mut self) -> Vec<Record> {
        self.done.sort_by_key(|record| record.connection);
        self.done
    }
}
