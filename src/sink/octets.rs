//! Octets with the fields that they belong to, one under the other.

use std::fmt::Write as _;

use colored::Colorize as _;

use crate::explain::Field;

/// Columns of a name.
const NAME: usize = 24;

/// `octets` by `fields`, in lines of `width` columns where the words allow it.
#[must_use]
pub fn octets(octets: &[u8], fields: &[Field], width: usize) -> String {
    let mut text = String::new();
    let mut layer = "";
    for field in fields {
        if field.layer != layer {
            layer = field.layer;
            let _ = writeln!(text, "{}", layer.cyan());
        }
        draw(octets, field, width, &mut text);
    }
    text
}

/// Octets a line: as many as leave room for words.
const fn columns(width: usize) -> usize {
    if width < 100 { 4 } else { 8 }
}

fn draw(octets: &[u8], field: &Field, width: usize, text: &mut String) {
    let columns = columns(width);
    let own = octets.get(field.octets.clone()).unwrap_or_default();
    let indent = 6 + columns * 3 + 1 + NAME + 1;
    let words = format!("{}  {}", field.value, field.meaning);
    let words = wrapped(words.trim_end(), width.saturating_sub(indent).max(20));
    let lines = own.len().div_ceil(columns).max(words.len()).max(1);
    for line in 0..lines {
        let row = own.chunks(columns).nth(line).unwrap_or_default();
        let digits: Vec<_> = row.iter().map(|octet| format!("{octet:02x}")).collect();
        let offset =
            if row.is_empty() { String::new() } else { format!("{:04x}", field.octets.start + line * columns) };
        let name = match (line, own.is_empty()) {
            (0, true) => format!("  {}", field.name),
            (0, false) => field.name.to_owned(),
            _ => String::new(),
        };
        let words = words.get(line).map_or("", String::as_str);
        let digits = digits.join(" ");
        let padding = " ".repeat(columns * 3 - digits.len());
        let behind = format!("{padding} {name:<NAME$} {words}");
        let whole = format!("{}  {}{}", format!("{offset:<4}").dimmed(), digits.yellow(), behind.trim_end());
        let _ = writeln!(text, "{}", whole.trim_end());
    }
}

/// The words in lines of `width` columns at most; a longer word stands alone.
fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let last = lines.last_mut().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else if let Some(line) = lines.last_mut() {
            if last > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
