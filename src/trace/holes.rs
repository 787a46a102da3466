//! What is missing between the numbers that were seen.

use crate::tcp::Seq;

/// How many holes of one direction are kept apart; with more, the oldest is taken as filled.
const CAPACITY: usize = 4;

/// Ranges of sequence numbers that have not been seen, though later ones have. Each is half open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holes {
    ranges: [Option<(Seq, Seq)>; CAPACITY],
}

impl Holes {
    /// The first number that is missing.
    pub(super) fn first(&self) -> Option<Seq> {
        self.ranges.iter().flatten().map(|range| range.0).reduce(|a, b| if b.before(a) { b } else { a })
    }

    /// Whether the last number of a hole lies behind `after` and before `ack`: an acknowledgment goes past it.
    pub(super) fn any_between(&self, after: Seq, ack: Seq) -> bool {
        self.ranges.iter().flatten().any(|(_, right)| right.after(after) && !right.after(ack))
    }

    /// Ends at `seq` the hole that reaches up to `end`; says whether there was one with `seq` in it.
    pub(super) fn shorten(&mut self, seq: Seq, end: Seq) -> bool {
        let holds = |range: &Option<(Seq, Seq)>| range.is_some_and(|(left, right)| right == end && !left.after(seq));
        let Some(place) = self.ranges.iter_mut().find(|range| holds(range)) else { return false };
        *place = place.filter(|(left, _)| left.before(seq)).map(|(left, _)| (left, seq));
        true
    }

    /// Notes that everything from `start` up to `end` is missing.
    pub(super) fn open(&mut self, start: Seq, end: Seq) {
        let free = self.ranges.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| self.oldest());
        self.ranges[place] = Some((start, end));
    }

    fn oldest(&self) -> usize {
        let first = self.first();
        self.ranges.iter().position(|range| range.map(|range| range.0) == first).unwrap_or(0)
    }

    /// Fills whatever of the holes lies from `start` up to `end`; says how many numbers that was.
    pub(super) fn fill(&mut self, start: Seq, end: Seq) -> u32 {
        let mut filled = 0_u32;
        let mut rest = None;
        for place in &mut self.ranges {
            let Some((left, right)) = *place else { continue };
            let (from, to) = (left.max(start), if end.before(right) { end } else { right });
            if !from.before(to) {
                continue;
            }
            filled = filled.saturating_add(to - from);
            let (before, after) = (from.after(left).then_some((left, from)), to.before(right).then_some((to, right)));
            *place = before.or(after);
            if before.is_some() {
                rest = rest.or(after);
            }
        }
        if let Some((left, right)) = rest {
            self.open(left, right);
        }
        // Holes may overlap, where numbers went round while the capture missed them.
        filled.min(end - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(ranges: &[(u32, u32)]) -> Holes {
        let mut holes = Holes::default();
        ranges.iter().for_each(|(start, end)| holes.open(Seq(*start), Seq(*end)));
        holes
    }

    #[test]
    fn a_hole_is_filled_from_any_side() {
        for (start, end, filled, first) in [
            (10, 20, 10, None),
            (5, 15, 5, Some(15)),
            (15, 30, 5, Some(10)),
            (12, 14, 2, Some(10)),
            (20, 30, 0, Some(10)),
        ] {
            let mut holes = holes(&[(10, 20)]);
            assert_eq!((holes.fill(Seq(start), Seq(end)), holes.first()), (filled, first.map(Seq)), "{start}..{end}");
        }
        let mut split = holes(&[(10, 20)]);
        split.fill(Seq(12), Seq(14));
        assert_eq!(split.fill(Seq(0), Seq(100)), 8);
    }

    #[test]
    fn holes_that_overlap_count_once() {
        let mut holes = holes(&[(0, 0x7fff_ffff), (1, 0x8000_0000), (2, 0x8000_0001)]);
        assert_eq!(holes.fill(Seq(0), Seq(0x7fff_ffff)), 0x7fff_ffff);
    }

    #[test]
    fn with_too_many_the_oldest_is_forgotten() {
        let mut holes = holes(&[(10, 11), (20, 21), (30, 31), (40, 41), (50, 51)]);
        assert_eq!(holes.first(), Some(Seq(20)));
        assert_eq!(holes.fill(Seq(0), Seq(100)), 4);
    }

    #[test]
    fn holes_that_overlap_are_filled_without_overflow() {
        let half = (1_u32 << 31) - 1;
        let mut holes = holes(&[(0, half), (1, half), (2, half)]);
        assert_eq!(holes.fill(Seq(0), Seq(half)), half);
    }
}
