//! What is shown while somebody steps through a connection.

use std::collections::HashSet;
use std::io::{self, Write};

use super::ladder::write_line;
use crate::explain::{Statement, Topic};
use crate::ladder::{Ladder, Lane, Line, Row, Settings, Verbosity, alone, ascii, heads, lines, statements, wrap};
use crate::trace::{Event, EventKind, Opened};
use crate::wire::Time;

/// Writes `list`, the first words in a column of their own.
///
/// # Errors
/// The destination could not be written to.
pub fn told(list: &[Statement], settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    write_all(&statements(list, settings), out)
}

/// Writes a sentence.
///
/// # Errors
/// The destination could not be written to.
pub fn sentence(text: &str, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let text = if settings.ascii { ascii(text) } else { text.to_owned() };
    wrap(&text, settings.width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes what can be typed, and what it does.
///
/// # Errors
/// The destination could not be written to.
pub fn help(rows: &[(String, &str)], settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let column = rows.iter().map(|(words, _)| words.len()).max().unwrap_or(0) + 2;
    for (words, text) in rows {
        for (at, line) in wrap(text, settings.width.saturating_sub(column + 2)).iter().enumerate() {
            let words = if at == 0 { words } else { "" };
            writeln!(out, "  {words:column$}{line}")?;
        }
    }
    Ok(())
}

/// Draws one event after the other.
#[derive(Debug, Default)]
pub struct OneByOne {
    opened: Option<Opened>,
    last: Option<Time>,
    said: HashSet<Topic>,
}

impl OneByOne {
    /// The two sockets, once they are known.
    #[must_use]
    pub const fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    /// Writes the rows of `event`, with every reason unless `settings` want none; of options those of a SYN.
    ///
    /// # Errors
    /// The destination could not be written to.
    pub fn event(&mut self, event: &Event, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        if let EventKind::Opened(opened) = &event.kind {
            self.opened = Some(*opened);
        }
        let (Some(opened), true) = (self.opened, event.packet().is_some()) else { return Ok(()) };
        let after = self.last.map(|last| event.time.since(last));
        let all = all(settings);
        let ladder = alone(event, &opened, after, &mut self.said, &all);
        let is_syn = matches!(&event.kind, EventKind::Segment(segment) if segment.flags.syn());
        if self.last.is_none() {
            names(&ladder, settings, out)?;
        }
        self.last = Some(event.time);
        turn(&ladder.rows, is_syn || settings.verbosity == Verbosity::Verbose, settings, out)
    }
}

/// With every reason, unless none is wanted.
#[must_use]
pub fn all(settings: &Settings) -> Settings {
    let is_quiet = settings.verbosity == Verbosity::Quiet;
    Settings { verbosity: if is_quiet { Verbosity::Quiet } else { Verbosity::Verbose }, ..settings.clone() }
}

/// Writes the names of both ends.
///
/// # Errors
/// The destination could not be written to.
pub fn names(ladder: &Ladder, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    write_all(&heads(ladder, settings), out)
}

/// Writes some rows of a ladder, those of options only with `options`.
///
/// # Errors
/// The destination could not be written to.
pub fn turn(rows: &[Row], options: bool, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<Row> = rows.iter().filter(|row| is_shown(row, options)).cloned().collect();
    write_all(&lines(&shown, settings), out)
}

/// Lines that [`turn`] writes for a row.
#[must_use]
pub fn height(row: &Row, options: bool, settings: &Settings) -> usize {
    if is_shown(row, options) { lines(std::slice::from_ref(row), settings).len() } else { 0 }
}

const fn is_shown(row: &Row, options: bool) -> bool {
    options || !matches!(row.lane, Lane::Options(_))
}

fn write_all(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    lines.iter().try_for_each(|line| write_line(out, line))
}
