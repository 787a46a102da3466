//! The distribution of reply times.

use std::time::Duration;

/// Times kept at most: what a day of one packet each tenth of a second takes.
const MOST: usize = 1 << 20;

/// Reply times. Beyond a million of them only the shortest and the longest are noted.
#[derive(Clone, Debug, Default)]
pub struct Times {
    sorted: Vec<u64>,
    is_sorted: bool,
    extremes: Option<(u64, u64)>,
}

impl Times {
    /// Takes one time.
    pub fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (min, max) = self.extremes.unwrap_or((nanos, nanos));
        self.extremes = Some((min.min(nanos), max.max(nanos)));
        if self.sorted.len() < MOST {
            self.sorted.push(nanos);
            self.is_sorted = false;
        }
    }

    /// The shortest and the longest.
    #[must_use]
    pub fn extremes(&self) -> Option<(Duration, Duration)> {
        self.extremes.map(|(min, max)| (Duration::from_nanos(min), Duration::from_nanos(max)))
    }

    /// The time that `percent` of 100 do not exceed (nearest rank).
    pub fn percentile(&mut self, percent: u8) -> Option<Duration> {
        if !self.is_sorted {
            self.sorted.sort_unstable();
            self.is_sorted = true;
        }
        let rank = (self.sorted.len() * usize::from(percent.min(100))).div_ceil(100);
        self.sorted.get(rank.saturating_sub(1)).map(|nanos| Duration::from_nanos(*nanos))
    }
}
