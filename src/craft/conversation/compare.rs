//! What the other side says, held against what it said when it was recorded: two streams of octets, however they are cut into
//! segments.

use std::fmt;
use std::ops::Range;

/// Octets that are kept beyond the recorded ones: what is longer differs in any case.
const BEYOND: usize = 4096;
/// Octets before and behind a difference that are shown of it.
const BEFORE: usize = 24;
const BEHIND: usize = 40;

/// Finds what may differ: octets that are alike on both sides, whatever they say.
pub trait Ignore {
    /// Where they are: in order, none within another, none empty.
    fn ranges(&self, octets: &[u8]) -> Vec<Range<usize>>;
}

/// Nothing may differ.
impl Ignore for () {
    fn ranges(&self, _: &[u8]) -> Vec<Range<usize>> {
        Vec::new()
    }
}

/// The first octet that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its place in the recorded stream; at its end where more came than was recorded.
    pub recorded: usize,
    /// Its place in the live stream; at its end where less came.
    pub live: usize,
}

/// How far the live stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// As far as asked, or further.
    There,
    /// Not so far, and no difference up to now.
    Waits,
    /// It says something else.
    Differs,
}

/// A recorded stream, and a live one that comes piece by piece.
pub struct Comparison {
    recorded: Vec<u8>,
    /// What may differ in it.
    may_differ: Vec<Range<usize>>,
    live: Vec<u8>,
    /// Live octets in all; those beyond a bound are not kept.
    total: u64,
    /// Up to here both are known to be alike.
    agreed: (usize, usize),
    ignore: Box<dyn Ignore>,
}

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comparison").field("total", &self.total).field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

impl Comparison {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(recorded: Vec<u8>, ignore: Box<dyn Ignore>) -> Self {
        let may_differ = ignore.ranges(&recorded);
        Self { recorded, may_differ, live: Vec::new(), total: 0, agreed: (0, 0), ignore }
    }

    /// The recorded stream.
    #[must_use]
    pub fn recorded(&self) -> &[u8] {
        &self.recorded
    }

    /// What came, as far as it is kept.
    #[must_use]
    pub fn live(&self) -> &[u8] {
        &self.live
    }

    /// Octets that came.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The next octets came.
    pub fn take(&mut self, octets: &[u8]) {
        self.total += octets.len() as u64;
        let room = (self.recorded.len() + BEYOND).saturating_sub(self.live.len());
        self.live.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    /// Whether as much has come as the first `octets` of the recorded stream.
    pub fn reach(&mut self, octets: usize) -> Reach {
        let to = octets.min(self.recorded.len());
        self.advance(to);
        let (from, live) = self.agreed;
        if from >= to {
            return Reach::There;
        }
        if live == self.live.len() {
            return Reach::Waits;
        }
        let may_differ = self.between(from, to);
        if may_differ.first().is_none_or(|first| first.start > 0) {
            return Reach::Differs;
        }
        let (recorded, live_part) = (&self.recorded[from..to], &self.live[live..]);
        let least = recorded.len() - may_differ.iter().map(ExactSizeIterator::len).sum::<usize>();
        if live_part.len() < least {
            return Reach::Waits;
        }
        let walk = Walk::new((recorded, &may_differ), (live_part, &self.ignore.ranges(live_part)));
        match walk.end {
            End::Recorded | End::Both => {
                self.agreed = (to, live + walk.at.1);
                Reach::There
            }
            End::Live => Reach::Waits,
            End::Differs => Reach::Differs,
        }
    }

    /// Goes on through octets that are alike, up to the next that may differ: so no octet is looked at twice.
    fn advance(&mut self, to: usize) {
        let (from, live) = self.agreed;
        let next = self.may_differ.partition_point(|range| range.end <= from);
        let plain = self.may_differ.get(next).map_or(to, |range| range.start.min(to));
        let pairs = self.recorded[from.min(plain)..plain].iter().zip(&self.live[live..]);
        let alike = pairs.take_while(|(one, other)| one == other).count();
        self.agreed = (from + alike, live + alike);
    }

    /// What may differ between two places of the recorded stream, counted from the first of them.
    fn between(&self, from: usize, to: usize) -> Vec<Range<usize>> {
        let next = self.may_differ.partition_point(|range| range.end <= from);
        let within = self.may_differ[next..].iter().take_while(|range| range.start < to);
        within.map(|range| range.start.max(from) - from..range.end.min(to) - from).collect()
    }

    /// The first difference, as far as both streams have come; where the live one is `over`, what it lacks is one.
    #[must_use]
    pub fn difference(&self, over: bool) -> Option<Difference> {
        let walk = Walk::new((&self.recorded, &self.may_differ), (&self.live, &self.ignore.ranges(&self.live)));
        let differs = match walk.end {
            End::Both => false,
            End::Live => over,
            End::Recorded | End::Differs => true,
        };
        differs.then_some(Difference { recorded: walk.at.0, live: walk.at.1 })
    }
}

/// Some octets around place `at`, and where in them it is.
#[must_use]
pub fn excerpt(octets: &[u8], at: usize) -> (&[u8], usize) {
    let start = at.saturating_sub(BEFORE).min(octets.len());
    let end = at.saturating_add(BEHIND).min(octets.len());
    (&octets[start..end], at - start)
}

/// Both streams side by side, up to a difference or to the end of one.
#[derive(Debug)]
struct Walk {
    at: (usize, usize),
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Both,
    Recorded,
    Live,
    Differs,
}

/// Octets, and those of them that may differ.
type Blurred<'a> = (&'a [u8], &'a [Range<usize>]);

impl Walk {
    fn new((recorded, left): Blurred<'_>, (live, right): Blurred<'_>) -> Self {
        let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
        let mut at = (0, 0);
        loop {
            let starts = (left.peek().map(|range| range.start), right.peek().map(|range| range.start));
            match (starts.0 == Some(at.0), starts.1 == Some(at.1)) {
                (true, true) => {
                    at = (left.next().map_or(at.0, |range| range.end), right.next().map_or(at.1, |range| range.end));
                    continue;
                }
                (false, false) => {}
                // What the live side has not finished yet may still become what may differ.
                (true, false) if at.1 == live.len() => return Self { at, end: End::Live },
                (false, true) if at.0 == recorded.len() => return Self { at, end: End::Recorded },
                _ => return Self { at, end: End::Differs },
            }
            let plain = (starts.0.unwrap_or(recorded.len()) - at.0, starts.1.unwrap_or(live.len()) - at.1);
            let both = plain.0.min(plain.1);
            let pairs = recorded[at.0..at.0 + both].iter().zip(&live[at.1..at.1 + both]);
            let alike = pairs.take_while(|(one, other)| one == other).count();
            at = (at.0 + alike, at.1 + alike);
            if alike < both {
                return Self { at, end: End::Differs };
            }
            match (at.0 == recorded.len(), at.1 == live.len()) {
                (true, true) => return Self { at, end: End::Both },
                (true, false) if starts.1 != Some(at.1) => return Self { at, end: End::Recorded },
                (false, true) if starts.0 != Some(at.0) => return Self { at, end: End::Live },
                _ => {}
            }
        }
    }
}
