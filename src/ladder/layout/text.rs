//! Columns of text: measuring, cutting, wrapping.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `columns`, with `more` at its end where it was cut.
pub(in crate::ladder) fn clip(text: &str, columns: usize, more: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (mut out, _) = split(text, columns.saturating_sub(width(more)));
    if width(more) <= columns {
        out += more;
    }
    out
}

/// As much of `text` as fits in `columns`, and the rest.
fn split(text: &str, columns: usize) -> (String, &str) {
    // The width of a string is not the sum of its characters' widths where they combine, so each prefix is measured.
    let mut end = 0;
    for (at, char) in text.char_indices() {
        let next = at + char.len_utf8();
        if char.width().unwrap_or(0) > 0 && width(&text[..next]) > columns {
            break;
        }
        end = next;
    }
    (text[..end].to_owned(), &text[end..])
}

/// Lines of at most `columns`, broken at blanks; a word that is wider is cut into pieces.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    pack(text.split_whitespace(), columns, " ")
}

/// Pieces on lines of at most `columns`, kept whole if they can be, with `between` them.
pub(super) fn pack<'a>(pieces: impl Iterator<Item = &'a str>, columns: usize, between: &str) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width(line) + width(between) + width(piece) <= columns => {
                line.push_str(between);
                line.push_str(piece);
            }
            _ if width(piece) <= columns => lines.push(piece.to_owned()),
            _ if piece.contains(' ') => lines.extend(wrap(piece, columns)),
            _ => lines.extend(chop(piece, columns)),
        }
    }
    lines
}

fn chop(word: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (mut line, mut after) = split(rest, columns);
        if line.is_empty() {
            // Not even one character fits: take it all the same, rather than loop.
            let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
            line = rest[..first].to_owned();
            after = &rest[first..];
        }
        lines.push(line);
        rest = after;
    }
    lines
}

/// `text` in the middle of `columns`.
pub(super) fn centred(text: &str, columns: usize) -> String {
    let free = columns.saturating_sub(width(text));
    let before = free / 2;
    format!("{}{text}{}", " ".repeat(before), " ".repeat(free - before))
}
