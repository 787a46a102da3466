//! How late packets depart: by the kernel's stamp of each where there is one, else by the clock read before it was handed
//! over.

use std::collections::VecDeque;
use std::time::Duration;

use crate::measure::Histogram;

/// Departures that wait for their stamp, at most.
const WAITING: usize = 65_536;
/// Two clocks that are compared may be so far apart.
const TOLERANCE: Duration = Duration::from_micros(1);

/// Scheduled against actual departures. All times count from the start of the run.
#[derive(Clone, Debug, Default)]
pub struct Lateness {
    late: Histogram,
    stamped: u64,
    /// What was handed over and has no stamp yet.
    waiting: VecDeque<Handed>,
    /// The number of the first of them.
    first: u32,
}

/// A packet that the kernel was given.
#[derive(Clone, Copy, Debug)]
struct Handed {
    /// When it was to depart; none for an attempt that the kernel refused, which has a number as well.
    due: Option<Duration>,
    at: Duration,
}

impl Lateness {
    /// A packet that was due at `due` was handed over at `at`. `stamped`: its stamp is to come, numbers count from 0.
    pub fn handed(&mut self, due: Duration, at: Duration, stamped: bool) {
        if stamped {
            self.wait(Handed { due: Some(due), at });
        } else {
            self.late.add(at.saturating_sub(due));
        }
    }

    /// The kernel refused a packet after it had given it a number.
    pub fn refused(&mut self, at: Duration) {
        self.wait(Handed { due: None, at });
    }

    fn wait(&mut self, handed: Handed) {
        if self.waiting.len() == WAITING {
            self.without_stamp();
        }
        self.waiting.push_back(handed);
    }

    /// The kernel says that the packet of this number departed at `departed`, and `now` it is. Stamps come in order: what
    /// was before and has none gets none. A stamp from before it was handed over, or from the future, is of another packet.
    pub fn stamp(&mut self, nth: u32, departed: Duration, now: Duration) {
        let ahead = nth.wrapping_sub(self.first);
        if ahead as usize >= self.waiting.len() {
            return;
        }
        (0..ahead).for_each(|_| self.without_stamp());
        let Some(&Handed { due: Some(due), at }) = self.waiting.front() else { return };
        if departed + TOLERANCE < at || departed > now + TOLERANCE {
            return self.without_stamp();
        }
        self.next();
        self.late.add(departed.saturating_sub(due));
        self.stamped += 1;
    }

    /// No more stamps come.
    pub fn finish(&mut self) {
        while !self.waiting.is_empty() {
            self.without_stamp();
        }
    }

    fn next(&mut self) -> Option<Handed> {
        self.first = self.first.wrapping_add(1);
        self.waiting.pop_front()
    }

    /// The first that waits is told by the clock of the program.
    fn without_stamp(&mut self) {
        if let Some(Handed { due: Some(due), at }) = self.next() {
            self.late.add(at.saturating_sub(due));
        }
    }

    /// Departures whose stamp has not come.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How late they were.
    #[must_use]
    pub const fn late(&self) -> &Histogram {
        &self.late
    }

    /// How many of them the kernel stamped.
    #[must_use]
    pub const fn stamped(&self) -> u64 {
        self.stamped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    fn lates(lateness: &Lateness) -> Vec<u128> {
        lateness.late().iter().flat_map(|(late, count)| vec![late.as_nanos(); count as usize]).collect()
    }

    #[test]
    fn without_stamps_the_own_clock_counts() {
        let mut lateness = Lateness::default();
        lateness.handed(at(100), at(100), false);
        lateness.handed(at(200), at(199), false);
        assert_eq!((lates(&lateness), lateness.stamped()), (vec![0, 0], 0));
    }

    #[test]
    fn a_stamp_belongs_to_the_packet_of_its_number() {
        let mut lateness = Lateness::default();
        (0..4).for_each(|index| lateness.handed(at(index * 100), at(index * 100), true));
        lateness.stamp(1, Duration::from_nanos(100_007), at(400));
        assert_eq!((lates(&lateness), lateness.waiting()), (vec![0, 7], 2));
        lateness.stamp(0, at(0), at(400));
        lateness.stamp(7, at(0), at(400));
        assert_eq!((lates(&lateness), lateness.waiting()), (vec![0, 7], 2), "neither is waited for");
        lateness.finish();
        assert_eq!((lates(&lateness), lateness.stamped()), (vec![0, 0, 0, 7], 1));
    }

    #[test]
    fn a_stamp_that_cannot_be_is_not_believed() {
        let mut lateness = Lateness::default();
        lateness.handed(at(0), at(50), true);
        lateness.handed(at(0), at(60), true);
        lateness.stamp(0, at(40), at(100));
        lateness.stamp(1, at(200), at(100));
        assert_eq!(lateness.stamped(), 0);
        assert_eq!(lateness.late().total(), 2);
    }

    #[test]
    fn a_refused_attempt_has_a_number_and_no_lateness() {
        let mut lateness = Lateness::default();
        lateness.refused(at(1));
        lateness.handed(at(0), at(2), true);
        lateness.stamp(1, Duration::from_nanos(2_005), at(9));
        assert_eq!((lates(&lateness), lateness.stamped()), (vec![2_005], 1));
    }

    #[test]
    fn memory_is_bounded() {
        let mut lateness = Lateness::default();
        (0..2 * WAITING as u64).for_each(|index| lateness.handed(at(index), at(index), true));
        assert_eq!((lateness.waiting(), lateness.late().total()), (WAITING, WAITING as u64));
        lateness.stamp(WAITING as u32, at(WAITING as u64), at(1 << 40));
        assert_eq!(lateness.stamped(), 1);
    }
}
