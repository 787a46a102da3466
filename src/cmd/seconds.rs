//! Times as they are typed: seconds with a fraction.

use std::str::FromStr;
use std::time::Duration;

/// Seconds with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl Seconds {
    /// The longest time, as in iputils: 2^31 - 1 milliseconds, almost 25 days.
    const MAX: Duration = Duration::from_millis(i32::MAX as u64);
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
        let duration = Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= Self::MAX);
        duration.map(Self).ok_or_else(|| format!("must be between 0 and {} seconds", Self::MAX.as_secs()))
    }
}

/// Reads a time that is more than none.
///
/// # Errors
/// Says what the bounds are.
pub(super) fn some_time(text: &str) -> Result<Seconds, String> {
    let seconds: Seconds = text.parse()?;
    if seconds.0.is_zero() { Err("must be more than 0 seconds".to_owned()) } else { Ok(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_fractions_and_bounds() {
        assert_eq!("0.25".parse(), Ok(Seconds(Duration::from_millis(250))));
        assert_eq!("2147483.647".parse(), Ok(Seconds(Seconds::MAX)));
        for wrong in ["", "x", "-1", "nan", "inf", "1e300", "2147484", "1,5"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_to_wait_is_more_than_none() {
        assert!(some_time("0").is_err() && some_time("-1").is_err());
        assert!(some_time("0.001").is_ok());
    }
}
