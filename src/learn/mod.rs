//! Lessons: text files with questions, predictions, runs in the lab, and explanations made of what really came.
//!
//! A lesson is one file in `lessons/`. [`parse`] reads it, and refuses what could not be played; [`Scene`] holds what was
//! captured in a run, [`Findings`] what the lesson looks for in it. A placeholder of a text is filled from there alone: where
//! nothing was found, that is a [`Missing`], and never a number of somebody's own. Nothing here runs or prints anything.

mod expect;
mod fault;
mod field;
mod findings;
mod lesson;
mod lessons;
mod parse;
mod progress;
mod scene;
mod selector;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub use expect::{Expectation, Failed};
pub use fault::{Fault, Problem};
pub use findings::{Findings, Missing};
pub use lesson::{Ask, Choice, Heading, Lesson, Prediction, Run, Step};
pub use lessons::{FILES, find, lessons};
pub use parse::{parse, words};
pub use progress::Progress;
pub use scene::{Carried, Scene, Shot};
pub use text::{Filled, Paragraph, Path, Piece, Span, Tone};
pub use value::Value;
