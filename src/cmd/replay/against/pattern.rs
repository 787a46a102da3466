//! `--ignore PATTERN`: what may differ.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use crate::craft::conversation::Ignore;
use crate::explain::safe;

/// Octets that a compiled pattern may take: what a person types takes far less.
const SIZE: usize = 1 << 20;

/// Columns that a complaint about one may take.
const WORDS: usize = 200;

/// A regular expression over octets.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// It is none, or matches where there is nothing.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let regex = RegexBuilder::new(text).unicode(false).size_limit(SIZE).build().map_err(|error| {
            // The last line says what is wrong; those before it draw where.
            let whole = error.to_string();
            safe(whole.lines().last().unwrap_or_default().trim_start_matches("error: "), WORDS)
        })?;
        if regex.is_match(b"") {
            return Err("it matches nothing at all, which is everywhere".to_owned());
        }
        Ok(Self(regex))
    }
}

/// All that may differ.
pub(super) struct Patterns(pub(super) Vec<Pattern>);

impl Ignore for Patterns {
    fn ranges(&self, octets: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = self
            .0
            .iter()
            .flat_map(|Pattern(regex)| regex.find_iter(octets).map(|found| found.range()))
            .filter(|range| !range.is_empty())
            .collect();
        found.sort_by_key(|range| range.start);
        // Of what overlaps, all may differ.
        found.dedup_by(|later, earlier| {
            let within = later.start < earlier.end;
            if within {
                earlier.end = earlier.end.max(later.end);
            }
            within
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(patterns: &[&str], octets: &[u8]) -> Vec<(usize, usize)> {
        let patterns = Patterns(patterns.iter().map(|text| Pattern::new(text).unwrap()).collect());
        patterns.ranges(octets).into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn what_matches_is_found_in_order() {
        assert_eq!(ranges(&[], b"abc"), []);
        assert_eq!(ranges(&["b.", "x"], b"abcxb\n"), [(1, 3), (3, 4)]);
        assert_eq!(ranges(&["c", "ab", "bc+d"], b"abccd."), [(0, 5)]);
        assert_eq!(ranges(&[r"\xff+"], b"\0\xff\xff\0"), [(1, 3)]);
        assert_eq!(ranges(&[r"Date: [^\r]*"], b"A\r\nDate: today\r\nB"), [(3, 14)]);
    }

    #[test]
    fn what_is_no_pattern_is_refused_in_one_line() {
        for (text, complaint) in
            [("(", "unclosed group"), ("x*", "it matches nothing"), ("[\u{1b}", "unclosed character class")]
        {
            let error = Pattern::new(text).unwrap_err();
            assert!(error.contains(complaint) && !error.contains(['\n', '\u{1b}']), "{error}");
        }
    }
}
