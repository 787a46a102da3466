//! One row for each exchange, below those of the connections; or one JSON object.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use colored::Colorize;
use serde::Serialize;

use crate::sink::{Format, ListSettings, Sink};
use crate::trace::exchange::{ExchangeEvent, ExchangeKind, ExchangeSummary, Protocol};
use crate::trace::{Event, Millis, SCHEMA};
use crate::{explain, ladder};

/// Rows that are kept until all are known, so that they can be set in order below the connections; more are written as
/// they come.
const KEPT: usize = 50_000;

/// An output that two share.
#[derive(Clone)]
struct Shared<'a> {
    out: Rc<RefCell<Box<dyn Write + 'a>>>,
    /// Whether anything was written.
    used: Rc<RefCell<bool>>,
}

impl Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.used.borrow_mut() |= !bytes.is_empty();
        self.out.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.borrow_mut().flush()
    }
}

/// The list of connections that `open` makes, with exchanges beside it.
pub(in crate::sink) fn with_exchanges<'a>(
    format: Format,
    settings: &ListSettings,
    out: Box<dyn Write + 'a>,
    open: impl FnOnce(Box<dyn Write + 'a>) -> Box<dyn Sink + 'a>,
) -> Box<dyn Sink + 'a> {
    let out = Shared { out: Rc::new(RefCell::new(out)), used: Rc::default() };
    let ListSettings { width, ascii, .. } = *settings;
    let table = Table { width, ascii, rows: Vec::new(), widths: None };
    Box::new(Both { connections: open(Box::new(out.clone())), format, table, out })
}

struct Both<'a> {
    connections: Box<dyn Sink + 'a>,
    format: Format,
    table: Table,
    out: Shared<'a>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    exchange: u32,
    protocol: Protocol,
    #[serde(flatten)]
    summary: &'a ExchangeSummary,
    /// From the first message to the last.
    duration_ms: Millis,
}

impl Sink for Both<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.connections.event(event)
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        let ExchangeKind::Ended(summary) = &event.kind else { return Ok(()) };
        let &ExchangeEvent { exchange, protocol, .. } = event;
        if self.format == Format::Csv {
            return Ok(());
        }
        if self.format == Format::Json {
            let duration_ms = Millis(summary.last.since(summary.first));
            let object = Object { schema: SCHEMA, exchange, protocol, summary, duration_ms };
            serde_json::to_writer(&mut self.out, &object)?;
            return self.out.write_all(b"\n");
        }
        self.table.add(Row { exchange, protocol, summary: *summary }, &mut self.out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.connections.flush()?;
        // Rows of two tables must not mix.
        if !*self.out.used.borrow() {
            self.table.finish(&mut self.out)?;
        }
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.connections.finish()?;
        self.table.finish(&mut self.out)?;
        self.out.flush()
    }
}

struct Row {
    exchange: u32,
    protocol: Protocol,
    summary: ExchangeSummary,
}

/// One column: its heading, whether it is aligned right, and its text. Of those behind the outcome, as many are shown
/// as fit.
struct Column {
    heading: &'static str,
    right: bool,
    text: fn(&Row) -> String,
}

const fn left(heading: &'static str, text: fn(&Row) -> String) -> Column {
    Column { heading, right: false, text }
}

const fn right(heading: &'static str, text: fn(&Row) -> String) -> Column {
    Column { heading, right: true, text }
}

/// Columns that are always shown.
const LEAST: usize = 5;
const COLUMNS: [Column; 11] = [
    right("#", |row| row.exchange.to_string()),
    left("exchange", |row| explain::exchange_name(row.protocol, row.summary.server.ip().is_ipv6()).to_owned()),
    left("client", |row| row.summary.client.to_string()),
    left("server", |row| row.summary.server.to_string()),
    left("outcome", |row| row.summary.outcome.name().to_owned()),
    right("sent →", |row| row.summary.messages.client.to_string()),
    right("sent ←", |row| row.summary.messages.server.to_string()),
    right("response", response),
    right("bytes →", |row| row.summary.octets.client.to_string()),
    right("bytes ←", |row| row.summary.octets.server.to_string()),
    right("lasted", |row| explain::duration(row.summary.last.since(row.summary.first))),
];

/// The mean.
fn response(row: &Row) -> String {
    row.summary.responses.map_or_else(|| "–".to_owned(), |times| explain::duration(times.mean.0))
}

struct Table {
    width: Option<usize>,
    ascii: bool,
    rows: Vec<Row>,
    /// Of the columns that are shown, once the heading was written.
    widths: Option<Vec<usize>>,
}

impl Table {
    fn text(&self, text: &str) -> String {
        if self.ascii { ladder::ascii(text) } else { text.to_owned() }
    }

    fn add(&mut self, row: Row, out: &mut Shared<'_>) -> io::Result<()> {
        if self.widths.is_some() {
            return self.write(&row, out);
        }
        self.rows.push(row);
        if self.rows.len() < KEPT { Ok(()) } else { self.begin(out) }
    }

    fn finish(&mut self, out: &mut Shared<'_>) -> io::Result<()> {
        if self.rows.is_empty() { Ok(()) } else { self.begin(out) }
    }

    /// Writes the heading, and the rows that were kept.
    fn begin(&mut self, out: &mut Shared<'_>) -> io::Result<()> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by_key(|row| row.exchange);
        let wide = |text: &str| self.text(text).chars().count();
        let widest = |column: &Column| {
            let cells = rows.iter().map(|row| wide(&(column.text)(row)));
            cells.max().unwrap_or(0).max(wide(column.heading))
        };
        let mut used = 0;
        let mut widths = Vec::new();
        for wide in COLUMNS.iter().map(widest) {
            used += wide + 2;
            if widths.len() >= LEAST && self.width.is_some_and(|width| used - 2 > width) {
                break;
            }
            widths.push(wide);
        }
        if *out.used.borrow() {
            writeln!(out)?;
        }
        writeln!(out, "{}", line(&widths, |column| self.text(column.heading)).bold())?;
        self.widths = Some(widths);
        rows.iter().try_for_each(|row| self.write(row, out))
    }

    fn write(&self, row: &Row, out: &mut Shared<'_>) -> io::Result<()> {
        let widths = self.widths.as_deref().unwrap_or_default();
        writeln!(out, "{}", line(widths, |column| self.text(&(column.text)(row))))
    }
}

fn line(widths: &[usize], text: impl Fn(&Column) -> String) -> String {
    let cell = |(column, wide): (&Column, &usize)| {
        let text = text(column);
        if column.right { format!("{text:>wide$}") } else { format!("{text:<wide$}") }
    };
    COLUMNS.iter().zip(widths).map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
}
