//! When each frame leaves the wire, if it does: without a clock and without a socket.

use std::collections::BTreeMap;
use std::time::Duration;

use super::impairments::{Choice, Impairments};
use super::random::Random;

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the near host to the far one.
    There,
    /// From the far host to the near one.
    Back,
}

/// A frame that nothing overtakes leaves so much later than it would have.
const HOLD: Duration = Duration::from_millis(100);

/// Frames that may be on the wire at once. More are lost, as at the end of a router's queue.
const CAPACITY: usize = 10_000;

/// Place of a frame in the order of leaving: when, and the how-manieth it is.
type Place = (Duration, u64);

/// The frames on a wire. Time is counted from any fixed moment.
#[derive(Debug)]
pub(super) struct Schedule {
    impairments: Impairments,
    random: Random,
    /// Frames that entered.
    entered: u64,
    /// Frames that were put in order.
    placed: u64,
    frames: BTreeMap<Place, (Way, Vec<u8>)>,
    /// Frames that wait for one to overtake them, for each way.
    held: [Vec<Place>; 2],
}

/// What is to become of a frame.
#[derive(Clone, Copy, Debug)]
struct Fate {
    lost: bool,
    doubled: bool,
    damaged: bool,
    overtaken: bool,
}

impl Schedule {
    pub(super) fn new(impairments: Impairments) -> Self {
        let random = Random::new(impairments.seed);
        Self { impairments, random, entered: 0, placed: 0, frames: BTreeMap::new(), held: Default::default() }
    }

    /// A frame enters.
    pub(super) fn enter(&mut self, now: Duration, way: Way, frame: Vec<u8>) {
        self.entered += 1;
        let fate = self.decide();
        if fate.lost || self.frames.len() >= CAPACITY {
            return;
        }
        let frame = if fate.damaged { damaged(frame) } else { frame };
        let due = now + self.impairments.delay;
        if fate.doubled || !fate.overtaken {
            self.place(due, way, frame.clone());
            self.let_overtaken_go(due, way);
        }
        if fate.overtaken {
            let place = self.place(due + HOLD, way, frame);
            self.held[way as usize].push(place);
        } else if fate.doubled {
            self.place(due, way, frame);
        }
    }

    /// A frame enters that does not count, and to which nothing happens but the delay.
    pub(super) fn pass(&mut self, now: Duration, way: Way, frame: Vec<u8>) {
        if self.frames.len() < CAPACITY {
            self.place(now + self.impairments.delay, way, frame);
        }
    }

    /// The next frame that is to leave by now.
    pub(super) fn leave(&mut self, now: Duration) -> Option<(Way, Vec<u8>)> {
        let first = self.frames.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// When the next frame is to leave.
    pub(super) fn next(&self) -> Option<Duration> {
        self.frames.first_key_value().map(|((due, _), _)| *due)
    }

    /// Every frame draws the same count of numbers, so that a choice by position changes nothing for the others.
    fn decide(&mut self) -> Fate {
        let Impairments { drop, duplicate, corrupt, reorder, .. } = &self.impairments;
        let mut chosen = |choice: &Choice| {
            let drawn = self.random.below_a_million() < choice.millionths;
            drawn || choice.positions.contains(&self.entered)
        };
        Fate { lost: chosen(drop), doubled: chosen(duplicate), overtaken: chosen(reorder), damaged: chosen(corrupt) }
    }

    fn place(&mut self, due: Duration, way: Way, frame: Vec<u8>) -> Place {
        self.placed += 1;
        let place = (due, self.placed);
        self.frames.insert(place, (way, frame));
        place
    }

    /// A frame was placed that leaves at `due`: those which waited for it follow.
    fn let_overtaken_go(&mut self, due: Duration, way: Way) {
        for place in std::mem::take(&mut self.held[way as usize]) {
            if let Some((way, frame)) = self.frames.remove(&place) {
                self.place(due, way, frame);
            }
        }
    }
}

/// The last octet belongs to what the innermost checksum covers, whatever the frame carries.
fn damaged(mut frame: Vec<u8>) -> Vec<u8> {
    frame.last_mut().into_iter().for_each(|octet| *octet ^= 1);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use Way::{Back, There};

    const MS: Duration = Duration::from_millis(1);

    fn schedule(text: &str) -> Schedule {
        Schedule::new(text.parse().unwrap())
    }

    /// Everything that leaves, with the time in milliseconds, by a clock that stops only where it must.
    fn drain(schedule: &mut Schedule) -> Vec<(u128, Way, u8)> {
        let mut left = Vec::new();
        while let Some(due) = schedule.next() {
            assert!(schedule.leave(due.saturating_sub(Duration::from_nanos(1))).is_none());
            let (way, frame) = schedule.leave(due).unwrap();
            left.push((due.as_millis(), way, frame[0]));
        }
        left
    }

    fn enter(schedule: &mut Schedule, frames: &[(u32, Way)]) {
        for (number, (at, way)) in (1..).zip(frames) {
            schedule.enter(MS * *at, *way, vec![number]);
        }
    }

    /// What leaves of five frames in one direction, one each millisecond.
    fn five(text: &str) -> Vec<(u128, u8)> {
        let mut schedule = schedule(text);
        enter(&mut schedule, &[(1, There), (2, There), (3, There), (4, There), (5, There)]);
        drain(&mut schedule).into_iter().map(|(time, _, number)| (time, number)).collect()
    }

    #[test]
    fn an_unimpaired_wire_is_none() {
        assert_eq!(five(""), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
    }

    #[test]
    fn frames_are_lost_and_doubled_by_position() {
        assert_eq!(five("drop=1,4 dup=2,4"), [(2, 2), (2, 2), (3, 3), (5, 5)]);
        assert_eq!(five("loss=100%"), []);
    }

    #[test]
    fn frames_that_pass_do_not_count() {
        let mut schedule = schedule("delay=5ms drop=1 loss=0%");
        schedule.pass(MS, There, vec![9]);
        enter(&mut schedule, &[(1, There), (2, There)]);
        assert_eq!(drain(&mut schedule), [(6, There, 9), (7, There, 2)]);
    }

    #[test]
    fn frames_are_damaged_by_position() {
        assert_eq!(five("corrupt=2,5"), [(1, 1), (2, 3), (3, 3), (4, 4), (5, 4)]);
        assert_eq!(five("corrupt=2 dup=2 drop=4,5"), [(1, 1), (2, 3), (2, 3), (3, 3)]);
    }

    #[test]
    fn every_frame_is_late_by_the_delay() {
        assert_eq!(five("delay=50ms drop=2"), [(51, 1), (53, 3), (54, 4), (55, 5)]);
    }

    #[test]
    fn a_frame_is_overtaken_by_the_next_that_arrives() {
        assert_eq!(five("delay=10ms reorder=2"), [(11, 1), (13, 3), (13, 2), (14, 4), (15, 5)]);
        assert_eq!(five("reorder=2 drop=3"), [(1, 1), (4, 4), (4, 2), (5, 5)]);
        assert_eq!(five("reorder=2,3"), [(1, 1), (4, 4), (4, 2), (4, 3), (5, 5)]);
    }

    #[test]
    fn a_doubled_frame_may_come_late_the_second_time() {
        assert_eq!(five("dup=2 reorder=2"), [(1, 1), (2, 2), (3, 3), (3, 2), (4, 4), (5, 5)]);
    }

    #[test]
    fn a_frame_that_nothing_overtakes_leaves_all_the_same() {
        assert_eq!(five("reorder=5"), [(1, 1), (2, 2), (3, 3), (4, 4), (105, 5)]);
        let mut schedule = schedule("reorder=1");
        enter(&mut schedule, &[(1, There), (2, Back)]);
        assert_eq!(drain(&mut schedule), [(2, Back, 2), (101, There, 1)]);
        // What entered after it had gone does not bring it back.
        schedule.enter(MS * 200, There, vec![3]);
        assert_eq!(drain(&mut schedule), [(200, There, 3)]);
    }

    #[test]
    fn the_same_seed_gives_the_same_wire() {
        let run = |text: &str| {
            let mut schedule = schedule(text);
            (1..=2000).for_each(|at| schedule.enter(MS * at, There, vec![(at % 251) as u8]));
            drain(&mut schedule)
        };
        let first = run("loss=10% dup=10% seed=3");
        assert_eq!(first, run("loss=10% dup=10% seed=3"));
        assert_ne!(first, run("loss=10% dup=10% seed=4"));
        // 2000 × 0.9 × 1.1, give or take five standard deviations.
        assert!((1880..2080).contains(&first.len()), "{}", first.len());
    }

    #[test]
    fn a_full_wire_loses_what_comes() {
        let mut schedule = schedule("delay=1s dup=100%");
        (0..CAPACITY as u32 * 2).for_each(|_| schedule.enter(MS, There, vec![0]));
        assert!(schedule.frames.len() <= CAPACITY + 1, "{}", schedule.frames.len());
    }
}
