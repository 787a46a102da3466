//! The kinds of questions. A new kind is one file here, and one row in the table.

mod cause;
mod course;
mod numbers;
mod order;
mod phenomenon;
mod returns;
mod state;
mod upcoming;
mod wrong;

use serde::{Serialize, Serializer};

use super::question::{Hidden, first_shown, rows};
use super::record::Record;
use super::rng::Rng;
use super::{Answer, Question};
use crate::explain::{Names, Voice, reasons};
use crate::trace::SegmentEvent;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The flags of the next segment.
    NextFlags,
    /// The sequence number of the next segment.
    NextSeq,
    /// The acknowledgment number of the next segment.
    NextAck,
    /// The order of shuffled segments.
    Order,
    /// The call behind a segment.
    Cause,
    /// The state that a segment brings an end to.
    NextState,
    /// The call that returns when a segment arrives.
    Returns,
    /// The name of what a segment is.
    Phenomenon,
    /// The segment and the field that were altered.
    Wrong,
}

type Ask = fn(&Record, usize, &mut Rng) -> Option<Question>;

/// Every kind, its name, and what asks it.
const KINDS: [(Kind, &str, Ask); 9] = [
    (Kind::NextFlags, "next-flags", upcoming::ask),
    (Kind::NextSeq, "next-seq", numbers::seq),
    (Kind::NextAck, "next-ack", numbers::ack),
    (Kind::Order, "order", order::ask),
    (Kind::Cause, "cause", cause::ask),
    (Kind::NextState, "next-state", state::ask),
    (Kind::Returns, "returns", returns::ask),
    (Kind::Phenomenon, "phenomenon", phenomenon::ask),
    (Kind::Wrong, "wrong", wrong::ask),
];

impl Kind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.into_iter().map(|row| row.0)
    }

    /// The name, in the spelling of JSON and of the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        KINDS[self as usize].1
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }

    /// A question about the segment at `index`; none where nothing can be asked there.
    pub(super) fn ask(self, record: &Record, index: usize, rng: &mut Rng) -> Option<Question> {
        (KINDS[self as usize].2)(record, index, rng)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A question about the segment at `index`, behind those that lead to it.
fn about(record: &Record, index: usize, kind: Kind, hidden: Hidden, ask: String, answer: Answer) -> Question {
    let segment = &record.segments()[index];
    Question {
        kind,
        connection: record.connection,
        packet: segment.number,
        side: segment.from,
        left_out: first_shown(index),
        rows: rows(record, index, hidden),
        ask,
        answer,
        why: told(segment),
        more: segment.flags.to_string(),
    }
}

/// What the ladder says of the segment: at most two sentences.
fn told(segment: &SegmentEvent) -> Vec<String> {
    let names = Names::new(None, None, None);
    let voice = Voice { names: &names, absolute: false, ascii: true };
    reasons(segment, &voice).into_iter().take(2).map(|reason| reason.text).collect()
}
