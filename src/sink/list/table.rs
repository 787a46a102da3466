//! The list as a table for people.

use std::io::{self, Write};

use colored::Colorize;
use unicode_width::UnicodeWidthStr;

use super::ListSettings;
use super::columns::{COLUMNS, Column};
use crate::ladder;
use crate::sink::Sink;
use crate::sink::fields::Row;
use crate::trace::{Event, EventKind};

/// Rows that are held back so that columns are as wide as they must be, and rows in the order of their numbers. Behind
/// them rows are written as they come.
const HELD: usize = 1_000;
/// Room that the last column wants, if it can use so much.
const ENOUGH: usize = 24;
/// Blanks between columns.
const SPACE: usize = 2;

type Cells = [String; COLUMNS.len()];

/// Writes the verdicts as a table.
pub struct Table<'a> {
    out: Box<dyn Write + 'a>,
    width: Option<usize>,
    ascii: bool,
    /// Rows come in the order in which they shall stand.
    sorted: bool,
    held: Vec<(u32, Cells)>,
    /// The columns that are shown and how wide each is, once rows were written.
    layout: Option<Vec<(usize, usize)>>,
}

impl<'a> Table<'a> {
    /// A table on `out`.
    #[must_use]
    pub fn new(settings: &ListSettings, out: Box<dyn Write + 'a>) -> Self {
        let &ListSettings { width, ascii, sort } = settings;
        Self { out, width, ascii, sorted: sort.is_some(), held: Vec::new(), layout: None }
    }

    /// The cells of a row, in ASCII if that was asked for.
    fn cells(&self, row: &Row<'_>) -> Cells {
        let text = |column: &Column| self.text(&(column.text)(row));
        COLUMNS.each_ref().map(text)
    }

    fn text(&self, text: &str) -> String {
        if self.ascii { ladder::ascii(text) } else { text.to_owned() }
    }

    /// Writes the rows that were held back. `all`: there will be no more of them.
    fn write_held(&mut self, all: bool) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        if !self.sorted {
            held.sort_unstable_by_key(|(number, _)| *number);
        }
        if self.layout.is_none() && !held.is_empty() {
            let headings = COLUMNS.each_ref().map(|column| self.text(column.heading));
            let layout = layout(&headings, &held, self.width, all);
            let heading = line(&headings, &layout, self.width);
            self.layout = Some(layout);
            writeln!(self.out, "{}", heading.bold())?;
        }
        held.iter().try_for_each(|(_, cells)| self.write_row(cells))
    }

    fn write_row(&mut self, cells: &Cells) -> io::Result<()> {
        let layout = self.layout.as_deref().unwrap_or_default();
        writeln!(self.out, "{}", line(cells, layout, self.width))
    }
}

impl Sink for Table<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::Ended(summary) = &event.kind else { return Ok(()) };
        let cells = self.cells(&Row { number: event.connection, summary });
        if self.layout.is_some() {
            return self.write_row(&cells);
        }
        self.held.push((event.connection, cells));
        if self.held.len() >= HELD { self.write_held(false) } else { Ok(()) }
    }

    /// Packets are waited for: what ended so far is shown, in columns of the usual width.
    fn flush(&mut self) -> io::Result<()> {
        self.write_held(false)?;
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_held(true)?;
        self.out.flush()
    }
}

/// The columns that have room, and how wide each is. Without `all` rows follow that may be wider than these.
fn layout(headings: &Cells, rows: &[(u32, Cells)], width: Option<usize>, all: bool) -> Vec<(usize, usize)> {
    let widest = |index: usize| {
        let cells = rows.iter().map(|(_, cells)| cells[index].width()).max().unwrap_or(0);
        let usual = if all { 0 } else { COLUMNS[index].usual };
        cells.max(headings[index].width()).max(usual)
    };
    let last = COLUMNS.len() - 1;
    let mut columns: Vec<(usize, usize)> = (0..=last).map(|index| (index, widest(index))).collect();
    // A column without a word in it is none; and the last one is cut to what is left, if that is enough to say something.
    columns.retain(|(index, _)| *index != last || !all || rows.iter().any(|(_, cells)| !cells[last].is_empty()));
    let room = |(index, wide): &(usize, usize)| if *index == last { (*wide).min(ENOUGH) } else { *wide };
    let taken = |columns: &[(usize, usize)]| columns.iter().map(|column| room(column) + SPACE).sum::<usize>();
    while width.is_some_and(|width| taken(&columns) > width + SPACE) {
        let rank = |(index, _): &(usize, usize)| COLUMNS[*index].rank;
        match columns.iter().rposition(|column| Some(rank(column)) == columns.iter().map(rank).max()) {
            Some(place) if rank(&columns[place]) > 0 => _ = columns.remove(place),
            _ => break,
        }
    }
    columns
}

/// The cells in their columns. The last of all is cut where the line ends.
fn line(cells: &Cells, layout: &[(usize, usize)], width: Option<usize>) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (index, wide) in layout {
        let cell = &cells[*index];
        if *index == COLUMNS.len() - 1 {
            line += &cut(cell, width.map(|width| width.saturating_sub(used)));
            break;
        }
        let blanks = wide.saturating_sub(cell.width());
        let (before, after) = if COLUMNS[*index].right { (blanks, 0) } else { (0, blanks) };
        line += &format!("{:before$}{cell}{:after$}{:SPACE$}", "", "", "");
        used += cell.width() + blanks + SPACE;
    }
    line.truncate(line.trim_end().len());
    line
}

/// `text` in at most `room` columns, whole words of a list first.
fn cut(text: &str, room: Option<usize>) -> String {
    match room {
        Some(room) if text.width() > room => {
            let more = if text.is_ascii() { "..." } else { "…" };
            let kept: String = text
                .chars()
                .scan(more.width(), |used, char| {
                    *used += unicode_width::UnicodeWidthChar::width(char).unwrap_or(0);
                    (*used <= room).then_some(char)
                })
                .collect();
            if room < more.width() { String::new() } else { kept.trim_end_matches([',', ' ']).to_owned() + more }
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_cut_where_the_line_ends() {
        assert_eq!(cut("one, two", Some(8)), "one, two");
        assert_eq!(cut("one, two", Some(7)), "one...");
        assert_eq!(cut("ün, deux", Some(7)), "ün, de…");
        assert_eq!(cut("one, two", Some(2)), "");
        assert_eq!(cut("one, two", None), "one, two");
    }
}
