//! What is typed, or comes through a pipe: one answer a line.

use std::io::Write;

use crate::cmd::keyboard::Keyboard;
use crate::quiz::{Judged, Question};
use crate::sys::{Interrupts, Signal};

/// The answers on standard input.
pub(super) struct Answers(Keyboard);

impl Answers {
    /// Until the input ends, or a signal comes.
    pub(super) fn new(stop: Interrupts) -> Self {
        Self(Keyboard::new(stop))
    }

    /// What is answered; none at the end of the input and after Ctrl-C. A person may try again where an answer cannot be
    /// read.
    pub(super) fn answer(&mut self, question: &Question, screen: &mut dyn Write) -> anyhow::Result<Option<String>> {
        loop {
            write!(screen, "> ")?;
            screen.flush()?;
            let line = self.0.line()?;
            if !self.0.is_terminal() || line.is_none() {
                writeln!(screen)?;
            }
            match line {
                Some(typed) if self.0.is_terminal() && !typed.trim().is_empty() => match question.judge(&typed) {
                    Judged::Unreadable(form) => writeln!(screen, "That cannot be read here; type {form}.")?,
                    Judged::Right | Judged::Wrong(_) => return Ok(Some(typed)),
                },
                line => return Ok(line),
            }
        }
    }

    /// The signal that ended the input.
    pub(super) const fn signal(&self) -> Option<Signal> {
        self.0.signal()
    }
}
