//! What is typed, or comes through a pipe: lines of standard input.

use std::io::{self, Read as _, Stdin};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use crate::sys::{Interrupts, Signal, poll, terminal};

/// No line that anybody types is longer; what is behind that is passed over.
const LONGEST: usize = 1_000;

/// The lines of standard input, for who waits for other things, too.
pub(super) struct Lines {
    stdin: Stdin,
    is_terminal: bool,
    /// Octets that were read and not taken.
    read: Vec<u8>,
    is_over: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        let stdin = io::stdin();
        Self { is_terminal: terminal::is_terminal(&stdin), stdin, read: Vec::new(), is_over: false }
    }

    /// Whether a person sees what is typed.
    pub(super) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// What becomes readable with the next line; none where it is here, or there is none.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_over && !self.read.contains(&b'\n')).then(|| self.stdin.as_fd())
    }

    /// Whether there is nothing more to read, and nothing left.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over && self.read.is_empty()
    }

    /// Nothing more is read, and what was read is forgotten.
    pub(super) fn close(&mut self) {
        self.is_over = true;
        self.read.clear();
    }

    /// The next line that is whole, without its end; at the end of the input also what has none.
    pub(super) fn line(&mut self) -> Option<String> {
        let end = match self.read.iter().position(|octet| *octet == b'\n') {
            Some(end) => end + 1,
            None if self.is_over && !self.read.is_empty() => self.read.len(),
            None => return None,
        };
        let line: Vec<u8> = self.read.drain(..end).collect();
        Some(text(&line))
    }

    /// Takes in what is there, without waiting; false where there is nothing.
    ///
    /// # Errors
    /// Standard input cannot be read.
    pub(super) fn look(&mut self) -> io::Result<bool> {
        let Some(stdin) = self.descriptor() else { return Ok(false) };
        let is_there = poll::wait(&[stdin], Some(Duration::ZERO)).map_err(io::Error::other)?.contains(0);
        if is_there {
            self.fill()?;
        }
        Ok(is_there)
    }

    /// Reads on; of a line that is too long the beginning stays.
    fn fill(&mut self) -> io::Result<()> {
        let mut octets = [0; 4096];
        // Past the buffer of the standard library, which poll(2) would not see.
        let count = match std::fs::File::from(self.stdin.as_fd().try_clone_to_owned()?).read(&mut octets) {
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

/// The lines of standard input, until a signal comes.
pub(super) struct Keyboard {
    stop: Interrupts,
    lines: Lines,
    signal: Option<Signal>,
}

impl Keyboard {
    /// Until the input ends, or a signal comes.
    pub(super) fn new(stop: Interrupts) -> Self {
        Self { stop, lines: Lines::new(), signal: None }
    }

    /// Whether somebody types.
    pub(super) const fn is_terminal(&self) -> bool {
        self.lines.is_terminal()
    }

    /// The signal that ended the input.
    pub(super) const fn signal(&self) -> Option<Signal> {
        self.signal
    }

    /// Becomes readable when a signal comes; [`Self::interrupted`] takes it.
    pub(super) fn stop(&self) -> BorrowedFd<'_> {
        self.stop.as_fd()
    }

    /// Ends the input by the signal that has come.
    pub(super) fn interrupted(&mut self) {
        self.signal = self.stop.take();
        self.lines.close();
    }

    /// The next line without blanks around it; none at the end of the input and after a signal.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn line(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            let line = self.lines.line();
            let Some(stdin) = self.lines.descriptor().filter(|_| line.is_none()) else { return Ok(line) };
            if poll::wait(&[self.stop.as_fd(), stdin], None)?.contains(0) {
                self.interrupted();
            } else {
                self.lines.fill()?;
            }
        }
    }
}

fn text(line: &[u8]) -> String {
    let line = &line[..line.len().min(LONGEST)];
    String::from_utf8_lossy(line).trim().to_owned()
}
