//! A lesson as data.

use super::selector::Selector;
use super::text::Path;
use super::{Expectation, Paragraph, Piece};
use crate::quiz::Judged;

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Its number, from 1.
    pub number: u8,
    /// A word to ask for it.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it answers, in one sentence.
    pub question: String,
    /// What it needs, in words.
    pub needs: String,
    /// How long it takes a person, in minutes.
    pub minutes: u8,
    /// The terms that it explains; each stands between asterisks once.
    pub introduces: Vec<String>,
    /// What happens, in its order.
    pub steps: Vec<Step>,
    /// Notes for who teaches it.
    pub notes: Vec<Paragraph>,
}

/// What stands over text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// What the lesson is about, before anything runs.
    Question,
    /// What happened, told with what was captured.
    Explain,
    /// Where books and courses say something else.
    Textbook,
    /// What to do next.
    Try,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Text.
    Say(Heading, Vec<Paragraph>),
    /// A question to the learner; the run behind it answers.
    Predict(Prediction),
    /// A run in the lab.
    Run(Run),
}

/// A question to the learner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The question.
    pub question: Vec<Paragraph>,
    /// What is right.
    pub ask: Ask,
    /// Why.
    pub because: Vec<Piece>,
}

/// What is asked for, and where the run tells what is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Flags of a segment.
    Flags(Path),
    /// A number.
    Number(Path),
    /// One of these.
    Choice(Vec<Choice>),
}

/// One of several answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub text: String,
    /// It is the right one.
    pub is_right: bool,
    /// What to say to who takes it; may be empty.
    pub remark: Vec<Piece>,
}

/// A run in the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The words of the command behind `rawshake`.
    pub command: Vec<String>,
    /// As it is written.
    pub written: String,
    /// What is looked for in it, under which names, in their order.
    pub(super) finds: Vec<(String, Selector)>,
    /// What must be so; otherwise the run went another way than the lesson tells.
    pub(super) expectations: Vec<Expectation>,
}

impl Prediction {
    /// What to say to who answered so, where something is.
    #[must_use]
    pub fn remark(&self, judged: &Judged) -> Option<&[Piece]> {
        let (Ask::Choice(choices), Judged::Wrong(read)) = (&self.ask, judged) else { return None };
        // A choice is read as its number and its text.
        let chosen = choices.iter().find(|choice| read.split_once(". ").is_some_and(|(_, text)| text == choice.text));
        chosen.map(|choice| choice.remark.as_slice()).filter(|remark| !remark.is_empty())
    }
}
