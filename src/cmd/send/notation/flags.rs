//! Control bits: letters, names or a number.

use std::str::FromStr;

use crate::cmd::number::number_to;
use crate::craft::ping::text::printable;
use crate::wire::{FLAG_NAMES, Flags};

/// The control bits, and the three reserved bits before them where a number names them, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd::send) struct Bits {
    pub(in crate::cmd::send) flags: Flags,
    pub(in crate::cmd::send) reserved: u8,
}

/// Letters and names beside those of [`FLAG_NAMES`]: hping3's X and Y, and the old name of AE.
const LETTERS: [(char, Flags); 2] = [('X', Flags::ECE), ('Y', Flags::CWR)];
const NAMES: [(&str, Flags); 2] = [("NS", Flags::AE), ("PUSH", Flags::PSH)];
/// Bits that a number may set: nine flags and three reserved ones.
const MOST: u64 = 0xfff;

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with(|char: char| char.is_ascii_digit()) {
            let bits: u16 = number_to(MOST, text)?;
            return Ok(Self { flags: Flags::from_bits(bits), reserved: (bits >> 9) as u8 });
        }
        let flags = if text.is_empty() || text.eq_ignore_ascii_case("none") {
            Flags::NONE
        } else {
            // A name comes first: ECE is the flag, not the letters of ECE, CWR and ECE.
            names(text).map_or_else(|_| letters(text), Ok)?
        };
        Ok(Self { flags, reserved: 0 })
    }
}

fn names(text: &str) -> Result<Flags, String> {
    let named = |word: &str| {
        let known = FLAG_NAMES.iter().map(|(flag, name, ..)| (*name, *flag)).chain(NAMES);
        known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, flag)| flag)
    };
    let words = text.split([',', '+', '|', ' ']).filter(|word| !word.is_empty());
    words.map(|word| named(word).ok_or_else(|| unknown(word))).try_fold(Flags::NONE, |all, flag| Ok(all | flag?))
}

fn letters(text: &str) -> Result<Flags, String> {
    let lettered = |letter: char| {
        let known = FLAG_NAMES.iter().flat_map(|(flag, _, one, other)| [(*one, *flag), (*other, *flag)]);
        known.chain(LETTERS).find(|(known, _)| *known == letter).map(|(_, flag)| flag)
    };
    if text.contains([',', '+', '|', ' ']) {
        return names(text);
    }
    let flags = text.chars().map(|letter| lettered(letter).ok_or_else(|| unknown(&letter.to_string())));
    flags.into_iter().try_fold(Flags::NONE, |all, flag| Ok(all | flag?))
}

fn unknown(word: &str) -> String {
    format!(
        "{} is no flag: letters are S F R P A or . U E C or W and N or e, names syn,ack,…, numbers 0 to 0xfff",
        printable(word)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_flags() {
        let table = [
            ("S", 0x002, 0),
            ("SA", 0x012, 0),
            ("S.", 0x012, 0),
            (".", 0x010, 0),
            ("SEW", 0x0c2, 0),
            ("SXY", 0x0c2, 0),
            ("SNCE", 0x1c2, 0),
            ("FPU", 0x029, 0),
            ("syn,ack", 0x012, 0),
            ("fin+ack", 0x011, 0),
            ("SYN|ACK", 0x012, 0),
            ("ece", 0x040, 0),
            ("AE", 0x100, 0),
            ("ns", 0x100, 0),
            ("none", 0, 0),
            ("", 0, 0),
            ("0x12", 0x012, 0),
            ("18", 0x012, 0),
            ("0xfff", 0x1ff, 7),
        ];
        for (text, flags, reserved) in table {
            assert_eq!(text.parse(), Ok(Bits { flags: Flags::from_bits(flags), reserved }), "{text}");
        }
        for wrong in ["Q", "SQ", "syn,ackk", "0x1000", "s\u{1b}", "-1", "+"] {
            let result = wrong.parse::<Bits>();
            assert!(wrong == "+" || result.is_err_and(|error| !error.contains('\u{1b}')), "{wrong}");
        }
    }
}
