//! The header of a segment (RFC 9293 section 3.1), 32 bits a row.

use super::layout::{Line, SUBJECT, wrap};
use super::model::Style;
use super::settings::Settings;
use crate::wire::{FLAG_NAMES, Flags};

/// A field: its name, its bits, and what it says.
type Field = (&'static str, usize, &'static str);

/// Bits of a row.
const ROW: usize = 32;

/// The rows before the one with the flags.
const FIRST: &[&[Field]] = &[
    &[
        ("Source Port", 16, "the port of its sender"),
        ("Destination Port", 16, "the port that it is for: with both addresses they name the connection"),
    ],
    &[("Sequence Number", 32, "of its first octet of data, or of its SYN")],
    &[("Acknowledgment Number", 32, "the next number that its sender expects; it counts with ACK only")],
];

/// What stands around the flags.
const OFFSET: Field = ("Offset", 4, "length of the header, in units of four octets: 5 to 15");
const RESERVED: Field = ("Res.", 3, "without a meaning yet: sent as 0, ignored by receivers");
const WINDOW: Field = ("Window", 16, "how many octets its sender has room for, before scaling");

/// The rows behind it.
const LAST: &[&[Field]] = &[
    &[
        ("Checksum", 16, "over header, data, and the IP addresses"),
        ("Urgent Pointer", 16, "how far urgent data reach; it counts with URG only"),
    ],
    &[("Options (0 to 40 octets)", 32, "such as MSS, window scale, SACK, timestamps; padded to four octets")],
    &[("Data", 32, "what the program sent: nothing in most SYNs and ACKs")],
];

/// The flags as they stand in the header, the first bit first.
fn flags() -> impl Iterator<Item = &'static str> {
    let named = |bit: u16| FLAG_NAMES.iter().find(|(flag, ..)| *flag == Flags::from_bits(1 << bit)).map(|row| row.1);
    (0..9).rev().filter_map(named)
}

/// The characters of the table: horizontal, vertical, and where lines meet.
const fn glyphs(ascii: bool) -> [char; 3] {
    if ascii { ['-', '|', '+'] } else { ['─', '│', '┼'] }
}

/// Lays out the header and a line on each of its fields; on a screen of less than 65 columns the fields only.
#[must_use]
pub fn header(settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    if settings.width > 2 * ROW {
        lines.extend(table(settings.ascii));
        lines.push(Line::default());
    }
    let rows = FIRST.iter().chain(LAST).flat_map(|row| row.iter());
    let before: usize = FIRST.iter().map(|row| row.len()).sum();
    let mut fields: Vec<Field> = rows.copied().collect();
    fields.splice(before..before, [OFFSET, RESERVED, WINDOW]);
    fields.iter().for_each(|field| lines.extend(legend(field, settings)));
    let names: Vec<_> = flags().collect();
    lines.extend(words("Flags", &format!("{}: rawshake explain flags", names.join(" ")), settings));
    lines
}

fn table(ascii: bool) -> Vec<Line> {
    let [horizontal, vertical, cross] = glyphs(ascii);
    let between: String = (0..=2 * ROW).map(|at| if at % 2 == 0 { cross } else { horizontal }).collect();
    let mut lines = ruler();
    lines.push(plain(Style::Lifeline, &between));
    let row = |fields: &[Field]| {
        let cells = fields.iter().map(|(name, bits, _)| format!("{name:^width$}", width = bits * 2 - 1));
        format!("{vertical}{}{vertical}", cells.collect::<Vec<_>>().join(&vertical.to_string()))
    };
    for fields in FIRST {
        lines.extend([plain(Style::Plain, &row(fields)), plain(Style::Lifeline, &between)]);
    }
    lines.extend(flag_rows(vertical));
    lines.push(plain(Style::Lifeline, &between));
    for fields in LAST {
        lines.extend([plain(Style::Plain, &row(fields)), plain(Style::Lifeline, &between)]);
    }
    lines
}

/// Tens and ones of the bits.
fn ruler() -> Vec<Line> {
    let tens = |bit: usize| if bit.is_multiple_of(10) { (bit / 10).to_string() } else { " ".to_owned() };
    let line = |digit: &dyn Fn(usize) -> String| (0..ROW).map(|bit| format!(" {}", digit(bit))).collect::<String>();
    vec![plain(Style::Reason, &line(&tens)), plain(Style::Reason, &line(&|bit| (bit % 10).to_string()))]
}

/// The row with the flags, whose names are written downwards.
fn flag_rows(vertical: char) -> Vec<Line> {
    let row = |at: usize| {
        let word =
            |(name, bits, _): Field| format!("{:^width$}", if at == 1 { name } else { "" }, width = bits * 2 - 1);
        let letters: String =
            flags().map(|name| format!("{}{vertical}", name.chars().nth(at).unwrap_or(' '))).collect();
        let text = format!(
            "{vertical}{}{vertical}{}{vertical}{letters}{}{vertical}",
            word(OFFSET),
            word(RESERVED),
            word(WINDOW)
        );
        plain(Style::Plain, &text)
    };
    (0..3).map(row).collect()
}

fn plain(style: Style, text: &str) -> Line {
    let mut line = Line::default();
    line.put(style, text);
    line
}

fn legend((name, bits, about): &Field, settings: &Settings) -> Vec<Line> {
    let name = name.split(" (").next().unwrap_or(name);
    let size =
        if *bits == ROW && matches!(name, "Options" | "Data") { String::new() } else { format!("{bits} bits, ") };
    words(name, &format!("{size}{about}"), settings)
}

/// Columns of a field's name.
const NAME: usize = 23;

fn words(name: &str, text: &str, settings: &Settings) -> Vec<Line> {
    let indent = if settings.width < 60 { SUBJECT } else { NAME };
    let mut lines = Vec::new();
    let mut line = plain(Style::Heading, name);
    if line.width() >= indent {
        lines.push(std::mem::take(&mut line));
    }
    for text in wrap(text, settings.width.clamp(40, 100) - indent) {
        let mut line = std::mem::take(&mut line);
        line.pad_to(indent);
        line.put(Style::Plain, text);
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, ascii: bool) -> String {
        let settings = Settings { width, ascii, ..Settings::default() };
        header(&settings).iter().map(|line| line.plain() + "\n").collect()
    }

    #[test]
    fn every_row_has_32_bits() {
        for row in FIRST.iter().chain(LAST) {
            assert_eq!(row.iter().map(|field| field.1).sum::<usize>(), ROW);
        }
        assert_eq!(OFFSET.1 + RESERVED.1 + flags().count() + WINDOW.1, ROW);
        assert_eq!(flags().collect::<Vec<_>>(), ["AE", "CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"]);
    }

    #[test]
    fn the_header_looks_so() {
        insta::assert_snapshot!("header", drawn(80, false));
        for (width, ascii) in [(40, false), (80, true), (120, false)] {
            let text = drawn(width, ascii);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(!ascii || text.is_ascii());
        }
    }
}
