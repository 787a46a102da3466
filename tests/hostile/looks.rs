//! What must hold of everything that is written, whatever was read.

use crate::markup;
use crate::outputs::Output;

/// Whether a character steers a terminal, or turns round, hides or breaks what stands beside it: controls, and the formatting
/// characters of Unicode (general category Cf, and the separators of lines and paragraphs).
fn is_steering(char: char) -> bool {
    const FORMATTING: [std::ops::RangeInclusive<char>; 10] = [
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{180e}'..='\u{180e}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{fffe}'..='\u{ffff}',
        '\u{e0000}'..='\u{e007f}',
    ];
    char.is_control() && char != '\n' || FORMATTING.iter().any(|range| range.contains(&char))
}

/// The text without the colours of our own: `ESC [ numbers m`. Whatever else begins with ESC stays.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';');
        match rest.strip_prefix('m') {
            Some(rest) => out += rest,
            None => out = out + "\u{1b}[" + part,
        }
    }
    out
}

/// That nothing in it steers a terminal but our own colours, if there may be any.
pub(crate) fn harmless(text: &str, is_coloured: bool) -> Result<(), String> {
    let plain = if is_coloured { without_colours(text) } else { text.to_owned() };
    let line = |line: &str| line.chars().any(is_steering).then(|| format!("{line:?} steers a terminal"));
    plain.split('\n').find_map(line).map_or(Ok(()), Err)
}

/// That what a run wrote on its standard output is harmless, and what its format says it is.
pub(crate) fn sound(output: &Output, bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let is_coloured = output.arguments.iter().any(|word| word == "always");
    harmless(text, is_coloured)?;
    match &*output.format {
        "json" => text.lines().try_for_each(|line| match serde_json::from_str::<serde_json::Value>(line) {
            Ok(value) if value.is_object() => Ok(()),
            Ok(_) => Err(format!("no object: {line}")),
            Err(error) => Err(format!("{error}: {line}")),
        }),
        "svg" | "html" => markup::inert(text),
        _ => Ok(()),
    }
}

#[test]
fn what_steers_is_found() {
    for text in
        ["\u{1b}[2J", "\u{1b}]0;title\u{7}", "a\rb", "\u{9b}31m", "\u{202e}", "\u{2066}", "\u{200b}", "\u{1b}[31;?m"]
    {
        assert!(harmless(text, true).is_err() && harmless(text, false).is_err(), "{text:?}");
    }
    assert_eq!(harmless("\u{1b}[1;31mred\u{1b}[0m →\n", true), Ok(()));
    assert!(harmless("\u{1b}[1;31mred", false).is_err());
}
