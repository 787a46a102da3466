//! Segments that cross: one left before the other arrived, as its acknowledgment shows.

use super::super::{ArrowEnd, Lane, Row};
use crate::tcp::Seq;
use crate::trace::{Mark, SegmentEvent, Side};
use crate::wire::Flags;

/// Segments that are remembered; more in flight at once are drawn without crossings.
const MOST: usize = 12;

/// A segment that takes up numbers, which were not acknowledged by what was seen of the other side since.
#[derive(Clone, Copy, Debug)]
struct Sent {
    /// Its arrow.
    row: usize,
    from: Side,
    start: Seq,
    /// A SYN without ACK: nothing that crosses it can acknowledge anything.
    opens: bool,
    /// Arrows since.
    later: u8,
}

/// The segments that are on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight(Vec<Sent>);

impl InFlight {
    /// Takes note of a segment whose arrow will be the next of `rows`, and notes at the arrows before which of them it
    /// crosses. Each segment acknowledges all that its sender had received in order; so a segment that begins at that
    /// number, and arrives, arrives later.
    pub(super) fn segment(&mut self, rows: &mut [Row], segment: &SegmentEvent, end: ArrowEnd) {
        self.0.iter_mut().for_each(|sent| sent.later = sent.later.saturating_add(1));
        let opens = segment.flags.syn() && !segment.flags.ack();
        let of_other = |sent: &Sent| sent.from != segment.from;
        let next = |sent: &Sent| of_other(sent) && if opens { sent.opens } else { sent.start == segment.ack };
        let first = (opens || segment.flags.ack()).then(|| self.0.iter().position(next)).flatten();
        if let Some(first) = first {
            for sent in self.0[first..].iter().filter(|sent| of_other(sent)) {
                if let Some(Lane::Arrow(arrow)) = rows.get_mut(sent.row).map(|row| &mut row.lane) {
                    arrow.crossed = sent.later;
                }
            }
        } else {
            self.0.retain(|sent| !of_other(sent));
        }
        self.add(rows.len(), segment, end, opens);
    }

    /// What was folded stands between: nothing is drawn to cross it.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn add(&mut self, row: usize, segment: &SegmentEvent, end: ArrowEnd, opens: bool) {
        let probes = [Mark::KeepAlive, Mark::ZeroWindowProbe].into_iter().any(|mark| segment.marks.has(mark));
        let numbers = segment.len.saturating_add(segment.flags.sequence_len());
        if numbers == 0 || probes || end != ArrowEnd::Arrives || segment.flags.without(Flags::RST) != segment.flags {
            return;
        }
        if self.0.len() == MOST {
            self.clear();
        }
        self.0.push(Sent { row, from: segment.from, start: segment.seq, opens, later: 0 });
    }
}
