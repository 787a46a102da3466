//! What is a segment like this called?
//!
//! Asked is only what the rows on the screen show. Each mark that can be asked about has a sign (`signs.rs`) that holds
//! wherever a reader could think of it; the right mark is one whose sign the tracer confirms, and the wrong ones are those
//! whose sign does not hold here.

mod signs;

use super::{Kind, told};
use crate::quiz::question::{BEFORE, Hidden, row, words};
use crate::quiz::record::Record;
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Choice, Question, Row};
use crate::trace::{Mark, SegmentEvent};
use signs::{SIGNS, Scene, Sign};

/// So many phenomena are offered.
const OFFERED: usize = 4;

pub(super) fn ask(record: &Record, index: usize, rng: &mut Rng) -> Option<Question> {
    let segments = record.segments();
    let segment = segments.get(index)?;
    let first = index.saturating_sub(BEFORE);
    let scene = Scene { before: &segments[first..index], it: segment };
    let mut shown: Vec<&Sign> =
        SIGNS.iter().filter(|sign| segment.marks.has(sign.mark) && (sign.holds)(&scene)).collect();
    rng.shuffle(&mut shown);
    let right = shown.first()?;
    let mut choices = vec![right.mark];
    choices.extend(wrong(right, &scene, rng));
    if choices.len() < OFFERED {
        return None;
    }
    rng.shuffle(&mut choices);
    let place = choices.iter().position(|mark| *mark == right.mark)?;
    let choices = choices.into_iter().map(|mark| Choice { text: mark.name().to_owned(), also: &[] }).collect();
    let (side, number) = (segment.from.name(), index + 1);
    Some(Question {
        kind: Kind::Phenomenon,
        connection: record.connection,
        packet: segment.number,
        side: segment.from,
        left_out: first,
        rows: (first..=index).map(|at| shown_row(at, &segments[at])).collect(),
        ask: format!(
            "win is the receive window that the sender offers, in bytes. Which of these is segment {number}, of the {side}?"
        ),
        answer: Answer::Choice(choices, place),
        why: why(right.mark, segment),
        more: right.mark.name().to_owned(),
    })
}

/// A segment with the window that it offers, where that can be told.
fn shown_row(at: usize, segment: &SegmentEvent) -> Row {
    let words = words(segment, Hidden::Nothing);
    let words = match segment.scaled_window {
        Some(window) => format!("{words:<40} win {window}"),
        None => words,
    };
    row((at + 1).to_string(), segment, words)
}

/// Marks whose sign does not hold; those of the same part of a connection first.
fn wrong(right: &Sign, scene: &Scene<'_>, rng: &mut Rng) -> Vec<Mark> {
    let is_wrong = |sign: &&Sign| !scene.it.marks.has(sign.mark) && !(sign.holds)(scene);
    let mut wrong: Vec<&Sign> = SIGNS.iter().filter(is_wrong).collect();
    rng.shuffle(&mut wrong);
    wrong.sort_by_key(|sign| sign.part != right.part);
    wrong.into_iter().map(|sign| sign.mark).take(OFFERED - 1).collect()
}

/// What the phenomenon is known by, and what the ladder says of the segment.
fn why(mark: Mark, segment: &SegmentEvent) -> Vec<String> {
    let mut why = vec![format!("{} is known by this: {}", mark.name(), signs::lower(mark.row().sign))];
    why.extend(told(segment).into_iter().take(1));
    why
}
