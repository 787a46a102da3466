//! Sequence numbers written relative to a connection: `rcv.nxt+100`, `snd.una-1`, `irs`.

use std::fmt;
use std::str::FromStr;

use super::{Seq, Variables};

/// A variable of the connection that a number can start from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its name in RFC 9293 section 3.3.1, in small letters.
    pub name: &'static str,
    /// What it is to the end that receives the segment, in a few words.
    pub meaning: &'static str,
    of: fn(&Variables) -> Seq,
}

const fn origin(name: &'static str, meaning: &'static str, of: fn(&Variables) -> Seq) -> Origin {
    Origin { name, meaning, of }
}

/// The variables that can be named. All are those of the end that receives the segment.
pub const ORIGINS: [Origin; 5] = [
    origin("rcv.nxt", "the next number that the target expects from us", |variables| variables.rcv_nxt),
    origin("irs", "the number of our SYN", |variables| variables.irs),
    origin("snd.nxt", "the next number that the target will send", |variables| variables.snd_nxt),
    origin("snd.una", "the oldest number of the target that we have not acknowledged", |variables| variables.snd_una),
    origin("iss", "the number of the target's SYN", |variables| variables.iss),
];

/// The one length that may be added: the window that the target offers.
pub const WINDOW: &str = "rcv.wnd";

/// A number relative to a connection, or an absolute one.
///
/// It is a name of [`ORIGINS`], or a number, followed by any number of `+N`, `-N`, `+rcv.wnd` and `-rcv.wnd`; numbers
/// are decimal or, after `0x`, hexadecimal. The sum is taken modulo 2^32.
#[derive(Clone, Copy, Debug)]
pub struct Relative {
    origin: Option<Origin>,
    offset: u32,
    windows: u32,
}

/// Why a text is no such number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part:?} is neither a number from 0 to 4294967295 nor one of: {}", known(*.first))]
pub struct RelativeError {
    /// The part of it that cannot be read.
    part: String,
    /// Whether it is the first part, where other names may stand.
    first: bool,
}

fn known(first: bool) -> String {
    if first { ORIGINS.map(|origin| origin.name).join(", ") } else { WINDOW.to_owned() }
}

impl Relative {
    /// An absolute number.
    #[must_use]
    pub const fn absolute(number: u32) -> Self {
        Self { origin: None, offset: number, windows: 0 }
    }

    /// Whether a connection is needed to know the number.
    #[must_use]
    pub const fn needs_connection(&self) -> bool {
        self.origin.is_some() || self.windows != 0
    }

    /// What is added to the origin, modulo 2^32; of an absolute number, the number itself.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// The number, where the receiver of the segment has these variables.
    #[must_use]
    pub fn resolve(&self, receiver: &Variables) -> Seq {
        let origin = self.origin.map_or(Seq(0), |origin| (origin.of)(receiver));
        origin + self.offset + self.windows.wrapping_mul(receiver.rcv_wnd)
    }

    /// The number `value` as it is written from the same origin, with the same windows.
    #[must_use]
    pub fn with_value(&self, value: Seq, receiver: &Variables) -> Self {
        let error = value.0.wrapping_sub(self.resolve(receiver).0);
        Self { offset: self.offset.wrapping_add(error), ..*self }
    }

    /// Adds one part with its sign.
    fn add(&mut self, sign: char, part: &str) -> Result<(), RelativeError> {
        let signed = |number: u32| if sign == '-' { number.wrapping_neg() } else { number };
        if part.eq_ignore_ascii_case(WINDOW) {
            self.windows = self.windows.wrapping_add(signed(1));
        } else {
            let wrong = || if part.is_empty() { sign.to_string() } else { part.to_owned() };
            let number = number(part).ok_or_else(|| RelativeError { part: wrong(), first: false })?;
            self.offset = self.offset.wrapping_add(signed(number));
        }
        Ok(())
    }
}

fn number(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((text, 10), |digits| (digits, 16));
    u32::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['+', '-']))
}

impl FromStr for Relative {
    type Err = RelativeError;

    fn from_str(text: &str) -> Result<Self, RelativeError> {
        let end = |rest: &str| rest.find(['+', '-']).unwrap_or(rest.len());
        let (first, mut rest) = text.split_at(end(text));
        let origin = ORIGINS.into_iter().find(|origin| origin.name.eq_ignore_ascii_case(first));
        // Of `-1` all is wrong: there is nothing that it could count from.
        let wrong = if first.is_empty() { text } else { first };
        let offset = match origin {
            Some(_) => 0,
            None => number(first).ok_or_else(|| RelativeError { part: wrong.to_owned(), first: true })?,
        };
        let mut this = Self { origin, offset, windows: 0 };
        while let Some(sign) = rest.chars().next() {
            let after = &rest[sign.len_utf8()..];
            let (part, left) = after.split_at(end(after));
            this.add(sign, part)?;
            rest = left;
        }
        Ok(this)
    }
}

impl fmt::Display for Relative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(origin) = self.origin else {
            write!(f, "{}", self.offset)?;
            return windows(f, self.windows);
        };
        f.write_str(origin.name)?;
        match self.offset as i32 {
            0 => {}
            offset => write!(f, "{offset:+}")?,
        }
        windows(f, self.windows)
    }
}

fn windows(f: &mut fmt::Formatter<'_>, windows: u32) -> fmt::Result {
    let sign = if (windows as i32) < 0 { '-' } else { '+' };
    (0..(windows as i32).unsigned_abs()).try_for_each(|_| write!(f, "{sign}{WINDOW}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variables() -> Variables {
        Variables {
            iss: Seq(1000),
            snd_una: Seq(1001),
            snd_nxt: Seq(1010),
            max_snd_wnd: 0,
            irs: Seq(50_000),
            rcv_nxt: Seq(50_001),
            rcv_wnd: 64_240,
            passive: true,
        }
    }

    #[test]
    fn numbers_from_every_origin() {
        let rows = [
            ("rcv.nxt", 50_001),
            ("RCV.NXT+100", 50_101),
            ("irs", 50_000),
            ("iss+1", 1001),
            ("snd.una-1", 1000),
            ("snd.nxt+0x10", 1026),
            ("rcv.nxt+rcv.wnd-1", 114_240),
            ("snd.una-1000000", 1001_u32.wrapping_sub(1_000_000)),
            ("4294967295+2", 1),
            ("0", 0),
        ];
        for (text, number) in rows {
            let relative: Relative = text.parse().unwrap();
            assert_eq!(relative.resolve(&variables()), Seq(number), "{text}");
        }
        assert!(!"7+1".parse::<Relative>().unwrap().needs_connection());
        assert!("7+rcv.wnd".parse::<Relative>().unwrap().needs_connection());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let wrong = |text: &str| text.parse::<Relative>().unwrap_err().to_string();
        assert_eq!(
            wrong("rcv.next+1"),
            "\"rcv.next\" is neither a number from 0 to 4294967295 nor one of: rcv.nxt, irs, snd.nxt, snd.una, iss"
        );
        assert!(wrong("-1").starts_with("\"-1\" is neither ") && wrong("irs+").starts_with("\"+\" is neither "));
        assert_eq!(wrong("irs+x\u{1b}"), "\"x\\u{1b}\" is neither a number from 0 to 4294967295 nor one of: rcv.wnd");
        for text in ["", "+", "irs+", "irs--1", "rcv.nxt+-1", "4294967296", "0x", "rcv.wnd", "é+1"] {
            assert!(text.parse::<Relative>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = text.parse::<Relative>();
        }

        #[test]
        fn what_is_written_reads_the_same(place in 0..6_usize, offset: u32, windows in -3..3_i32) {
            let relative =
                Relative { origin: ORIGINS.get(place).copied(), offset, windows: windows as u32 };
            let again: Relative = relative.to_string().parse().unwrap();
            prop_assert_eq!(again.resolve(&variables()), relative.resolve(&variables()));
            let other = relative.with_value(Seq(offset ^ 5), &variables());
            prop_assert_eq!(other.resolve(&variables()), Seq(offset ^ 5));
        }
    }
}
