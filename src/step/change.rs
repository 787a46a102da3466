//! One field of a segment, as somebody wants it to be.

use super::outgoing::Outgoing;
use crate::quiz::{read_flags, read_number};
use crate::tcp::{Relative, Seq, Variables};
use crate::wire::Flags;

/// A change of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// These flags, and no others.
    Flags(Flags),
    /// These flags besides.
    With(Flags),
    /// Without these flags.
    Without(Flags),
    /// Another sequence number.
    Seq(Amount),
    /// Another acknowledgment number.
    Ack(Amount),
    /// Another window, as it stands in the header.
    Window(u16),
}

/// A number, as it was typed.
#[derive(Clone, Debug)]
pub enum Amount {
    /// So much more than it is, modulo 2^32.
    By(u32),
    /// This number: as it is shown, or from a variable of the receiver.
    To(Relative),
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::By(one), Self::By(other)) => one == other,
            (Self::To(one), Self::To(other)) => one.to_string() == other.to_string(),
            _ => false,
        }
    }
}

/// Why the value of a field cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} wants {wants}.")]
pub struct ChangeError {
    /// The field.
    pub field: &'static str,
    /// What can be typed behind it.
    pub wants: &'static str,
}

/// A field that can be changed.
pub(super) struct Field {
    names: &'static [&'static str],
    pub(super) form: &'static str,
    pub(super) help: &'static str,
    wants: &'static str,
    read: fn(&str) -> Option<Change>,
}

const NUMBER: &str =
    "a number as it is shown, +N or -N from what it is, or a variable of the receiver, as in rcv.nxt+rcv.wnd";

/// Every field that can be changed.
pub(super) const CHANGES: [Field; 4] = [
    Field {
        names: &["flags", "flag", "f"],
        form: "flags SA",
        help: "other flags, in any spelling; +F sets, -F clears one",
        wants: "flags, as in SA, SYN ACK or [S.], or +FIN or -PSH",
        read: flags,
    },
    Field {
        names: &["seq"],
        form: "seq +1",
        help: "another sequence number: as shown, or +N, -N",
        wants: NUMBER,
        read: |text| amount(text).map(Change::Seq),
    },
    Field {
        names: &["ack"],
        form: "ack 0",
        help: "another acknowledgment number",
        wants: NUMBER,
        read: |text| amount(text).map(Change::Ack),
    },
    Field {
        names: &["window", "win", "w"],
        form: "window 0",
        help: "another window, as it stands in the header",
        wants: "a number from 0 to 65535, as it stands in the header",
        read: |text| read_number(text).and_then(|number| u16::try_from(number).ok()).map(Change::Window),
    },
];

fn flags(text: &str) -> Option<Change> {
    let change = |rest: &str, of: fn(Flags) -> Change| read_flags(rest).map(of);
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => change(rest, Change::With),
        (_, Some(rest)) => change(rest, Change::Without),
        _ => change(text, Change::Flags),
    }
}

fn amount(text: &str) -> Option<Amount> {
    let text: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    let by = |rest: &str| rest.parse::<Relative>().ok().filter(|by| !by.needs_connection()).map(|by| by.offset());
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => by(rest).map(Amount::By),
        (_, Some(rest)) => by(rest).map(|by| Amount::By(by.wrapping_neg())),
        _ => text.parse().ok().map(Amount::To),
    }
}

/// From where numbers count as they are shown, and the variables of who receives the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origins {
    /// The number that is shown as 0 in SEG.SEQ.
    pub seq: Seq,
    /// The number that is shown as 0 in SEG.ACK.
    pub ack: Seq,
    /// The receiver, as far as it is known.
    pub receiver: Variables,
}

impl Change {
    /// Reads `seq +1`, `flags=SA`; none where it begins with no field.
    pub(super) fn read(typed: &str) -> Option<Result<Self, ChangeError>> {
        let end = typed.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(typed.len());
        let (name, rest) = typed.split_at(end);
        let field = CHANGES.iter().find(|field| field.names.iter().any(|known| known.eq_ignore_ascii_case(name)))?;
        let value = rest.trim_start_matches(|char: char| char.is_whitespace() || matches!(char, '=' | ':')).trim();
        let change = if value.is_empty() { None } else { (field.read)(value) };
        Some(change.ok_or(ChangeError { field: field.names[0], wants: field.wants }))
    }

    /// Changes the field of `segment`. An acknowledgment number sets the ACK flag: without it, it would not be looked at.
    pub fn apply(&self, segment: &mut Outgoing, origins: &Origins) {
        let fields = &mut segment.fields;
        let number = |amount: &Amount, is: u32, zero: Seq| match amount {
            Amount::By(by) => is.wrapping_add(*by),
            Amount::To(number) if number.needs_connection() => number.resolve(&origins.receiver).0,
            Amount::To(number) => zero.0.wrapping_add(number.offset()),
        };
        match self {
            Self::Flags(flags) => fields.flags = *flags,
            Self::With(flags) => fields.flags |= *flags,
            Self::Without(flags) => fields.flags = fields.flags.without(*flags),
            Self::Seq(amount) => fields.seq = number(amount, fields.seq, origins.seq),
            Self::Ack(amount) => {
                fields.ack = number(amount, fields.ack, origins.ack);
                fields.flags |= Flags::ACK;
            }
            Self::Window(window) => fields.window = *window,
        }
    }
}
