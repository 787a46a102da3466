//! What is unusual about a message, by name. Its words stand in `explain`.

use std::fmt;
use std::ops::BitOrAssign;

use serde::{Serialize, Serializer};

/// Something unusual about one message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // named in ODDITIES, explained in `explain`
pub enum Oddity {
    Again,
    SecondReply,
    RequestUnseen,
    DataDiffers,
    BadChecksum,
    OffloadedChecksum,
    Malformed,
}

/// Every oddity and its name.
const ODDITIES: [(Oddity, &str); 7] = [
    (Oddity::Again, "again"),
    (Oddity::SecondReply, "second-reply"),
    (Oddity::RequestUnseen, "request-unseen"),
    (Oddity::DataDiffers, "data-differs"),
    (Oddity::BadChecksum, "bad-checksum"),
    (Oddity::OffloadedChecksum, "offloaded-checksum"),
    (Oddity::Malformed, "malformed"),
];

impl Oddity {
    /// The name, in the spelling of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ODDITIES[self as usize].1
    }

    /// Every oddity.
    pub fn all() -> impl Iterator<Item = Self> {
        ODDITIES.iter().map(|(oddity, _)| *oddity)
    }
}

/// A set of oddities.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Oddities(u8);

impl Oddities {
    /// Adds `oddity`.
    pub const fn set(&mut self, oddity: Oddity) {
        self.0 |= 1 << oddity as u8;
    }

    /// Whether `oddity` is in the set.
    #[must_use]
    pub const fn has(self, oddity: Oddity) -> bool {
        self.0 & 1 << oddity as u8 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The oddities in the set.
    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::all().filter(move |oddity| self.has(*oddity))
    }
}

impl BitOrAssign for Oddities {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Oddities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Oddity::name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_own_place() {
        for (index, oddity) in Oddity::all().enumerate() {
            assert_eq!(oddity as usize, index);
        }
    }
}
