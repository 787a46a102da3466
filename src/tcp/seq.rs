//! Sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4).

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::Serialize;

/// A sequence or acknowledgment number. Its order is that of RFC 9293: meaningful for numbers less than 2^31 apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Seq(pub u32);

impl Seq {
    /// How far `self` lies behind `other`, as a signed distance: negative where it comes before.
    #[must_use]
    pub const fn distance(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// Whether `self` comes before `other`.
    #[must_use]
    pub const fn before(self, other: Self) -> bool {
        self.distance(other) < 0
    }

    /// Whether `self` comes after `other`.
    #[must_use]
    pub const fn after(self, other: Self) -> bool {
        self.distance(other) > 0
    }

    /// Whether `self` is in the half-open range from `start` on, `len` numbers long.
    #[must_use]
    pub const fn within(self, start: Self, len: u32) -> bool {
        self.0.wrapping_sub(start.0) < len
    }

    /// The later of the two.
    #[must_use]
    pub const fn max(self, other: Self) -> Self {
        if self.before(other) { other } else { self }
    }
}

impl PartialOrd for Seq {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.distance(*other).cmp(&0))
    }
}

impl Add<u32> for Seq {
    type Output = Self;

    fn add(self, len: u32) -> Self {
        Self(self.0.wrapping_add(len))
    }
}

impl AddAssign<u32> for Seq {
    fn add_assign(&mut self, len: u32) {
        *self = *self + len;
    }
}

impl Sub<u32> for Seq {
    type Output = Self;

    fn sub(self, len: u32) -> Self {
        Self(self.0.wrapping_sub(len))
    }
}

/// Numbers from `other` up to `self`, modulo 2^32: what a ladder shows as relative.
impl Sub for Seq {
    type Output = u32;

    fn sub(self, other: Self) -> u32 {
        self.0.wrapping_sub(other.0)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let (last, first) = (Seq(u32::MAX), Seq(0));
        assert!(last.before(first) && first.after(last) && last < first);
        assert_eq!(last + 1, first);
        assert_eq!(first - 1, last);
        assert_eq!(first - last, 1);
        assert_eq!(last.max(first), first);
    }

    #[test]
    fn a_window_may_span_the_wrap() {
        let start = Seq(u32::MAX - 1);
        for (number, inside) in [(u32::MAX - 2, false), (u32::MAX - 1, true), (0, true), (1, true), (2, false)] {
            assert_eq!(Seq(number).within(start, 4), inside, "{number}");
        }
    }
}
