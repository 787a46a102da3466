//! Events as JSON, one object a line.

use std::io::{self, Write};

use serde::Serialize;

use super::Sink;
use crate::trace::exchange::ExchangeEvent;
use crate::trace::{Event, SCHEMA};

/// One line: the event, and the version of its format.
#[derive(Serialize)]
struct Line<'a, E> {
    schema: u32,
    /// Which run the event is of, where several are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'static str>,
    #[serde(flatten)]
    event: &'a E,
}

/// Writes one object as a line.
pub(super) fn write_object(out: &mut (impl Write + ?Sized), event: &impl Serialize) -> io::Result<()> {
    write_line(out, None, event)
}

fn write_line(out: &mut (impl Write + ?Sized), run: Option<&'static str>, event: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { schema: SCHEMA, run, event })?;
    out.write_all(b"\n")
}

/// Writes each event at once, as one line of JSON.
pub struct Json<W> {
    out: W,
    run: Option<&'static str>,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, run: None }
    }

    /// The same; each event says which run it is of.
    pub const fn of_run(run: &'static str, out: W) -> Self {
        Self { out, run: Some(run) }
    }

    fn line(&mut self, event: &impl Serialize) -> io::Result<()> {
        write_line(&mut self.out, self.run, event)
    }
}

impl<W: Write> Sink for Json<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.line(event)
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        self.line(event)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
