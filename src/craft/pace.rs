//! When each packet of a capture departs, counted from one fixed start, so that no lateness is passed on.

use std::time::Duration;

use crate::wire::Time;

/// How fast packets are to follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// As they were captured, so many times as fast; above 0.
    Recorded(f64),
    /// So many packets a second; above 0.
    Packets(f64),
    /// So many bits a second, link-layer header included, preamble and gap not; above 0.
    Bits(f64),
    /// Without a pause.
    TopSpeed,
}

/// The schedule of a run. It is asked once for each packet, in their order.
#[derive(Clone, Debug)]
pub struct Pace {
    rate: Rate,
    /// The time of this round's first packet.
    first: Option<Time>,
    /// When this round began.
    base: Duration,
    /// When the packet before departs.
    last: Duration,
    packets: u64,
    octets: u64,
}

impl Pace {
    /// Nothing departed yet.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self { rate, first: None, base: Duration::ZERO, last: Duration::ZERO, packets: 0, octets: 0 }
    }

    /// The capture begins again; its first packet departs together with the last one of the round before.
    pub const fn begin_again(&mut self) {
        self.first = None;
        self.base = self.last;
    }

    /// When the next packet departs: captured at `time`, and `octets` long as it is sent. Never before the one before it,
    /// also where the capture's clock went back.
    pub fn due(&mut self, time: Time, octets: usize) -> Duration {
        let due = match self.rate {
            Rate::Recorded(speed) => {
                let since = time.since(*self.first.get_or_insert(time));
                self.base.saturating_add(faster(since, speed))
            }
            Rate::Packets(rate) => seconds(self.packets as f64 / rate),
            Rate::Bits(rate) => seconds(self.octets as f64 * 8.0 / rate),
            Rate::TopSpeed => Duration::ZERO,
        };
        self.packets += 1;
        self.octets += octets as u64;
        self.last = self.last.max(due);
        self.last
    }
}

/// A time of the capture at so many times its speed; to the nanosecond where it is the capture's own.
fn faster(time: Duration, speed: f64) -> Duration {
    if speed == 1.0 { time } else { seconds(time.as_secs_f64() / speed) }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(nanos: i64) -> Time {
        Time::from_parts(1_700_000_000, nanos)
    }

    fn schedule(rate: Rate, times: &[i64]) -> Vec<u128> {
        let mut pace = Pace::new(rate);
        times.iter().map(|nanos| pace.due(at(*nanos), 125).as_nanos()).collect()
    }

    #[test]
    fn each_rate_has_its_schedule() {
        let times = [500, 1_500, 1_502, 5_000_000_500];
        assert_eq!(schedule(Rate::Recorded(1.0), &times), [0, 1_000, 1_002, 5_000_000_000]);
        assert_eq!(schedule(Rate::Recorded(2.0), &times), [0, 500, 501, 2_500_000_000]);
        assert_eq!(schedule(Rate::Packets(1000.0), &times), [0, 1_000_000, 2_000_000, 3_000_000]);
        assert_eq!(schedule(Rate::Bits(1e6), &times), [0, 1_000_000, 2_000_000, 3_000_000]);
        assert_eq!(schedule(Rate::TopSpeed, &times), [0; 4]);
    }

    #[test]
    fn a_clock_that_goes_back_holds_nothing_up() {
        assert_eq!(schedule(Rate::Recorded(1.0), &[1_000, 3_000, 0, 2_500, 4_000]), [0, 2_000, 2_000, 2_000, 3_000]);
        assert_eq!(schedule(Rate::Recorded(f64::MIN_POSITIVE), &[0, 1])[1], Duration::MAX.as_nanos());
    }

    #[test]
    fn rounds_follow_each_other_without_a_gap() {
        let mut pace = Pace::new(Rate::Recorded(1.0));
        let mut round = || [100, 400].map(|nanos| pace.due(at(nanos), 60).as_nanos());
        assert_eq!(round(), [0, 300]);
        pace.begin_again();
        let mut round = || [100, 400].map(|nanos| pace.due(at(nanos), 60).as_nanos());
        assert_eq!(round(), [300, 600]);
    }

    proptest! {
        #[test]
        fn no_packet_overtakes_another(times in proptest::collection::vec(any::<i64>(), 0..50), speed in 1e-9_f64..1e9) {
            for rate in [Rate::Recorded(speed), Rate::Packets(speed), Rate::Bits(speed)] {
                let mut pace = Pace::new(rate);
                let dues: Vec<_> = times.iter().map(|nanos| pace.due(Time::from_nanos(*nanos), 1500)).collect();
                prop_assert!(dues.is_sorted());
            }
        }
    }
}
