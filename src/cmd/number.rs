//! Numbers as they are typed: decimal, or hexadecimal after 0x.

/// Reads a number that must fit into a `T`.
///
/// # Errors
/// Says what the bounds are.
pub(super) fn number<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let most = u64::MAX >> (64 - 8 * size_of::<T>());
    number_to(most, text)
}

/// Reads a number that is `most` or less.
///
/// # Errors
/// Says what the bounds are.
pub(super) fn number_to<T: TryFrom<u64>>(most: u64, text: &str) -> Result<T, String> {
    let (digits, radix) =
        text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).map_or((text, 10), |digits| (digits, 16));
    let parsed = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'));
    let fitting = parsed.filter(|number| *number <= most).and_then(|number| T::try_from(number).ok());
    fitting.ok_or_else(|| format!("not a number from 0 to {most}, or 0x0 to {most:#x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(number("4294967295"), Ok(u32::MAX));
        assert_eq!(number("0xffffffff"), Ok(u32::MAX));
        assert_eq!(number("0XFF"), Ok(255_u32));
        for wrong in ["", "-1", "4294967296", "0x", "0x100000000", "ff", "+5", "0x+5"] {
            assert!(number::<u32>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(number::<u16>("70000"), Err("not a number from 0 to 65535, or 0x0 to 0xffff".to_owned()));
        assert_eq!(number_to::<u8>(7, "7"), Ok(7));
        assert!(number_to::<u8>(7, "8").is_err());
    }
}
