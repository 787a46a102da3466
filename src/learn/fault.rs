//! What is wrong with a lesson file.

use thiserror::Error;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a lesson file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The file does not begin with the lines between two `---`.
    #[error("a lesson begins with --- and the lines that describe it, and another ---")]
    FrontMatter,
    /// A line of the description has no colon, or a name that there is not.
    #[error("`{0}` does not describe a lesson: number, name, title, question, needs, minutes and introduces do")]
    Key(String),
    /// A line of the description is there twice.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A line of the description is missing.
    #[error("the lines on top lack `{0}`")]
    Lacks(&'static str),
    /// A number is none, or out of range.
    #[error("`{0}` is no number from 1 to 255")]
    Number(String),
    /// The name has other characters.
    #[error("the name `{0}` may have small letters and hyphens only")]
    Name(String),
    /// There is text before the first heading.
    #[error("text stands before the first heading")]
    NoHeading,
    /// A heading that there is not.
    #[error("`{0}` is no heading: Question, Predict, Run, Explain, Textbook, Try and Teacher are")]
    Heading(String),
    /// The parts come in another order.
    #[error("{0}")]
    Order(&'static str),
    /// A part is empty.
    #[error("there is nothing below this heading")]
    Empty,
    /// A line that is not understood where it stands.
    #[error("`{line}` is not understood here: {wanted}")]
    Line {
        /// The line.
        line: String,
        /// What could stand there.
        wanted: &'static str,
    },
    /// A prediction without answer, with several, or without a reason.
    #[error("a prediction has {0}")]
    Prediction(&'static str),
    /// A run without a command, or with several.
    #[error("a run has one command, on a line that begins with $")]
    Command,
    /// Something is looked for under a name that is not there, or there already.
    #[error("`{0}` {1}")]
    Unknown(String, &'static str),
    /// A field that no segment has.
    #[error("`{0}` is no field of what is captured")]
    Field(String),
    /// A brace or an asterisk is not closed.
    #[error("a {0} is opened and not closed in this paragraph")]
    Open(char),
}
