//! The options of a block.

use super::super::endian::Endian;
use super::Damage;

const END_OF_OPTIONS: u16 = 0;
/// Stands in any block, and several times.
pub(super) const OPT_COMMENT: u16 = 1;

/// Codes and values up to the end mark; the first one that is damaged is the last.
pub(super) struct Options<'a> {
    endian: Endian,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    /// `options` is all of the block behind its fixed fields.
    pub(super) const fn new(endian: Endian, options: &'a [u8]) -> Self {
        Self { endian, rest: options }
    }

    /// The texts of all comments.
    pub(super) fn comments(self) -> impl Iterator<Item = &'a [u8]> {
        self.map_while(Result::ok)
            .filter(|(code, value)| *code == OPT_COMMENT && !value.is_empty())
            .map(|(_, value)| value)
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<(u16, &'a [u8]), Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.rest);
        let head = rest.get(..4)?;
        let (code, length) = (self.endian.u16(head, 0), self.endian.u16(head, 2));
        if code == END_OF_OPTIONS {
            return None;
        }
        let end = 4 + usize::from(length);
        let Some(value) = rest.get(4..end) else { return Some(Err(Damage::BlockOption { code, length })) };
        self.rest = rest.get(end.next_multiple_of(4)..).unwrap_or_default();
        Some(Ok((code, value)))
    }
}
