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

/// Reads the number of a port.
///
/// # Errors
/// Says what the bounds are.
pub(super) fn port(text: &str) -> Result<u16, String> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port > 0);
    port.ok_or_else(|| "not a port: they go from 1 to 65535".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_go_from_1_to_65535() {
        assert_eq!((port("1"), port("65535")), (Ok(1), Ok(65_535)));
        for wrong in ["", "0", "65536", "-1", "+1", "http", "0x50", " 80"] {
            assert_eq!(port(wrong), Err("not a port: they go from 1 to 65535".to_owned()), "{wrong}");
        }
    }

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
