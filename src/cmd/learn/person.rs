//! The learner: reads page by page, types answers, and may leave at any time.

use std::io::{self, Write};
use std::os::fd::BorrowedFd;

use anyhow::bail;
use thiserror::Error;

use crate::cmd::keyboard::Keyboard;
use crate::ladder::{Line, wrap};
use crate::quiz::{Answer, Judged};
use crate::sink::learn as show;
use crate::sys::{Interrupts, Signal, terminal};

/// The learner has left: by `q`, by a signal, or because the input is over.
#[derive(Clone, Copy, Debug, Error)]
#[error("the lesson was left")]
pub(super) struct Left;

/// Who reads and answers.
pub(super) struct Person<'a> {
    keyboard: Keyboard,
    out: &'a mut dyn Write,
    /// Nobody is asked anything.
    is_absent: bool,
    /// Lines of the screen, where somebody sits before one.
    rows: Option<usize>,
    /// Lines since something was typed.
    read: usize,
}

/// What ends a lesson.
const QUIT: [&str; 3] = ["q", "quit", "exit"];

impl<'a> Person<'a> {
    /// Before this screen; `is_absent` where nobody is to be asked.
    ///
    /// # Errors
    /// Signals cannot be waited for.
    pub(super) fn new(is_absent: bool, out: &'a mut dyn Write) -> anyhow::Result<Self> {
        let keyboard = Keyboard::new(Interrupts::new()?);
        let is_there = keyboard.is_terminal() && !is_absent;
        let rows = terminal::size(io::stdout()).filter(|_| is_there).map(|size| usize::from(size.rows).max(5));
        Ok(Self { keyboard, out, is_absent, rows, read: 0 })
    }

    /// Nobody is asked anything.
    pub(super) const fn is_absent(&self) -> bool {
        self.is_absent
    }

    /// Somebody types, and sees it.
    pub(super) const fn is_there(&self) -> bool {
        self.rows.is_some()
    }

    /// The signal by which they left.
    pub(super) const fn signal(&self) -> Option<Signal> {
        self.keyboard.signal()
    }

    /// Becomes readable when a signal comes, which [`Self::interrupted`] then takes.
    pub(super) fn stop(&self) -> BorrowedFd<'_> {
        self.keyboard.stop()
    }

    /// Takes the signal that has come.
    pub(super) fn interrupted(&mut self) {
        self.keyboard.interrupted();
    }

    /// Shows lines, page by page where somebody reads them.
    ///
    /// # Errors
    /// They have left, or nothing can be written.
    pub(super) fn show(&mut self, lines: &[Line]) -> anyhow::Result<()> {
        for line in lines {
            self.turn()?;
            show::line(line, self.out)?;
        }
        Ok(self.out.flush()?)
    }

    /// Shows what another run of this program has written, styles and all; remarks, which it folds only on a terminal, are
    /// folded into `columns`.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub(super) fn show_output(&mut self, output: &str, columns: usize) -> anyhow::Result<()> {
        for line in output.lines() {
            let is_remark = !line.contains('\x1b') && line.chars().count() > columns;
            for line in if is_remark { wrap(line, columns) } else { vec![line.to_owned()] } {
                self.turn()?;
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(self.out.flush()?)
    }

    /// Waits before the screen is full, until they have read it.
    fn turn(&mut self) -> anyhow::Result<()> {
        if self.rows.is_some_and(|rows| self.read + 1 >= rows) {
            self.pause("Enter goes on")?;
        }
        self.read += 1;
        Ok(())
    }

    /// Waits until they have read what is shown; not where nobody is there to read.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub(super) fn pause(&mut self, what: &str) -> anyhow::Result<()> {
        if self.is_there() {
            self.line(&format!("-- {what}, q ends --"))?;
        }
        Ok(())
    }

    /// What they type.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub(super) fn line(&mut self, prompt: &str) -> anyhow::Result<String> {
        write!(self.out, "{prompt} ")?;
        self.out.flush()?;
        let line = self.keyboard.line()?;
        if !self.keyboard.is_terminal() || line.is_none() {
            writeln!(self.out)?;
        }
        self.read = 0;
        match line {
            Some(line) if !QUIT.contains(&line.to_lowercase().as_str()) => Ok(line),
            _ => bail!(Left),
        }
    }

    /// Their answer to a question of this form; they may try again where it cannot be read.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub(super) fn answer(&mut self, form: &Answer) -> anyhow::Result<String> {
        loop {
            let typed = self.line(">")?;
            match form.judge(&typed) {
                Judged::Unreadable(form) if !typed.is_empty() && self.keyboard.is_terminal() => {
                    writeln!(self.out, "That cannot be read here; type {form}. q ends.")?;
                }
                _ => return Ok(typed),
            }
        }
    }
}
