//! What is fuzzed: a body takes any octets, and panics where a promise is broken. Each is run by cargo-fuzz (`make fuzz`) and,
//! on seeds and on what once broke it, by `tests/fuzz.rs`.

#![allow(dead_code, reason = "each target has one of them")]

pub(crate) mod arguments;
pub(crate) mod endpoints;
pub(crate) mod files;
pub(crate) mod headers;
pub(crate) mod outputs;

/// Takes values off the front of the octets; zero where none are left.
pub(crate) struct Octets<'a>(pub(crate) &'a [u8]);

impl<'a> Octets<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        front
    }

    pub(crate) fn u8(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.u8()) % all.len()]
    }
}

/// Nothing that could steer a terminal or turn its words round.
pub(crate) fn assert_clean(text: &str) {
    let steers = |char: char| {
        char.is_control() && char != '\n' || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(text.chars().find(|char| steers(*char)), None, "{text:?}");
}
