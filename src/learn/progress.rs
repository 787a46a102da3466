//! Which lessons somebody has finished.

use std::collections::BTreeSet;
use std::fmt;

use super::Lesson;

/// The names of the lessons that are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    done: BTreeSet<String>,
}

/// So much of a record is read.
const LONGEST: usize = 64 * 1024;

impl Progress {
    /// Reads a record: one name a line. What is no name is passed over.
    #[must_use]
    pub fn read(record: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&record[..record.len().min(LONGEST)]);
        let is_name = |line: &&str| {
            !line.is_empty()
                && line.len() < 100
                && line.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-')
        };
        Self { done: text.lines().map(str::trim).filter(is_name).map(ToOwned::to_owned).collect() }
    }

    /// Notes that a lesson is done; whether it was not before.
    pub fn finish(&mut self, lesson: &Lesson) -> bool {
        self.done.insert(lesson.name.clone())
    }

    /// Whether a lesson is done.
    #[must_use]
    pub fn is_done(&self, lesson: &Lesson) -> bool {
        self.done.contains(&lesson.name)
    }

    /// The first lesson that is not done.
    #[must_use]
    pub fn next<'a>(&self, lessons: &'a [Lesson]) -> Option<&'a Lesson> {
        lessons.iter().find(|lesson| !self.is_done(lesson))
    }
}

/// The record, as [`Progress::read`] takes it.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.done.iter().try_for_each(|name| writeln!(f, "{name}"))
    }
}
