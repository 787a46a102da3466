//! Which connections are shown.

use std::cell::Cell;
use std::io;

use anyhow::anyhow;

use super::args::VerdictArgs;
use super::expression::Expression;
use crate::sink::Sink;
use crate::sink::fields::Row;
use crate::trace::{Event, EventKind, Handshake, Mark, Summary, Termination};

/// Connections by their numbers.
#[derive(Clone, Debug)]
pub(in crate::cmd) enum Wanted {
    One(u32),
    /// One bit for each number.
    Some(Vec<u64>),
}

impl Wanted {
    pub(in crate::cmd) fn has(&self, number: u32) -> bool {
        match self {
            Self::One(wanted) => *wanted == number,
            Self::Some(bits) => bits.get(number as usize / 64).is_some_and(|word| word & 1 << (number % 64) != 0),
        }
    }
}

/// What was asked for.
pub(in crate::cmd) struct Choice {
    connection: Option<u32>,
    only: Vec<String>,
    expression: Option<Expression>,
    /// Connections that were found to be asked for.
    met: Cell<u64>,
}

impl Choice {
    /// # Errors
    /// The expression cannot be read.
    pub(in crate::cmd) fn new(connection: Option<u32>, args: &VerdictArgs) -> anyhow::Result<Self> {
        let expression = args.expression.as_deref().map(Expression::parse).transpose();
        let expression = expression.map_err(|error| anyhow!("--where: {error}"))?;
        Ok(Self { connection, only: args.only.clone(), expression, met: Cell::new(0) })
    }

    /// Whether it takes the verdict to know, which stands only at the connection's end.
    pub(in crate::cmd) fn is_by_verdict(&self) -> bool {
        !self.only.is_empty() || self.expression.is_some()
    }

    /// Connections that were asked for, as far as [`Self::takes`] was called.
    pub(in crate::cmd) fn met(&self) -> u64 {
        self.met.get()
    }

    /// Whether this connection was asked for; counts it if so.
    pub(in crate::cmd) fn takes(&self, row: &Row<'_>) -> bool {
        let takes = self.connection.is_none_or(|number| number == row.number)
            && (self.only.is_empty() || self.only.iter().any(|name| has_verdict(row.summary, name)))
            && self.expression.as_ref().is_none_or(|expression| expression.holds(row));
        self.met.set(self.met.get() + u64::from(takes));
        takes
    }
}

/// The names that `--only` takes.
pub(in crate::cmd) fn verdicts() -> Vec<&'static str> {
    let handshakes = Handshake::ALL.into_iter().map(Handshake::name);
    let terminations = Termination::ALL.into_iter().map(Termination::name);
    let mut names: Vec<_> = handshakes.chain(terminations).collect();
    // A mark may have the name of a handshake: it is the same thing.
    let marks = Mark::all().map(Mark::name).filter(|name| !names.contains(name)).collect::<Vec<_>>();
    names.extend(marks);
    names
}

fn has_verdict(summary: &Summary, name: &str) -> bool {
    summary.handshake.name() == name
        || summary.termination.name() == name
        || summary.marks.iter().any(|mark| mark.name() == name)
}

/// Passes on the verdicts that were asked for, and nothing else.
pub(in crate::cmd) struct Verdicts<'a> {
    pub(in crate::cmd) choice: &'a Choice,
    pub(in crate::cmd) inner: Box<dyn Sink + 'a>,
}

impl Sink for Verdicts<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::Ended(summary) if self.choice.takes(&Row { number: event.connection, summary }) => {
                self.inner.event(event)
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }

    fn so_far(&mut self) -> io::Result<()> {
        self.inner.so_far()
    }

    fn make_way(&mut self) -> io::Result<()> {
        self.inner.make_way()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.inner.finish()
    }
}

/// Notes the numbers of connections that were asked for.
pub(in crate::cmd) struct Picker<'a> {
    choice: &'a Choice,
    bits: Vec<u64>,
}

impl<'a> Picker<'a> {
    pub(in crate::cmd) fn new(choice: &'a Choice) -> Self {
        Self { choice, bits: Vec::new() }
    }

    pub(in crate::cmd) fn picked(self) -> Wanted {
        Wanted::Some(self.bits)
    }
}

impl Sink for Picker<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::Ended(summary) = &event.kind else { return Ok(()) };
        let number = event.connection;
        if self.choice.takes(&Row { number, summary }) {
            let word = number as usize / 64;
            if word >= self.bits.len() {
                self.bits.resize(word + 1, 0);
            }
            self.bits[word] |= 1 << (number % 64);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
