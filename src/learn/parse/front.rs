//! The lines on top, which describe the lesson.

use super::{Numbered, fault};
use crate::learn::text::Paragraph;
use crate::learn::{Fault, Lesson, Problem, Step};

/// The lines that there must be.
const KEYS: [&str; 7] = ["number", "name", "title", "question", "needs", "minutes", "introduces"];

/// What describes a lesson.
pub(super) struct Front {
    number: u8,
    minutes: u8,
    values: Vec<String>,
}

impl Front {
    /// Reads the lines up to the second `---`.
    pub(super) fn read<'a>(lines: &mut impl Iterator<Item = Numbered<'a>>) -> Result<Self, Fault> {
        if lines.next().is_none_or(|(_, line)| line != FENCE) {
            return fault(1, Problem::FrontMatter);
        }
        let mut values: [Option<(usize, String)>; KEYS.len()] = Default::default();
        let mut last = 1;
        loop {
            let Some((number, line)) = lines.next() else { return fault(last, Problem::FrontMatter) };
            last = number;
            if line == FENCE {
                break;
            }
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let Some(place) = KEYS.iter().position(|known| *known == key) else {
                return fault(number, Problem::Key(key.to_owned()));
            };
            if values[place].replace((number, value.trim().to_owned())).is_some() {
                return fault(number, Problem::Twice(key.to_owned()));
            }
        }
        let value = |place: usize| {
            let given = values[place].clone().filter(|(_, value)| !value.is_empty());
            given.ok_or(Fault { line: last, problem: Problem::Lacks(KEYS[place]) })
        };
        let number = |place: usize| {
            let (line, text) = value(place)?;
            text.parse().ok().filter(|number| *number > 0).ok_or(Fault { line, problem: Problem::Number(text) })
        };
        let (line, name) = value(1)?;
        if !name.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-') {
            return fault(line, Problem::Name(name));
        }
        let values = (0..KEYS.len()).map(|place| value(place).map(|(_, value)| value)).collect::<Result<_, _>>()?;
        Ok(Self { number: number(0)?, minutes: number(5)?, values })
    }

    /// The lesson.
    pub(super) fn lesson(self, steps: Vec<Step>, notes: Vec<Paragraph>) -> Lesson {
        let value = |place: usize| self.values[place].clone();
        let introduces = self.values[6].split(',').map(|term| term.trim().to_owned()).collect();
        Lesson {
            number: self.number,
            name: value(1),
            title: value(2),
            question: value(3),
            needs: value(4),
            minutes: self.minutes,
            introduces,
            steps,
            notes,
        }
    }
}

/// What stands around them.
const FENCE: &str = "---";
