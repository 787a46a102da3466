//! The list as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::sink::Sink;
use crate::sink::fields::duration;
use crate::trace::{Event, EventKind, Millis, SCHEMA, Summary};

/// Writes the verdicts as one JSON object a line, in the order in which the connections ended.
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
    /// From the first segment to the last.
    duration_ms: Millis,
}

impl Sink for JsonList<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let EventKind::Ended(summary) = &event.kind {
            let (connection, duration_ms) = (event.connection, duration(summary));
            let object = Object { schema: SCHEMA, connection, summary, duration_ms };
            serde_json::to_writer(&mut *self.out, &object)?;
            self.out.write_all(b"\n")?;
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
