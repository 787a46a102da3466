//! Percentiles of times in little memory.

use std::time::Duration;

/// Bits behind the highest one that tell values apart: 64 buckets for each doubling, so that a value is known to less
/// than one percent.
const BITS: u32 = 6;
const BUCKETS: usize = (65 - BITS as usize) << BITS;

/// Counts times by their size, from a nanosecond to five centuries, in thirty kilobytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
    shortest: Duration,
    longest: Duration,
}

impl Histogram {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0, shortest: Duration::MAX, longest: Duration::ZERO }
    }

    /// Counts one more.
    pub fn add(&mut self, time: Duration) {
        self.counts[bucket(nanos(time))] += 1;
        self.total += 1;
        self.shortest = self.shortest.min(time);
        self.longest = self.longest.max(time);
    }

    /// Times counted.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The shortest, exactly; none where there is no time.
    #[must_use]
    pub fn shortest(&self) -> Option<Duration> {
        (self.total > 0).then_some(self.shortest)
    }

    /// The longest, exactly; none where there is no time.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        (self.total > 0).then_some(self.longest)
    }

    /// The time that `percent` of all do not pass (nearest rank), to less than one percent of itself.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (u128::from(self.total) * u128::from(percent)).div_ceil(100).max(1) as u64;
        let mut below = 0;
        let found = self.counts.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        Some(self.time(found))
    }

    /// The times that were counted, shortest first, each to less than one percent of itself, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(bucket, count)| (self.time(bucket), *count))
    }

    /// What a bucket stands for: its middle, with the digits that are known, and nothing that no time reached.
    fn time(&self, bucket: usize) -> Duration {
        Duration::from_nanos(known(middle(bucket))).max(self.shortest).min(self.longest)
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Below 64 each value has its own bucket; above, the highest bit chooses the group and the next six the bucket.
const fn bucket(value: u64) -> usize {
    let shift = (64 - (value | 1).leading_zeros()).saturating_sub(BITS + 1);
    ((shift as usize) << BITS) + (value >> shift) as usize
}

/// The value in the middle of a bucket.
const fn middle(bucket: usize) -> u64 {
    let group = (bucket >> BITS).saturating_sub(1) as u32;
    let start = ((bucket - ((group as usize) << BITS)) as u64) << group;
    start + ((1 << group) - 1) / 2
}

/// Rounds to four significant digits: a bucket is not known to more, and fewer would add to its error.
const fn known(value: u64) -> u64 {
    let Some(digits) = value.checked_ilog10() else { return 0 };
    if digits < 4 {
        return value;
    }
    let unit = 10_u64.pow(digits - 3);
    (value / unit + (value % unit >= unit / 2) as u64).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut histogram = Histogram::new();
        assert_eq!((histogram.percentile(50), histogram.longest()), (None, None));
        (1..=100).for_each(|nanos| histogram.add(Duration::from_nanos(nanos)));
        let percentile = |percent| histogram.percentile(percent).unwrap().as_nanos();
        assert_eq!([0, 1, 50, 63].map(percentile), [1, 1, 50, 63]);
        assert_eq!((percentile(100), histogram.total()), (100, 100));
        assert_eq!(histogram.longest(), Some(Duration::from_nanos(100)));
    }

    #[test]
    fn times_come_in_order_with_their_counts() {
        let mut histogram = Histogram::new();
        [40, 7, 40].into_iter().for_each(|nanos| histogram.add(Duration::from_nanos(nanos)));
        let all: Vec<_> = histogram.iter().map(|(time, count)| (time.as_nanos(), count)).collect();
        assert_eq!(all, [(7, 1), (40, 2)]);
    }

    #[test]
    fn the_largest_value_has_a_bucket() {
        assert!(bucket(u64::MAX) < BUCKETS);
        let mut histogram = Histogram::new();
        histogram.add(Duration::MAX);
        assert!(histogram.percentile(99).is_some());
    }

    proptest! {
        #[test]
        fn a_value_is_known_to_less_than_a_percent(value in 0_u64..=u64::MAX, shift in 0_u32..64) {
            let value = value >> shift;
            let found = known(middle(bucket(value)));
            prop_assert!(found.abs_diff(value) <= value / 100, "{value} became {found}");
        }

        #[test]
        fn the_ends_are_exact_and_no_percentile_passes_them(times in proptest::collection::vec(0_u64..1 << 40, 1..50)) {
            let mut histogram = Histogram::new();
            times.iter().for_each(|nanos| histogram.add(Duration::from_nanos(*nanos)));
            let (least, most) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
            prop_assert_eq!(histogram.shortest(), Some(Duration::from_nanos(least)));
            prop_assert_eq!(histogram.longest(), Some(Duration::from_nanos(most)));
            for percent in [0, 1, 50, 99, 100] {
                let found = histogram.percentile(percent).unwrap().as_nanos() as u64;
                prop_assert!((least..=most).contains(&found), "{found} is not within {least} and {most}");
            }
        }
    }
}
