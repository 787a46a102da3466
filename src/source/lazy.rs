//! A capture file that is opened when its first packet is asked for, so that one of many may be missing.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{CaptureFile, Error, Progress, Source, Supply};
use crate::sys::door;
use crate::wire::{Comment, Packet};

/// A capture file by its path. That it cannot be opened is the first error of the source, and then its end.
pub struct LazyFile {
    path: PathBuf,
    /// The length of the file before it is opened; none where that is not known.
    length: Option<u64>,
    state: State,
}

enum State {
    Unopened,
    Open(Box<CaptureFile<File>>),
    /// What was read of it.
    Ended(Progress),
}

impl LazyFile {
    /// A path as [`CaptureFile::open`] takes it; nothing is opened yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let is_named = path != Path::new("-");
        let look = door::look(path).ok().filter(|look| is_named && look.is_file);
        Self { path: path.to_owned(), length: look.map(|look| look.length), state: State::Unopened }
    }

    /// Opens the file if that was not done; none once it has ended.
    #[inline]
    fn file(&mut self) -> Result<Option<&mut CaptureFile<File>>, Error> {
        if matches!(self.state, State::Unopened) {
            self.open()?;
        }
        match &mut self.state {
            State::Open(file) => Ok(Some(file)),
            State::Unopened | State::Ended(_) => Ok(None),
        }
    }

    #[cold]
    fn open(&mut self) -> Result<(), Error> {
        // What cannot be opened is passed over, as if it had been read.
        self.state = State::Ended(Progress { read: self.length.unwrap_or(0), total: self.length });
        self.state = State::Open(Box::new(CaptureFile::open(&self.path)?));
        Ok(())
    }
}

impl Source for LazyFile {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        let Some(file) = self.file()? else { return Ok(false) };
        if file.advance()? {
            return Ok(true);
        }
        self.state = State::Ended(file.progress());
        Ok(false)
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        match &self.state {
            State::Open(file) => file.packet(),
            State::Unopened | State::Ended(_) => None,
        }
    }

    fn comments(&self) -> Vec<Comment> {
        match &self.state {
            State::Open(file) => file.comments(),
            State::Unopened | State::Ended(_) => Vec::new(),
        }
    }

    fn supply(&self) -> Supply {
        match &self.state {
            State::Open(file) => file.supply(),
            State::Unopened if self.length.is_none() => Supply::Pending,
            State::Unopened | State::Ended(_) => Supply::Complete,
        }
    }

    fn progress(&self) -> Progress {
        match &self.state {
            State::Open(file) => file.progress(),
            State::Unopened => Progress { read: 0, total: self.length },
            State::Ended(progress) => *progress,
        }
    }
}
