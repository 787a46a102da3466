//! A reader that waits at the end of a file until more is written to it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::sys::{Watch, door, poll};

/// How often a file is looked at where the kernel tells of no change: it is on another machine, no watch was left, or
/// another file took its name.
const RECHECK: Duration = Duration::from_millis(250);

/// Why a [`Tail`] gave no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was asked to stop.
    Stopped,
    /// The other end of the pipe was closed.
    Closed,
    /// The file is shorter than what was read of it.
    Truncated {
        /// Bytes that were read.
        read: u64,
        /// Bytes that there are now.
        left: u64,
    },
    /// Another file has its name.
    Replaced,
}

/// A file or a pipe that is being written. The reason of its end is left in `end` before the reader says that it is one.
pub(super) struct Tail<'a> {
    file: File,
    /// None for a pipe, whose end is one.
    growing: Option<Growing>,
    stop: BorrowedFd<'a>,
    end: Rc<Cell<Option<End>>>,
}

/// What there is to know of a regular file.
struct Growing {
    path: PathBuf,
    /// Without it, only time tells.
    watch: Option<Watch>,
}

impl<'a> Tail<'a> {
    /// `path` is where `file` was opened. Reading ends when `stop` is readable.
    pub(super) fn new(file: File, path: PathBuf, stop: BorrowedFd<'a>, end: Rc<Cell<Option<End>>>) -> io::Result<Self> {
        let growing = file.metadata()?.is_file().then(|| Growing { watch: door::watch(&path).ok(), path });
        Ok(Self { file, growing, stop, end })
    }

    fn ended(&self, end: End) -> usize {
        self.end.set(Some(end));
        0
    }

    /// Waits until the pipe, or the watch on the file, has something; true when it was asked to stop.
    fn wait(&self, timeout: Option<Duration>) -> io::Result<bool> {
        let ready = poll::wait(&self.awaited(), timeout).map_err(io::Error::other)?;
        Ok(ready.contains(0))
    }

    /// What becomes readable: first the request to stop, then the pipe, or the watch on the file.
    fn awaited(&self) -> Vec<BorrowedFd<'_>> {
        let source = match &self.growing {
            None => Some(self.file.as_fd()),
            Some(growing) => growing.watch.as_ref().map(Watch::as_fd),
        };
        [self.stop].into_iter().chain(source).collect()
    }

    /// Waits until there is something to read, or an end to tell of, but for so long at most; false when the time ran out.
    pub(super) fn is_ready_within(&self, at_most: Duration) -> bool {
        let Some(growing) = &self.growing else {
            // What went wrong is an end to tell of.
            return self.stirs_within(at_most).map_or(true, |ready| !ready.is_empty());
        };
        let start = Instant::now();
        loop {
            // What the watch told of may be read long ago: the file itself says whether there is more.
            let is_unread =
                self.file.metadata().is_ok_and(|now| Some(now.len()) != (&self.file).stream_position().ok());
            if is_unread || !matches!(self.change(), Ok(None)) {
                return true;
            }
            let left = at_most.saturating_sub(start.elapsed());
            if left.is_zero() {
                return false;
            }
            match self.stirs_within(left.min(RECHECK)) {
                Ok(ready) if !ready.contains(0) => {}
                _ => return true,
            }
            if let Some(watch) = &growing.watch {
                watch.clear();
            }
        }
    }

    fn stirs_within(&self, at_most: Duration) -> io::Result<poll::Ready> {
        poll::wait(&self.awaited(), Some(at_most)).map_err(io::Error::other)
    }

    fn read_pipe(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.wait(None)? {
            return Ok(self.ended(End::Stopped));
        }
        match self.file.read(buffer)? {
            0 => Ok(self.ended(End::Closed)),
            count => Ok(count),
        }
    }

    fn read_growing(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut timeout = Duration::ZERO;
        loop {
            if self.wait(Some(timeout))? {
                return Ok(self.ended(End::Stopped));
            }
            if let Some(watch) = self.growing.as_ref().and_then(|growing| growing.watch.as_ref()) {
                watch.clear();
            }
            let change = self.change()?;
            if let Some(end @ End::Truncated { .. }) = change {
                return Ok(self.ended(end));
            }
            // Read behind the look at the file: its writer may have finished it before it made another.
            let count = self.file.read(buffer)?;
            match change {
                _ if count > 0 => return Ok(count),
                Some(end) => return Ok(self.ended(end)),
                None => timeout = RECHECK,
            }
        }
    }

    /// Whether the file is no more what it was.
    fn change(&self) -> io::Result<Option<End>> {
        let Some(growing) = &self.growing else { return Ok(None) };
        let (now, read) = (self.file.metadata()?, (&self.file).stream_position()?);
        if now.len() < read {
            return Ok(Some(End::Truncated { read, left: now.len() }));
        }
        // A file without a name may still be written.
        let replaced = door::look(&growing.path).is_ok_and(|other| other.identity != (now.dev(), now.ino()));
        Ok(replaced.then_some(End::Replaced))
    }
}

impl Read for Tail<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.growing {
            _ if self.end.get().is_some() => Ok(0),
            None => self.read_pipe(buffer),
            Some(_) => self.read_growing(buffer),
        }
    }
}
