//! The wall clock, the one that the kernel stamps packets with.

use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::wire::Time;

/// The time now, by CLOCK_REALTIME.
#[must_use]
pub fn now() -> Time {
    let now = clock_gettime(ClockId::Realtime);
    Time::from_parts(now.tv_sec, now.tv_nsec)
}

/// The time now, by CLOCK_MONOTONIC, which is never set.
#[must_use]
pub fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// A moment of CLOCK_MONOTONIC, by the clock that packets are stamped with.
#[must_use]
pub fn wall(moment: Duration) -> Time {
    let nanos = i64::try_from(moment.as_nanos()).unwrap_or(i64::MAX);
    Time::from_nanos(nanos.saturating_add(offset_of_monotonic()))
}

/// A sleep ends so much too early, as waking up takes about that; the rest is waited for with open eyes.
const AWAKE: Duration = Duration::from_micros(80);

/// Waits until a moment of CLOCK_MONOTONIC: asleep, and awake at the end.
pub fn wait_until(moment: Duration) {
    let wake = moment.saturating_sub(AWAKE);
    if wake > monotonic() {
        let seconds = i64::try_from(wake.as_secs()).unwrap_or(i64::MAX);
        let request = Timespec { tv_sec: seconds, tv_nsec: i64::from(wake.subsec_nanos()) };
        while clock_nanosleep_absolute(ClockId::Monotonic, &request) == Err(Errno::INTR) {}
    }
    while monotonic() < moment {
        std::hint::spin_loop();
    }
}

/// Has this thread woken at the moment that it asked for, and not up to 50 µs later, as the kernel does to save power.
pub fn wake_precisely() {
    // SAFETY: it takes numbers only; 1 ns is the shortest slack, 0 would mean the default.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) };
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
    use super::*;

    #[test]
    fn waiting_ends_at_its_moment() {
        wake_precisely();
        let begun = monotonic();
        wait_until(Duration::ZERO);
        for wait in [10, 100, 1_000].map(Duration::from_micros) {
            let moment = monotonic() + wait;
            wait_until(moment);
            assert!(monotonic() >= moment);
        }
        assert!(wall(begun) <= now());
    }

    #[test]
    fn agrees_with_the_standard_library() {
        let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let now = super::now();
        let after = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        assert!((before..=after).contains(&u128::try_from(now.as_nanos()).unwrap()));
    }
}
