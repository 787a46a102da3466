//! What the rules make of a segment, as a small table.

use super::super::layout::{Line, MEASURE, SUBJECT, wrap};
use super::super::model::Style;
use super::super::settings::Settings;
use super::in_characters;
use crate::explain::glossary::{Outcome, Page, span_of_states};
use crate::tcp::State;

/// The table; nothing where the page has none.
pub(super) fn lines(page: &Page, settings: &Settings) -> Vec<Line> {
    let Some(first) = page.outcomes.first() else { return Vec::new() };
    let about = if first.segment.is_empty() {
        "by the receiver's state, where the numbers are those that it expects:"
    } else {
        "what arrives, with the numbers that it expects, and the answer:"
    };
    let room = settings.width.clamp(40, MEASURE) - SUBJECT;
    let mut lines = Vec::new();
    for (index, text) in wrap(about, room).into_iter().enumerate() {
        let mut line = Line::default();
        line.put(Style::Heading, if index == 0 { "Answers" } else { "" });
        line.pad_to(SUBJECT);
        line.put(Style::Reason, text);
        lines.push(line);
    }
    let widest = page.outcomes.iter().map(|outcome| subject(outcome).chars().count()).max().unwrap_or(0);
    let columns = if room < WIDE { widest.min(room - REPLY - 2) } else { widest.min(room / 2) };
    for outcome in &page.outcomes {
        lines.extend(row(outcome, columns, room, settings));
    }
    lines
}

/// What the row is about.
fn subject(outcome: &Outcome) -> String {
    if outcome.segment.is_empty() { span_of_states(&outcome.states) } else { outcome.segment.clone() }
}

/// Columns of an answer.
const REPLY: usize = 13;
/// From so many columns on the next state stands beside the answer.
const WIDE: usize = 62;

fn row(outcome: &Outcome, columns: usize, room: usize, settings: &Settings) -> Vec<Line> {
    let arrow = in_characters("→", settings);
    let next = outcome.next.map_or_else(String::new, |state: State| format!("{arrow} {state}"));
    let beside = SUBJECT + columns + 2;
    let mut lines = Vec::new();
    for (index, text) in wrap(&subject(outcome), columns).into_iter().enumerate() {
        let mut line = Line::default();
        line.pad_to(SUBJECT);
        line.put(Style::State, text);
        if index == 0 {
            line.pad_to(beside);
            line.put(of(outcome.reply), outcome.reply);
            if room >= WIDE && !next.is_empty() {
                line.pad_to(beside + REPLY + 1);
                line.put(Style::State, next.as_str());
            }
        }
        lines.push(line);
    }
    let start = if room < WIDE { SUBJECT + 2 } else { beside };
    let linux = outcome.linux.as_ref().map_or_else(String::new, |linux| format!("on Linux: {linux}"));
    let below = [(Style::State, if room < WIDE { next } else { String::new() }), (Style::Warning, linux)];
    for (style, text) in below {
        for text in wrap(&text, SUBJECT + room - start) {
            let mut line = Line::default();
            line.pad_to(start);
            line.put(style, text);
            lines.push(line);
        }
    }
    lines
}

/// The style of an answer.
fn of(reply: &str) -> Style {
    match reply {
        _ if reply.starts_with("RST") => Style::Reset,
        _ if reply.starts_with("SYN") => Style::Opening,
        _ if reply.ends_with("ACK") => Style::BareAck,
        _ => Style::Reason,
    }
}
