//! ICMP messages: `TYPE[/CODE]`.

use std::str::FromStr;

use crate::cmd::number::number;

/// An ICMP type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd::send) struct Message {
    /// The type; none for an echo request, which has another number in IPv6.
    pub(in crate::cmd::send) kind: Option<u8>,
    pub(in crate::cmd::send) code: u8,
}

/// Names of requests in IPv4.
const NAMES: [(&str, u8); 3] = [("timestamp", 13), ("information", 15), ("mask", 17)];

impl FromStr for Message {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, code) = text.split_once('/').unwrap_or((text, "0"));
        let code = number(code).map_err(|error| format!("the code is {error}"))?;
        if kind == "echo" {
            return Ok(Self { kind: None, code });
        }
        let named = NAMES.into_iter().find(|(name, _)| *name == kind).map(|(_, kind)| kind);
        let kind = named
            .map_or_else(|| number(kind), Ok)
            .map_err(|error| format!("the type is echo, timestamp, information, mask, or a number: this is {error}"))?;
        Ok(Self { kind: Some(kind), code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_codes() {
        assert_eq!("echo".parse(), Ok(Message { kind: None, code: 0 }));
        assert_eq!("8/1".parse(), Ok(Message { kind: Some(8), code: 1 }));
        assert_eq!("timestamp".parse(), Ok(Message { kind: Some(13), code: 0 }));
        for wrong in ["", "256", "8/256", "8/", "x"] {
            assert!(wrong.parse::<Message>().is_err(), "{wrong}");
        }
    }
}
