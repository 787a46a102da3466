//! The list as a table for people.

use std::io::{self, Write};

use colored::Colorize;

use super::ListSettings;
use super::columns::{COLUMNS, Column};
use super::layout::{Cells, Layout};
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
    width: Option<usize>,
    ascii: bool,
    /// Rows come in the order in which they shall stand.
    sorted: bool,
    held: Vec<(u32, Cells)>,
    /// Once rows were written.
    layout: Option<Layout>,
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
            let layout = Layout::new(&headings, &held, self.width, self.ascii, all);
            let heading = layout.line(&headings);
            self.layout = Some(layout);
            writeln!(self.out, "{}", heading.bold())?;
        }
        held.iter().try_for_each(|(_, cells)| self.write_row(cells))
    }

    fn write_row(&mut self, cells: &Cells) -> io::Result<()> {
        let line = self.layout.as_ref().map_or_else(String::new, |layout| layout.line(cells));
        writeln!(self.out, "{line}")
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
