//! Gaps in the numbers, and what fills them later: a gap that closes was never missing from the capture.

use std::collections::VecDeque;

use crate::tcp::Seq;
use crate::trace::{SegmentEvent, Side};

/// Gaps that are remembered; older ones stay as they are.
const OPEN: usize = 16;

/// Numbers that had not been seen when a later segment came.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// The item that came after it.
    id: u64,
    side: Side,
    start: Seq,
    end: Seq,
}

/// The gaps of one connection that may still close.
#[derive(Debug, Default)]
pub(super) struct Gaps(VecDeque<Gap>);

impl Gaps {
    /// Takes note of `segment`, and tells of the items before which fewer octets are missing now: how many are left.
    pub(super) fn segment(&mut self, id: u64, segment: &SegmentEvent) -> Vec<(u64, u32)> {
        let (start, end) = (segment.seq, segment.seq + segment.len);
        let mut changed = Vec::new();
        for gap in self.0.iter_mut().filter(|gap| gap.side == segment.from && segment.len > 0) {
            // A gap shrinks from its ends; what lies in its middle leaves it as it is.
            let before = (gap.start, gap.end);
            if !start.after(gap.start) && end.after(gap.start) {
                gap.start = if end.before(gap.end) { end } else { gap.end };
            } else if start.before(gap.end) && !end.before(gap.end) {
                gap.end = start;
            }
            if before != (gap.start, gap.end) {
                changed.push((gap.id, gap.end - gap.start));
            }
        }
        self.0.retain(|gap| gap.start.before(gap.end));
        if segment.gap > 0 {
            if self.0.len() == OPEN {
                self.0.pop_front();
            }
            self.0.push_back(Gap { id, side: segment.from, start: Seq(start.0.wrapping_sub(segment.gap)), end: start });
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::fixture::{PSH_ACK, Script, micros};
    use crate::trace::EventKind;

    /// A segment of the client with the numbers from `start` on, and `gap` numbers unseen before it.
    fn segment(start: u32, len: u32, gap: u32) -> SegmentEvent {
        let mut script = Script::new("192.0.2.1:1", "192.0.2.2:2");
        script.segment(micros(0), Side::Client, PSH_ACK, len, [None; 2], |segment| {
            (segment.seq, segment.gap) = (Seq(start), gap);
        });
        match script.events.last().unwrap().kind {
            EventKind::Segment(segment) => segment,
            _ => unreachable!("it was pushed last"),
        }
    }

    #[test]
    fn a_gap_shrinks_from_both_ends_until_it_is_closed() {
        // Across the wrap of the numbers.
        let first = u32::MAX - 4;
        let mut gaps = Gaps::default();
        assert_eq!(gaps.segment(1, &segment(first.wrapping_add(30), 10, 30)), []);
        assert_eq!(gaps.segment(2, &segment(first, 10, 0)), [(1, 20)]);
        assert_eq!(gaps.segment(3, &segment(first.wrapping_add(20), 10, 0)), [(1, 10)]);
        assert_eq!(gaps.segment(4, &segment(first.wrapping_add(5), 30, 0)), [(1, 0)]);
        assert_eq!(gaps.segment(5, &segment(first, 40, 0)), []);
    }

    #[test]
    fn what_lies_elsewhere_fills_nothing() {
        let mut gaps = Gaps::default();
        gaps.segment(1, &segment(130, 10, 30));
        for elsewhere in [segment(90, 10, 0), segment(110, 10, 0), segment(130, 10, 0), segment(100, 0, 0)] {
            assert_eq!(gaps.segment(2, &elsewhere), []);
        }
    }
}
