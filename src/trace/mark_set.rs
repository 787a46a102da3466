//! Sets of marks, of fixed size.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use serde::{Serialize, Serializer};

use super::Mark;
use super::marks::PHENOMENA;

const WORD: usize = u64::BITS as usize;
const WORDS: usize = PHENOMENA.len().div_ceil(WORD);

/// A set of marks.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Marks([u64; WORDS]);

impl Marks {
    /// Adds `mark`.
    pub const fn set(&mut self, mark: Mark) {
        self.0[mark as usize / WORD] |= 1 << (mark as usize % WORD);
    }

    /// Whether `mark` is in the set.
    #[must_use]
    pub const fn has(self, mark: Mark) -> bool {
        self.0[mark as usize / WORD] & 1 << (mark as usize % WORD) != 0
    }

    /// These marks alone.
    pub(super) const fn of(marks: &[Mark]) -> Self {
        let mut set = Self([0; WORDS]);
        let mut index = 0;
        while index < marks.len() {
            set.set(marks[index]);
            index += 1;
        }
        set
    }

    /// The marks that are not in `others`.
    pub(super) fn without(mut self, others: Self) -> Self {
        self.0.iter_mut().zip(others.0).for_each(|(word, other)| *word &= !other);
        self
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The marks in the set, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        // Of most segments there are none.
        let all = (!self.is_empty()).then(Mark::all);
        all.into_iter().flatten().filter(move |mark| self.has(*mark))
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(mut self, other: Self) -> Self {
        self |= other;
        self
    }
}

impl Extend<Mark> for Marks {
    fn extend<I: IntoIterator<Item = Mark>>(&mut self, marks: I) {
        marks.into_iter().for_each(|mark| self.set(mark));
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut set = Self::default();
        set.extend(marks);
        set
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Mark::name))
    }
}
