//! A window that slides over a stream of bytes, so that records are looked at where they were read, without a copy.

use std::io::{self, Read};
use std::ops::Range;

/// A buffer over a reader, which grows only for a record that does not fit. Ranges handed out stay valid until the next
/// [`Self::fill`].
pub(super) struct Window<R> {
    reader: R,
    buffer: Box<[u8]>,
    /// What is read and not yet taken.
    unread: Range<usize>,
    /// Bytes of the stream that were before `buffer[0]`.
    before: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R, capacity: usize) -> Self {
        Self { reader, buffer: vec![0; capacity].into_boxed_slice(), unread: 0..0, before: 0 }
    }

    /// Where the bytes come from.
    pub(super) fn reader(&self) -> &R {
        &self.reader
    }

    /// Bytes of the stream taken so far.
    pub(super) fn offset(&self) -> u64 {
        self.before + self.unread.start as u64
    }

    /// What is read and not yet taken.
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    /// Bytes of a range that [`Self::take`] gave.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Reads until at least `wanted` bytes are unread; false when the stream ends before that.
    /// Never waits for more than it was asked for, so that a pipe is read as it is written.
    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        if self.unread.len() >= wanted { Ok(true) } else { self.read_until(wanted) }
    }

    #[cold]
    fn read_until(&mut self, wanted: usize) -> io::Result<bool> {
        self.slide();
        if wanted > self.buffer.len() {
            let mut buffer = std::mem::take(&mut self.buffer).into_vec();
            buffer.resize(wanted.next_power_of_two(), 0);
            self.buffer = buffer.into_boxed_slice();
        }
        while self.unread.len() < wanted {
            match self.reader.read(&mut self.buffer[self.unread.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => self.unread.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Moves what is unread to the buffer's beginning.
    fn slide(&mut self) {
        self.before = self.offset();
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
    }

    /// Takes `count` bytes, which must be there.
    pub(super) fn take(&mut self, count: usize) -> Range<usize> {
        debug_assert!(count <= self.unread.len(), "only what was filled can be taken");
        let start = self.unread.start;
        self.unread.start += count;
        start..self.unread.start
    }

    /// Takes all that is unread.
    pub(super) fn take_rest(&mut self) {
        self.unread.start = self.unread.end;
    }

    /// Takes and forgets `count` bytes, more than the window holds if need be; answers how many there were.
    pub(super) fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        while left > 0 && self.fill(1)? {
            let step = self.unread.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.take(step);
            left -= step as u64;
        }
        Ok(count - left)
    }
}
