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
    #[serde(flatten)]
    event: &'a E,
}

/// Writes each event at once, as one line of JSON.
pub struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out }
    }

    fn line(&mut self, event: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &Line { schema: SCHEMA, event })?;
        self.out.write_all(b"\n")
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
