//! Capture files: pcap in all its variants, and pcapng.
//!
//! The file is read once from front to back through a window of constant size, so that a pipe will do. A format is a
//! small state that takes the next record off the window; a decompressor is a reader put in front of it.
//!
//! Parsed here and not by a crate or libpcap: libpcap refuses files with several link types, and the parsers at hand
//! lose the offset and the kind of damage, know neither every byte order nor `if_tsoffset`, or allocate for each packet.

mod clock;
mod endian;
mod pcap;
mod pcapng;

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use super::window::Window;
use super::{Damage, Error, Source};
use crate::wire::{LinkType, Packet, Time};
use pcap::Pcap;
use pcapng::PcapNg;

/// Bytes of a packet in the classic format that are accepted at most: what libpcap allows as a snapshot length.
pub const MAX_PACKET: usize = 262_144;
/// Bytes of a pcapng block with a packet or an interface that are accepted at most. Other blocks are skipped at any length.
pub const MAX_BLOCK: usize = WINDOW;
/// Interfaces that a pcapng section may describe.
pub const MAX_INTERFACES: usize = 65_536;
/// Bytes that a file reader keeps in memory.
const WINDOW: usize = 1 << 20;

/// A capture file that is being read.
///
/// Packets come in the file's order. A simple packet block has no time; its packet gets the epoch. A packet that claims
/// to have been shorter on the wire than it is in the file counts as captured whole.
pub struct CaptureFile<R> {
    name: String,
    window: Window<R>,
    format: Format,
    /// Where the current packet lies in the window.
    current: Option<Record>,
    packets: u64,
    ended: bool,
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
    /// Opens a capture file and reads its header.
    ///
    /// # Errors
    /// A file that cannot be opened or read, and the errors of [`Self::new`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.to_string_lossy().into_owned();
        match File::open(path) {
            Ok(file) => Self::new(file, name),
            Err(cause) => Err(Error::Open { name, cause }),
        }
    }
}

impl<R: Read> CaptureFile<R> {
    /// Reads the file header from `reader`; `name` is what errors call the file. The reader needs no buffer of its own.
    ///
    /// # Errors
    /// Anything that is not a pcap or pcapng file, and a damaged header.
    pub fn new(reader: R, name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let mut window = Window::new(reader, WINDOW);
        match Format::detect(&mut window) {
            Ok(Some(format)) => Ok(Self { name, window, format, current: None, packets: 0, ended: false }),
            Ok(None) => Err(not_a_capture(name, window.unread())),
            Err(fault) => Err(fault.into_error(name, window.offset(), 0)),
        }
    }

    /// Packets given so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }
}

impl<R: Read> Source for CaptureFile<R> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.current = None;
        while !self.ended {
            match self.format.step(&mut self.window) {
                Ok(Step::Packet(record)) => {
                    self.current = Some(record);
                    self.packets += 1;
                    return Ok(true);
                }
                Ok(Step::Other) => {}
                Ok(Step::End) => self.ended = true,
                Err(fault) => {
                    self.ended = fault.is_final();
                    return Err(fault.into_error(self.name.clone(), self.window.offset(), self.packets));
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
}

impl Fault {
    fn is_final(&self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Damage { damage, .. } => damage.is_final(),
        }
    }

    /// `reached` is the offset behind the last byte used, `packets` how many packets were given.
    fn into_error(self, name: String, reached: u64, packets: u64) -> Error {
        match self {
            Self::Read(cause) => Error::Read { name, offset: reached, cause },
            Self::Damage { offset, damage } => Error::Damaged { name, offset, packet: packets + 1, damage },
        }
    }
}

fn not_a_capture(name: String, start: &[u8]) -> Error {
    match start {
        [] => Error::Empty { name },
        [0x1f, 0x8b, ..] => Error::Compressed { name, tool: "gzip" },
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Error::Compressed { name, tool: "zstd" },
        _ => Error::NotACapture { name, start: start[..start.len().min(4)].to_vec() },
    }
}

#[cfg(test)]
mod tests;
