//! `--replay-speed`: as fast as it happened, or some times as fast.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::sys::{self, poll};
use crate::wire::Time;

/// Lets a packet wait until its time has come.
pub(super) struct Pace<'a> {
    speed: f64,
    stop: BorrowedFd<'a>,
    /// When the first packet was shown, and when it was captured.
    begun: Option<(Instant, Time)>,
}

impl<'a> Pace<'a> {
    /// `speed` times as fast as the capture was made; above 0. Waiting ends when `stop` is readable.
    pub(super) fn new(speed: f64, stop: &'a impl AsFd) -> Self {
        Self { speed, stop: stop.as_fd(), begun: None }
    }

    /// How long the packet of this time has to wait yet. A capture whose clock went back waits no second time.
    pub(super) fn left(&mut self, time: Time) -> Duration {
        let now = Instant::now();
        let (start, first) = *self.begun.get_or_insert((now, time));
        let due = Duration::try_from_secs_f64(time.since(first).as_secs_f64() / self.speed).unwrap_or(Duration::MAX);
        due.saturating_sub(now.saturating_duration_since(start))
    }

    /// Waits; false when it was asked to stop.
    ///
    /// # Errors
    /// Those of poll.
    pub(super) fn wait(&self, left: Duration) -> sys::Result<bool> {
        Ok(!poll::wait(&[self.stop], Some(left))?.contains(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    #[test]
    fn only_what_comes_later_waits() {
        let (stop, mut far) = UnixStream::pair().unwrap();
        let at = |seconds: i64| Time::from_parts(1_700_000_000 + seconds, 0);
        let mut pace = Pace::new(2.0, &stop);
        assert_eq!(pace.left(at(0)), Duration::ZERO);
        assert_eq!(pace.left(at(-5)), Duration::ZERO);
        let left = pace.left(at(2_000_000));
        assert!(left <= Duration::from_secs(1_000_000) && left > Duration::from_secs(900_000), "{left:?}");
        assert!(Pace::new(f64::MIN_POSITIVE, &stop).left(at(0)).is_zero());
        assert!(pace.wait(Duration::ZERO).unwrap());
        far.write_all(b"x").unwrap();
        assert!(!pace.wait(left).unwrap());
    }
}
