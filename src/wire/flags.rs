//! The nine control bits of a TCP header (RFC 9293 section 3.1, RFC 3168 section 6.1, RFC 9768).

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use serde::{Serialize, Serializer};

/// A set of control bits, as they stand in octets 12 and 13 of the header.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

/// Every flag in the field's order, with its name, the letter of hping3 and nping, and the letter of tcpdump.
pub const FLAG_NAMES: [(Flags, &str, char, char); 9] = [
    (Flags::SYN, "SYN", 'S', 'S'),
    (Flags::FIN, "FIN", 'F', 'F'),
    (Flags::RST, "RST", 'R', 'R'),
    (Flags::PSH, "PSH", 'P', 'P'),
    (Flags::ACK, "ACK", 'A', '.'),
    (Flags::URG, "URG", 'U', 'U'),
    (Flags::ECE, "ECE", 'E', 'E'),
    (Flags::CWR, "CWR", 'C', 'W'),
    (Flags::AE, "AE", 'N', 'e'),
];

/// Letters and names beside those of [`FLAG_NAMES`]: hping3's X and Y, and the old name of AE.
const LETTERS: [(char, Flags); 2] = [('X', Flags::ECE), ('Y', Flags::CWR)];
const NAMES: [(&str, Flags); 2] = [("NS", Flags::AE), ("PUSH", Flags::PSH)];

/// A word, or a letter, that is no flag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no flag")]
pub struct UnknownFlag(
    /// The word.
    pub String,
);

impl Flags {
    /// No bit set: the NULL segment of port scanners.
    pub const NONE: Self = Self(0);
    /// Sender has finished sending.
    pub const FIN: Self = Self(0x001);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x002);
    /// Reset the connection.
    pub const RST: Self = Self(0x004);
    /// Push function.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgment field is significant.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer is significant.
    pub const URG: Self = Self(0x020);
    /// ECN echo.
    pub const ECE: Self = Self(0x040);
    /// Congestion window reduced.
    pub const CWR: Self = Self(0x080);
    /// Accurate ECN, the former NS bit.
    pub const AE: Self = Self(0x100);

    const ALL: u16 = 0x1ff;

    /// From the low nine bits of `bits`; the rest is ignored.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL)
    }

    /// The flags of a text: names between commas, plus signs, bars or blanks (`syn,ack`, `fin+ack`), or letters of hping3,
    /// nping or tcpdump (`SA`, `S.`). A name comes first: ECE is the flag, not the letters of ECE, CWR and ECE.
    ///
    /// # Errors
    /// Names the word or letter that is none.
    pub fn from_words(text: &str) -> Result<Self, UnknownFlag> {
        let is_between = |char| matches!(char, ',' | '+' | '|' | ' ');
        let letters = || text.chars().map(|letter| Self::from_letter(letter).ok_or_else(|| UnknownFlag(letter.into())));
        let names = || {
            let words = text.split(is_between).filter(|word| !word.is_empty());
            words.map(|word| Self::from_name(word).ok_or_else(|| UnknownFlag(word.to_owned())))
        };
        match Self::gather(names()) {
            Err(_) if !text.contains(is_between) => Self::gather(letters()),
            named => named,
        }
    }

    fn gather(mut flags: impl Iterator<Item = Result<Self, UnknownFlag>>) -> Result<Self, UnknownFlag> {
        flags.try_fold(Self::NONE, |all, flag| Ok(all | flag?))
    }

    fn from_name(word: &str) -> Option<Self> {
        let known = FLAG_NAMES.iter().map(|(flag, name, ..)| (*name, *flag)).chain(NAMES);
        known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, flag)| flag)
    }

    fn from_letter(letter: char) -> Option<Self> {
        let known = FLAG_NAMES.iter().flat_map(|(flag, _, one, other)| [(*one, *flag), (*other, *flag)]);
        known.chain(LETTERS).find(|(known, _)| *known == letter).map(|(_, flag)| flag)
    }

    /// The nine bits, FIN lowest.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The same set without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether SYN is set.
    #[must_use]
    pub const fn syn(self) -> bool {
        self.contains(Self::SYN)
    }

    /// Whether ACK is set.
    #[must_use]
    pub const fn ack(self) -> bool {
        self.contains(Self::ACK)
    }

    /// Whether FIN is set.
    #[must_use]
    pub const fn fin(self) -> bool {
        self.contains(Self::FIN)
    }

    /// Whether this is the SYN that asks for ECN (ECE and CWR), or the SYN ACK that agrees to it (ECE without CWR): RFC
    /// 3168 section 6.1.1.
    #[must_use]
    pub const fn is_ecn_setup(self) -> bool {
        self.syn() && self.contains(Self::ECE) && self.contains(Self::CWR) != self.ack()
    }

    /// Whether RST is set.
    #[must_use]
    pub const fn rst(self) -> bool {
        self.contains(Self::RST)
    }

    /// Sequence numbers that the flags take: one for SYN, one for FIN (RFC 9293 section 3.4).
    #[must_use]
    pub const fn sequence_len(self) -> u32 {
        self.syn() as u32 + self.fin() as u32
    }

    /// Names of the flags that are set, in the field's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        FLAG_NAMES.iter().filter(move |(flag, ..)| self.contains(*flag)).map(|(_, name, ..)| *name)
    }

    /// tcpdump's letters: `S.` for SYN and ACK, `none` for no flag.
    #[must_use]
    pub fn tcpdump(self) -> String {
        if self == Self::NONE {
            return "none".to_owned();
        }
        // tcpdump writes the dot for ACK last but for ECE, CWR and AE; keep its order.
        const ORDER: [Flags; 9] =
            [Flags::FIN, Flags::SYN, Flags::RST, Flags::PSH, Flags::ACK, Flags::URG, Flags::ECE, Flags::CWR, Flags::AE];
        ORDER
            .iter()
            .filter(|flag| self.contains(**flag))
            .filter_map(|flag| FLAG_NAMES.iter().find(|(named, ..)| named == flag))
            .map(|(.., letter)| *letter)
            .collect()
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.with(other);
    }
}

/// Words in the field's order: `SYN ACK`; `no flag` for none.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.pad("no flag");
        }
        f.pad(&self.names().collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({self})")
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_letters() {
        let table = [
            (Flags::SYN, "SYN", "S"),
            (Flags::SYN | Flags::ACK, "SYN ACK", "S."),
            (Flags::FIN | Flags::ACK, "FIN ACK", "F."),
            (Flags::PSH | Flags::ACK, "PSH ACK", "P."),
            (Flags::RST, "RST", "R"),
            (Flags::NONE, "no flag", "none"),
            (Flags::SYN | Flags::ECE | Flags::CWR, "SYN ECE CWR", "SEW"),
            (Flags::SYN | Flags::FIN, "SYN FIN", "FS"),
        ];
        for (flags, words, letters) in table {
            assert_eq!((flags.to_string().as_str(), flags.tcpdump().as_str()), (words, letters));
        }
    }

    #[test]
    fn a_syn_and_a_fin_take_one_number_each() {
        assert_eq!((Flags::SYN | Flags::ACK).sequence_len(), 1);
        assert_eq!((Flags::SYN | Flags::FIN).sequence_len(), 2);
        assert_eq!((Flags::RST | Flags::PSH | Flags::URG).sequence_len(), 0);
    }
}
