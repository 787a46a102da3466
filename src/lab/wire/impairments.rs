//! What a wire does to the frames on it, as data and as text: `delay=50ms drop=3,7 dup=4 corrupt=6 reorder=5 loss=1%`.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

/// What a wire does to the frames on it. The default does nothing to them.
///
/// As text it is a list of words with blanks between them. Frames are counted from 1 in the order in which they enter
/// the wire, both directions together, so where nothing is delayed they have the numbers of a capture. What a host tells
/// its whole network does not count, and nothing but the delay happens to it.
///
/// | word | meaning |
/// | --- | --- |
/// | `delay=50ms` | every frame takes so long; also `us` and `s`, at most 60 s |
/// | `drop=3,7` | the third and the seventh frame are lost |
/// | `loss=1%` | each frame is lost with this probability; the same as `drop=1%` |
/// | `dup=4` or `dup=2%` | arrives twice |
/// | `corrupt=6` or `corrupt=1%` | arrives with the lowest bit of its last octet turned over |
/// | `reorder=5` or `reorder=10%` | arrives after the next frame of its direction |
/// | `seed=7` | where the numbers for the probabilities begin; 1 unless given |
///
/// A word that stands twice adds to the first, but for `delay` and `seed`, of which the last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impairments {
    /// How long every frame takes.
    pub delay: Duration,
    /// Which frames are lost.
    pub drop: Choice,
    /// Which frames arrive twice.
    pub duplicate: Choice,
    /// Which frames arrive damaged, each copy of them.
    pub corrupt: Choice,
    /// Which frames arrive after the next one of their direction.
    pub reorder: Choice,
    /// Where the numbers for the probabilities begin.
    pub seed: u64,
}

impl Default for Impairments {
    fn default() -> Self {
        let none = Choice::default;
        Self { delay: Duration::ZERO, drop: none(), duplicate: none(), corrupt: none(), reorder: none(), seed: 1 }
    }
}

/// Some of the frames: by position, by probability, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Positions, from 1.
    pub positions: BTreeSet<u64>,
    /// Probability for any other frame, in millionths; at most 1,000,000.
    pub millionths: u32,
}

/// A description of a wire that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A word that means nothing.
    #[error("a wire knows no {word:?}; it knows: delay=50ms, drop=3,7, loss=1%, dup=4, corrupt=6, reorder=5, seed=7")]
    Unknown {
        /// The word.
        word: String,
    },
    /// A word whose value cannot be read.
    #[error("cannot read {word:?} of the wire: {wanted}")]
    Value {
        /// The word.
        word: String,
        /// What would be right.
        wanted: &'static str,
    },
}

const LONGEST: Duration = Duration::from_secs(60);
const DURATION: &str = "a delay is a number with its unit, such as 50ms, 800us or 1.5s, and at most 60s";
const FRAMES: &str = "frames are numbers from 1 with commas between them, such as 3,7, or a probability, such as 1%";
const PROBABILITY: &str = "a probability is a number from 0 to 100 with a percent sign, such as 1% or 0.5%";
const SEED: &str = "a seed is a whole number from 0 on";

impl FromStr for Impairments {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        let mut this = Self::default();
        text.split_whitespace().try_for_each(|word| this.read(word))?;
        Ok(this)
    }
}

impl Impairments {
    fn read(&mut self, word: &str) -> Result<(), WireError> {
        let unknown = || WireError::Unknown { word: word.to_owned() };
        let wrong = |wanted| WireError::Value { word: word.to_owned(), wanted };
        let (key, value) = word.split_once('=').ok_or_else(unknown)?;
        let choice = match key {
            "delay" => {
                self.delay = duration(value).ok_or(wrong(DURATION))?;
                return Ok(());
            }
            "seed" => {
                self.seed = value.parse().map_err(|_| wrong(SEED))?;
                return Ok(());
            }
            "loss" if !value.ends_with('%') => return Err(wrong(PROBABILITY)),
            "loss" | "drop" => &mut self.drop,
            "dup" => &mut self.duplicate,
            "corrupt" => &mut self.corrupt,
            "reorder" => &mut self.reorder,
            _ => return Err(unknown()),
        };
        choice.read(value).map_err(wrong)
    }
}

impl Choice {
    fn read(&mut self, value: &str) -> Result<(), &'static str> {
        if let Some(number) = value.strip_suffix('%') {
            let added = millionths(number).ok_or(PROBABILITY)?;
            self.millionths = self.millionths.saturating_add(added).min(1_000_000);
            return Ok(());
        }
        for number in value.split(',') {
            let position: u64 = number.parse().map_err(|_| FRAMES)?;
            self.positions.insert(Some(position).filter(|position| *position > 0).ok_or(FRAMES)?);
        }
        Ok(())
    }
}

/// A number of digits with at most one point: no sign, no exponent, no `inf`.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { text.parse().ok() } else { None }
}

fn millionths(percent: &str) -> Option<u32> {
    let percent = decimal(percent).filter(|percent| *percent <= 100.0)?;
    Some((percent * 10_000.0).round() as u32)
}

fn duration(text: &str) -> Option<Duration> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)]; // `s` ends the others too
    let (number, unit) = units.into_iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let seconds = decimal(number)? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(positions: &[u64]) -> Choice {
        Choice { positions: positions.iter().copied().collect(), millionths: 0 }
    }

    #[test]
    fn every_word_is_read() {
        let words = "delay=50ms drop=3,7 dup=4\treorder=5 loss=1% dup=0.5% corrupt=6 seed=7";
        let read: Impairments = words.parse().unwrap();
        let expected = Impairments {
            delay: Duration::from_millis(50),
            drop: Choice { millionths: 10_000, ..positions(&[3, 7]) },
            duplicate: Choice { millionths: 5_000, ..positions(&[4]) },
            corrupt: positions(&[6]),
            reorder: positions(&[5]),
            seed: 7,
        };
        assert_eq!(read, expected);
        assert_eq!("  ".parse::<Impairments>().unwrap(), Impairments::default());
        let twice: Impairments = "loss=60% drop=60% delay=1s delay=1.5us".parse().unwrap();
        assert_eq!((twice.drop.millionths, twice.delay), (1_000_000, Duration::from_nanos(1_500)));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_what_would_be_right() {
        let wrong = [
            ("delay=50", DURATION),
            ("delay=-1ms", DURATION),
            ("delay=61s", DURATION),
            ("delay=1e3ms", DURATION),
            ("delay=ms", DURATION),
            ("drop=", FRAMES),
            ("drop=0", FRAMES),
            ("drop=3,,7", FRAMES),
            ("dup=4.5", FRAMES),
            ("loss=3", PROBABILITY),
            ("loss=101%", PROBABILITY),
            ("reorder=%", PROBABILITY),
            ("reorder=nan%", PROBABILITY),
            ("seed=-1", SEED),
        ];
        for (word, wanted) in wrong {
            let expected = WireError::Value { word: word.to_owned(), wanted };
            assert_eq!(format!("dup=4 {word}").parse::<Impairments>(), Err(expected));
        }
        for word in ["spoil=1", "delay", "=", "Drop=3", "\u{7}=1"] {
            assert_eq!(word.parse::<Impairments>(), Err(WireError::Unknown { word: word.to_owned() }));
        }
        let error = "dorp=3\u{7}".parse::<Impairments>().unwrap_err().to_string();
        assert!(error.starts_with(r#"a wire knows no "dorp=3\u{7}"; it knows: delay=50ms, drop=3,7"#), "{error}");
    }
}
