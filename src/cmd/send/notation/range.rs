//! Ports and times to live: single ones, ranges, and lists of both.

use std::str::FromStr;

use crate::craft::ping::text::printable;

/// Destination ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cmd::send) struct Ports {
    /// In their turn.
    pub(in crate::cmd::send) list: Vec<u16>,
    /// The port goes up by one with each packet: hping3's `++`.
    pub(in crate::cmd::send) step: bool,
}

/// Times to live, or hop limits, in their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cmd::send) struct Ttls(pub(in crate::cmd::send) Vec<u8>);

/// What packets differ in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cmd::send) enum Sweep {
    /// `20-25`, `ports=20-25`.
    Ports(Ports),
    /// `ttl=1-30`.
    Ttls(Ttls),
}

impl FromStr for Sweep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("ttl", ttls)) => ttls.parse().map(Self::Ttls),
            Some(("ports", ports)) => ports.parse().map(Self::Ports),
            Some((other, _)) => Err(format!("{} cannot be swept: ports and ttl can", printable(other))),
            None => text.parse().map(Self::Ports),
        }
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (step, text) =
            text.strip_prefix("++").or(text.strip_prefix('+')).map_or((false, text), |rest| (true, rest));
        let list = list(text, "a port", u32::from(u16::MAX))?;
        if step && list.len() > 1 {
            return Err("++ takes one port, from which it goes up".to_owned());
        }
        Ok(Self { list: list.into_iter().map(|port| port as u16).collect(), step })
    }
}

impl FromStr for Ttls {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let list = list(text, "a time to live", u32::from(u8::MAX))?;
        Ok(Self(list.into_iter().map(|ttl| ttl as u8).collect()))
    }
}

/// `1`, `1-30`, `22,80,443`, `1-5,9`; from 0 to `most`.
fn list(text: &str, what: &str, most: u32) -> Result<Vec<u32>, String> {
    let one = |text: &str| {
        let number = text.parse::<u32>().ok().filter(|number| *number <= most && !text.starts_with('+'));
        number.ok_or_else(|| format!("{} is not {what}: they go from 0 to {most}", printable(text)))
    };
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').map_or((part, part), |(first, last)| (first, last));
        let (first, last) = (one(first)?, one(last)?);
        if first > last {
            return Err(format!("{first}-{last} goes down; write {last}-{first}"));
        }
        numbers.extend(first..=last);
        if numbers.len() > 1 << 16 {
            return Err(format!("more than {} of them", 1 << 16));
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges() {
        assert_eq!("80".parse(), Ok(Ports { list: vec![80], step: false }));
        assert_eq!("++80".parse(), Ok(Ports { list: vec![80], step: true }));
        assert_eq!("22,80-82".parse(), Ok(Ports { list: vec![22, 80, 81, 82], step: false }));
        assert_eq!("1-3".parse(), Ok(Ttls(vec![1, 2, 3])));
        for wrong in ["", "70000", "80-", "-80", "9-8", "++1-2", "a", "1,,2", "0-65535,0-65535"] {
            assert!(wrong.parse::<Ports>().is_err(), "{wrong}");
        }
        assert_eq!("70000".parse::<Ports>(), Err("70000 is not a port: they go from 0 to 65535".to_owned()));
        assert!("256".parse::<Ttls>().is_err());
        assert_eq!("ttl=1-2".parse(), Ok(Sweep::Ttls(Ttls(vec![1, 2]))));
        for ports in ["7-8", "ports=7-8"] {
            assert_eq!(ports.parse(), Ok(Sweep::Ports(Ports { list: vec![7, 8], step: false })));
        }
        assert_eq!("tos=1".parse::<Sweep>(), Err("tos cannot be swept: ports and ttl can".to_owned()));
    }
}
