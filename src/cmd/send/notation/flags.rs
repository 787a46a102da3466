//! Control bits: letters, names or a number.

use std::str::FromStr;

use crate::cmd::number::number_to;
use crate::craft::ping::text::printable;
use crate::wire::Flags;

/// The control bits, and the three reserved bits before them where a number names them, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd::send) struct Bits {
    pub(in crate::cmd::send) flags: Flags,
    pub(in crate::cmd::send) reserved: u8,
}

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
            Flags::from_words(text).map_err(|error| unknown(&error.0))?
        };
        Ok(Self { flags, reserved: 0 })
    }
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
