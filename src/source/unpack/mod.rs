//! Compression around a capture file, seen through: gzip and zstd, known by their first bytes.
//!
//! The decoders are driven here and not through the readers of their crates, because those drop what was unpacked in
//! the same call in which damage is found. Memory is constant whatever a file unpacks to.

mod gzip;
mod zstandard;

use std::io::{self, Read};
use std::ops::Range;

use gzip::Gzip;
use zstandard::Zstandard;

/// Bytes that are looked at to know the compression.
const MAGIC: usize = 4;
/// Bytes of the compressed file that are kept in memory.
const INPUT: usize = 1 << 16;

/// A reader of what `R` gives, unpacked where that is compressed.
pub(super) struct Unpacked<R> {
    packed: Packed<R>,
    decoder: Option<Box<dyn Decoder>>,
    /// The decoder filled all the room it had, so it may hold more without being given more.
    holds_more: bool,
    /// Damage that was found behind bytes which had to be given first.
    damage: Option<Broken>,
}

/// What keeps a compressed file from being read on.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Broken {
    /// The program that can check the file.
    pub(super) tool: &'static str,
    /// Where, in bytes of the compressed file.
    pub(super) offset: u64,
    /// What is wrong.
    pub(super) reason: String,
}

/// A format of compressed data.
trait Decoder: Send {
    /// The program that makes and checks such files.
    fn tool(&self) -> &'static str;

    /// Unpacks what it can of `input` into `output`.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;

    /// Whether the data may end here.
    fn may_end(&self) -> bool;
}

/// What a decoder did.
struct Step {
    consumed: usize,
    produced: usize,
    damage: Option<String>,
}

/// The file as it is, read through a small buffer once that is known to be of use.
struct Packed<R> {
    reader: R,
    buffer: Vec<u8>,
    unread: Range<usize>,
    /// Bytes that the reader gave so far.
    read: u64,
}

impl<R: Read> Unpacked<R> {
    /// Reads as many bytes as it takes to know the compression.
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let mut packed = Packed { reader, buffer: vec![0; MAGIC], unread: 0..0, read: 0 };
        while packed.unread.end < MAGIC && packed.read_more()? > 0 {}
        let decoder: Option<Box<dyn Decoder>> = match packed.unread() {
            [0x1f, 0x8b, ..] => Some(Box::new(Gzip::new())),
            magic if zstandard::is_magic(magic) => Some(Box::new(Zstandard::new()?)),
            _ => None,
        };
        if decoder.is_some() {
            packed.buffer.resize(INPUT, 0);
        }
        Ok(Self { packed, decoder, holds_more: false, damage: None })
    }

    /// Where the bytes come from.
    pub(super) fn reader(&self) -> &R {
        &self.packed.reader
    }

    /// Bytes of the file, compressed where it is, that were read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.packed.read
    }

    /// Where the compressed file would be read on; none when it is not compressed.
    pub(super) fn packed_offset(&self) -> Option<u64> {
        self.decoder.as_ref().map(|_| self.packed.offset())
    }
}

impl<R: Read> Read for Unpacked<R> {
    /// Gives what there is as soon as there is something. Damage comes after all that could be unpacked before it.
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = self.decoder.as_deref_mut() else { return self.packed.read(output) };
        if let Some(damage) = self.damage.take() {
            return Err(io::Error::other(damage));
        }
        loop {
            if !self.holds_more && self.packed.unread().is_empty() && self.packed.refill()? == 0 {
                return if decoder.may_end() { Ok(0) } else { Err(self.packed.cut_short(decoder.tool())) };
            }
            let step = decoder.step(self.packed.unread(), output);
            self.packed.unread.start += step.consumed;
            self.holds_more = step.produced == output.len();
            let offset = self.packed.offset();
            let damage = step.damage.map(|reason| Broken { tool: decoder.tool(), offset, reason });
            match (step.produced, damage) {
                (0, None) => {}
                (0, Some(damage)) => return Err(io::Error::other(damage)),
                (produced, damage) => {
                    self.damage = damage;
                    return Ok(produced);
                }
            }
        }
    }
}

impl<R: Read> Packed<R> {
    fn unread(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    /// The place of the first unread byte in the file.
    fn offset(&self) -> u64 {
        self.read - self.unread.len() as u64
    }

    /// Fills the empty buffer with what there is; 0 at the end.
    fn refill(&mut self) -> io::Result<usize> {
        self.unread = 0..0;
        self.read_more()
    }

    fn read_more(&mut self) -> io::Result<usize> {
        let count = retry(|| self.reader.read(&mut self.buffer[self.unread.end..]))?;
        self.unread.end += count;
        self.read += count as u64;
        Ok(count)
    }

    /// As the file is: first what was looked at, then past the buffer.
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.unread.is_empty() {
            let count = self.reader.read(output)?;
            self.read += count as u64;
            return Ok(count);
        }
        let count = self.unread.len().min(output.len());
        output[..count].copy_from_slice(&self.unread()[..count]);
        self.unread.start += count;
        Ok(count)
    }

    fn cut_short(&self, tool: &'static str) -> io::Error {
        let reason = "the file was cut short: its compressed data goes on".to_owned();
        io::Error::other(Broken { tool, offset: self.read, reason })
    }
}

/// Repeats a call that a signal interrupted.
fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The program that unpacks a compression that is not seen through here, by the first bytes.
pub(super) fn foreign_tool(start: &[u8]) -> Option<&'static str> {
    const TOOLS: [(&[u8], &str); 7] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zX", "xz"),
        (b"BZh", "bzip2"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x1f\x9d", "gzip"),
        (b"LZIP", "lzip"),
    ];
    TOOLS.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, tool)| *tool)
}

#[cfg(test)]
mod tests;
