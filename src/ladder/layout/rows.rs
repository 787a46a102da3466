//! The lines of one row.

use super::super::{Arrow, ArrowEnd, Lane, Moment, Note, Row, Style};
use super::geometry::MARGIN;
use super::text::{centred, clip, pack, width, wrap};
use super::{Line, Page, Span};
use crate::explain;
use crate::trace::Side;

impl Page {
    /// Appends the lines of `row`. Notes and time stand on the first of them.
    pub(super) fn row(&self, row: &Row, lines: &mut Vec<Line>) {
        match &row.lane {
            Lane::Empty => lines.push(self.line(row, true, self.centre("", Style::Plain))),
            Lane::Arrow(arrow) => self.arrow_rows(row, arrow, lines),
            Lane::Label { style, parts } => self.label(row, *style, parts, lines),
            Lane::Options(parts) => self.options(row, parts, lines),
            Lane::Reason(text) => self.reason(row, (text, Style::Reason), lines),
            Lane::Mark(text) => self.reason(row, (&format!("{} {text}", self.glyphs.differs), Style::Warning), lines),
            Lane::Fold(parts) => self.framed(row, parts, self.glyphs.fold, lines),
            Lane::Kernel { side, style, parts } => self.kernel(row, (*side, *style), parts, lines),
            Lane::Gap(text) => self.framed(row, std::slice::from_ref(text), self.glyphs.gap, lines),
        }
    }

    /// One line: time, left margin, lifeline, what is in the lane, lifeline, right margin. `first`: with notes and time.
    fn line(&self, row: &Row, first: bool, lane: Vec<Span>) -> Line {
        let geometry = &self.geometry;
        let mut line = self.left_half(row, first);
        line.0.extend(lane);
        line.pad_to(geometry.lane_start() + geometry.lane);
        line.put(Style::Lifeline, self.glyphs.lifeline(row.lifelines.server));
        if first && let Some(note) = &row.margins.server {
            line.pad_to(geometry.right());
            self.note(note, &mut line);
        }
        line
    }

    /// All up to the left lifeline.
    fn left_half(&self, row: &Row, first: bool) -> Line {
        let mut line = Line::default();
        if first
            && self.geometry.time > 0
            && let Some(moment) = row.time
        {
            let time = self.time(moment);
            line.pad_to(self.geometry.time.saturating_sub(width(&time)));
            line.put(Style::Time, time);
        }
        line.pad_to(self.geometry.left());
        if first && let Some(note) = &row.margins.client {
            self.note(note, &mut line);
        }
        line.pad_to(self.geometry.lane_start() - 1);
        line.put(Style::Lifeline, self.glyphs.lifeline(row.lifelines.client));
        line
    }

    fn note(&self, note: &Note, line: &mut Line) {
        line.put(note.style, clip(&self.text(&note.text), MARGIN, self.glyphs.more));
    }

    /// `0.000000`, `+48 µs`; shorter where the column is.
    fn time(&self, moment: Moment) -> String {
        let full = self.text(&moment.words());
        if self.geometry.time == 0 || width(&full) <= self.geometry.time {
            return full;
        }
        match moment {
            Moment::Start => "0.000".to_owned(),
            Moment::After(time) => {
                clip(&self.text(&format!("+{}", explain::brief_duration(time))), self.geometry.time, self.glyphs.more)
            }
        }
    }

    fn centre(&self, text: &str, style: Style) -> Vec<Span> {
        vec![Span { style, text: centred(text, self.geometry.lane) }]
    }

    /// The parts of a label on one line if they fit, be it with narrower gaps; on several if not.
    fn pack(&self, parts: &[String]) -> Vec<String> {
        let room = self.geometry.label();
        let narrow = parts.join(" ");
        if width(&parts.join("  ")) > room && width(&narrow) <= room {
            return vec![narrow];
        }
        pack(parts.iter().map(String::as_str), room, if self.geometry.is_tight() { " " } else { "  " })
    }

    /// The flags in the style of the segment, the numbers plain.
    fn label(&self, row: &Row, style: Style, parts: &[String], lines: &mut Vec<Line>) {
        let parts: Vec<_> = parts.iter().map(|part| self.text(part)).collect();
        let flags = parts.first().map_or(0, |part| part.len());
        for (index, text) in self.pack(&parts).into_iter().enumerate() {
            let text = centred(&text, self.geometry.lane);
            let blanks = text.len() - text.trim_start().len();
            let head = (blanks + flags).min(text.len());
            let lane = if index == 0 && text.is_char_boundary(head) && width(&parts[0]) <= self.geometry.lane {
                vec![
                    Span { style, text: text[..head].to_owned() },
                    Span { style: Style::Plain, text: text[head..].to_owned() },
                ]
            } else {
                vec![Span { style: Style::Plain, text }]
            };
            lines.push(self.line(row, index == 0, lane));
        }
    }

    /// An arrow; without a time column its time stands below it.
    fn arrow_rows(&self, row: &Row, arrow: &Arrow, lines: &mut Vec<Line>) {
        lines.push(self.line(row, true, vec![Span { style: arrow.style, text: self.arrow(arrow) }]));
        if self.geometry.time == 0
            && let Some(moment) = row.time
        {
            lines.push(self.line(row, false, self.centre(&self.time(moment), Style::Time)));
        }
    }

    /// An arrow across the lane. It is drawn to the right, and turned round for the other direction.
    fn arrow(&self, arrow: &Arrow) -> String {
        let glyphs = &self.glyphs;
        let lane = self.geometry.lane;
        let right = usize::from(arrow.from == Side::Client);
        let mut cells = Vec::with_capacity(lane);
        if arrow.midway {
            cells.extend(std::iter::repeat_n(" ", lane / 3));
            cells.push(glyphs.router);
        }
        let end: &[&str] = match arrow.end {
            ArrowEnd::Arrives => &[glyphs.heads[right]],
            ArrowEnd::Ignored => &[glyphs.open_heads[right]],
            ArrowEnd::Lost => &[glyphs.lost],
            ArrowEnd::Unanswered => &[glyphs.fading, " ", "?"],
        };
        let short = match arrow.end {
            ArrowEnd::Arrives | ArrowEnd::Ignored => 0,
            ArrowEnd::Lost | ArrowEnd::Unanswered => lane / 3,
        };
        let shaft = lane.saturating_sub(cells.len() + end.len() + short);
        cells.extend(std::iter::repeat_n(glyphs.shaft, shaft));
        cells.extend(end);
        cells.resize(lane, " ");
        if right == 0 {
            cells.reverse();
        }
        cells.concat()
    }

    fn options(&self, row: &Row, parts: &[String], lines: &mut Vec<Line>) {
        let parts: Vec<_> = parts.iter().map(|part| self.text(part)).collect();
        let packed = self.pack(&parts);
        if packed.len() > 1 && !self.geometry.is_roomy() {
            return;
        }
        for (index, text) in packed.iter().enumerate() {
            lines.push(self.line(row, index == 0, self.centre(text, Style::Reason)));
        }
    }

    /// What a kernel told stands beside its lifeline, with a mark that says so.
    fn kernel(&self, row: &Row, (side, style): (Side, Style), parts: &[String], lines: &mut Vec<Line>) {
        let lane = self.geometry.lane;
        let parts: Vec<_> = parts.iter().map(|part| self.text(part)).collect();
        for (index, text) in
            pack(parts.iter().map(String::as_str), lane.saturating_sub(4), "  ").into_iter().enumerate()
        {
            let mark = if index == 0 { self.glyphs.told } else { " " };
            let blanks = " ".repeat(lane.saturating_sub(width(&text) + 2));
            let [text, mark] =
                [(style, text), (Style::State, mark.to_owned())].map(|(style, text)| Span { style, text });
            let [blanks, blank] = [blanks, " ".to_owned()].map(|text| Span { style: Style::Plain, text });
            let spans = match side {
                Side::Client => vec![mark, blank, text, blanks],
                Side::Server => vec![blanks, text, blank, mark],
            };
            lines.push(self.line(row, index == 0, spans));
        }
    }

    /// A reason runs on over the right lifeline where it does not fit in the lane.
    fn reason(&self, row: &Row, (text, style): (&str, Style), lines: &mut Vec<Line>) {
        let geometry = &self.geometry;
        let text = self.text(text);
        let room = geometry.picture() - geometry.lane_start() - 1;
        for (index, text) in wrap(&text, room).into_iter().enumerate() {
            let lane = vec![Span { style, text: format!(" {text}") }];
            if width(&text) + 2 <= geometry.lane {
                lines.push(self.line(row, index == 0, lane));
            } else {
                let mut line = self.left_half(row, index == 0);
                line.0.extend(lane);
                lines.push(line);
            }
        }
    }

    /// Words between two marks, in the middle of the lane.
    fn framed(&self, row: &Row, parts: &[String], mark: &str, lines: &mut Vec<Line>) {
        let words: Vec<_> = parts.iter().map(|part| self.text(part)).collect();
        let room = self.geometry.lane.saturating_sub(2 * (width(mark) + 1));
        for (index, text) in pack(words.iter().map(String::as_str), room, ", ").into_iter().enumerate() {
            let text = format!("{mark} {text} {mark}");
            lines.push(self.line(row, index == 0, self.centre(&text, Style::Reason)));
        }
    }
}
