//! No term before it is explained: the terms are the words of the glossary.

use std::collections::HashSet;

use super::all;
use crate::explain::glossary::{Kind, list};
use crate::learn::{Ask, Lesson, Piece, Step};

/// The words of the glossary that a learner has to be told, the longest first.
fn terms() -> Vec<String> {
    let kinds = [Kind::Flags, Kind::State, Kind::Call, Kind::Errno, Kind::Word];
    let mut terms: Vec<String> = list(None)
        .into_iter()
        .filter(|one| kinds.contains(&one.kind) && !one.name.contains("no flag"))
        .map(|one| one.name)
        .collect();
    terms.retain(|name| !(name.contains(' ') && name.to_uppercase() == *name));
    terms.sort_by_key(|name| std::cmp::Reverse(name.len()));
    terms
}

/// The terms in `text`, in any number, in their order.
fn used(text: &str) -> Vec<String> {
    let joins = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_');
    let mut rest = text.to_owned();
    let mut found = Vec::new();
    for term in terms() {
        let is_name = term.chars().any(|char| char.is_uppercase());
        loop {
            let hay = if is_name { rest.clone() } else { rest.to_lowercase() };
            let needle = if is_name { term.clone() } else { term.to_lowercase() };
            let place = hay.match_indices(&needle).map(|(at, _)| at).find(|at| {
                let behind = &hay[at + needle.len()..];
                let behind = behind.strip_prefix('s').unwrap_or(behind);
                !hay[..*at].ends_with(joins) && !behind.starts_with(joins)
            });
            let Some(at) = place else { break };
            // What is taken by a longer term is no shorter one.
            rest.replace_range(at..at + needle.len(), &"\u{1}".repeat(needle.len()));
            found.push(term.clone());
        }
    }
    found
}

/// One of them, as it is introduced.
fn singular(lesson: &Lesson, term: &str) -> String {
    let lower = term.to_owned();
    let one = lower.strip_suffix('s').filter(|one| lesson.introduces.iter().any(|known| known == one));
    one.map_or(lower.clone(), ToOwned::to_owned)
}

/// All that stands on the first screen, in its order: what is plain, and what is a term that is explained there.
fn first_screen(lesson: &Lesson) -> Vec<Piece> {
    let mut pieces = vec![Piece::Plain(lesson.title.clone()), Piece::Plain(lesson.question.clone())];
    for step in &lesson.steps {
        match step {
            Step::Say(_, text) => pieces.extend(text.iter().flat_map(|paragraph| paragraph.pieces().to_vec())),
            Step::Predict(prediction) => {
                pieces.extend(prediction.question.iter().flat_map(|paragraph| paragraph.pieces().to_vec()));
                if let Ask::Choice(choices) = &prediction.ask {
                    pieces.extend(choices.iter().map(|choice| Piece::Plain(choice.text.clone())));
                }
            }
            Step::Run(_) => break,
        }
    }
    pieces
}

fn every_piece(lesson: &Lesson) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for step in &lesson.steps {
        match step {
            Step::Say(_, text) => pieces.extend(text.iter().flat_map(|paragraph| paragraph.pieces().to_vec())),
            Step::Predict(prediction) => {
                pieces.extend(prediction.question.iter().flat_map(|paragraph| paragraph.pieces().to_vec()));
                pieces.extend(prediction.because.clone());
            }
            Step::Run(_) => {}
        }
    }
    pieces
}

#[test]
fn the_first_screen_uses_no_term_before_it_is_explained() {
    let mut known: HashSet<String> = HashSet::new();
    for lesson in all() {
        let mut here = known.clone();
        for piece in first_screen(lesson) {
            match piece {
                Piece::Plain(text) => {
                    for term in used(&text) {
                        assert!(here.contains(&term), "{}: {term:?} comes before it is explained: {text}", lesson.name);
                    }
                }
                Piece::Term(term) => {
                    here.insert(singular(lesson, &term));
                }
                Piece::Captured(_) => {}
            }
        }
        known.extend(lesson.introduces.iter().cloned());
    }
}

#[test]
fn what_a_lesson_introduces_it_explains_once_and_no_other_does() {
    let mut known: HashSet<&String> = HashSet::new();
    for lesson in all() {
        let explained: Vec<String> = every_piece(lesson)
            .into_iter()
            .filter_map(|piece| if let Piece::Term(term) = piece { Some(singular(lesson, &term)) } else { None })
            .collect();
        for term in &lesson.introduces {
            let times = explained.iter().filter(|one| *one == term).count();
            assert_eq!(times, 1, "{}: {term:?} is marked so often: {explained:?}", lesson.name);
            assert!(known.insert(term), "{}: {term:?} was introduced before", lesson.name);
        }
        for term in &explained {
            assert!(lesson.introduces.contains(term), "{}: {term:?} is marked and not listed", lesson.name);
        }
    }
}

#[test]
fn terms_are_found_as_words() {
    assert_eq!(used("A SYN, and segments; SYN-SENT"), ["SYN-SENT", "segment", "SYN"]);
    assert!(used("Synthetic reports opened").is_empty());
    assert_eq!(used("a listening socket"), ["listening socket"]);
}
