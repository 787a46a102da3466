//! What a lesson has found in its runs.

use std::collections::HashMap;
use std::time::Duration;

use thiserror::Error;

use super::lesson::Run;
use super::scene::{Scene, Shot};
use super::text::{Asked, Path, RUN, filled};
use super::{Ask, Choice, Expectation, Failed, Filled, Paragraph, Piece, Span, Value};
use crate::quiz::{self, Answer};
use crate::wire::Flags;

/// Something that a text speaks of did not come.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("nothing in the run gives {0}")]
pub struct Missing(
    /// As it is written in the lesson.
    pub String,
);

/// What was found under one name.
#[derive(Clone, Debug)]
struct Found {
    /// The first packet, and whether it comes from the host `you`.
    first: Option<(Shot, bool)>,
    count: u64,
    /// What a program said.
    words: Option<String>,
}

/// The whole of the last run.
#[derive(Clone, Copy, Debug, Default)]
struct Whole {
    packets: u64,
    segments: u64,
    connections: u64,
    duration: Duration,
}

/// What a lesson has found in its runs so far.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    found: HashMap<String, Found>,
    whole: Option<Whole>,
}

impl Findings {
    /// Looks for everything that `run` names in `scene`. What it found there before is forgotten.
    pub fn look(&mut self, run: &Run, scene: &Scene) {
        let shots = scene.shots();
        self.whole = Some(Whole {
            packets: shots.len() as u64,
            segments: shots.iter().filter(|shot| shot.told.is_some()).count() as u64,
            connections: scene.connections(),
            duration: shots.last().map_or(Duration::ZERO, |shot| shot.since_start),
        });
        for (name, selector) in &run.finds {
            let after = selector.after.as_ref().map_or(Some(0), |name| self.number(name));
            // Behind something that did not come, nothing comes.
            let shots = after.map(|after| selector.find(scene, after)).unwrap_or_default();
            let first = shots.first().map(|shot| ((*shot).clone(), scene.is_near(shot)));
            let words = selector.said().filter(|words| scene.has_said(words)).map(ToOwned::to_owned);
            self.found.insert(name.clone(), Found { first, count: shots.len() as u64, words });
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.found.get(name).and_then(|found| found.first.as_ref()).map(|(shot, _)| shot.number)
    }

    /// What is captured there.
    pub(super) fn value(&self, path: &Path) -> Result<Value, Missing> {
        let value = if path.name == RUN {
            self.whole.and_then(|whole| whole.value(&path.asked))
        } else {
            self.found.get(&path.name).and_then(|found| found.value(&path.asked))
        };
        value.ok_or_else(|| Missing(path.written.clone()))
    }

    /// What `run` expects and did not come.
    #[must_use]
    pub fn failures(&self, run: &Run) -> Vec<Failed> {
        run.expectations.iter().filter_map(|expectation: &Expectation| expectation.failure(self)).collect()
    }

    /// A text that is ready to be read.
    ///
    /// # Errors
    /// It speaks of something that did not come.
    pub fn fill(&self, paragraph: &Paragraph) -> Result<Filled, Missing> {
        Ok(match paragraph {
            Paragraph::Sentences(pieces) => Filled::Sentences(self.sentences(pieces)?),
            Paragraph::Command(command) => Filled::Command(command.clone()),
        })
    }

    /// The same of parts of a paragraph.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn sentences(&self, pieces: &[Piece]) -> Result<Vec<Span>, Missing> {
        filled(pieces, |path| self.value(path))
    }

    /// What is right, now that the run is over.
    ///
    /// # Errors
    /// What would tell it did not come.
    pub fn answer(&self, ask: &Ask) -> Result<Answer, Missing> {
        let missing = |path: &Path| Missing(path.written.clone());
        match ask {
            Ask::Flags(path) => match self.value(path)? {
                Value::Flags(flags) => Ok(Answer::Flags(flags)),
                _ => Err(missing(path)),
            },
            Ask::Number(path) => match self.value(path)? {
                Value::Number(number) => u32::try_from(number).map(Answer::Number).map_err(|_| missing(path)),
                _ => Err(missing(path)),
            },
            Ask::Choice(_) => Ok(ask.form()),
        }
    }
}

impl Ask {
    /// An answer of this form, to see whether what is typed can be read before it is known what is right.
    #[must_use]
    pub fn form(&self) -> Answer {
        match self {
            Self::Flags(_) => Answer::Flags(Flags::NONE),
            Self::Number(_) => Answer::Number(0),
            Self::Choice(choices) => {
                let right = choices.iter().position(|choice| choice.is_right).unwrap_or_default();
                let offered = |choice: &Choice| quiz::Choice { text: choice.text.clone(), also: &[] };
                Answer::Choice(choices.iter().map(offered).collect(), right)
            }
        }
    }
}

impl Found {
    fn value(&self, asked: &Asked) -> Option<Value> {
        match asked {
            Asked::Field(field) => self.first.as_ref().and_then(|(shot, near)| field.of(shot, *near)),
            Asked::Count => Some(Value::Number(self.count)),
            Asked::Words => self.words.clone().map(Value::Word),
            Asked::Packets | Asked::Segments | Asked::Connections | Asked::Duration => None,
        }
    }
}

impl Whole {
    fn value(self, asked: &Asked) -> Option<Value> {
        match asked {
            Asked::Packets => Some(Value::Number(self.packets)),
            Asked::Segments => Some(Value::Number(self.segments)),
            Asked::Connections => Some(Value::Number(self.connections)),
            Asked::Duration => Some(Value::Time(self.duration)),
            Asked::Field(_) | Asked::Count | Asked::Words => None,
        }
    }
}
