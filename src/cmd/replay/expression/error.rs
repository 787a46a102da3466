//! What is wrong with an expression, and where.

use std::fmt;

use unicode_width::UnicodeWidthStr as _;

/// Columns of an expression that are shown around the place of an error.
const SHOWN: usize = 60;

/// An expression that cannot be read. Shows itself with a caret below the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Error {
    text: String,
    at: usize,
    message: String,
}

impl Error {
    /// `at` is an offset into `text`.
    pub(super) fn new(text: &str, at: usize, message: impl Into<String>) -> Self {
        Self { text: text.to_owned(), at: text.floor_char_boundary(at), message: message.into() }
    }

    /// Characters before the place; the first is column 0.
    #[cfg(test)]
    pub(super) fn column(&self) -> usize {
        self.text[..self.at].chars().count()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.text.is_empty() {
            return Ok(());
        }
        let (before, behind) = self.text.split_at(self.at);
        let start = before.char_indices().rev().nth(SHOWN - 1).map_or(0, |(at, _)| at);
        let before = before[start..].escape_debug().to_string();
        let behind: String = behind.chars().take(SHOWN).collect();
        let caret = before.width();
        write!(f, "\n  {before}{}\n  {:caret$}^", behind.escape_debug(), "")
    }
}

impl std::error::Error for Error {}
