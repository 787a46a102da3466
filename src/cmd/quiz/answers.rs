//! What is typed, or comes through a pipe: one answer a line.

use std::io::{self, Read as _, Write};
use std::os::fd::AsFd as _;

use crate::quiz::{Judged, Question};
use crate::sys::{Interrupts, Signal, poll, terminal};

/// No answer is longer; what is behind it on the line is passed over.
const LONGEST: usize = 1_000;

/// The lines of standard input.
pub(super) struct Answers {
    stop: Interrupts,
    is_terminal: bool,
    /// Octets that were read and not taken.
    read: Vec<u8>,
    is_over: bool,
    signal: Option<Signal>,
}

impl Answers {
    /// Until the input ends, or a signal comes.
    pub(super) fn new(stop: Interrupts) -> Self {
        let is_terminal = terminal::is_terminal(io::stdin());
        Self { stop, is_terminal, read: Vec::new(), is_over: false, signal: None }
    }

    /// What is answered; none at the end of the input and after Ctrl-C. A person may try again where an answer cannot be
    /// read.
    pub(super) fn answer(&mut self, question: &Question, screen: &mut dyn Write) -> anyhow::Result<Option<String>> {
        loop {
            write!(screen, "> ")?;
            screen.flush()?;
            let line = self.line()?;
            if !self.is_terminal || line.is_none() {
                writeln!(screen)?;
            }
            match line {
                Some(typed) if self.is_terminal && !typed.trim().is_empty() => match question.judge(&typed) {
                    Judged::Unreadable(form) => writeln!(screen, "That cannot be read here; type {form}.")?,
                    Judged::Right | Judged::Wrong(_) => return Ok(Some(typed)),
                },
                line => return Ok(line),
            }
        }
    }

    /// The signal that ended the input.
    pub(super) const fn signal(&self) -> Option<Signal> {
        self.signal
    }

    fn line(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            if let Some(end) = self.read.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(Some(text(&line)));
            }
            if self.is_over {
                let rest = std::mem::take(&mut self.read);
                return Ok((!rest.is_empty()).then(|| text(&rest)));
            }
            self.fill()?;
        }
    }

    /// Reads on; of a line that is too long the beginning stays.
    fn fill(&mut self) -> anyhow::Result<()> {
        let stdin = io::stdin();
        let ready = poll::wait(&[self.stop.as_fd(), stdin.as_fd()], None)?;
        if ready.contains(0) {
            self.signal = self.stop.take();
            self.is_over = true;
            self.read.clear();
            return Ok(());
        }
        let mut octets = [0; 4096];
        // Past the buffer of the standard library, which poll(2) would not see.
        let count = match std::fs::File::from(stdin.as_fd().try_clone_to_owned()?).read(&mut octets) {
            // A terminal that is gone is an end, too.
            Err(error) if self.is_terminal && error.raw_os_error() == Some(libc::EIO) => 0,
            count => count?,
        };
        self.is_over = count == 0;
        let whole = self.read.len().max(LONGEST);
        self.read.extend_from_slice(&octets[..count]);
        if !self.read.contains(&b'\n') {
            self.read.truncate(whole);
        }
        Ok(())
    }
}

fn text(line: &[u8]) -> String {
    let line = &line[..line.len().min(LONGEST)];
    String::from_utf8_lossy(line).trim().to_owned()
}
