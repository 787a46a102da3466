//! The list as a table for people.

use std::io::{self, Write};

use colored::Colorize;

use super::columns::{Column, columns};
use super::layout::{Cells, Layout};
use super::{LeftOut, ListSettings};
use crate::ladder;
use crate::sink::Sink;
use crate::sink::fields::Row;
use crate::trace::{Event, EventKind};

/// Rows that are held back so that columns are as wide as they must be, and rows in the order of their numbers. Behind
/// them rows are written as they come.
const HELD: usize = 1_000;

/// Writes the verdicts as a table.
pub struct Table<'a> {
    out: Box<dyn Write + 'a>,
    columns: Vec<Column>,
    left_out: LeftOut,
    width: Option<usize>,
    ascii: bool,
    /// Rows come in the order in which they shall stand.
    sorted: bool,
    held: Vec<(u32, Cells)>,
    /// Once rows were written.
    layout: Option<Layout>,
    /// The row at hand, and its line: their memory is used again for the next.
    cells: Cells,
    line: String,
}

impl<'a> Table<'a> {
    /// A table on `out`.
    #[must_use]
    pub fn new(settings: &ListSettings, out: Box<dyn Write + 'a>) -> Self {
        let ListSettings { width, ascii, sort, columns: chosen, left_out } = settings.clone();
        Self {
            out,
            columns: columns(&chosen),
            left_out,
            width,
            ascii,
            sorted: sort.is_some(),
            held: Vec::new(),
            layout: None,
            cells: Cells::default(),
            line: String::new(),
        }
    }

    /// Makes the cells those of a row, in ASCII if that was asked for.
    fn fill(&mut self, append: impl Fn(&Column, &mut String)) {
        let ascii = self.ascii;
        self.cells.fill(&self.columns, |column, out| {
            let start = out.len();
            append(column, out);
            if ascii && !out[start..].is_ascii() {
                let text = ladder::ascii(&out[start..]);
                out.truncate(start);
                out.push_str(&text);
            }
        });
    }

    /// Writes the rows that were held back. `all`: there will be no more of them.
    fn write_held(&mut self, all: bool) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        if !self.sorted {
            held.sort_unstable_by_key(|(number, _)| *number);
        }
        if self.layout.is_none() && !held.is_empty() {
            self.fill(|column, out| out.push_str(column.heading));
            let layout = Layout::new(&self.columns, &self.cells, &held, (self.width, self.ascii), all);
            self.note_left_out(&layout, &held);
            layout.line(&self.cells, &mut self.line);
            self.layout = Some(layout);
            writeln!(self.out, "{}", self.line.bold())?;
        }
        held.into_iter().try_for_each(|(_, cells)| {
            self.cells = cells;
            self.write_row()
        })
    }

    /// Notes the columns for which there was no room, but for one that had nothing to say.
    fn note_left_out(&self, layout: &Layout, rows: &[(u32, Cells)]) {
        let is_empty = |index: usize| rows.iter().all(|(_, cells)| cells.get(index).is_empty());
        let left_out = self.columns.iter().enumerate().filter(|(index, _)| !layout.has(*index) && !is_empty(*index));
        self.left_out.borrow_mut().columns = left_out.map(|(_, column)| column.heading).collect();
    }

    /// Writes the cells as a row, if there is a layout.
    fn write_row(&mut self) -> io::Result<()> {
        let Some(layout) = &self.layout else { return Ok(()) };
        layout.line(&self.cells, &mut self.line);
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }
}

impl Sink for Table<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::Ended(summary) = &event.kind else { return Ok(()) };
        let row = Row { number: event.connection, summary };
        self.fill(|column, out| column.write(&row, out));
        if self.layout.is_some() {
            return self.write_row();
        }
        self.held.push((event.connection, self.cells.clone()));
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
