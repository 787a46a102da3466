//! Intervals and rates.

use std::time::Duration;

/// Units of an interval, and the nanoseconds in one.
const UNITS: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
/// The longest interval: a day.
const LONGEST: f64 = 86_400e9;

/// Reads an interval: `1`, `0.5`, `100us`, `5ms`, hping3's `u100`.
///
/// # Errors
/// Says how it is written.
pub(in crate::cmd::send) fn interval(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_prefix('u') {
        Some(micros) => (micros, 1e3),
        None => UNITS
            .into_iter()
            .find_map(|(name, unit)| text.strip_suffix(name).map(|number| (number, unit)))
            .unwrap_or((text, 1e9)),
    };
    let plain = number.starts_with(|char: char| char.is_ascii_digit() || char == '.');
    let nanos = number.parse::<f64>().ok().filter(|_| plain).map(|number| number * unit);
    let nanos = nanos.filter(|nanos| *nanos <= LONGEST);
    nanos.map(|nanos| Duration::from_nanos(nanos as u64)).ok_or_else(|| {
        "not a time of at most a day: write seconds, a number with ns, us, ms or s, or u100 for 100us".to_owned()
    })
}

/// Reads packets a second, and gives the interval between two.
///
/// # Errors
/// Not a number above 0 and up to ten million.
pub(in crate::cmd::send) fn rate(text: &str) -> Result<Duration, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| *rate >= 0.001 && *rate <= 1e7);
    rate.map(|rate| Duration::from_secs_f64(1.0 / rate))
        .ok_or_else(|| "not a number of packets a second, from 0.001 to 10000000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_and_rates() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("0.5", 500_000_000),
            ("u100", 100_000),
            ("100us", 100_000),
            ("5ms", 5_000_000),
            ("2s", 2_000_000_000),
            ("7ns", 7),
            ("0", 0),
        ] {
            assert_eq!(interval(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        for wrong in ["", "u", "-1", "1h", "nan", "inf", "1e99", "u-1", "86401"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
        assert_eq!(rate("1000"), Ok(Duration::from_millis(1)));
        for wrong in ["0", "-1", "x", "nan", "1e9"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
