//! Counts and round trips.

use std::time::Duration;

use serde::Serialize;

use crate::measure::Histogram;

/// What became of all requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// Requests sent, or tried.
    pub transmitted: u64,
    /// Requests that were answered.
    pub received: u64,
    /// Replies to requests that had one already.
    pub duplicates: u64,
    /// Replies with a wrong checksum.
    pub corrupted: u64,
    /// Errors about our requests.
    pub errors: u64,
    /// Round trips that begin with the kernel's stamp of departure; the others begin with ours.
    pub stamped: u64,
    /// The most requests that were on their way at one time.
    pub pipe: u64,
    /// From the beginning to the last request.
    #[serde(skip)]
    pub span: Duration,
    /// Round trips of replies, duplicates among them.
    #[serde(skip)]
    pub rtt: Rtt,
}

impl Statistics {
    /// The part of requests without a reply, in percent; zero before the first.
    #[must_use]
    pub fn loss(&self) -> f64 {
        if self.transmitted == 0 {
            return 0.0;
        }
        self.transmitted.saturating_sub(self.received) as f64 * 100.0 / self.transmitted as f64
    }

    /// The mean time from one request to the next; zero before the second.
    #[must_use]
    pub fn mean_gap(&self) -> Duration {
        let gaps = u32::try_from(self.transmitted.saturating_sub(1)).unwrap_or(u32::MAX);
        self.span.checked_div(gaps).unwrap_or_default()
    }
}

/// Round trips, without keeping each of them: they cost forty kilobytes however many they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rtt {
    count: u64,
    /// How often each occurred.
    pub histogram: Histogram,
    /// The shortest; zero before the first.
    pub min: Duration,
    /// The longest; zero before the first.
    pub max: Duration,
    /// Exponentially weighted moving average; each new one counts an eighth.
    pub ewma: Duration,
    mean: f64,
    /// Sum of the squared distances from the mean, in square nanoseconds (Welford's recurrence).
    squares: f64,
}

impl Rtt {
    /// Takes one more.
    pub fn add(&mut self, rtt: Duration) {
        let nanos = rtt.as_nanos() as f64;
        self.count += 1;
        self.histogram.add(rtt);
        let distance = nanos - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (nanos - self.mean);
        self.max = self.max.max(rtt);
        if self.count == 1 {
            (self.min, self.ewma) = (rtt, rtt);
        } else {
            self.min = self.min.min(rtt);
            self.ewma = (self.ewma * 7 + rtt) / 8;
        }
    }

    /// The mean; zero before the first.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.mean as u64)
    }

    /// The standard deviation of them all, which ping calls mdev.
    #[must_use]
    pub fn deviation(&self) -> Duration {
        Duration::from_nanos((self.squares / self.count.max(1) as f64).sqrt() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtt(micros: &[u64]) -> Rtt {
        let mut rtt = Rtt::default();
        micros.iter().for_each(|&micros| rtt.add(Duration::from_micros(micros)));
        rtt
    }

    #[test]
    fn of_nothing_is_zero() {
        let none = Rtt::default();
        assert_eq!([none.min, none.mean(), none.max, none.deviation(), none.ewma], [Duration::ZERO; 5]);
        assert_eq!((Statistics::default().loss(), Statistics::default().mean_gap()), (0.0, Duration::ZERO));
    }

    /// As iputils printed them for 173, 183, 189 and 204 µs: 0.173/0.187/0.204/0.011 ms.
    #[test]
    fn mean_and_deviation_of_four() {
        let four = rtt(&[173, 183, 189, 204]);
        let micros = [four.min, four.mean(), four.max, four.deviation()].map(|value| value.as_micros());
        assert_eq!(micros, [173, 187, 204, 11]);
    }

    #[test]
    fn a_long_run_of_equal_values_does_not_deviate() {
        let same = rtt(&[123_456; 10_000]);
        assert_eq!((same.mean().as_micros(), same.deviation().as_micros()), (123_456, 0));
    }

    #[test]
    fn the_moving_average_forgets_slowly() {
        assert_eq!(rtt(&[800, 1600]).ewma.as_micros(), 900);
        assert_eq!(rtt(&[14, 57, 54, 47, 52]).ewma.as_nanos(), 29_788);
    }
}
