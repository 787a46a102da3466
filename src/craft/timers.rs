//! The retransmission timeout (RFC 6298).

use std::time::Duration;

use crate::wire::Time;

/// Granularity of our clock (G in RFC 6298).
const GRANULARITY: Duration = Duration::from_millis(1);
/// RFC 6298 section 2.4: rounded up to one second.
const FLOOR: Duration = Duration::from_secs(1);
/// RFC 6298 section 2.5.
const CEILING: Duration = Duration::from_secs(60);
/// RFC 6298 section 5.7: where the SYN had to be repeated.
const AFTER_LOST_SYN: Duration = Duration::from_secs(3);

/// The timeout, and the timer that it starts.
#[derive(Clone, Debug)]
pub(super) struct Retransmission {
    smoothed: Option<(Duration, Duration)>,
    timeout: Duration,
    floor: Duration,
    due: Option<Time>,
    /// How often the oldest segment has been sent again.
    pub(super) tries: u8,
}

impl Retransmission {
    pub(super) fn new(initial: Duration) -> Self {
        let initial = initial.max(GRANULARITY);
        Self { smoothed: None, timeout: initial, floor: FLOOR.min(initial), due: None, tries: 0 }
    }

    /// Takes a measured round trip (RFC 6298 sections 2.2 and 2.3).
    pub(super) fn sample(&mut self, rtt: Duration) {
        let (srtt, rttvar) = match self.smoothed {
            None => (rtt, rtt / 2),
            Some((srtt, rttvar)) => ((srtt * 7 + rtt) / 8, (rttvar * 3 + srtt.abs_diff(rtt)) / 4),
        };
        self.smoothed = Some((srtt, rttvar));
        self.timeout = (srtt + (rttvar * 4).max(GRANULARITY)).clamp(self.floor, CEILING);
    }

    /// RFC 6298 section 5.7: a round trip of a repeated SYN cannot be measured (Karn), so begin data with care.
    pub(super) fn after_lost_syn(&mut self) {
        self.timeout = AFTER_LOST_SYN;
    }

    /// RFC 6298 section 5.1: start, unless it runs.
    pub(super) fn start(&mut self, now: Time) {
        self.due.get_or_insert(now + self.timeout);
    }

    /// RFC 6298 section 5.3: new data was acknowledged, and more is in flight.
    pub(super) fn restart(&mut self, now: Time) {
        self.due = Some(now + self.timeout);
    }

    /// RFC 6298 section 5.2: all is acknowledged.
    pub(super) fn stop(&mut self) {
        self.due = None;
    }

    /// RFC 6298 sections 5.5 and 5.6: it went off; twice as long from now on.
    pub(super) fn back_off(&mut self, now: Time) {
        self.tries = self.tries.saturating_add(1);
        self.timeout = (self.timeout * 2).min(CEILING);
        self.restart(now);
    }

    pub(super) fn is_due(&self, now: Time) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    pub(super) const fn due(&self) -> Option<Time> {
        self.due
    }

    /// The timeout as it stands.
    #[cfg(test)]
    const fn timeout(&self) -> Duration {
        self.timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_sample_gives_three_round_trips() {
        let mut timer = Retransmission::new(FLOOR);
        timer.sample(MS * 600);
        assert_eq!(timer.timeout(), MS * 1800);
        timer.sample(MS * 600);
        assert_eq!(timer.timeout(), MS * 1500);
    }

    #[test]
    fn it_never_falls_below_a_second_unless_the_user_chose_less() {
        let mut timer = Retransmission::new(FLOOR);
        timer.sample(MS);
        assert_eq!(timer.timeout(), FLOOR);
        let mut timer = Retransmission::new(MS * 200);
        timer.sample(MS);
        assert_eq!(timer.timeout(), MS * 200);
    }

    #[test]
    fn it_doubles_up_to_a_minute() {
        let mut timer = Retransmission::new(FLOOR);
        let mut seen = Vec::new();
        for _ in 0..7 {
            timer.back_off(Time::default());
            seen.push(timer.timeout().as_secs());
        }
        assert_eq!(seen, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(timer.tries, 7);
    }
}
