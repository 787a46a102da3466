//! The small picture of a page.

use super::super::layout::{Line, clip};
use super::super::model::Style;
use super::super::settings::Settings;
use super::in_characters;
use crate::explain::glossary::{PictureRow, PictureWay};
use crate::tcp::State;

/// Columns beside the lane, and within it, on a screen that has room for all.
const MARGIN: usize = 20;
const LANE: usize = 36;

/// The characters of lines and arrows, in Unicode and in ASCII.
struct Glyphs {
    lifeline: &'static str,
    shaft: &'static str,
    heads: [&'static str; 2],
    lost: &'static str,
}

const UNICODE: Glyphs = Glyphs { lifeline: "│", shaft: "─", heads: ["◀", "▶"], lost: "✗" };
const ASCII: Glyphs = Glyphs { lifeline: "|", shaft: "-", heads: ["<", ">"], lost: "x" };

/// The rows of the picture; no line where there are none.
pub(super) fn lines(rows: &[PictureRow], settings: &Settings) -> Vec<Line> {
    let width = settings.width.max(40);
    let margin = MARGIN.min((width - 2).saturating_sub(18) / 2);
    let lane = LANE.min(width - 2 * margin - 4);
    rows.iter().map(|row| line(row, margin, lane, settings)).collect()
}

fn line(row: &PictureRow, margin: usize, lane: usize, settings: &Settings) -> Line {
    let glyphs = if settings.ascii { ASCII } else { UNICODE };
    let more = if settings.ascii { "..." } else { "…" };
    let clipped = |text: &str, columns| clip(&in_characters(text, settings), columns, more);
    let mut line = Line::default();
    let left = clipped(row.left, margin);
    line.pad_to(margin - left.chars().count());
    line.put(beside(row.left), left);
    line.pad_to(margin + 1);
    line.put(Style::Lifeline, glyphs.lifeline);
    arrow(&mut line, row, lane, &clipped(row.label, lane - 5), &glyphs);
    line.put(Style::Lifeline, glyphs.lifeline);
    line.put(Style::Plain, " ");
    line.put(beside(row.right), clipped(row.right, margin));
    line
}

/// The arrow with its label in the middle.
fn arrow(line: &mut Line, row: &PictureRow, lane: usize, label: &str, glyphs: &Glyphs) {
    let style = of(row.label);
    if row.way == PictureWay::Nothing {
        line.put(Style::Reason, format!("{label:^lane$}"));
        return;
    }
    // One column is for the head.
    let shafts = lane - 1 - label.chars().count() - 2;
    let before = glyphs.shaft.repeat(shafts / 2);
    let after = glyphs.shaft.repeat(shafts - shafts / 2);
    let text = match row.way {
        PictureWay::Left => format!("{}{before} {label} {after}", glyphs.heads[0]),
        PictureWay::LeftLost => format!("{}{before} {label} {after}", glyphs.lost),
        PictureWay::RightLost => format!("{before} {label} {after}{}", glyphs.lost),
        _ => format!("{before} {label} {after}{}", glyphs.heads[1]),
    };
    line.put(style, text);
}

/// The style of a segment by what its label says.
fn of(label: &str) -> Style {
    let rows = [
        ("RST", Style::Reset),
        ("SYN", Style::Opening),
        ("FIN", Style::Closing),
        ("ICMP", Style::Warning),
        ("byte", Style::Data),
        ("ACK", Style::BareAck),
    ];
    rows.into_iter().find(|(word, _)| label.contains(word)).map_or(Style::Plain, |(_, style)| style)
}

/// The style of what stands beside a lifeline.
fn beside(text: &str) -> Style {
    if State::ALL.iter().any(|state| state.name() == text) {
        Style::State
    } else if text.contains("()") {
        Style::Call
    } else {
        Style::Reason
    }
}
