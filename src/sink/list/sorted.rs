//! Verdicts in another order.

use std::cmp::Ordering;
use std::io;

use super::LeftOut;
use crate::sink::Sink;
use crate::sink::fields::{Row, Sort};
use crate::trace::{Event, EventKind};

/// Verdicts that are passed on at most, 480 octets each.
const MOST: usize = 200_000;
/// Verdicts that are kept until those behind the first [`MOST`] go.
const KEPT: usize = MOST + MOST / 4;

/// Keeps verdicts until the end, and then passes them on in order; connections that are alike stay in the order of their
/// numbers. Memory is bounded: of too many the last ones of that order are left out, and counted.
pub struct Sorted<'a> {
    sort: Sort,
    left_out: LeftOut,
    inner: Box<dyn Sink + 'a>,
    ended: Vec<Event>,
}

impl<'a> Sorted<'a> {
    /// Sorts what `inner` is given; `left_out` is told how many rows had no room.
    #[must_use]
    pub fn new(sort: Sort, left_out: LeftOut, inner: Box<dyn Sink + 'a>) -> Self {
        Self { sort, left_out, inner, ended: Vec::new() }
    }

    /// Puts them in order, and leaves out those for which there is no room.
    fn put_in_order(&mut self) {
        let Sort { field, descending } = self.sort;
        let value = |event: &Event| match &event.kind {
            EventKind::Ended(summary) => Some((field.value)(&Row { number: event.connection, summary })),
            _ => None,
        };
        // Needs no memory of its own; no two connections have one number.
        self.ended.sort_unstable_by(|one, other| {
            let order = value(one).zip(value(other)).map(|(one, other)| one.order(other, descending));
            order.unwrap_or(Ordering::Equal).then(one.connection.cmp(&other.connection))
        });
        self.left_out.borrow_mut().rows += self.ended.len().saturating_sub(MOST) as u64;
        self.ended.truncate(MOST);
    }
}

impl Sink for Sorted<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if matches!(event.kind, EventKind::Ended(_)) {
            self.ended.push(*event);
            if self.ended.len() == KEPT {
                self.put_in_order();
            }
        }
        Ok(())
    }

    /// Nothing can be said before the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.put_in_order();
        self.ended.drain(..).try_for_each(|event| self.inner.event(&event))?;
        self.inner.finish()
    }
}
