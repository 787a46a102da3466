//! Where the table of sockets goes: kept in place on a terminal, or as events; elsewhere a line for each change, if asked
//! for.

use std::io::{self, Write};
use std::time::Duration;

use colored::Colorize as _;

use super::table::{ROWS, Table};
use crate::craft::listen::{Listener, Note};
use crate::wire::Time;

/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the table is.
pub(super) struct Screen<'a> {
    out: Box<dyn Write + 'a>,
    kind: Kind,
    /// Lines that stand there now.
    lines: usize,
    last: Option<(Time, Table)>,
    /// Something has passed since it was drawn.
    stale: bool,
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A table on a terminal of so many columns.
    Table(usize),
    /// One line of JSON for the table whenever it is another.
    Events,
    /// A line for each change.
    Lines,
    /// Nothing.
    Nothing,
}

impl<'a> Screen<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>, kind: Kind) -> Self {
        Self { out, kind, lines: 0, last: None, stale: true }
    }

    /// Something has passed.
    pub(super) const fn touch(&mut self) {
        self.stale = true;
    }

    /// Takes the table away: something else will be printed.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.stale = true;
        let lines = std::mem::take(&mut self.lines);
        if lines > 0 {
            write!(self.out, "{}", up(lines))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// A connection has changed.
    pub(super) fn note(&mut self, note: &Note) -> io::Result<()> {
        self.stale = true;
        match (self.kind, note) {
            (Kind::Lines, Note::Established(sockets)) => {
                writeln!(self.out, "{} ESTABLISHED {}", sockets.local(), sockets.remote())
            }
            (Kind::Lines, Note::Ended(sockets, Some(outcome))) => {
                let how = if outcome.is_success() { "closed" } else { "broken off" };
                writeln!(self.out, "{} CLOSED {} {how}", sockets.local(), sockets.remote())
            }
            (Kind::Lines, Note::Ended(sockets, None)) => {
                writeln!(self.out, "{} LISTEN {} gone", sockets.local(), sockets.remote())
            }
            _ => Ok(()),
        }
    }

    /// Shows the table, unless it is shown already or was just now.
    pub(super) fn draw(&mut self, now: Time, listener: &Listener) -> io::Result<()> {
        if !self.stale || matches!(self.kind, Kind::Lines | Kind::Nothing) {
            return Ok(());
        }
        // Each change of a few connections is an event; in a flood not.
        let few = listener.half_open() + listener.connections() <= ROWS;
        let paced = !(few && self.kind == Kind::Events);
        if paced && self.last.as_ref().is_some_and(|(time, _)| now < *time + PAUSE) {
            return Ok(());
        }
        self.stale = false;
        let table = Table::of(listener);
        let is_shown = self.last.as_ref().is_some_and(|(_, last)| *last == table);
        match self.kind {
            Kind::Table(width) if !is_shown || self.lines == 0 => self.redraw(&table, width)?,
            Kind::Events if !is_shown => table.json(now, &mut self.out)?,
            _ => {}
        }
        self.last = Some((now, table));
        Ok(())
    }

    /// In one write, so that nothing flickers.
    fn redraw(&mut self, table: &Table, width: usize) -> io::Result<()> {
        let mut text = up(std::mem::take(&mut self.lines));
        for (index, line) in table.lines(width).iter().enumerate() {
            let line = if index == 0 { line.bold() } else { line.dimmed() };
            text += &format!("{line}\n");
            self.lines += 1;
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// When it wants to be drawn again.
    pub(super) fn wakes(&self) -> Option<Time> {
        let waits = self.stale && matches!(self.kind, Kind::Table(_) | Kind::Events);
        self.last.as_ref().filter(|_| waits).map(|(time, _)| *time + PAUSE)
    }
}

/// The way up over so many lines, which go.
fn up(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}A\r\x1b[J") }
}
