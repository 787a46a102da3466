//! Timestamps of a pcapng interface: a count of units since the epoch, and an offset.

use crate::wire::Time;

const NANOS: u128 = 1_000_000_000;

/// How the timestamps of an interface are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// `if_tsoffset`: seconds to add to every timestamp.
    pub(super) offset_seconds: i64,
}

/// The length of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Nanos(u64),
    /// A nanosecond divided by this.
    NanosOver(u64),
    /// A second divided by two to this power.
    SecondOverPowerOfTwo(u8),
}

impl Default for Clock {
    /// Microseconds, where `if_tsresol` is left out.
    fn default() -> Self {
        Self { unit: Unit::Nanos(1000), offset_seconds: 0 }
    }
}

impl Clock {
    /// Sets the resolution from `if_tsresol`: a negative power of ten, or of two when the high bit is set.
    pub(super) fn set_resolution(&mut self, if_tsresol: u8) {
        let exponent = if_tsresol & 0x7f;
        self.unit = if if_tsresol & 0x80 != 0 {
            Unit::SecondOverPowerOfTwo(exponent)
        } else if exponent <= 9 {
            Unit::Nanos(10_u64.pow(9 - u32::from(exponent)))
        } else {
            // A unit below 10^-28 s leaves no nanosecond of a 64-bit count.
            Unit::NanosOver(10_u64.checked_pow(u32::from(exponent) - 9).unwrap_or(u64::MAX))
        };
    }

    /// The moment of a count of units; far-off values saturate.
    #[inline]
    pub(super) fn time(self, count: u64) -> Time {
        let nanos = match self.unit {
            Unit::Nanos(nanos) => count.saturating_mul(nanos),
            Unit::NanosOver(parts) => count / parts,
            Unit::SecondOverPowerOfTwo(power) => {
                u64::try_from((u128::from(count) * NANOS) >> power).unwrap_or(u64::MAX)
            }
        };
        Time::from_parts(self.offset_seconds, i64::try_from(nanos).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(if_tsresol: u8, count: u64) -> i64 {
        let mut clock = Clock::default();
        clock.set_resolution(if_tsresol);
        clock.time(count).as_nanos()
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(Clock::default().time(7).as_nanos(), 7_000);
        assert_eq!(nanos(0, 3), 3_000_000_000);
        assert_eq!(nanos(3, 3), 3_000_000);
        assert_eq!(nanos(6, 3), 3_000);
        assert_eq!(nanos(9, 3), 3);
        assert_eq!(nanos(12, 3_999), 3);
        assert_eq!(nanos(28, u64::MAX), 1);
        assert_eq!(nanos(127, u64::MAX), 1);
    }

    #[test]
    fn powers_of_two() {
        assert_eq!(nanos(0x80, 5), 5_000_000_000);
        assert_eq!(nanos(0x80 | 10, 1536), 1_500_000_000);
        assert_eq!(nanos(0x80 | 32, 1 << 31), 500_000_000);
        assert_eq!(nanos(0xff, u64::MAX), 0);
    }

    #[test]
    fn far_off_values_saturate() {
        assert_eq!(nanos(0, u64::MAX), i64::MAX);
        let clock = Clock { offset_seconds: i64::MIN, ..Clock::default() };
        assert_eq!(clock.time(0).as_nanos(), i64::MIN);
    }

    #[test]
    fn the_offset_is_in_seconds() {
        let clock = Clock { offset_seconds: -3600, ..Clock::default() };
        assert_eq!(clock.time(3_600_000_001).as_nanos(), 1_000);
    }
}
