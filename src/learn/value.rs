//! What a field of a capture can be.

use std::fmt;
use std::time::Duration;

use crate::explain::duration;
use crate::wire::Flags;

/// A value from a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A time.
    Time(Duration),
    /// Control bits.
    Flags(Flags),
    /// A word: a state, an address.
    Word(String),
}

impl Value {
    /// It as a number; times in nanoseconds.
    pub(super) fn quantity(&self) -> Option<i128> {
        match self {
            Self::Number(number) => Some(i128::from(*number)),
            Self::Time(time) => i128::try_from(time.as_nanos()).ok(),
            Self::Flags(_) | Self::Word(_) => None,
        }
    }
}

/// As it stands in a sentence.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Time(time) => f.write_str(&duration(*time)),
            Self::Flags(flags) => flags.fmt(f),
            Self::Word(word) => f.write_str(word),
        }
    }
}
