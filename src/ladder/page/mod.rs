//! A page of the glossary as text, and the list of its words.

mod outcomes;
mod picture;

#[cfg(test)]
mod tests;

use super::layout::{Line, MEASURE, SUBJECT, ascii, statements, wrap};
use super::model::Style;
use super::settings::Settings;
use crate::explain::Statement;
use crate::explain::glossary::{Kind, Listed, Page};

/// Lays out a page, no line wider than the width of `settings`.
#[must_use]
pub fn page(page: &Page, settings: &Settings) -> Vec<Line> {
    let mut lines = title(page, settings);
    lines.extend(statements(&terms(page), settings));
    lines.extend(statements(&page.paragraphs, settings));
    lines.extend(picture::lines(&page.picture, settings));
    lines.extend(outcomes::lines(page, settings));
    lines.extend(statements(&foot(page), settings));
    lines
}

/// `SYN  flag, 0x002, [S]: asks for a connection`.
fn title(page: &Page, settings: &Settings) -> Vec<Line> {
    let mut known = vec![page.kind.name().to_owned()];
    known.extend(page.also.iter().cloned());
    let rest = format!("{}: {}", known.join(", "), page.gloss);
    let name = in_characters(&page.name, settings);
    let room = settings.width.clamp(40, MEASURE);
    let mut lines = Vec::new();
    let indent = if name.chars().count() + 22 > room { SUBJECT } else { name.chars().count() + 2 };
    for (index, text) in wrap(&in_characters(&rest, settings), room - indent).into_iter().enumerate() {
        let mut line = Line::default();
        if index == 0 {
            line.put(Style::Heading, name.as_str());
            if indent < name.chars().count() + 2 {
                lines.push(std::mem::take(&mut line));
            }
        }
        line.pad_to(indent);
        line.put(Style::Reason, text);
        lines.push(line);
    }
    lines
}

fn in_characters(text: &str, settings: &Settings) -> String {
    if settings.ascii { ascii(text) } else { text.to_owned() }
}

/// What the page presupposes, first of all.
fn terms(page: &Page) -> Vec<Statement> {
    let glosses: Vec<_> = page.terms.iter().map(|gloss| format!("{} ({})", gloss.term, gloss.means)).collect();
    if glosses.is_empty() { Vec::new() } else { vec![Statement { subject: "Terms", text: glosses.join(", ") }] }
}

/// Where to read on, and what to try.
fn foot(page: &Page) -> Vec<Statement> {
    let command = if page.command.is_empty() { String::new() } else { format!("rawshake {}", page.command) };
    let others: Vec<_> = page.homonyms.iter().map(|name| format!("rawshake explain {name}")).collect();
    let rows = [("Read", page.rfc.clone()), ("Try", command), ("Also", others.join(", "))];
    rows.into_iter().filter(|(_, text)| !text.is_empty()).map(|(subject, text)| Statement { subject, text }).collect()
}

/// Columns of a name in the list.
const NAME: usize = 24;

/// Lays out the list of words, kind by kind.
#[must_use]
pub fn list(listed: &[Listed], settings: &Settings) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut kind: Option<Kind> = None;
    for one in listed {
        if kind != Some(one.kind) {
            kind = Some(one.kind);
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.extend(heading(one.kind, settings));
        }
        lines.extend(entry(one, settings));
    }
    lines
}

fn heading(kind: Kind, settings: &Settings) -> Vec<Line> {
    let styled = |text| {
        let mut line = Line::default();
        line.put(Style::Heading, text);
        line
    };
    wrap(kind.heading(), settings.width.max(40)).into_iter().map(styled).collect()
}

fn entry(one: &Listed, settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    let room = settings.width.clamp(40, MEASURE) - NAME - 3;
    let mut name = Line::default();
    name.put(Style::Plain, format!("  {}", one.name));
    if name.width() > NAME + 2 {
        lines.push(std::mem::take(&mut name));
    }
    for text in wrap(&in_characters(&one.gloss, settings), room) {
        let mut line = std::mem::take(&mut name);
        line.pad_to(NAME + 3);
        line.put(Style::Reason, text);
        lines.push(line);
    }
    lines
}
