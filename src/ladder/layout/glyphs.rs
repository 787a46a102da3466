//! The characters of the picture.

use super::super::Lifeline;

/// The characters that lines and arrows are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyphs {
    pub(super) shaft: &'static str,
    /// Heads of an arrow to the left and to the right.
    pub(super) heads: [&'static str; 2],
    /// The same for a segment that is ignored.
    pub(super) open_heads: [&'static str; 2],
    pub(super) lost: &'static str,
    pub(super) fading: &'static str,
    pub(super) router: &'static str,
    pub(super) fold: &'static str,
    pub(super) gap: &'static str,
    pub(super) more: &'static str,
    pub(super) differs: &'static str,
    pub(super) told: &'static str,
    lifelines: [&'static str; 3],
}

const UNICODE: Glyphs = Glyphs {
    shaft: "─",
    heads: ["◀", "▶"],
    open_heads: ["◁", "▷"],
    lost: "✗",
    fading: "┈",
    router: "○",
    fold: "⋮",
    gap: "┈",
    more: "…",
    differs: "≠",
    told: "◆",
    lifelines: ["┊", "│", "╎"],
};

const ASCII: Glyphs = Glyphs {
    shaft: "-",
    heads: ["<", ">"],
    open_heads: ["(", ")"],
    lost: "x",
    fading: ".",
    router: "o",
    fold: ":",
    gap: ".",
    more: "...",
    differs: "!=",
    told: "*",
    lifelines: [":", "|", "!"],
};

impl Glyphs {
    pub(super) const fn new(ascii: bool) -> Self {
        if ascii { ASCII } else { UNICODE }
    }

    pub(super) const fn lifeline(&self, lifeline: Lifeline) -> &'static str {
        self.lifelines[match lifeline {
            Lifeline::Absent => 0,
            Lifeline::Open => 1,
            Lifeline::Listening => 2,
        }]
    }
}

/// What stands for the characters of our own sentences where only ASCII may be used.
const ASCII_FOR: [(char, &str); 10] = [
    ('µ', "u"),
    ('…', "..."),
    ('·', "-"),
    ('–', "-"),
    ('✓', "ok"),
    ('→', "->"),
    ('←', "<-"),
    ('×', "x"),
    ('◆', "*"),
    ('≠', "!="),
];

/// `text` in ASCII; what has no substitute becomes `?`.
#[must_use]
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match ASCII_FOR.iter().find(|(from, _)| *from == char) {
            Some((_, to)) => out.push_str(to),
            None => out.push(if char.is_ascii() { char } else { '?' }),
        }
    }
    out
}
