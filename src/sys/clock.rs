//! The wall clock, the one that the kernel stamps packets with.

use rustix::time::{ClockId, clock_gettime};

use crate::wire::Time;

/// The time now, by CLOCK_REALTIME.
#[must_use]
pub fn now() -> Time {
    let now = clock_gettime(ClockId::Realtime);
    Time::from_parts(now.tv_sec, now.tv_nsec)
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
