//! The lessons that there are. A new one is a file in `lessons/`, and its line here.

use std::sync::OnceLock;

use super::{Fault, Lesson, parse};

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("lessons/", $name, ".md")))),*] };
}

/// Every file, by its name without the ending, in the order of the lessons.
pub const FILES: [(&str, &str); 19] = files![
    "01-handshake",
    "02-accept",
    "03-refused",
    "04-numbers",
    "05-closing",
    "06-half-close",
    "07-abort",
    "08-broken-pipe",
    "09-time-wait",
    "10-backlog",
    "11-loss",
    "12-simultaneous",
    "13-ghosts",
    "14-odd-flags",
    "15-own-kernel",
    "16-icmp",
    "17-sockets",
    "18-one-port",
    "19-servers",
];

/// Every lesson, in order.
///
/// # Errors
/// A file cannot be read; which, and what is wrong. The tests see to it that there is none.
pub fn lessons() -> Result<&'static [Lesson], (&'static str, Fault)> {
    static LESSONS: OnceLock<Result<Vec<Lesson>, (&str, Fault)>> = OnceLock::new();
    let read = || FILES.iter().map(|(name, text)| parse(text).map_err(|fault| (*name, fault))).collect();
    LESSONS.get_or_init(read).as_deref().map_err(Clone::clone)
}

/// The lesson of this number or name.
#[must_use]
pub fn find<'a>(lessons: &'a [Lesson], word: &str) -> Option<&'a Lesson> {
    let number = word.parse::<u8>().ok();
    lessons.iter().find(|lesson| Some(lesson.number) == number || lesson.name == word)
}
