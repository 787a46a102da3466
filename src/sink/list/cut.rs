//! Cells that are cut to the room that there is.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a cell takes. Most are ASCII, and none has control characters.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// How a cell is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Not at all.
    Never,
    /// Its first word stays.
    FirstWord,
    /// Of an address, the middle: network and port say most.
    Middle,
}

impl Cut {
    /// `text` in `room` columns, where that can be done; `more` stands for what is left out of a word.
    pub(super) fn apply<'a>(self, text: &'a str, room: usize, more: &str) -> Cow<'a, str> {
        match self {
            _ if width(text) <= room => text.into(),
            Self::Never => text.into(),
            Self::FirstWord => end(first_word(text), room, more),
            Self::Middle => middle(text, room, more).into(),
        }
    }

    /// The least room that a cell with `text` should have.
    pub(super) fn least(self, text: &str) -> usize {
        match self {
            Self::Never => width(text),
            Self::FirstWord => width(first_word(text)),
            Self::Middle => width(text).min(LEAST_ADDRESS),
        }
    }
}

/// Room in which an address still says something.
const LEAST_ADDRESS: usize = 13;

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

fn middle(text: &str, room: usize, more: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let kept = room.saturating_sub(more.width()).min(chars.len());
    let (before, behind) = (kept / 2, kept - kept / 2);
    chars[..before].iter().chain(&more.chars().collect::<Vec<_>>()).chain(&chars[chars.len() - behind..]).collect()
}

/// `text` in at most `room` columns, whole words of a list first; `more` stands for the rest.
pub(super) fn end<'a>(text: &'a str, room: usize, more: &str) -> Cow<'a, str> {
    if width(text) <= room {
        return text.into();
    }
    let kept: String = text
        .chars()
        .scan(more.width(), |used, char| {
            *used += char.width().unwrap_or(0);
            (*used <= room).then_some(char)
        })
        .collect();
    if room < more.width() { "".into() } else { (kept.trim_end_matches([',', ' ']).to_owned() + more).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_cut_where_the_line_ends() {
        assert_eq!(end("one, two", 8, "..."), "one, two");
        assert_eq!(end("one, two", 7, "..."), "one...");
        assert_eq!(end("ün, deux", 7, "…"), "ün, de…");
        assert_eq!(end("one, two", 2, "..."), "");
    }

    #[test]
    fn the_first_word_stays_and_addresses_lose_their_middle() {
        let rows = [
            (Cut::FirstWord, "four-segment by client", 22, "four-segment by client"),
            (Cut::FirstWord, "four-segment by client", 21, "four-segment"),
            (Cut::FirstWord, "four-segment by client", 8, "four-se…"),
            (Cut::Middle, "[2001:db8::1]:443", 17, "[2001:db8::1]:443"),
            (Cut::Middle, "[2001:db8::1]:443", 13, "[2001:…1]:443"),
            (Cut::Never, "three-way", 3, "three-way"),
        ];
        for (cut, text, room, expected) in rows {
            assert_eq!(cut.apply(text, room, "…"), expected);
        }
    }
}
