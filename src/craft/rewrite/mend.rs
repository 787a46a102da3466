//! Checksums that follow what changes under them (RFC 1624): what was wrong stays wrong, and what was cut can be mended.

use crate::wire::checksum::Sum;

/// The change of a one's complement sum: of every 16-bit word that became another, `!old + new`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delta(u32);

impl Delta {
    /// Both changes.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(folded(self.0 + other.0) as u32)
    }

    fn of(old: [u8; 2], new: [u8; 2]) -> Self {
        Self(u32::from(!u16::from_be_bytes(old)) + u32::from(u16::from_be_bytes(new)))
    }

    /// Nothing became anything else.
    pub(super) const fn is_none(self) -> bool {
        let sum = folded(self.0);
        sum == 0 || sum == 0xffff
    }
}

const fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Writes `new` at an even place, as far as there are octets, and answers what that changes in the sum.
pub(super) fn put(bytes: &mut [u8], at: usize, new: &[u8]) -> Delta {
    let mut delta = Delta::default();
    let places = bytes.get_mut(at..).unwrap_or_default().chunks_exact_mut(2);
    for (old, new) in places.zip(new.chunks_exact(2)) {
        delta = delta.and(Delta::of([old[0], old[1]], [new[0], new[1]]));
        old.copy_from_slice(new);
    }
    delta
}

/// A checksum field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The complement of a sum.
    Whole,
    /// The sum of the pseudo-header alone, which the network interface was to finish.
    Partial,
}

/// Lets the checksum at `at` follow a change under it, and answers what that changes itself.
pub(super) fn mend(bytes: &mut [u8], at: usize, field: Field, delta: Delta) -> Delta {
    let Some(&[high, low]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else { return Delta::default() };
    if delta.is_none() {
        return Delta::default();
    }
    let old = u16::from_be_bytes([high, low]);
    let new = match field {
        // Equation 3 of RFC 1624.
        Field::Whole => !folded(u32::from(!old) + delta.0),
        Field::Partial => folded(u32::from(old) + delta.0),
    };
    put(bytes, at, &new.to_be_bytes())
}

/// Works the checksum at `at` out anew, over all of `bytes` and what `before` holds.
pub(super) fn renew(bytes: &mut [u8], at: usize, before: Sum) {
    if let Some(field) = bytes.get_mut(at..at + 2) {
        field.fill(0);
        let sum = before.with(bytes).finish();
        bytes[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_1624() {
        // Section 4: m = 0x5555 becomes 0x3285, HC = 0xdd2f becomes 0.
        let mut bytes = [0x55, 0x55, 0xdd, 0x2f];
        let delta = put(&mut bytes, 0, &[0x32, 0x85]);
        mend(&mut bytes, 2, Field::Whole, delta);
        assert_eq!(bytes, [0x32, 0x85, 0, 0]);
    }

    #[test]
    fn a_change_beyond_the_end_is_none() {
        let mut bytes = [1, 2, 3];
        assert!(put(&mut bytes, 2, &[9, 9]).is_none() && put(&mut bytes, 9, &[9, 9]).is_none());
        mend(&mut bytes, 2, Field::Whole, Delta(5));
        renew(&mut bytes, 2, Sum::default());
        assert_eq!(bytes, [1, 2, 3]);
    }

    proptest! {
        #[test]
        fn what_is_mended_is_what_is_worked_out_anew(
            mut bytes in proptest::collection::vec(any::<u8>(), 8..64),
            new in any::<[u8; 4]>(),
            is_wrong in any::<bool>(),
        ) {
            bytes[0] |= 1; // a sum of nothing but zeros has two forms
            renew(&mut bytes, 2, Sum::default());
            bytes[3] ^= u8::from(is_wrong);
            let delta = put(&mut bytes, 4, &new);
            mend(&mut bytes, 2, Field::Whole, delta);
            let mended = bytes.clone();
            renew(&mut bytes, 2, Sum::default());
            bytes[3] ^= u8::from(is_wrong);
            if is_wrong {
                let apart = |bytes: &[u8]| Sum::default().with(bytes).folded();
                prop_assert!(apart(&mended) != 0xffff, "a wrong checksum stays wrong");
            } else {
                prop_assert_eq!(mended, bytes);
            }
        }
    }
}
