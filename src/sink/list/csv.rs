//! The list as comma-separated values (RFC 4180, but with plain line feeds).

use std::io::{self, Write};

use crate::sink::Sink;
use crate::sink::fields::{FIELDS, Row};
use crate::trace::{Event, EventKind};

/// Writes every field of each verdict, in the order in which the connections ended, below a line with the fields' names.
pub struct CsvList<'a> {
    out: Box<dyn Write + 'a>,
    begun: bool,
}

impl<'a> CsvList<'a> {
    /// Lines on `out`.
    #[must_use]
    pub fn new(out: Box<dyn Write + 'a>) -> Self {
        Self { out, begun: false }
    }

    /// The fields' names, also where no connection follows: an empty table has columns too.
    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        line(&mut *self.out, FIELDS.iter().map(|field| field.name.to_owned()))
    }
}

impl Sink for CsvList<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::Ended(summary) = &event.kind else { return Ok(()) };
        self.begin()?;
        let row = Row { number: event.connection, summary };
        line(&mut *self.out, FIELDS.iter().map(|field| (field.value)(&row).to_string()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
}

fn line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    for (index, cell) in cells.enumerate() {
        write!(out, "{}{}", if index > 0 { "," } else { "" }, quoted(cell))?;
    }
    writeln!(out)
}

/// In quotes where a reader would otherwise misunderstand.
fn quoted(cell: String) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_has_them() {
        let mut out = Vec::new();
        line(&mut out, ["a b", "c,d", "e\"f", "g\nh", ""].into_iter().map(str::to_owned)).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a b,\"c,d\",\"e\"\"f\",\"g\nh\",\n");
    }
}
