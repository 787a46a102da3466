//! What is typed, or comes through a pipe: line by line.

use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};

use crate::sys::{Interrupts, Signal, poll, terminal};

/// No line is longer; what is behind it is passed over.
const LONGEST: usize = 1_000;

/// The lines of standard input.
pub(super) struct Keyboard {
    stop: Interrupts,
    is_terminal: bool,
    /// Octets that were read and not taken.
    read: Vec<u8>,
    is_over: bool,
    signal: Option<Signal>,
}

impl Keyboard {
    /// Until the input ends, or a signal comes.
    pub(super) fn new(stop: Interrupts) -> Self {
        let is_terminal = terminal::is_terminal(io::stdin());
        Self { stop, is_terminal, read: Vec::new(), is_over: false, signal: None }
    }

    /// Whether somebody types.
    pub(super) const fn is_terminal(&self) -> bool {
        self.is_terminal
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
        self.is_over = true;
        self.read.clear();
    }

    /// The next line without blanks around it; none at the end of the input and after a signal.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn line(&mut self) -> anyhow::Result<Option<String>> {
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
            self.interrupted();
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
