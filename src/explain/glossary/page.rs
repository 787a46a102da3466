//! What a page of the glossary holds, whatever it explains.

use serde::{Serialize, Serializer};

use super::picture::Row;
use crate::explain::Statement;
use crate::tcp::{Reply, State};

/// What kind of thing a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the table below says what each is
pub enum Kind {
    Flags,
    State,
    Option,
    Call,
    Errno,
    Verdict,
    Phenomenon,
    Icmp,
    Word,
    Exit,
}

/// Every kind: its name, how many of its things are called, and a heading.
const KINDS: [(Kind, &str, &str, &str); 10] = [
    (Kind::Flags, "flag", "flags", "Flags: the control bits of a segment, alone and together (512 combinations)"),
    (Kind::State, "state", "states", "States of an end of a connection (RFC 9293 section 3.3.2)"),
    (Kind::Option, "option", "options", "Options of the TCP header"),
    (Kind::Call, "call", "calls", "Socket calls, and what they send"),
    (Kind::Errno, "errno", "errnos", "Errors of socket calls"),
    (Kind::Verdict, "verdict", "verdicts", "Verdicts: how a connection opened and how it closed"),
    (Kind::Phenomenon, "phenomenon", "phenomena", "Phenomena: what one segment can show"),
    (Kind::Icmp, "icmp", "icmps", "ICMP errors: messages about a packet that could not be delivered"),
    (Kind::Word, "word", "words", "Words of the course"),
    (Kind::Exit, "exit", "exits", "Exit codes of rawshake"),
];

/// What else somebody may call a kind.
const OTHER_NAMES: [(&str, Kind); 4] =
    [("opt", Kind::Option), ("error", Kind::Errno), ("errors", Kind::Errno), ("syscall", Kind::Call)];

impl Kind {
    /// Every kind, in the order of a list.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.into_iter().map(|row| row.0)
    }

    const fn row(self) -> (Self, &'static str, &'static str, &'static str) {
        KINDS[self as usize]
    }

    /// What one thing of this kind is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// What a list of them is called.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        self.row().2
    }

    /// What stands above a list of them.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        self.row().3
    }

    /// The kind of that name, one or many, in any case, or by another word for it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let fits =
            |row: &&(Self, &str, &str, &str)| [row.1, row.2].iter().any(|known| known.eq_ignore_ascii_case(name));
        let other = OTHER_NAMES.iter().find(|row| row.0.eq_ignore_ascii_case(name)).map(|row| row.1);
        KINDS.iter().find(fits).map(|row| row.0).or(other)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A term, and what it means in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gloss {
    /// The term as it is written.
    pub term: String,
    /// What it means: a few words without a full stop.
    pub means: String,
}

/// What one segment brings about in some states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The segment; empty where the page is about one segment.
    pub segment: String,
    /// The states of the receiver; empty where the page is about one state.
    pub states: Vec<State>,
    /// What is sent in answer, in words.
    pub reply: &'static str,
    /// The state afterwards; none where it stays.
    pub next: Option<State>,
    /// What Linux is known to do otherwise, in words.
    pub linux: Option<String>,
}

impl Outcome {
    /// The same answer in the same way, but for the segment and the states.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.reply, self.next, &self.linux) == (other.reply, other.next, &other.linux)
    }
}

/// What is sent because of an event, in words.
pub(super) const fn reply_words(reply: Reply) -> &'static str {
    match reply {
        Reply::Nothing => "no answer",
        Reply::Syn => "SYN",
        Reply::SynAck => "SYN ACK",
        Reply::Ack => "ACK",
        Reply::ChallengeAck => "challenge ACK",
        Reply::Fin => "FIN ACK",
        Reply::Reset => "RST",
        Reply::ResetAck => "RST ACK",
    }
}

/// One explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// What kind of thing it explains.
    pub kind: Kind,
    /// What that is called.
    pub name: String,
    /// What else it is called.
    pub also: Vec<String>,
    /// What it is in few words.
    pub gloss: String,
    /// Terms that the page uses, in an order in which each needs only those before it.
    pub terms: Vec<Gloss>,
    /// The explanation, paragraph by paragraph.
    #[serde(serialize_with = "paragraphs")]
    pub paragraphs: Vec<Statement>,
    /// What it looks like between two ends.
    pub picture: Vec<Row>,
    /// What the receiver makes of it, by its state, or what arrives, by the segment: from the rules themselves.
    pub outcomes: Vec<Outcome>,
    /// Where it is specified; empty where no standard does.
    pub rfc: String,
    /// The arguments with which `rawshake` shows it.
    pub command: String,
    /// Other things of the same name: `option sack`.
    pub homonyms: Vec<String>,
}

fn paragraphs<S: Serializer>(list: &[Statement], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Paragraph<'a> {
        subject: &'a str,
        text: &'a str,
    }
    serializer.collect_seq(list.iter().map(|one| Paragraph { subject: one.subject, text: &one.text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_at_its_own_place() {
        for (index, kind) in Kind::all().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!((Kind::from_name(kind.name()), Kind::from_name(kind.plural())), (Some(kind), Some(kind)));
        }
    }
}
