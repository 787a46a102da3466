//! A question as it is put.

use serde::Serialize;

use super::record::Record;
use super::{Answer, Judged, Kind};
use crate::trace::{SegmentEvent, Side};
use crate::wire::Flags;

/// One segment as a question shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its number in the connection, or a letter where the order is asked for.
    pub label: String,
    /// Its number in the capture.
    pub packet: u64,
    /// Its sender.
    pub from: Side,
    /// What is known of it; `?` stands for what is asked.
    pub segment: String,
}

/// Which part of a segment is asked for, and not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    Nothing,
    All,
    Seq,
    Ack,
}

/// A segment on one line.
pub(super) fn words(segment: &SegmentEvent, hidden: Hidden) -> String {
    if hidden == Hidden::All {
        return "?".to_owned();
    }
    // What lies before the first number that is known is below 0.
    let number = |is_hidden, number: u32| if is_hidden { "?".to_owned() } else { number.cast_signed().to_string() };
    let seq = number(hidden == Hidden::Seq, segment.relative_seq);
    let ack = segment.relative_ack.map(|ack| number(hidden == Hidden::Ack, ack));
    line(segment.flags, &seq, ack.as_deref(), segment.len)
}

/// The same of these values.
pub(super) fn line(flags: Flags, seq: &str, ack: Option<&str>, len: u32) -> String {
    let ack = ack.map(|ack| format!("ack {ack}")).unwrap_or_default();
    let len = if len > 0 { format!("len {len}") } else { String::new() };
    format!("{:<11} seq {seq:<7} {ack:<11} {len}", flags.to_string()).trim_end().to_owned()
}

/// At most so many segments stand before the one that is asked about: what is needed to answer fits on a small screen.
pub(super) const BEFORE: usize = 7;

/// The first segment that is shown for a question about the one at `index`.
pub(super) const fn first_shown(index: usize) -> usize {
    index.saturating_sub(BEFORE)
}

/// The rows up to the segment at `index`, of which a part is hidden.
pub(super) fn rows(record: &Record, index: usize, hidden: Hidden) -> Vec<Row> {
    let shown = record.segments().iter().enumerate().take(index + 1).skip(first_shown(index));
    let part = |at| if at == index { hidden } else { Hidden::Nothing };
    shown.map(|(at, segment)| row((at + 1).to_string(), segment, words(segment, part(at)))).collect()
}

pub(super) fn row(label: String, segment: &SegmentEvent, words: String) -> Row {
    Row { label, packet: segment.number, from: segment.from, segment: words }
}

/// A question, its answer, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked for.
    pub kind: Kind,
    /// The connection.
    pub connection: u32,
    /// The number of the segment that is asked about, in the capture.
    pub packet: u64,
    /// The end that is asked about.
    pub side: Side,
    /// Segments before the rows that are not shown.
    pub left_out: usize,
    /// The segments to look at.
    pub rows: Vec<Row>,
    /// The question, in sentences.
    pub ask: String,
    /// What is right.
    pub answer: Answer,
    /// Why, one sentence each.
    pub why: Vec<String>,
    /// What `rawshake explain` tells more about.
    pub more: String,
}

impl Question {
    /// What was typed, judged.
    #[must_use]
    pub fn judge(&self, typed: &str) -> Judged {
        self.answer.judge(typed)
    }
}
