//! The Internet checksum (RFC 1071) and the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1).

use std::net::IpAddr;

use serde::Serialize;

/// What a checksum field says of its segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// It is right.
    Good,
    /// It is wrong, so a receiver drops the segment without a word.
    Bad,
    /// It holds the sum of the pseudo-header only: the sending machine left the rest to its network interface
    /// (checksum offload), so a capture there says nothing about what went out.
    Partial,
    /// It cannot be checked: cut by the capture, a fragment, or not there.
    #[default]
    Unknown,
}

/// A running one's complement sum of 16-bit words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum(u64);

impl Sum {
    /// The pseudo-header of `source` and `destination`: both must be of one family.
    #[must_use]
    pub fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8, length: u32) -> Self {
        let mut sum = Self::default();
        for address in [source, destination] {
            match address {
                IpAddr::V4(address) => sum = sum.with(&address.octets()),
                IpAddr::V6(address) => sum = sum.with(&address.octets()),
            }
        }
        sum.with(&length.to_be_bytes()).with(&[0, protocol])
    }

    /// Adds `bytes`, which begin at an even offset; a last odd octet is padded with zero.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(4);
        let mut sum = words.by_ref().map(|w| u64::from(u32::from_be_bytes([w[0], w[1], w[2], w[3]]))).sum::<u64>();
        let mut last = [0; 4];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        sum += u64::from(u32::from_be_bytes(last));
        Self(self.0 + sum)
    }

    /// The sum folded to 16 bits, not complemented.
    #[must_use]
    pub const fn folded(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    /// The value for the checksum field: the complement of the folded sum.
    #[must_use]
    pub const fn finish(self) -> u16 {
        !self.folded()
    }
}

/// Judges the checksum `field` of a transport header; `whole` is the header with its payload, the field included.
#[must_use]
pub fn verify(pseudo: Sum, whole: &[u8], field: u16) -> Checksum {
    if pseudo.with(whole).folded() == 0xffff {
        Checksum::Good
    } else if field == pseudo.folded() {
        Checksum::Partial
    } else {
        Checksum::Bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071() {
        let sum = Sum::default().with(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.folded(), 0xddf2);
    }

    #[test]
    fn an_odd_octet_is_padded_on_the_right() {
        assert_eq!(Sum::default().with(&[0x12, 0x34, 0x56]).folded(), 0x1234 + 0x5600);
        assert_eq!(Sum::default().with(&[0x56]).folded(), 0x5600);
    }
}
