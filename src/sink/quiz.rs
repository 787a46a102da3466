//! Questions, answers and marks: on a screen, on a sheet with its key, or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::json::write_object;
use crate::ladder::{Settings, wrap};
use crate::quiz::{Answer, Judged, Question, Row};
use crate::trace::Side;

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// Questions that were answered right.
    pub right: usize,
    /// Questions that were answered, right or wrong.
    pub answered: usize,
    /// Questions that there were.
    pub questions: usize,
}

/// Writes what the numbers in the rows mean, once before the questions.
///
/// # Errors
/// The destination could not be written to.
pub fn preface(settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let text = "seq and ack are counted from each end's initial number: each SYN has seq 0. len is the data in bytes, and \
                not shown where there is none.";
    paragraph(text, "", settings, out)
}

/// Writes one question, without its answer; `number` counts from 1, of so many.
///
/// # Errors
/// The destination could not be written to.
pub fn question(
    question: &Question,
    (number, of): (usize, usize),
    settings: &Settings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Question { kind, connection, left_out, .. } = question;
    writeln!(out, "\nQuestion {number} of {of}: {}, connection {connection}\n", kind.name())?;
    if *left_out > 0 {
        let dots = if settings.ascii { "..." } else { "…" };
        writeln!(out, "   {dots}  {left_out} before")?;
    }
    question.rows.iter().try_for_each(|shown| writeln!(out, "{}", row(shown, settings.ascii)))?;
    writeln!(out)?;
    paragraph(&question.ask, "", settings, out)?;
    if let Answer::Choice(choices, _) = &question.answer {
        for (at, choice) in choices.iter().enumerate() {
            paragraph(&format!("{}. {}", at + 1, choice.text), "  ", settings, out)?;
        }
    }
    Ok(())
}

fn row(row: &Row, ascii: bool) -> String {
    let arrow = match (row.from, ascii) {
        (Side::Client, false) => "client → server",
        (Side::Client, true) => "client -> server",
        (Side::Server, false) => "client ← server",
        (Side::Server, true) => "client <- server",
    };
    format!("{:>4}  {arrow}  {}", row.label, row.segment)
}

/// Writes whether the answer was right, what is, and why.
///
/// # Errors
/// The destination could not be written to.
pub fn verdict(question: &Question, judged: &Judged, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let right = question.answer.words();
    let said = match judged {
        Judged::Right => format!("Right: {right}."),
        Judged::Wrong(read) => format!("Wrong: {read}. Right is {right}."),
        Judged::Unreadable(_) => format!("Not answered. Right is {right}."),
    };
    paragraph(&said, "", settings, out)?;
    why(question, settings, out)
}

fn why(question: &Question, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    question.why.iter().try_for_each(|text| paragraph(text, "  ", settings, out))?;
    writeln!(out, "  More: rawshake explain {}", question.more)
}

/// Writes the marks.
///
/// # Errors
/// The destination could not be written to.
pub fn marks(marks: Marks, out: &mut dyn Write) -> io::Result<()> {
    let Marks { right, answered, questions } = marks;
    let left = questions - answered;
    let open = if left > 0 { format!("; {left} not answered") } else { String::new() };
    writeln!(out, "\nMarks: {right} of {questions} right{open}")
}

/// Writes the sheet: every question with a line for its answer.
///
/// # Errors
/// The destination could not be written to.
pub fn sheet(questions: &[Question], settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TCP quiz                                  Name: ______________________________\n")?;
    preface(settings, out)?;
    for (at, one) in questions.iter().enumerate() {
        question(one, (at + 1, questions.len()), settings, out)?;
        writeln!(out, "\nAnswer: ______________________________")?;
    }
    Ok(())
}

/// Writes the key to [`sheet`]: every answer, and why.
///
/// # Errors
/// The destination could not be written to.
pub fn key(questions: &[Question], settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Key to the TCP quiz")?;
    for (at, question) in questions.iter().enumerate() {
        writeln!(out, "\n{}. {}", at + 1, question.answer.words())?;
        why(question, settings, out)?;
    }
    Ok(())
}

/// One line of a gradebook for a question: what was asked, typed and right.
///
/// # Errors
/// The destination could not be written to.
pub fn entry(question: &Question, number: usize, typed: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Entry<'a> {
        event: &'static str,
        question: usize,
        kind: &'a str,
        connection: u32,
        packet: u64,
        side: Side,
        rows: &'a [Row],
        ask: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        choices: Vec<&'a str>,
        answer: String,
        /// As it was typed; null where the quiz was over before.
        typed: Option<&'a str>,
        right: bool,
        why: &'a [String],
    }
    let choices = match &question.answer {
        Answer::Choice(choices, _) => choices.iter().map(|choice| choice.text.as_str()).collect(),
        _ => Vec::new(),
    };
    let entry = Entry {
        event: "question",
        question: number,
        kind: question.kind.name(),
        connection: question.connection,
        packet: question.packet,
        side: question.side,
        rows: &question.rows,
        ask: &question.ask,
        choices,
        answer: question.answer.words(),
        typed,
        right: typed.is_some_and(|typed| question.judge(typed) == Judged::Right),
        why: &question.why,
    };
    write_object(out, &entry)
}

/// The last line of a gradebook.
///
/// # Errors
/// The destination could not be written to.
pub fn total(marks: Marks, seed: u64, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Total {
        event: &'static str,
        #[serde(flatten)]
        marks: Marks,
        seed: u64,
    }
    write_object(out, &Total { event: "marks", marks, seed })
}

fn paragraph(text: &str, indent: &str, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let columns = settings.width.saturating_sub(indent.len());
    wrap(text, columns).iter().try_for_each(|line| writeln!(out, "{indent}{line}"))
}
