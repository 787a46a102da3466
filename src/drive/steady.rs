//! When a captured packet passed, for whoever waits or measures: as the kernel stamped it, while nobody sets the clock that the
//! kernel stamps by (CLOCK_REALTIME).

use std::time::Duration;

use crate::wire::Time;

/// What a stamp may be off with a clock that nobody set: what is captured takes a moment to be there for us.
const SLACK: Duration = Duration::from_secs(1);

/// Tells stamps that can be from those that cannot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steady {
    /// When nothing was left to be looked at: what is there afterwards came later.
    quiet: Time,
}

impl Steady {
    /// Nothing was captured before `now`.
    pub(super) const fn since(now: Time) -> Self {
        Self { quiet: now }
    }

    /// All that was captured up to `now` has been looked at.
    pub(super) const fn is_quiet(&mut self, now: Time) {
        self.quiet = now;
    }

    /// The time of a packet that is looked at now: its stamp; or, where somebody set the clock, now. Both `now` here and the
    /// answer are by the clock of the run ([`Wire::now`](super::Wire::now)).
    pub(super) fn time(&self, stamp: Time, now: Time) -> Time {
        if stamp + SLACK >= self.quiet && stamp <= now + SLACK { stamp } else { now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_counts_while_it_can_be() {
        let at = |seconds| Time::from_parts(seconds, 0);
        let mut steady = Steady::since(at(1000));
        // A process that stood still for a minute finds what was captured then.
        assert_eq!(steady.time(at(1005), at(1060)), at(1005));
        steady.is_quiet(at(1060));
        assert_eq!(steady.time(at(1060), at(1061)), at(1060));
        // Set back, and set forward.
        assert_eq!(steady.time(at(1005), at(1061)), at(1061));
        assert_eq!(steady.time(at(4660), at(1061)), at(1061));
    }
}
