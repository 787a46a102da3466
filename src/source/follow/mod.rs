//! A capture file that is still being written, followed as `tail -F` follows a log; or a pipe, until it is closed.

mod tail;

use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use super::file::open;
use super::{CaptureFile, Error, Progress, Source, Supply};
use crate::wire::{Comment, Packet};
use tail::{End, Tail};

/// Gives the packets of a file as they are written, and waits at its end for more.
///
/// A packet of which only a part is written is waited for. A file that was cut short, or whose name another file took, is
/// an error, and then read from its beginning; one that was cut short and written again, beyond the place that had been
/// reached, is not seen to have changed. The file may not exist later, but must when the first packet is asked for.
///
/// The kernel tells of changes (inotify); where it cannot, as on network file systems, the file is looked at four times
/// a second.
pub struct Follow<'a> {
    path: PathBuf,
    stop: BorrowedFd<'a>,
    state: State<'a>,
    /// Why reading came to its end, as the reader left it here.
    end: Rc<Cell<Option<End>>>,
}

enum State<'a> {
    Unopened,
    Open(Box<CaptureFile<Tail<'a>>>),
    Ended,
}

impl<'a> Follow<'a> {
    /// A path as [`CaptureFile::open`] takes it; nothing is opened yet. The source ends when `stop` becomes readable, as
    /// [`Interrupts`](crate::sys::Interrupts) does: with what was read before, but without a packet that is only half
    /// there.
    #[must_use]
    pub fn new(path: &Path, stop: &'a impl AsFd) -> Self {
        Self { path: path.to_owned(), stop: stop.as_fd(), state: State::Unopened, end: Rc::default() }
    }

    fn open(&self) -> Result<CaptureFile<Tail<'a>>, Error> {
        let (file, name) = open(&self.path)?;
        match Tail::new(file, self.path.clone(), self.stop, Rc::clone(&self.end)) {
            Ok(tail) => CaptureFile::new(tail, name),
            Err(cause) => Err(Error::Open { name, cause }),
        }
    }

    fn step(&mut self) -> Result<bool, Error> {
        if matches!(self.state, State::Unopened) {
            self.state = State::Ended;
            self.state = State::Open(Box::new(self.open()?));
        }
        match &mut self.state {
            State::Open(file) => file.advance(),
            State::Unopened | State::Ended => Ok(false),
        }
    }

    /// What the end of reading means: the error that the reader of the file made of it counts only for a pipe.
    fn ended(&mut self, end: End, result: Result<bool, Error>) -> Result<bool, Error> {
        self.state = match end {
            End::Stopped | End::Closed => State::Ended,
            End::Truncated { .. } | End::Replaced => State::Unopened,
        };
        let name = self.path.to_string_lossy().into_owned();
        match end {
            End::Stopped => Ok(false),
            End::Closed => result,
            End::Truncated { read, left } => Err(Error::Truncated { name, read, left }),
            End::Replaced => Err(Error::Replaced { name }),
        }
    }
}

impl Source for Follow<'_> {
    fn advance(&mut self) -> Result<bool, Error> {
        match self.step() {
            Ok(true) => Ok(true),
            result => match self.end.take() {
                Some(end) => self.ended(end, result),
                None => result,
            },
        }
    }

    fn packet(&self) -> Option<Packet<'_>> {
        match &self.state {
            State::Open(file) => file.packet(),
            State::Unopened | State::Ended => None,
        }
    }

    fn comments(&self) -> Vec<Comment> {
        match &self.state {
            State::Open(file) => file.comments(),
            State::Unopened | State::Ended => Vec::new(),
        }
    }

    fn supply(&self) -> Supply {
        match &self.state {
            State::Open(file) => file.supply(),
            State::Unopened => Supply::Pending,
            State::Ended => Supply::Complete,
        }
    }

    fn wait(&self, at_most: Duration) -> bool {
        match &self.state {
            State::Open(file) => file.reader().is_ready_within(at_most),
            State::Unopened | State::Ended => true,
        }
    }

    fn progress(&self) -> Progress {
        match &self.state {
            State::Open(file) => file.progress(),
            State::Unopened | State::Ended => Progress::default(),
        }
    }
}

#[cfg(test)]
mod tests;
