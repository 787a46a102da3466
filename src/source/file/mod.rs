//! Capture files: pcap in all its variants, and pcapng.
//!
//! The file is read once from front to back through a window of bounded size, so that a pipe will do. A format is a
//! small state that takes the next record off the window; gzip and zstd are seen through below it.
//!
//! Parsed here and not by a crate or libpcap: libpcap refuses files with several link types, and the parsers at hand
//! lose the offset and the kind of damage, know neither every byte order nor `if_tsoffset`, or allocate for each packet.

mod clock;
mod endian;
mod pcap;
mod pcapng;
mod resume;

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::fd::AsFd as _;
use std::path::Path;

use super::unpack::{Broken, Unpacked, foreign_tool};
use super::window::Window;
use super::{Damage, Error, Progress, Source, Supply};
use crate::sys::door;
use crate::wire::{Comment, LinkType, Packet, Time};
use pcap::Pcap;
use pcapng::PcapNg;
use resume::Resume;

/// Bytes of a packet in the classic format that are accepted at most: what libpcap allows as a snapshot length.
pub const MAX_PACKET: usize = 262_144;
/// Bytes of a pcapng block with a packet or an interface that are accepted at most. Other blocks are skipped at any length.
pub const MAX_BLOCK: usize = 1 << 20;
/// Interfaces that a pcapng section may describe.
pub const MAX_INTERFACES: usize = 65_536;
/// Bytes that a file reader keeps in memory, but for a longer packet or block.
const WINDOW: usize = 1 << 17;

/// A capture file that is being read.
///
/// Packets come in the file's order. A simple packet block has no time; its packet gets the epoch. A packet that claims
/// to have been shorter on the wire than it is in the file counts as captured whole.
pub struct CaptureFile<R> {
    name: String,
    /// The file's length when it was opened; none for what is not a regular file.
    length: Option<u64>,
    window: Window<Unpacked<R>>,
    format: Format,
    /// Where the current packet lies in the window.
    current: Option<Record>,
    packets: u64,
    ended: bool,
    resume: Resume,
}

enum Format {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// A packet whose bytes are in the window.
struct Record {
    time: Time,
    link: LinkType,
    original_len: u32,
    bytes: Range<usize>,
}

/// What one step over the file found.
enum Step {
    Packet(Record),
    /// Something that holds no packet.
    Other,
    End,
}

/// Why a step failed.
enum Fault {
    Read(io::Error),
    Damage { offset: u64, damage: Damage },
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl Fault {
    fn at(offset: u64, damage: Damage) -> Self {
        Self::Damage { offset, damage }
    }

    /// The file ends within the record at `offset`, which should be `expected` bytes long.
    fn cut<R: Read>(window: &mut Window<R>, offset: u64, expected: u64) -> Self {
        window.take_rest();
        Self::at(offset, Damage::Cut { expected, found: window.offset() - offset })
    }
}

impl CaptureFile<File> {
    /// Opens a capture file and reads its header. The path `-` is standard input, which must not be read by anything
    /// else at the same time; a file of that name is `./-`.
    ///
    /// # Errors
    /// A file that cannot be opened or read, and the errors of [`Self::new`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (file, name) = open(path)?;
        let length = length(&file);
        let mut this = Self::new(file, name)?;
        this.length = length;
        Ok(this)
    }
}

impl<R: Read> CaptureFile<R> {
    /// Reads the file header from `reader`; `name` is what errors call the file. The reader needs no buffer of its own.
    ///
    /// # Errors
    /// Anything that is not a pcap or pcapng file, and a damaged header.
    pub fn new(reader: R, name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let mut window = match Unpacked::new(reader) {
            Ok(reader) => Window::new(reader, WINDOW),
            Err(cause) => return Err(Error::Read { name, offset: 0, cause }),
        };
        let is_packed = window.reader().packed_offset().is_some();
        match Format::detect(&mut window) {
            Ok(Some(format)) => Ok(Self {
                name,
                length: None,
                window,
                format,
                current: None,
                packets: 0,
                ended: false,
                resume: Resume::default(),
            }),
            Ok(None) => Err(not_a_capture(name, window.unread(), is_packed)),
            Err(fault) => Err(fault.into_error(name, &window, 0)),
        }
    }

    /// Looks for the next record behind one whose length cannot be. Not in what comes while it happens: it would have to be
    /// waited for.
    #[cold]
    fn resume(&mut self, fault: Fault) -> Fault {
        let (Fault::Damage { offset, damage }, Some(_)) = (&fault, self.length) else { return fault };
        if damage.passed_over(0).is_none() {
            return fault;
        }
        match self.resume.find(&self.format, &mut self.window) {
            Ok(true) => {
                let skipped = self.window.offset() - offset;
                Fault::at(*offset, damage.passed_over(skipped).unwrap_or(*damage))
            }
            Ok(false) => fault,
            Err(cause) => Fault::Read(cause),
        }
    }

    /// Where the bytes of the file come from.
    pub(super) fn reader(&self) -> &R {
        self.window.reader().reader()
    }

    /// Packets given so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }
}

/// Opens a path, of which `-` is standard input, and says what errors call it.
pub(super) fn open(path: &Path) -> Result<(File, String), Error> {
    let (opened, name) = if path == Path::new("-") {
        (io::stdin().as_fd().try_clone_to_owned().map(File::from), "standard input".to_owned())
    } else {
        (door::open(path), path.to_string_lossy().into_owned())
    };
    match opened {
        Ok(file) => Ok((file, name)),
        Err(cause) => Err(Error::Open { name, cause }),
    }
}

/// The length of a regular file; none for a pipe or a device.
fn length(file: &File) -> Option<u64> {
    file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

impl<R: Read> Source for CaptureFile<R> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.current = None;
        while !self.ended {
            match self.format.step(&mut self.window) {
                Ok(Step::Packet(record)) => {
                    self.resume.note(record.time);
                    self.current = Some(record);
                    self.packets += 1;
                    return Ok(true);
                }
                Ok(Step::Other) => {}
                Ok(Step::End) => self.ended = true,
                Err(fault) => {
                    let fault = self.resume(fault);
                    self.ended = fault.is_final();
                    return Err(fault.into_error(self.name.clone(), &self.window, self.packets));
                }
            }
        }
        Ok(false)
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        let Record { time, link, original_len, bytes } = self.current.as_ref()?;
        let bytes = self.window.bytes(bytes.clone());
        Some(Packet { time: *time, link: *link, original_len: *original_len, bytes })
    }

    fn comments(&self) -> Vec<Comment> {
        match &self.format {
            Format::PcapNg(format) if self.current.is_some() => format.comments(&self.window),
            Format::PcapNg(_) | Format::Pcap(_) => Vec::new(),
        }
    }

    fn supply(&self) -> Supply {
        match self.length {
            Some(_) => Supply::Complete,
            None if self.ended || self.format.is_next_whole(self.window.unread()) => Supply::Waiting,
            None => Supply::Pending,
        }
    }

    fn progress(&self) -> Progress {
        Progress { read: self.window.reader().bytes_read(), total: self.length }
    }
}

impl Format {
    /// Takes the header off the window; none when the first bytes are no capture file's.
    fn detect<R: Read>(window: &mut Window<R>) -> Result<Option<Self>, Fault> {
        if !window.fill(4)? {
            return Ok(None);
        }
        if window.unread().starts_with(&pcapng::SECTION_HEADER.to_be_bytes()) {
            let mut format = PcapNg::new();
            format.step(window)?;
            return Ok(Some(Self::PcapNg(format)));
        }
        Ok(Pcap::detect(window)?.map(Self::Pcap))
    }

    #[inline]
    fn step<R: Read>(&mut self, window: &mut Window<R>) -> Result<Step, Fault> {
        match self {
            Self::Pcap(format) => format.step(window),
            Self::PcapNg(format) => format.step(window),
        }
    }

    /// Whether the next record is in memory to its end. What follows a record without a packet may still be missing.
    fn is_next_whole(&self, unread: &[u8]) -> bool {
        let length = match self {
            Self::Pcap(format) => format.next_length(unread),
            Self::PcapNg(format) => format.next_length(unread),
        };
        length.is_some_and(|length| unread.len() as u64 >= length)
    }
}

impl Fault {
    fn is_final(&self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Damage { damage, .. } => damage.is_final(),
        }
    }

    /// `packets` is how many packets were given before.
    fn into_error<R: Read>(self, name: String, window: &Window<Unpacked<R>>, packets: u64) -> Error {
        match self {
            Self::Read(cause) => match cause.downcast() {
                Ok(Broken { tool, offset, reason }) => Error::Unpack { name, offset, tool, reason },
                Err(cause) => {
                    let offset = window.reader().packed_offset().unwrap_or_else(|| window.offset());
                    Error::Read { name, offset, cause }
                }
            },
            Self::Damage { offset, damage } => Error::Damaged { name, offset, packet: packets + 1, damage },
        }
    }
}

/// `is_packed`: `start` was unpacked.
fn not_a_capture(name: String, start: &[u8], is_packed: bool) -> Error {
    match foreign_tool(start) {
        _ if start.is_empty() => Error::Empty { name },
        Some(tool) if is_packed => Error::CompressedTwice { name, tool },
        Some(tool) => Error::Compressed { name, tool },
        None => Error::NotACapture { name, start: start[..start.len().min(4)].to_vec() },
    }
}

#[cfg(test)]
mod tests;
