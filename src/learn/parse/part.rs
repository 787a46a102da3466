//! Predictions and runs.

use super::{Numbered, Part, fault, paragraphs};
use crate::learn::text::{Path, Piece, pieces};
use crate::learn::{Ask, Choice, Expectation, Fault, Prediction, Problem, Run, selector};

/// Begins the reason.
const BECAUSE: &str = "because:";

/// Reads a prediction: the question; `flags = NAME.flags`, `number = NAME.FIELD`, or choices, the right one behind `*` and the
/// others behind `-`, each with a remark behind `>`; and `because:`.
pub(super) fn prediction(part: &Part<'_>) -> Result<Prediction, Fault> {
    let at = |problem| Fault { line: part.line, problem: Problem::Prediction(problem) };
    let is_answer = |line: &str| ["- ", "* ", "flags = ", "number = "].iter().any(|begin| line.starts_with(begin));
    let answers = part.body.iter().position(|(_, line)| is_answer(line)).ok_or_else(|| at("no answer"))?;
    let (question, rest) = part.body.split_at(answers);
    let reason = rest.iter().position(|(_, line)| line.starts_with(BECAUSE)).ok_or_else(|| at("no because:"))?;
    let (answers, reason) = rest.split_at(reason);
    let question = paragraphs(question)?;
    if question.is_empty() {
        return Err(at("no question"));
    }
    let because = joined(reason, BECAUSE)?;
    if because.is_empty() {
        return Err(at("no because:"));
    }
    Ok(Prediction { question, ask: ask(part, answers)?, because })
}

/// Lines that are one paragraph, the first without what it begins with.
fn joined(lines: &[Numbered<'_>], begin: &str) -> Result<Vec<Piece>, Fault> {
    let Some((number, _)) = lines.first() else { return Ok(Vec::new()) };
    let text = lines.iter().map(|(_, line)| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix(begin).unwrap_or(&text).trim();
    pieces(text).map_err(|problem| Fault { line: *number, problem })
}

fn ask(part: &Part<'_>, lines: &[Numbered<'_>]) -> Result<Ask, Fault> {
    let lines: Vec<_> = lines.iter().copied().filter(|(_, line)| !line.is_empty()).collect();
    if let [(number, line)] = lines[..]
        && let Some((kind, path)) = line.split_once(" = ").filter(|(kind, _)| matches!(*kind, "flags" | "number"))
    {
        let path = Path::read(path).map_err(|problem| Fault { line: number, problem })?;
        return Ok(if kind == "flags" { Ask::Flags(path) } else { Ask::Number(path) });
    }
    let choices = choices(&lines)?;
    let right = choices.iter().filter(|choice| choice.is_right).count();
    if !(2..=6).contains(&choices.len()) || right != 1 {
        return fault(part.line, Problem::Prediction("two to six choices, and * before the right one"));
    }
    Ok(Ask::Choice(choices))
}

fn choices(lines: &[Numbered<'_>]) -> Result<Vec<Choice>, Fault> {
    let begins = |line: &str| line.starts_with("- ") || line.starts_with("* ");
    let starts: Vec<usize> = (0..lines.len()).filter(|at| begins(lines[*at].1)).collect();
    let mut choices = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(lines.len());
        let block = &lines[*start..end];
        let remark = block.iter().position(|(_, line)| line.trim_start().starts_with("> ")).unwrap_or(block.len());
        let (text, remark) = block.split_at(remark);
        if let Some((number, line)) = text[1..].iter().find(|(_, line)| !line.starts_with("  ")) {
            let wanted = "a choice goes on, or is remarked on behind >, on indented lines";
            return fault(*number, Problem::Line { line: (*line).to_owned(), wanted });
        }
        let words: Vec<&str> = text.iter().map(|(_, line)| line.trim()).collect();
        choices.push(Choice {
            text: words.join(" ")[2..].to_owned(),
            is_right: text[0].1.starts_with('*'),
            remark: joined(remark, "> ")?,
        });
    }
    Ok(choices)
}

/// Reads a run: `$ COMMAND`, `NAME: SELECTOR` and `expect …`.
pub(super) fn run(part: &Part<'_>) -> Result<Run, Fault> {
    let mut run = Run { command: Vec::new(), written: String::new(), finds: Vec::new(), expectations: Vec::new() };
    for (number, line) in part.body.iter().filter(|(_, line)| !line.is_empty()) {
        let at = |problem| Fault { line: *number, problem };
        if let Some(command) = line.strip_prefix("$ ") {
            run.command = words(command).filter(|_| run.command.is_empty()).ok_or_else(|| at(Problem::Command))?;
            command.clone_into(&mut run.written);
        } else if let Some(expected) = line.strip_prefix("expect ") {
            run.expectations.push(Expectation::read(expected).map_err(at)?);
        } else {
            let not_understood = || Problem::Line { line: (*line).to_owned(), wanted: WANTED };
            let (name, selected) = line.split_once(": ").ok_or_else(|| at(not_understood()))?;
            let selector = selector::Selector::read(selected)
                .ok_or_else(|| at(Problem::Line { line: selected.to_owned(), wanted: selector::FORM }))?;
            run.finds.push((name.to_owned(), selector));
        }
    }
    if run.command.is_empty() {
        return fault(part.line, Problem::Command);
    }
    Ok(run)
}

/// What can stand below `# Run`.
const WANTED: &str = "$ COMMAND, NAME: SELECTOR, or expect VALUE = VALUE";

/// The words of a command, as a shell parts them; single quotes hold a word together. None where one is not closed.
#[must_use]
pub fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'')?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}
