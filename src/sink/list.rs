//! One row for each connection, or one JSON object.

use std::io::{self, Write};

use colored::Colorize;
use serde::Serialize;

use super::Sink;
use crate::explain;
use crate::ladder::Settings;
use crate::trace::{Event, EventKind, Handshake, SCHEMA, Side, Summary, Termination};

/// The verdicts as a table, in the order of the first segments.
pub struct List<'a> {
    out: Box<dyn Write + 'a>,
    width: usize,
    rows: Vec<(u32, Summary)>,
}

impl<'a> List<'a> {
    /// A table on `out`.
    #[must_use]
    pub fn new(settings: &Settings, out: Box<dyn Write + 'a>) -> Self {
        Self { out, width: settings.width, rows: Vec::new() }
    }
}

/// One column: its heading, whether it is aligned right, and its text for a connection. The columns that fit are
/// shown; those at the end go first.
struct Column {
    heading: &'static str,
    right: bool,
    text: fn(u32, &Summary) -> String,
}

const COLUMNS: &[Column] = &[
    Column { heading: "#", right: true, text: |number, _| number.to_string() },
    Column { heading: "client", right: false, text: |_, summary| summary.client.to_string() },
    Column { heading: "server", right: false, text: |_, summary| summary.server.to_string() },
    Column { heading: "opened", right: false, text: |_, summary| opened(summary) },
    Column { heading: "closed", right: false, text: |_, summary| closed(summary) },
    Column { heading: "segments", right: true, text: |_, summary| summary.segments.to_string() },
    Column { heading: "bytes →", right: true, text: |_, summary| summary.bytes_client.to_string() },
    Column { heading: "bytes ←", right: true, text: |_, summary| summary.bytes_server.to_string() },
    Column { heading: "rtt", right: true, text: |_, summary| rtt(summary) },
    Column { heading: "lasted", right: true, text: |_, summary| explain::duration(summary.last.since(summary.first)) },
];

fn opened(summary: &Summary) -> String {
    match (summary.handshake, summary.syns) {
        (Handshake::Unanswered, syns) if syns > 1 => format!("unanswered ×{syns}"),
        (handshake, _) => handshake.name().to_owned(),
    }
}

fn closed(summary: &Summary) -> String {
    let by = match summary.closed_first {
        Some(Side::Client) => " by client",
        Some(Side::Server) => " by server",
        None => "",
    };
    match summary.termination {
        Termination::None => "–".to_owned(),
        termination => format!("{}{by}", termination.name()),
    }
}

fn rtt(summary: &Summary) -> String {
    summary.handshake_rtt.map_or_else(|| "–".to_owned(), |rtt| explain::duration(rtt.0))
}

impl Sink for List<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let EventKind::Ended(summary) = event.kind {
            self.rows.push((event.connection, summary));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.rows.sort_unstable_by_key(|(number, _)| *number);
        if !self.rows.is_empty() {
            let cells: Vec<Vec<String>> = COLUMNS
                .iter()
                .map(|column| self.rows.iter().map(|(number, summary)| (column.text)(*number, summary)).collect())
                .collect();
            write_table(&mut *self.out, &cells, self.width)?;
        }
        self.out.flush()
    }
}

fn write_table(out: &mut dyn Write, cells: &[Vec<String>], width: usize) -> io::Result<()> {
    let columns: Vec<(&Column, &Vec<String>, usize)> = COLUMNS
        .iter()
        .zip(cells)
        .map(|(column, cells)| {
            let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            (column, cells, widest.max(column.heading.chars().count()))
        })
        .scan(0, |used, column| {
            *used += column.2 + 2;
            Some((*used - 2, column))
        })
        .enumerate()
        .take_while(|(index, (used, _))| *index < 5 || *used <= width)
        .map(|(_, (_, column))| column)
        .collect();
    let heading = line(columns.iter().map(|(column, _, wide)| (column.heading, column.right, *wide)));
    writeln!(out, "{}", heading.bold())?;
    let rows = columns.first().map_or(0, |(_, cells, _)| cells.len());
    for row in 0..rows {
        writeln!(out, "{}", line(columns.iter().map(|(column, cells, wide)| (&*cells[row], column.right, *wide))))?;
    }
    Ok(())
}

fn line<'a>(cells: impl Iterator<Item = (&'a str, bool, usize)>) -> String {
    let padded: Vec<String> = cells
        .map(|(text, right, wide)| if right { format!("{text:>wide$}") } else { format!("{text:<wide$}") })
        .collect();
    padded.join("  ").trim_end().to_owned()
}

/// The verdicts as one JSON object a line, in the order in which the connections ended.
pub struct JsonList<'a> {
    out: Box<dyn Write + 'a>,
}

impl<'a> JsonList<'a> {
    /// Objects on `out`.
    #[must_use]
    pub fn new(out: Box<dyn Write + 'a>) -> Self {
        Self { out }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    connection: u32,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl Sink for JsonList<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let EventKind::Ended(summary) = &event.kind {
            let object = Object { schema: SCHEMA, connection: event.connection, summary };
            serde_json::to_writer(&mut *self.out, &object)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
