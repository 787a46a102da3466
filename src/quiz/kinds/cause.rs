//! Which call of its program made an end send this segment?

use super::{Kind, about};
use crate::quiz::question::Hidden;
use crate::quiz::record::Record;
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Choice, Question};
use crate::trace::{Acked, SegmentEvent};
use crate::wire::Flags;

/// What can be chosen, in the order in which a program calls; and why it is right where it is.
const CALLS: [(&str, &[&str], &str); 4] = [
    ("connect()", &["connect"], "connect() opens: its kernel sends the SYN, and waits for the answer."),
    ("send()", &["send", "write", "write()"], "Only send() brings data onto the wire."),
    (
        "close() or shutdown()",
        &["close", "close()", "shutdown", "shutdown()", "shutdown(WR)"],
        "Only a program ends its direction: with close(), with shutdown(SHUT_WR), or by its own end.",
    ),
    ("none: its kernel answers by itself", &["none", "kernel"], "No call is needed: the kernel answers what arrived."),
];

pub(super) fn ask(record: &Record, index: usize, _: &mut Rng) -> Option<Question> {
    let segment = record.plain().get(index)?;
    let right = cause(segment)?;
    let choices = CALLS.iter().map(|(text, also, _)| Choice { text: (*text).to_owned(), also }).collect();
    let (side, number) = (segment.from.name(), index + 1);
    let ask = format!("Which call of the {side}'s program made its kernel send segment {number}?");
    let answer = Answer::Choice(choices, right);
    let mut question = about(record, index, Kind::Cause, Hidden::Nothing, ask, answer);
    question.why = vec![CALLS[right].2.to_owned()];
    Some(question)
}

/// The place of the call; none where more than one can be behind the segment.
fn cause(segment: &SegmentEvent) -> Option<usize> {
    let (flags, has_data) = (segment.flags, segment.len > 0);
    match (flags.syn(), flags.fin(), has_data) {
        _ if flags.rst() => None,
        (true, false, false) => Some(if flags.ack() { 3 } else { 0 }),
        (false, false, true) => Some(1),
        (false, true, false) => Some(2),
        (false, false, false) if flags == Flags::ACK && segment.acked != Acked::default() => Some(3),
        _ => None,
    }
}
