//! How far a run has come, as far as anybody can know.

use std::time::Duration;

use super::Plan;

/// Where in the capture the sender is: packets are read long before they are sent.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The part of all rounds that was read before this block, and with it; none where nobody knows.
    read: Option<(f64, f64)>,
    /// When the last packet before this block departs, and the last one in it.
    due: (Duration, Duration),
    /// Packets of this block.
    packets: usize,
}

impl Course {
    /// The next block is to be sent: so many packets, of which the last departs at `until`. With it so much was `read`.
    pub(super) fn enter(&mut self, packets: usize, until: Duration, read: Option<f64>) {
        let before = self.read.map_or(0.0, |(_, with)| with);
        self.read = read.map(|with| (before, with));
        self.due = (self.due.1, until);
        self.packets = packets;
    }

    /// The part of the whole run that is over when `done` packets of this block and `sent` of all are sent, and the next is
    /// due at `due`: by the capture, the limit or the time, whatever ends it first.
    pub(super) fn fraction(
        &self,
        plan: &Plan,
        done: usize,
        (now, due): (Duration, Duration),
        sent: u64,
    ) -> Option<f64> {
        let (from, to) = self.due;
        let within = match to.saturating_sub(from).as_secs_f64() {
            0.0 => part(done as f64, self.packets as f64),
            // A schedule that cannot be kept up with is no measure.
            span => part(now.min(due).saturating_sub(from).as_secs_f64(), span),
        };
        let by_capture = self.read.map(|(before, with)| before + (with - before) * within);
        let by_limit = plan.limit.map(|limit| part(sent as f64, limit as f64));
        let by_time = plan.duration.map(|most| part(now.as_secs_f64(), most.as_secs_f64()));
        [by_capture, by_limit, by_time].into_iter().flatten().reduce(f64::max)
    }
}

/// A part of a whole, from 0 to 1.
fn part(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::craft::pace::Rate;
    use crate::craft::rewrite::{Rewriter, Table};
    use crate::wire::LinkType;

    fn plan() -> Plan {
        Plan {
            rate: Rate::Recorded(1.0),
            rewriter: Rewriter { table: Table::default(), link: LinkType::ETHERNET, own_mac: None, peer_mac: None },
            rounds: Some(1),
            limit: None,
            duration: None,
            allow_broadcast: false,
            one_at_a_time: false,
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// The part that is over, in thousandths, with `done` packets of a block of 100 in the second half of the capture, which
    /// departs from 10 s to 20 s.
    fn over(plan: &Plan, done: usize, now: u32, due: u32) -> Option<u64> {
        let mut course = Course::default();
        course.enter(50, 10 * SECOND, Some(0.5));
        course.enter(100, 20 * SECOND, Some(1.0));
        thousandths(course.fraction(plan, done, (now * SECOND, due * SECOND), 50 + done as u64))
    }

    fn thousandths(part: Option<f64>) -> Option<u64> {
        part.map(|part| (part * 1000.0).round() as u64)
    }

    #[test]
    fn what_was_read_ahead_is_not_over_before_it_is_sent() {
        assert_eq!(over(&plan(), 0, 10, 10), Some(500));
        assert_eq!(over(&plan(), 3, 15, 20), Some(750), "by the schedule, however many packets are left");
        assert_eq!(over(&plan(), 10, 30, 12), Some(600), "behind the schedule, by what is to be sent next");
        assert_eq!(over(&plan(), 100, 40, 20), Some(1000));
    }

    #[test]
    fn without_a_schedule_packets_count() {
        let mut course = Course::default();
        course.enter(50, Duration::ZERO, Some(0.2));
        course.enter(100, Duration::ZERO, Some(0.6));
        assert_eq!(thousandths(course.fraction(&plan(), 25, (SECOND, Duration::ZERO), 75)), Some(300));
        course.enter(100, Duration::ZERO, None);
        assert_eq!(
            course.fraction(&plan(), 25, (SECOND, Duration::ZERO), 175),
            None,
            "nobody knows how long a pipe is"
        );
    }

    #[test]
    fn whatever_ends_the_run_first_measures_it() {
        assert_eq!(over(&Plan { limit: Some(80), ..plan() }, 10, 11, 11), Some(750));
        assert_eq!(over(&Plan { limit: Some(1000), ..plan() }, 10, 11, 11), Some(550));
        assert_eq!(over(&Plan { duration: Some(12 * SECOND), ..plan() }, 10, 11, 11), Some(917));
    }
}
