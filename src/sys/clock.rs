//! The wall clock, the one that the kernel stamps packets with.

use rustix::time::{ClockId, clock_gettime};

use crate::wire::Time;

/// The time now, by CLOCK_REALTIME.
#[must_use]
pub fn now() -> Time {
    let now = clock_gettime(ClockId::Realtime);
    Time::from_parts(now.tv_sec, now.tv_nsec)
}

/// What CLOCK_REALTIME is ahead of CLOCK_MONOTONIC now, in nanoseconds. The two are read microseconds apart at most, and
/// the first is read on both sides of the second, so the error is half of that.
pub(super) fn offset_of_monotonic() -> i64 {
    let nanos = |clock| {
        let now = clock_gettime(clock);
        Time::from_parts(now.tv_sec, now.tv_nsec).as_nanos()
    };
    let attempts = (0..8).map(|_| {
        let before = nanos(ClockId::Realtime);
        let monotonic = nanos(ClockId::Monotonic);
        let after = nanos(ClockId::Realtime);
        (after.saturating_sub(before), before.midpoint(after).saturating_sub(monotonic))
    });
    attempts.min().map_or(0, |(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_the_standard_library() {
        let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let now = super::now();
        let after = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        assert!((before..=after).contains(&u128::try_from(now.as_nanos()).unwrap()));
    }
}
