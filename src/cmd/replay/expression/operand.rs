//! Values that fields are compared with.

use std::net::{IpAddr, SocketAddr};

use crate::sink::fields::{Field, Kind, Value};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
    Contains,
    Lacks,
}

impl Operator {
    /// Whether it asks for an order, which names and addresses do not have.
    const fn is_order(self) -> bool {
        matches!(self, Self::Below | Self::AtMost | Self::Above | Self::AtLeast)
    }

    const fn is_search(self) -> bool {
        matches!(self, Self::Contains | Self::Lacks)
    }

    /// Whether it is the opposite of another: nothing is unequal to what it is equal to.
    const fn is_negative(self) -> bool {
        matches!(self, Self::Unequal | Self::Lacks)
    }
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Nothing,
    Flag(bool),
    Number(f64),
    Address(IpAddr),
    Socket(SocketAddr),
    Name(String),
    /// To be found in the value as it is shown, whatever the case.
    Text(String),
    /// To be found in letters whose case matters.
    Part(String),
}

/// Units of time and what they are in milliseconds.
const TIMES: [(&str, f64); 8] =
    [("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("ms", 1.0), ("s", 1e3), ("min", 60e3), ("h", 3600e3), ("d", 86_400e3)];

/// Units of count.
const COUNTS: [(&str, f64); 4] = [("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9)];

/// The word for a value that is not there.
const NOTHING: &str = "none";

impl Operand {
    /// Reads a value that `field` can be compared with.
    ///
    /// # Errors
    /// Says why it cannot.
    pub(super) fn parse(field: &Field, operator: Operator, word: &str) -> Result<Self, String> {
        let name = field.name;
        if operator.is_search() {
            let cased = matches!(field.kind, Kind::Letters);
            return Ok(if cased { Self::Part(word.to_owned()) } else { Self::Text(word.to_lowercase()) });
        }
        let has_order = matches!(field.kind, Kind::Number | Kind::Millis | Kind::Time);
        if operator.is_order() && !has_order {
            return Err(format!("{name} has no order: compare it with =, != or ~"));
        }
        let takes_none = !matches!(field.kind, Kind::Name(names) if names().contains(&NOTHING));
        if word == NOTHING && takes_none && !operator.is_order() {
            return Ok(Self::Nothing);
        }
        let flag = || word.parse().map(Self::Flag).map_err(|_| format!("{name} is true or false"));
        let number = |units: &[(&str, f64)], what| {
            number(word, units).map(Self::Number).ok_or_else(|| format!("{name} is compared with {what}"))
        };
        match field.kind {
            Kind::Flag => flag(),
            Kind::Number => number(&COUNTS, "a number, such as 1500 or 1.5k (k, M, G)"),
            Kind::Millis => number(&TIMES, "milliseconds, or a time with its unit (ns, us, ms, s, min, h, d)"),
            Kind::Time => number(&[], "seconds since 1970 UTC, such as 1700000000.25"),
            Kind::Address => {
                word.parse().map(Self::Address).map_err(|_| format!("{name} is an address; ~ finds a part"))
            }
            Kind::Socket => word.parse().map(Self::Socket).map_err(|_| {
                format!("{name} is address:port; {name}.ip and {name}.port are its parts, ~ finds a part")
            }),
            Kind::Name(names) | Kind::Marks(names) => known(name, word, &names()),
            Kind::Letters => Ok(Self::Name(word.to_owned())),
        }
    }

    /// Whether the comparison holds for `value`.
    pub(super) fn compare(&self, operator: Operator, value: Value) -> bool {
        if operator.is_order() {
            let (Some(value), Self::Number(bound)) = (number_of(value), self) else { return false };
            return match operator {
                Operator::Below => value < *bound,
                Operator::AtMost => value <= *bound,
                Operator::Above => value > *bound,
                _ => value >= *bound,
            };
        }
        self.matches(value) != operator.is_negative()
    }

    fn matches(&self, value: Value) -> bool {
        match (self, value) {
            (Self::Part(part), value) => value.to_string().contains(part),
            (Self::Text(text), value) => value.to_string().to_lowercase().contains(text),
            (Self::Nothing, value) => {
                value == Value::Absent || matches!(value, Value::Marks(marks) if marks.is_empty())
            }
            (Self::Name(name), Value::Marks(marks)) => marks.iter().any(|mark| mark.name() == name),
            (Self::Name(name), Value::Name(value)) => name == value,
            (Self::Name(name), Value::History(history)) => name == history.as_str(),
            (Self::Flag(flag), Value::Flag(value)) => *flag == value,
            (Self::Address(address), Value::Address(value)) => *address == value,
            (Self::Socket(socket), Value::Socket(value)) => *socket == value,
            (Self::Number(number), value) => number_of(value) == Some(*number),
            _ => false,
        }
    }
}

/// Whether a value says more than no, nothing or zero.
pub(super) fn is_something(value: Value) -> bool {
    match value {
        Value::Absent => false,
        Value::Flag(flag) => flag,
        Value::Number(number) => number != 0.0,
        Value::Marks(marks) => !marks.is_empty(),
        Value::History(history) => !history.as_str().is_empty(),
        Value::Time(_) | Value::Name(_) | Value::Socket(_) | Value::Address(_) => true,
    }
}

/// Numbers, and moments in seconds.
fn number_of(value: Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number),
        Value::Time(time) => Some(time.as_nanos() as f64 / 1e9),
        _ => None,
    }
}

/// Digits with at most one of `units` behind them. No sign, no exponent: nothing here is negative.
fn number(word: &str, units: &[(&str, f64)]) -> Option<f64> {
    let digits = word.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at(digits);
    let factor = if unit.is_empty() { 1.0 } else { units.iter().find(|(name, _)| *name == unit)?.1 };
    number.parse::<f64>().ok().map(|number| number * factor)
}

fn known(field: &str, word: &str, names: &[&str]) -> Result<Operand, String> {
    if names.contains(&word) {
        return Ok(Operand::Name(word.to_owned()));
    }
    Err(format!("{field} is never {:?}, but one of: {}", word, names.join(", ")))
}
