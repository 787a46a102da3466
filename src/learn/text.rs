//! Text of a lesson: words, terms that it introduces, and places for what was captured.

use std::fmt;

use super::field::Field;
use super::{Problem, Value};

/// The name that stands for a whole run.
pub(super) const RUN: &str = "run";

/// What is asked of what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A field of the first packet.
    Field(Field),
    /// How many there are.
    Count,
    /// The words that a program said.
    Words,
    /// Of a run: its packets.
    Packets,
    /// Of a run: its TCP segments.
    Segments,
    /// Of a run: its connections.
    Connections,
    /// Of a run: how long it took, from the first packet to the last.
    Duration,
}

/// Something captured: `answer.ack`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The name that the lesson gave it.
    pub(super) name: String,
    pub(super) asked: Asked,
    /// As it is written.
    pub(super) written: String,
}

impl Path {
    /// Reads `name.field`.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let (name, field) = text.split_once('.').ok_or_else(|| Problem::Field(text.to_owned()))?;
        let asked = match (name == RUN, field) {
            (true, "packets") => Asked::Packets,
            (true, "segments") => Asked::Segments,
            (true, "connections") => Asked::Connections,
            (true, "duration") => Asked::Duration,
            (false, "count") => Asked::Count,
            (false, "words") => Asked::Words,
            (false, field) if Field::named(field).is_some() => {
                Field::named(field).map(Asked::Field).ok_or_else(|| Problem::Field(text.to_owned()))?
            }
            _ => return Err(Problem::Field(text.to_owned())),
        };
        Ok(Self { name: name.to_owned(), asked, written: text.to_owned() })
    }
}

/// A part of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words as they stand.
    Plain(String),
    /// A term, where it is explained.
    Term(String),
    /// What was captured.
    Captured(Path),
}

/// A paragraph, or a command to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paragraph {
    /// Sentences.
    Sentences(Vec<Piece>),
    /// A line that is indented, to be typed as it stands.
    Command(String),
}

impl Paragraph {
    /// Its pieces; none where it is a command.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        match self {
            Self::Sentences(pieces) => pieces,
            Self::Command(_) => &[],
        }
    }

    /// The paragraph before anything was captured: in its places stands what will be.
    #[must_use]
    pub fn unfilled(&self) -> Filled {
        match self {
            Self::Sentences(pieces) => Filled::Sentences(pieces.iter().map(Piece::unfilled).collect()),
            Self::Command(command) => Filled::Command(command.clone()),
        }
    }
}

impl Piece {
    fn unfilled(&self) -> Span {
        let (text, tone) = match self {
            Self::Plain(text) => (text.clone(), Tone::Plain),
            Self::Term(text) => (text.clone(), Tone::Term),
            Self::Captured(path) => (format!("[{path}]"), Tone::Captured),
        };
        Span { text, tone }
    }
}

/// As it is written.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// What a part of a filled text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Words of the lesson.
    Plain,
    /// A term, where it is explained.
    Term,
    /// A value of the capture.
    Captured,
}

/// A part of a text that is ready to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The words.
    pub text: String,
    /// What they are.
    pub tone: Tone,
}

/// A paragraph that is ready to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// Sentences.
    Sentences(Vec<Span>),
    /// A line to be typed.
    Command(String),
}

/// The pieces of `text`, in which `*` stands around terms, and braces around what was captured.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, Problem> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['*', '{']) {
        let (before, inside) = (&rest[..at], &rest[at + 1..]);
        let (open, close) = if rest[at..].starts_with('*') { ('*', '*') } else { ('{', '}') };
        let end = inside.find(close).ok_or(Problem::Open(open))?;
        if !before.is_empty() {
            pieces.push(Piece::Plain(before.to_owned()));
        }
        let inner = &inside[..end];
        if inner.contains(['*', '{']) {
            return Err(Problem::Open(open));
        }
        pieces.push(if open == '*' { Piece::Term(inner.to_owned()) } else { Piece::Captured(Path::read(inner)?) });
        rest = &inside[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest.to_owned()));
    }
    Ok(pieces)
}

/// The same, filled by `value`; the first that is missing ends it.
pub(super) fn filled<E>(pieces: &[Piece], value: impl Fn(&Path) -> Result<Value, E>) -> Result<Vec<Span>, E> {
    let span = |text: String, tone| Span { text, tone };
    let fill = |piece: &Piece| {
        Ok(match piece {
            Piece::Plain(text) => span(text.clone(), Tone::Plain),
            Piece::Term(text) => span(text.clone(), Tone::Term),
            Piece::Captured(path) => span(value(path)?.to_string(), Tone::Captured),
        })
    };
    pieces.iter().map(fill).collect()
}
