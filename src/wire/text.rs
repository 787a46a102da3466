//! What text does to the text beside it.

/// Whether a character is of a script that is written from right to left: a terminal would turn round what stands beside it.
/// General category Cf, which turns text round as well, is not among them.
#[must_use]
pub const fn is_right_to_left(char: char) -> bool {
    matches!(char,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}
