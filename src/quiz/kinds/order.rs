//! In which order were these segments sent?

use super::Kind;
use crate::quiz::question::{Hidden, row, words};
use crate::quiz::record::{Record, end};
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Question};
use crate::trace::SegmentEvent;

/// At least and at most so many segments.
const COUNT: std::ops::RangeInclusive<usize> = 4..=6;

pub(super) fn ask(record: &Record, index: usize, rng: &mut Rng) -> Option<Question> {
    let rest = record.plain().get(index..)?;
    let chained = 1 + rest.windows(2).take_while(|pair| is_proven(&pair[0], &pair[1])).count();
    let count = chained.min(*COUNT.end());
    if !COUNT.contains(&count) || rest.len() < count {
        return None;
    }
    let segments = &rest[..count];
    let mut shuffled: Vec<usize> = (0..count).collect();
    while shuffled.is_sorted() {
        rng.shuffle(&mut shuffled);
    }
    let label = |at: usize| char::from(b'A' + at as u8);
    let place = |segment| shuffled.iter().position(|shown| *shown == segment);
    let right: String = (0..count).filter_map(place).map(label).collect();
    let shown = shuffled.iter().enumerate().map(|(at, segment)| {
        let segment = &segments[*segment];
        row(label(at).to_string(), segment, words(segment, Hidden::Nothing))
    });
    Some(Question {
        kind: Kind::Order,
        connection: record.connection,
        packet: segments[0].number,
        side: segments[0].from,
        left_out: 0,
        rows: shown.collect(),
        ask: "These segments follow each other, and nothing was lost. In which order were they sent?".to_owned(),
        answer: Answer::Order(right),
        why: vec![
            "seq goes on by what a segment takes: 1 for SYN, 1 for FIN, and each byte of data.".to_owned(),
            "An ack can name only what was sent before it; a segment without data comes before the data of the same seq."
                .to_owned(),
        ],
        more: "seq".to_owned(),
    })
}

/// Whether their numbers alone show that `one` was sent right before `other`.
fn is_proven(one: &SegmentEvent, other: &SegmentEvent) -> bool {
    let takes = |segment: &SegmentEvent| end(segment) != segment.relative_seq;
    if one.flags.rst() || other.flags.rst() {
        return false;
    }
    if one.from == other.from {
        // A segment without data carries the number that the next octet will have.
        return end(one) == other.relative_seq && (takes(one) || takes(other));
    }
    takes(one) && other.relative_ack == Some(end(one))
}
