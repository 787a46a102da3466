//! Answers, and how forgivingly what is typed is read.

use crate::explain::glossary::flags;
use crate::wire::Flags;

/// One of several answers to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is offered.
    pub text: String,
    /// Other spellings that are taken for it.
    pub also: &'static [&'static str],
}

/// What is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These flags, and no others.
    Flags(Flags),
    /// This number.
    Number(u32),
    /// The choice at this place, from 0.
    Choice(Vec<Choice>, usize),
    /// These letters in this order.
    Order(String),
    /// The segment of this number, and this field of it.
    Field(String, &'static str),
}

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is right.
    Right,
    /// It is not; it was understood as this.
    Wrong(String),
    /// It cannot be read: what would be readable.
    Unreadable(&'static str),
}

impl Answer {
    /// What is right, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Flags(flags) => flags.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Choice(choices, right) => format!("{}. {}", right + 1, choices[*right].text),
            Self::Order(letters) => spaced(letters),
            Self::Field(number, field) => format!("{number} {field}"),
        }
    }

    /// What can be typed.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Flags(_) => "flags, as in SYN ACK, SA or [S.]",
            Self::Number(_) => "a number",
            Self::Choice(..) => "the number of a choice, or its name",
            Self::Order(_) => "all letters, the first segment first, as in C A B D",
            Self::Field(..) => "the segment's number and flags, seq or ack, as in 3 seq",
        }
    }

    /// Judges what was typed.
    #[must_use]
    pub fn judge(&self, typed: &str) -> Judged {
        let typed = typed.trim();
        let unreadable = Judged::Unreadable(self.form());
        match self {
            Self::Flags(right) => read_flags(typed).map_or(unreadable, |read| judged(read == *right, read)),
            Self::Number(right) => read_number(typed).map_or(unreadable, |read| judged(read == *right, read)),
            Self::Choice(choices, right) => read_choice(typed, choices)
                .map_or(unreadable, |read| judged(read == *right, format!("{}. {}", read + 1, choices[read].text))),
            Self::Order(right) => {
                read_order(typed, right).map_or(unreadable, |read| judged(read == *right, spaced(&read)))
            }
            Self::Field(..) => read_field(typed).map_or(unreadable, |read| judged(read == self.words(), read)),
        }
    }
}

fn judged(is_right: bool, read: impl ToString) -> Judged {
    if is_right { Judged::Right } else { Judged::Wrong(read.to_string()) }
}

fn spaced(letters: &str) -> String {
    letters.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

/// Flags in any spelling that `explain` takes, and in small letters, too.
#[must_use]
pub fn read_flags(typed: &str) -> Option<Flags> {
    if matches!(key(typed).as_str(), "none" | "noflag" | "noflags") {
        return Some(Flags::NONE);
    }
    flags(typed).or_else(|| flags(&typed.to_uppercase()))
}

/// A number, with or without the name of its field, and with blanks, commas or underscores within.
#[must_use]
pub fn read_number(typed: &str) -> Option<u32> {
    let lower = typed.to_lowercase();
    let bare = lower.trim_start_matches("seq").trim_start_matches("ack").trim_start_matches(['=', ':', ' ']);
    let digits: String = bare.chars().filter(|char| !matches!(char, ' ' | ',' | '_' | '\'')).collect();
    digits.parse().ok()
}

fn read_choice(typed: &str, choices: &[Choice]) -> Option<usize> {
    if let Ok(number) = typed.trim_end_matches(['.', ')']).parse::<usize>() {
        return (1..=choices.len()).contains(&number).then(|| number - 1);
    }
    let wanted = key(typed);
    let is_it = |choice: &Choice| key(&choice.text) == wanted || choice.also.iter().any(|also| key(also) == wanted);
    choices.iter().position(is_it)
}

/// The letters alone; none unless each of `right` is there once.
fn read_order(typed: &str, right: &str) -> Option<String> {
    let letters: String = typed.to_uppercase().chars().filter(|char| char.is_ascii_alphanumeric()).collect();
    let sorted = |text: &str| {
        let mut all: Vec<_> = text.chars().collect();
        all.sort_unstable();
        all
    };
    (sorted(&letters) == sorted(right)).then_some(letters)
}

/// A number and the name of a field, in either order and with other words beside them.
fn read_field(typed: &str) -> Option<String> {
    const FIELDS: [(&str, &str); 3] = [("fl", "flags"), ("seq", "seq"), ("ack", "ack")];
    let lower = typed.to_lowercase();
    let digits: String = lower.chars().filter(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok()?;
    let is_named = |(begin, _): &&(&str, &str)| {
        lower.split(|char: char| !char.is_ascii_alphabetic()).any(|word| word.starts_with(begin))
    };
    let mut named = FIELDS.iter().filter(is_named);
    let field = named.next().filter(|_| named.next().is_none())?;
    Some(format!("{number} {}", field.1))
}

/// A word without what spelling is about.
fn key(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_and_its_field_are_read_in_any_order() {
        let answer = Answer::Field("10".to_owned(), "ack");
        for typed in ["10 ack", "ack 10", "10: ACK", "10ack", "the acknowledgment of 10", "segment 10, ack"] {
            assert_eq!(answer.judge(typed), Judged::Right, "{typed}");
        }
        assert_eq!(answer.judge("1 ack"), Judged::Wrong("1 ack".to_owned()));
        assert_eq!(answer.judge("10 flag"), Judged::Wrong("10 flags".to_owned()));
        for typed in ["10", "ack", "seq or ack 10", "99999999999 ack", ""] {
            assert!(matches!(answer.judge(typed), Judged::Unreadable(_)), "{typed}");
        }
    }
}
