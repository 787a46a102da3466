//! What the next packet shall be.

use std::time::Duration;

use crate::craft::Peer;
use crate::craft::probe::Answer;
use crate::tcp::{Heard, Relative, Ruling, Seq, Verdict};
use crate::wire::Flags;

/// What a line expects.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What shall come.
    pub what: What,
    /// Numbers that it shall have.
    pub numbers: Vec<(Number, Relative)>,
    /// How long it is waited for.
    pub within: Duration,
}

/// What shall come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Nothing.
    Nothing,
    /// Whatever it is.
    Anything,
    /// What RFC 9293 asks for, be it nothing: of the state that the connection is in by its rules.
    Rfc,
    /// A segment with exactly these flags.
    Segment(Flags),
    /// A UDP datagram.
    Datagram,
    /// An ICMP message, error or not: of this type and this code, where they are named.
    Icmp(Option<u8>, Option<u8>),
}

/// A field of what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Sequence number.
    Seq,
    /// Acknowledgment number.
    Ack,
    /// Window, not scaled.
    Window,
    /// Octets of payload.
    Len,
}

impl Number {
    /// Each with its name.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Seq, "seq"), (Self::Ack, "ack"), (Self::Window, "window"), (Self::Len, "len")];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(number, _)| *number == self).map_or("", |(_, name)| name)
    }

    fn of(self, answer: &Answer) -> Option<u32> {
        match (self, answer) {
            (Self::Seq, Answer::Segment { seq, .. }) => Some(seq.0),
            (Self::Ack, Answer::Segment { ack, .. }) => Some(ack.0),
            (Self::Window, Answer::Segment { window, .. }) => Some(u32::from(*window)),
            (Self::Len, Answer::Segment { len, .. }) => Some(*len),
            (Self::Len, Answer::Datagram { len }) => u32::try_from(*len).ok(),
            _ => None,
        }
    }
}

/// Why an expectation is not met.
#[derive(Clone, Copy, Debug)]
pub enum Complaint {
    /// Nothing came in time.
    Silence,
    /// Something else came.
    Other,
    /// A number is another one: this, counted from where the expected one is counted from.
    Number(Number, Relative),
    /// It has no such number.
    Lacks(Number),
    /// It is not what RFC 9293 asks for.
    Rule(Ruling),
    /// Nothing was sent before that could be answered.
    NothingSent,
}

impl Expectation {
    /// What is wrong with `answer`, or with silence where the time is up; none where it is what was expected. `peer`:
    /// what it was before it was heard.
    pub(super) fn complaint(&self, answer: Option<&Answer>, peer: &Peer) -> Option<Complaint> {
        if self.what == What::Rfc {
            return rule(answer, peer);
        }
        let Some(answer) = answer else { return (self.what != What::Nothing).then_some(Complaint::Silence) };
        if !self.what.is(answer) {
            return Some(Complaint::Other);
        }
        self.numbers.iter().find_map(|(number, expected)| {
            let Some(found) = number.of(answer) else { return Some(Complaint::Lacks(*number)) };
            let variables = peer.variables();
            let is_it = expected.resolve(variables) == Seq(found);
            (!is_it).then(|| Complaint::Number(*number, expected.with_value(Seq(found), variables)))
        })
    }
}

impl What {
    fn is(self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Anything, _) | (Self::Datagram, Answer::Datagram { .. }) => true,
            (Self::Segment(expected), Answer::Segment { flags, .. }) => expected == *flags,
            (
                Self::Icmp(kind, code),
                Answer::Message { kind: its_kind, code: its_code }
                | Answer::Error { kind: its_kind, code: its_code, .. },
            ) => kind.is_none_or(|kind| kind == *its_kind) && code.is_none_or(|code| code == *its_code),
            _ => false,
        }
    }

    /// Whether what comes can have this number.
    #[must_use]
    pub fn has(self, number: Number) -> bool {
        match self {
            Self::Segment(_) | Self::Anything => true,
            Self::Datagram => number == Number::Len,
            Self::Nothing | Self::Rfc | Self::Icmp(..) => false,
        }
    }
}

fn rule(answer: Option<&Answer>, peer: &Peer) -> Option<Complaint> {
    let heard = answer.map(|answer| match *answer {
        Answer::Segment { flags, seq, ack, .. } => Heard::Segment { flags, seq, ack },
        Answer::Datagram { .. } | Answer::Message { .. } | Answer::Error { .. } => Heard::Error,
    });
    let Some(ruling) = peer.judge(heard) else { return Some(Complaint::NothingSent) };
    (ruling.judgement.verdict != Verdict::Agrees).then_some(Complaint::Rule(ruling))
}
