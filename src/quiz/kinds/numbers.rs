//! Which sequence number, and which acknowledgment number, does the next segment carry?

use super::{Kind, about};
use crate::quiz::question::{Hidden, first_shown};
use crate::quiz::record::{Record, end};
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Question};
use crate::trace::{SegmentEvent, Side};

/// What the side sent before, if it is on the screen.
fn sent(record: &Record, side: Side, index: usize) -> Option<(u32, &SegmentEvent)> {
    let (end, at) = record.sent(side, index)?;
    (at >= first_shown(index)).then(|| (end, &record.plain()[at]))
}

pub(super) fn seq(record: &Record, index: usize, _: &mut Rng) -> Option<Question> {
    let segment = record.plain().get(index).filter(|segment| !segment.flags.rst())?;
    let (end, last) = sent(record, segment.from, index)?;
    if segment.relative_seq != end {
        return None;
    }
    let side = segment.from.name();
    let ask = format!("Which sequence number does segment {} of the {side} carry?", index + 1);
    let mut question = about(record, index, Kind::NextSeq, Hidden::Seq, ask, Answer::Number(end));
    question.why = vec![sum(last, &format!("the {side}'s segment before it"))];
    question.more = "seq".to_owned();
    Some(question)
}

pub(super) fn ack(record: &Record, index: usize, _: &mut Rng) -> Option<Question> {
    let segment = record.plain().get(index).filter(|segment| segment.flags.ack() && !segment.flags.rst())?;
    let (end, last) = sent(record, segment.from.other(), index)?;
    if segment.relative_ack != Some(end) {
        return None;
    }
    let (side, peer) = (segment.from.name(), segment.from.other().name());
    let ask = format!(
        "All that the {peer} sent so far has arrived, and segment {} of the {side} acknowledges it. Which \
         acknowledgment number does it carry?",
        index + 1
    );
    let mut question = about(record, index, Kind::NextAck, Hidden::Ack, ask, Answer::Number(end));
    question.why = vec![
        sum(last, &format!("the {peer}'s last segment")),
        "An acknowledgment names the next number that is expected, not the last that arrived.".to_owned(),
    ];
    question.more = "ack".to_owned();
    Some(question)
}

/// How the number behind `last` is made.
pub(super) fn sum(last: &SegmentEvent, which: &str) -> String {
    let end = end(last);
    let mut terms = vec![last.relative_seq.to_string()];
    let mut reasons = Vec::new();
    let parts =
        [(last.flags.syn(), 1, "the SYN"), (last.len > 0, last.len, "the data"), (last.flags.fin(), 1, "the FIN")];
    for (_, number, reason) in parts.into_iter().filter(|part| part.0) {
        terms.push(number.to_string());
        reasons.push(format!("{number} for {reason}"));
    }
    if reasons.is_empty() {
        return format!("{which} has seq {end} and takes no number: it carries no data, no SYN and no FIN.");
    }
    format!("{} = {end}: {which} begins at {}, and takes {}.", terms.join(" + "), terms[0], reasons.join(" and "))
}
