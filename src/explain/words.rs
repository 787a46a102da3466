//! Numbers, times and untrusted text in words.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use crate::wire::is_right_to_left;

/// Units of time: name, nanoseconds in one, and the rounded number from which the next unit is used.
const UNITS: [(&str, u64, u64); 7] = [
    ("ns", 1, 1000),
    ("µs", 1_000, 1000),
    ("ms", 1_000_000, 1000),
    ("s", 1_000_000_000, 600),
    ("min", 60_000_000_000, 100),
    ("h", 3_600_000_000_000, 72),
    ("d", 86_400_000_000_000, u64::MAX),
];
/// The smallest unit of which tenths are told.
const MILLISECOND: u64 = 1_000_000;

/// A time in the unit a person would say: `48 µs`, `1.2 ms`, `3.0 s`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let mut out = String::new();
    in_unit(time, 100, &mut out);
    out
}

/// The same in at most six columns for anything below 1,000 days: `12 ms`, not `12.3 ms`.
#[must_use]
pub fn brief_duration(time: Duration) -> String {
    let mut out = String::new();
    push_brief_duration(time, &mut out);
    out
}

/// Appends [`brief_duration`].
pub fn push_brief_duration(time: Duration, out: &mut String) {
    in_unit(time, 10, out);
}

/// `decimals_below`: smaller numbers have one decimal, from milliseconds up.
fn in_unit(time: Duration, decimals_below: u64, out: &mut String) {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    if nanos == 0 {
        return out.push_str("0 µs");
    }
    let rounded = |size: u64| nanos.saturating_add(size / 2) / size;
    let (unit, size, _) =
        UNITS.iter().find(|(_, size, next)| rounded(*size) < *next).unwrap_or(&UNITS[UNITS.len() - 1]);
    let tenths = (*size >= MILLISECOND).then(|| rounded(size / 10)).filter(|tenths| *tenths < decimals_below * 10);
    push_number(tenths.map_or_else(|| rounded(*size), |tenths| tenths / 10), out);
    if let Some(tenths) = tenths {
        out.push('.');
        push_number(tenths % 10, out);
    }
    out.push(' ');
    out.push_str(unit);
}

/// Appends the digits of a number.
pub fn push_number(number: u64, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// `48,020`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 segment`, `48,020 bytes`.
#[must_use]
pub fn count(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `2nd`, `11th`, `23rd`.
#[must_use]
pub fn ordinal(number: u64) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{suffix}", grouped(number))
}

/// Columns of payload that are shown at most.
const PAYLOAD_COLUMNS: usize = 16;

/// The start of an untrusted payload in quotes: text is kept where it is printable (ASCII alone if `ascii`), all else is
/// escaped. `total` octets were sent; a glimpse that is not all of it ends in `…`.
#[must_use]
pub fn payload(octets: &[u8], total: u32, ascii: bool) -> String {
    let mut whole = octets.len() as u64 == u64::from(total);
    let mut out = String::from("\"");
    let mut columns = 0;
    for piece in pieces(octets, whole, ascii) {
        columns += piece.width();
        if columns > PAYLOAD_COLUMNS {
            whole = false;
            break;
        }
        out.push_str(&piece);
    }
    out.push_str(if whole { "\"" } else { "…\"" });
    out
}

/// Untrusted octets in quotes, all of them; escaped as in [`payload`].
#[must_use]
pub fn quoted(octets: &[u8], ascii: bool) -> String {
    // Whoever breaks lines takes several blanks for one.
    format!("\"{}\"", pieces(octets, false, ascii).concat().replace("  ", " \\x20"))
}

/// The characters of text, or the octets of what is none: in binary data a valid character is chance.
fn pieces(octets: &[u8], whole: bool, ascii: bool) -> Vec<String> {
    let text = match std::str::from_utf8(octets) {
        Ok(text) => Some(text),
        // The last character may have been cut.
        Err(error) if !whole && error.error_len().is_none() => std::str::from_utf8(&octets[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    match text {
        Some(text) => text.chars().map(|char| escaped(char, ascii)).collect(),
        None => octets
            .iter()
            .map(|octet| if octet.is_ascii() { escaped(char::from(*octet), ascii) } else { format!("\\x{octet:02x}") })
            .collect(),
    }
}

fn escaped(char: char, ascii: bool) -> String {
    match char {
        '\'' => char.to_string(),
        '\0'..='\x1f' | '\x7f' if !matches!(char, '\n' | '\r' | '\t') => format!("\\x{:02x}", u32::from(char)),
        _ if ascii => char.escape_default().collect(),
        _ if is_right_to_left(char) => char.escape_unicode().collect(),
        // Escapes control and format characters too.
        _ => char.escape_debug().collect(),
    }
}

/// An untrusted name on one line without control characters, at most `columns` wide.
#[must_use]
pub fn safe(name: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for char in name.chars() {
        let piece = escaped(char, false);
        used += piece.width();
        if used > columns {
            out.push('…');
            break;
        }
        out.push_str(&piece);
    }
    out
}
