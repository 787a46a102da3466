//! Reads a lesson file.
//!
//! It begins with lines that describe the lesson, between two `---`. Then come parts below headings: `# Question`, then as
//! often as it takes `# Predict`, `# Run` and `# Explain`, then, if there is one, `# Textbook`, then `# Try` and `# Teacher`.

mod front;
mod order;
mod part;

use super::text::{Paragraph, pieces};
use super::{Fault, Heading, Lesson, Problem, Step};
use front::Front;

pub use part::words;

/// A line and its number.
type Numbered<'a> = (usize, &'a str);

/// What stands below one heading.
struct Part<'a> {
    line: usize,
    heading: &'a str,
    body: Vec<Numbered<'a>>,
}

/// A step, and the line of its heading.
type Placed = (usize, Step);

/// Reads a lesson.
///
/// # Errors
/// The first thing that is wrong with it, so that what is read can be played from its beginning to its end.
pub fn parse(text: &str) -> Result<Lesson, Fault> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
    let front = Front::read(&mut lines)?;
    let parts = parts(lines)?;
    let (mut steps, mut notes) = (Vec::<Placed>::new(), Vec::new());
    for part in &parts {
        if part.body.iter().all(|(_, line)| line.is_empty()) {
            return fault(part.line, Problem::Empty);
        }
        let say = |heading| Ok(Step::Say(heading, paragraphs(&part.body)?));
        let step = match part.heading {
            "Question" => say(Heading::Question),
            "Explain" => say(Heading::Explain),
            "Textbook" => say(Heading::Textbook),
            "Try" => say(Heading::Try),
            "Predict" => part::prediction(part).map(Step::Predict),
            "Run" => part::run(part).map(Step::Run),
            "Teacher" => {
                notes = paragraphs(&part.body)?;
                continue;
            }
            other => fault(part.line, Problem::Heading(other.to_owned())),
        }?;
        steps.push((part.line, step));
    }
    order::check(&steps, &parts)?;
    Ok(front.lesson(steps.into_iter().map(|(_, step)| step).collect(), notes))
}

fn fault<T>(line: usize, problem: Problem) -> Result<T, Fault> {
    Err(Fault { line, problem })
}

/// The parts of a file, in their order.
fn parts<'a>(lines: impl Iterator<Item = Numbered<'a>>) -> Result<Vec<Part<'a>>, Fault> {
    let mut parts = Vec::<Part<'a>>::new();
    for (line, text) in lines {
        match (text.strip_prefix("# "), parts.last_mut()) {
            (Some(heading), _) => parts.push(Part { line, heading: heading.trim(), body: Vec::new() }),
            (None, Some(part)) => part.body.push((line, text)),
            (None, None) if text.is_empty() => {}
            (None, None) => return fault(line, Problem::NoHeading),
        }
    }
    Ok(parts)
}

/// Paragraphs between empty lines; indented lines are commands.
fn paragraphs(body: &[Numbered<'_>]) -> Result<Vec<Paragraph>, Fault> {
    let mut paragraphs = Vec::new();
    for block in body.split(|(_, line)| line.is_empty()).filter(|block| !block.is_empty()) {
        let mut sentences = Vec::new();
        for (number, line) in block {
            match line.strip_prefix("    ") {
                Some(command) => paragraphs.push(Paragraph::Command(command.to_owned())),
                None => sentences.push((*number, *line)),
            }
        }
        if let Some((number, _)) = sentences.first() {
            let text = sentences.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
            let pieces = pieces(&text).map_err(|problem| Fault { line: *number, problem })?;
            paragraphs.push(Paragraph::Sentences(pieces));
        }
    }
    Ok(paragraphs)
}
