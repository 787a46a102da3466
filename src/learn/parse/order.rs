//! Whether the parts come in an order that can be played, and speak only of what has been found by then.

use std::collections::HashSet;

use super::{Part, Placed, fault};
use crate::learn::text::{Paragraph, Path, Piece, RUN};
use crate::learn::{Ask, Fault, Heading, Prediction, Problem, Run, Step};

/// The kinds of steps, as far as their order is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    Question,
    Predict,
    Run,
    Explain,
    Textbook,
    Try,
}

/// Which kinds may come behind each.
const BEHIND: [(Kind, &[Kind], &str); 7] = [
    (Kind::Start, &[Kind::Question], "a lesson begins with # Question"),
    (Kind::Question, &[Kind::Predict], "# Predict comes behind # Question"),
    (Kind::Predict, &[Kind::Run], "# Run comes behind # Predict, and answers it"),
    (Kind::Run, &[Kind::Explain], "# Explain comes behind # Run"),
    (
        Kind::Explain,
        &[Kind::Predict, Kind::Textbook, Kind::Try],
        "# Predict, # Textbook or # Try comes behind # Explain",
    ),
    (Kind::Textbook, &[Kind::Try], "# Try comes behind # Textbook"),
    (Kind::Try, &[], "nothing but # Teacher comes behind # Try"),
];

/// Checks the order of the steps, and every name.
pub(super) fn check(steps: &[Placed], parts: &[Part<'_>]) -> Result<(), Fault> {
    let end = parts.last().map_or(1, |part| part.line);
    let mut before = Kind::Start;
    for (line, step) in steps {
        let kind = kind(step);
        let (_, behind, rule) = BEHIND[before as usize];
        if !behind.contains(&kind) {
            return fault(*line, Problem::Order(rule));
        }
        before = kind;
    }
    if before != Kind::Try {
        return fault(end, Problem::Order("a lesson ends with # Try"));
    }
    if parts.last().is_none_or(|part| part.heading != "Teacher") {
        return fault(end, Problem::Order("# Teacher comes last"));
    }
    names(steps)
}

const fn kind(step: &Step) -> Kind {
    match step {
        Step::Say(Heading::Question, _) => Kind::Question,
        Step::Say(Heading::Explain, _) => Kind::Explain,
        Step::Say(Heading::Textbook, _) => Kind::Textbook,
        Step::Say(Heading::Try, _) => Kind::Try,
        Step::Predict(_) => Kind::Predict,
        Step::Run(_) => Kind::Run,
    }
}

/// Whether everything that is named has been found by then.
fn names(steps: &[Placed]) -> Result<(), Fault> {
    let mut known = HashSet::new();
    let mut predicted: Option<(usize, &Prediction)> = None;
    for (line, step) in steps {
        let at = |problem| Fault { line: *line, problem };
        match step {
            Step::Say(_, paragraphs) => all(captured(paragraphs), &known).map_err(at)?,
            Step::Predict(prediction) => {
                all(captured(&prediction.question), &known).map_err(at)?;
                predicted = Some((*line, prediction));
            }
            Step::Run(run) => {
                learn(run, &mut known).map_err(at)?;
                if let Some((line, prediction)) = predicted.take() {
                    all(answers(prediction), &known).map_err(|problem| Fault { line, problem })?;
                }
            }
        }
    }
    Ok(())
}

/// Takes the names of a run.
fn learn<'a>(run: &'a Run, known: &mut HashSet<&'a str>) -> Result<(), Problem> {
    known.insert(RUN);
    for (name, selector) in &run.finds {
        if let Some(after) = selector.after.as_deref().filter(|after| !known.contains(after)) {
            return Err(Problem::Unknown(after.to_owned(), "is not found by then"));
        }
        let is_word = !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-');
        if !is_word || !known.insert(name) {
            return Err(Problem::Unknown(name.clone(), "is the name of something else already, or no name"));
        }
    }
    all(run.expectations.iter().flat_map(|expectation| expectation.paths()), known)
}

fn all<'a>(mut paths: impl Iterator<Item = &'a Path>, known: &HashSet<&str>) -> Result<(), Problem> {
    match paths.find(|path| !known.contains(path.name.as_str())) {
        Some(path) => Err(Problem::Unknown(path.name.clone(), "is not found by then")),
        None => Ok(()),
    }
}

fn captured(paragraphs: &[Paragraph]) -> impl Iterator<Item = &Path> {
    in_pieces(paragraphs.iter().flat_map(Paragraph::pieces))
}

fn in_pieces<'a>(pieces: impl Iterator<Item = &'a Piece>) -> impl Iterator<Item = &'a Path> {
    pieces.filter_map(|piece| match piece {
        Piece::Captured(path) => Some(path),
        Piece::Plain(_) | Piece::Term(_) => None,
    })
}

/// What tells the answer, and why.
fn answers(prediction: &Prediction) -> impl Iterator<Item = &Path> {
    let (path, choices) = match &prediction.ask {
        Ask::Flags(path) | Ask::Number(path) => (Some(path), &[][..]),
        Ask::Choice(choices) => (None, choices.as_slice()),
    };
    let remarks = choices.iter().flat_map(|choice| &choice.remark);
    path.into_iter().chain(in_pieces(prediction.because.iter().chain(remarks)))
}
