//! Lines of text from the rows of a ladder: columns, wrapping, glyphs.

mod geometry;
mod glyphs;
mod pair;
mod rows;
mod text;

use super::{Ladder, LaneHead, Row, Settings, Style};
use crate::explain::Statement;
use crate::trace::{Pair, Side};
use geometry::Geometry;
use glyphs::Glyphs;
pub use glyphs::ascii;
pub use pair::side_by_side;
pub(in crate::ladder) use text::clip;
use text::width;
pub use text::wrap;

/// Columns that the first word of a verdict line takes at least.
pub(in crate::ladder) const SUBJECT: usize = 9;
/// Prose is not set wider than this.
pub(in crate::ladder) const MEASURE: usize = 100;

/// A piece of a line in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it means.
    pub style: Style,
    /// Printable text on one line.
    pub text: String,
}

/// One line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// Appends `text`.
    pub(in crate::ladder) fn put(&mut self, style: Style, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Span { style, text });
        }
    }

    /// Fills with blanks up to `column`.
    pub(in crate::ladder) fn pad_to(&mut self, column: usize) {
        let blanks = column.saturating_sub(self.width());
        self.put(Style::Plain, " ".repeat(blanks));
    }

    /// Columns that the line takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.iter().map(|span| width(&span.text)).sum()
    }

    /// The text without styles, and without blanks at its end.
    #[must_use]
    pub fn plain(&self) -> String {
        let text: String = self.0.iter().map(|span| span.text.as_str()).collect();
        text.trim_end().to_owned()
    }
}

/// Lays out `ladder` as text, no line wider than the width of `settings` (40 columns where that is less).
#[must_use]
pub fn layout(ladder: &Ladder, settings: &Settings) -> Vec<Line> {
    let page = Page::new(settings);
    let mut lines = page.prose(&ladder.certainty);
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines.extend(page.heads(&ladder.lanes));
    ladder.rows.iter().for_each(|row| page.row(row, &mut lines));
    if !ladder.verdict.is_empty() {
        lines.push(Line::default());
        lines.extend(page.statements(&ladder.verdict));
    }
    lines
}

/// The heads of the lanes of `ladder`.
#[must_use]
pub fn heads(ladder: &Ladder, settings: &Settings) -> Vec<Line> {
    Page::new(settings).heads(&ladder.lanes)
}

/// Some rows of a ladder, as they stand in it.
#[must_use]
pub fn lines(rows: &[Row], settings: &Settings) -> Vec<Line> {
    let (page, mut lines) = (Page::new(settings), Vec::new());
    rows.iter().for_each(|row| page.row(row, &mut lines));
    lines
}

/// Lays out `statements` as the verdict of a ladder is laid out.
#[must_use]
pub fn statements(statements: &[Statement], settings: &Settings) -> Vec<Line> {
    Page::new(settings).statements(statements)
}

struct Page {
    geometry: Geometry,
    glyphs: Glyphs,
    ascii: bool,
}

impl Page {
    fn new(settings: &Settings) -> Self {
        let ascii = settings.ascii;
        Self { geometry: Geometry::new(settings.width), glyphs: Glyphs::new(ascii), ascii }
    }

    /// `text` in the characters that may be used.
    fn text(&self, text: &str) -> String {
        if self.ascii { ascii(text) } else { text.to_owned() }
    }

    fn prose(&self, text: &str) -> Vec<Line> {
        let measure = self.geometry.width.min(MEASURE);
        let styled = |text| Line(vec![Span { style: Style::Reason, text }]);
        wrap(&self.text(text), measure).into_iter().map(styled).collect()
    }

    /// Names, then sockets, of both ends; on lines of their own where both do not fit on one.
    fn heads(&self, lanes: &Pair<LaneHead>) -> Vec<Line> {
        let labels = Side::BOTH.map(|side| self.text(&lanes[side].label));
        let sockets = Side::BOTH.map(|side| lanes[side].end.map_or_else(String::new, |end| end.to_string()));
        let mut lines = self.head(labels, Style::Heading);
        lines.extend(self.head(sockets, Style::Reason));
        lines
    }

    fn head(&self, [left, right]: [String; 2], style: Style) -> Vec<Line> {
        let geometry = &self.geometry;
        let start = geometry.left();
        let mut lines = Vec::new();
        for text in wrap(&left, geometry.width - start) {
            let mut line = Line::default();
            line.pad_to(start);
            line.put(style, text);
            lines.push(line);
        }
        for text in wrap(&right, geometry.width) {
            let column = geometry.right().min(geometry.picture().saturating_sub(width(&text)));
            let mut line = lines.pop_if(|line| line.width() + 2 <= column).unwrap_or_default();
            line.pad_to(column);
            line.put(style, text);
            lines.push(line);
        }
        lines
    }

    /// Statements, their first words in a column of their own.
    fn statements(&self, statements: &[Statement]) -> Vec<Line> {
        let widest = statements.iter().map(|statement| statement.subject.len() + 2).max().unwrap_or(0);
        let indent = widest.max(SUBJECT);
        let measure = self.geometry.width.min(MEASURE) - indent;
        let mut lines = Vec::new();
        for statement in statements {
            for (index, text) in wrap(&self.text(&statement.text), measure).into_iter().enumerate() {
                let mut line = Line::default();
                if index == 0 {
                    line.put(Style::Heading, statement.subject);
                }
                line.pad_to(indent);
                line.put(Style::Plain, text);
                lines.push(line);
            }
        }
        lines
    }
}
