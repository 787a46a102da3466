//! Verdicts in another order.

use std::io;

use crate::sink::Sink;
use crate::sink::fields::{Row, Sort};
use crate::trace::{Event, EventKind};

/// Keeps every verdict until the end, and then passes them on in order; connections that are alike stay in the order of
/// their numbers. What it keeps grows with the connections.
pub struct Sorted<'a> {
    sort: Sort,
    inner: Box<dyn Sink + 'a>,
    ended: Vec<Event>,
}

impl<'a> Sorted<'a> {
    /// Sorts what `inner` is given.
    #[must_use]
    pub fn new(sort: Sort, inner: Box<dyn Sink + 'a>) -> Self {
        Self { sort, inner, ended: Vec::new() }
    }
}

impl Sink for Sorted<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if matches!(event.kind, EventKind::Ended(_)) {
            self.ended.push(*event);
        }
        Ok(())
    }

    /// Nothing can be said before the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let Sort { field, descending } = self.sort;
        let value = |event: &Event| match &event.kind {
            EventKind::Ended(summary) => Some((field.value)(&Row { number: event.connection, summary })),
            _ => None,
        };
        self.ended.sort_by(|one, other| {
            let order = value(one).zip(value(other)).map(|(one, other)| one.order(other, descending));
            order.unwrap_or(std::cmp::Ordering::Equal).then(one.connection.cmp(&other.connection))
        });
        self.ended.drain(..).try_for_each(|event| self.inner.event(&event))?;
        self.inner.finish()
    }
}
