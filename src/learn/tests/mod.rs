//! Lesson files, good and bad, and what is found in a scene.

mod faults;
mod fixture;
mod scenes;
mod terms;

use super::{FILES, Heading, Lesson, Paragraph, Piece, Step, find, lessons};

fn all() -> &'static [Lesson] {
    lessons().unwrap_or_else(|(name, fault)| panic!("{name}: {fault}"))
}

/// Every paragraph of a lesson that is told behind a run.
fn told(lesson: &Lesson) -> impl Iterator<Item = &Paragraph> {
    lesson.steps.iter().flat_map(|step| match step {
        Step::Say(Heading::Explain | Heading::Textbook, text) => text.as_slice(),
        _ => &[],
    })
}

fn plain(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if let Piece::Plain(text) = piece { text } else { "" }).collect()
}

#[test]
fn every_lesson_can_be_played() {
    assert!(!all().is_empty());
}

#[test]
fn every_file_is_a_lesson_in_its_place() {
    for ((file, text), lesson) in FILES.iter().zip(all()) {
        assert_eq!(*file, format!("{:02}-{}", lesson.number, lesson.name));
        assert!(text.is_ascii(), "{file}: --ascii must be able to draw it");
        assert_eq!(find(all(), &lesson.name), Some(lesson));
        assert_eq!(find(all(), &lesson.number.to_string()), Some(lesson));
    }
    let numbers: Vec<_> = all().iter().map(|lesson| lesson.number).collect();
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    assert_eq!(find(all(), "no such lesson"), None);
}

#[test]
fn what_is_told_has_no_number_of_its_own() {
    for lesson in all() {
        let prediction = lesson.steps.iter().filter_map(|step| match step {
            Step::Predict(prediction) => Some(plain(&prediction.because)),
            _ => None,
        });
        for text in told(lesson).map(|paragraph| plain(paragraph.pieces())).chain(prediction) {
            let rest = text
                .replace("RFC 9293", "")
                .replace("RFC 5961", "")
                .replace("4-tuple", "")
                .replace("FIN-WAIT-1", "")
                .replace("FIN-WAIT-2", "");
            assert!(!rest.contains(|char: char| char.is_ascii_digit()), "{}: {rest}", lesson.name);
        }
    }
}

#[test]
fn every_lesson_explains_by_what_came() {
    for lesson in all() {
        let values =
            told(lesson).flat_map(Paragraph::pieces).filter(|piece| matches!(piece, Piece::Captured(_))).count();
        assert!(values >= 4, "{}: {values} values", lesson.name);
        assert!(lesson.notes.len() >= 2, "{}: few notes for its teacher", lesson.name);
    }
}
