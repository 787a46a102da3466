//! One field of one segment was altered: which?
//!
//! Altered is only where a single correction, that of this field, makes all numbers fit again (`fit.rs`).

mod fit;

use super::Kind;
use super::numbers::sum;
use crate::quiz::question::row;
use crate::quiz::record::Record;
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Question};
use crate::trace::SegmentEvent;
use crate::wire::Flags;
use fit::{Field, Line, fits, repairs};

/// At least and at most so many segments are shown.
const COUNT: std::ops::RangeInclusive<usize> = 4..=8;
/// So often another alteration is tried.
const TRIES: usize = 8;

pub(super) fn ask(record: &Record, index: usize, rng: &mut Rng) -> Option<Question> {
    let rest = record.plain().get(index..)?;
    let count = (*COUNT.start() + rng.below(COUNT.end() - COUNT.start() + 1)).min(rest.len());
    let segments = &rest[..count];
    let lines: Vec<Line> = segments.iter().map(Line::of).collect();
    if !COUNT.contains(&count) || !fits(&lines) {
        return None;
    }
    let (at, field, altered) = (0..TRIES).find_map(|_| altered(&lines, rng))?;
    let label = |at: usize| (index + at + 1).to_string();
    let rows = altered.iter().enumerate().map(|(at, line)| row(label(at), &segments[at], line.words()));
    Some(Question {
        kind: Kind::Wrong,
        connection: record.connection,
        packet: segments[at].number,
        side: segments[at].from,
        left_out: index,
        rows: rows.collect(),
        ask: "Nothing was lost or sent twice, and every ACK acknowledges all that came before it. But in one of these \
              segments one field was altered: flags, seq or ack; each len is right. Which segment, and which field?"
            .to_owned(),
        answer: Answer::Field(label(at), field.name()),
        why: why(segments, at, field, index),
        more: field.page().to_owned(),
    })
}

/// The lines with one field altered so that nothing but its correction makes them fit.
fn altered(lines: &[Line], rng: &mut Rng) -> Option<(usize, Field, Vec<Line>)> {
    let at = rng.below(lines.len());
    let field = Field::ALL[rng.below(Field::ALL.len())];
    let mut altered = lines.to_vec();
    altered[at] = alter(&lines[at], field, rng)?;
    (!fits(&altered) && repairs(&altered) == [(at, field)]).then_some((at, field, altered))
}

/// A value such as somebody might write who has counted wrong.
fn alter(line: &Line, field: Field, rng: &mut Rng) -> Option<Line> {
    let off = |number: u32, rng: &mut Rng| {
        let by = [1, line.len.max(2)][rng.below(2)];
        if rng.below(2) == 0 { number.checked_add(by) } else { number.checked_sub(by) }
    };
    let mut altered = line.clone();
    match field {
        Field::Seq => altered.seq = off(line.seq, rng)?,
        Field::Ack => altered.ack = Some(off(line.ack?, rng)?),
        // To end what goes on, or not to end what does.
        Field::Flags if line.flags.syn() => return None,
        Field::Flags if line.flags.fin() => altered.flags = line.flags.without(Flags::FIN),
        Field::Flags => altered.flags = line.flags | Flags::FIN,
    }
    Some(altered)
}

/// What stood there, and why.
fn why(segments: &[SegmentEvent], at: usize, field: Field, index: usize) -> Vec<String> {
    let segment = &segments[at];
    let (side, peer) = (segment.from.name(), segment.from.other().name());
    let was = match field {
        Field::Flags => segment.flags.to_string(),
        Field::Seq => format!("seq {}", segment.relative_seq),
        Field::Ack => format!("ack {}", segment.relative_ack.unwrap_or(0)),
    };
    let before = |from| segments[..at].iter().rev().find(|one| one.from == from);
    let because = match field {
        Field::Flags if segment.flags.fin() => "the numbers behind it count one for a FIN.".to_owned(),
        Field::Flags => "the numbers behind it count none for a FIN.".to_owned(),
        Field::Seq => before(segment.from).map_or_else(
            || "the numbers behind it begin there.".to_owned(),
            |last| sum(last, &format!("the {side}'s segment before it")),
        ),
        Field::Ack => before(segment.from.other()).map_or_else(
            || "what comes behind it begins there.".to_owned(),
            |last| sum(last, &format!("the {peer}'s segment before it")),
        ),
    };
    vec![format!("Segment {} came with {was}: {because}", index + at + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Side::{Client, Server};

    fn line(from: crate::trace::Side, flags: Flags, seq: u32, ack: Option<u32>, len: u32) -> Line {
        Line { from, flags, seq, ack, len }
    }

    #[test]
    fn an_alteration_has_one_correction() {
        let ack = Flags::ACK;
        let lines = vec![
            line(Client, Flags::SYN, 0, None, 0),
            line(Server, Flags::SYN | ack, 0, Some(1), 0),
            line(Client, ack, 1, Some(1), 0),
            line(Client, ack | Flags::PSH, 1, Some(1), 5),
            line(Server, ack, 1, Some(6), 0),
            line(Client, ack | Flags::FIN, 6, Some(1), 0),
            line(Server, ack, 1, Some(7), 0),
        ];
        assert!(fits(&lines));
        let mut rng = Rng::new(1);
        let found: Vec<_> = (0..200).filter_map(|_| altered(&lines, &mut rng)).collect();
        assert!(Field::ALL.iter().all(|field| found.iter().any(|one| one.1 == *field)), "{found:?}");
        // Where nothing behind it speaks of its FIN, none is provable.
        assert!(!found.iter().any(|one| (one.0, one.1) == (6, Field::Flags)));
    }
}
