//! The classic format: one header, then records of packets of one link type (draft-ietf-opsawg-pcap).

use std::io::Read;

use super::endian::Endian;
use super::{Damage, Fault, MAX_PACKET, Record, Step};
use crate::source::link;
use crate::source::window::Window;
use crate::wire::{LinkType, Time};

const FILE_HEADER: usize = 24;
/// What the header of a record has in every variant of the format.
const RECORD_HEADER: usize = 16;
const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// The format of Alexey Kuznetzov's patched libpcap: eight more bytes in each record's header.
const MODIFIED: u32 = 0xa1b2_cd34;
/// Bits of the link-type field that no version of the format defines. Those above them speak of frame check sequences.
const RESERVED_LINK_BITS: u32 = 0x03ff_0000;

/// What the file header says of all its records.
pub(super) struct Pcap {
    endian: Endian,
    nanos_in_unit: u32,
    record_header: usize,
    lengths: Lengths,
    link: LinkType,
}

/// The order of the two lengths in a record, which changed with version 2.3.
#[derive(Clone, Copy)]
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    /// Version 2.3 came with both orders; the smaller one is what was captured.
    SmallerIsCaptured,
}

impl Pcap {
    /// Takes the file header, once four bytes are there; none when they are no magic number of this format.
    pub(super) fn detect<R: Read>(window: &mut Window<R>) -> Result<Option<Self>, Fault> {
        let Some((endian, magic)) = magic(window.unread()) else { return Ok(None) };
        let offset = window.offset();
        if !window.fill(FILE_HEADER)? {
            return Err(Fault::cut(window, offset, FILE_HEADER as u64));
        }
        let header = window.take(FILE_HEADER);
        let header = window.bytes(header);
        let (major, minor) = (endian.u16(header, 4), endian.u16(header, 6));
        let lengths = match (major, minor) {
            (543, 0) | (2, 0..=2) => Lengths::OriginalFirst,
            (2, 3) => Lengths::SmallerIsCaptured,
            (2, 4) => Lengths::CapturedFirst,
            _ => return Err(Fault::at(offset, Damage::Version { major, minor })),
        };
        let network = endian.u32(header, 20);
        if network & RESERVED_LINK_BITS != 0 {
            return Err(Fault::at(offset, Damage::LinkType(network)));
        }
        Ok(Some(Self {
            endian,
            nanos_in_unit: if magic == NANOSECONDS { 1 } else { 1000 },
            record_header: RECORD_HEADER + if magic == MODIFIED { 8 } else { 0 },
            lengths,
            link: link::from_file((network & 0xffff) as u16),
        }))
    }

    #[inline]
    pub(super) fn step<R: Read>(&mut self, window: &mut Window<R>) -> Result<Step, Fault> {
        let offset = window.offset();
        let whole = window.fill(self.record_header)?;
        let Some(header) = window.unread().first_chunk().copied().filter(|_| whole) else {
            return if window.unread().is_empty() {
                Ok(Step::End)
            } else {
                Err(Fault::cut(window, offset, self.record_header as u64))
            };
        };
        let time = self.time(&header);
        let (captured, original) = self.lengths(&header);
        if captured == 0 && original == 0 && is_file_header(window.unread()) {
            return self.begin_again(window);
        }
        let length = captured as usize;
        if length > MAX_PACKET {
            return Err(Fault::at(offset, Damage::PacketTooLong { captured }));
        }
        if !window.fill(self.record_header + length)? {
            return Err(Fault::cut(window, offset, (self.record_header + length) as u64));
        }
        window.take(self.record_header);
        let bytes = window.take(length);
        Ok(Step::Packet(Record { time, link: self.link, original_len: original.max(captured), bytes }))
    }

    /// Takes the header of another file, which was appended to this one.
    #[cold]
    fn begin_again<R: Read>(&mut self, window: &mut Window<R>) -> Result<Step, Fault> {
        if let Some(next) = Self::detect(window)? {
            *self = next;
        }
        Ok(Step::Other)
    }

    /// Bytes of the next record, once its header is there. One that cannot be is not waited for.
    pub(super) fn next_length(&self, unread: &[u8]) -> Option<u64> {
        let header = unread.get(..self.record_header)?.first_chunk()?;
        let (captured, _) = self.lengths(header);
        Some(if captured as usize > MAX_PACKET { 0 } else { self.record_header as u64 + u64::from(captured) })
    }

    #[inline]
    fn time(&self, header: &[u8; RECORD_HEADER]) -> Time {
        let (seconds, fraction) = (self.endian.u32(header, 0), self.endian.u32(header, 4));
        Time::from_parts(i64::from(seconds), i64::from(fraction) * i64::from(self.nanos_in_unit))
    }

    /// Time and length of the record that these bytes begin with, if its header is one that a capturer may have written.
    pub(super) fn plausible(&self, bytes: &[u8]) -> Option<(Time, usize)> {
        let header = bytes.get(..self.record_header)?.first_chunk()?;
        let (captured, original) = self.lengths(header);
        let fraction = self.endian.u32(header, 4);
        let sound = (1..=MAX_PACKET).contains(&(captured as usize))
            && (captured..=MAX_PACKET as u32).contains(&original)
            && u64::from(fraction) * u64::from(self.nanos_in_unit) < 1_000_000_000;
        sound.then(|| (self.time(header), self.record_header + captured as usize))
    }

    /// Captured and original length.
    #[inline]
    fn lengths(&self, header: &[u8; RECORD_HEADER]) -> (u32, u32) {
        let (first, second) = (self.endian.u32(header, 8), self.endian.u32(header, 12));
        match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::OriginalFirst => (second, first),
            Lengths::SmallerIsCaptured => (first.min(second), first.max(second)),
        }
    }
}

/// Whether what stands where a record's header should is a file's: as a record it would be an empty packet of the year 2055
/// or later.
fn is_file_header(start: &[u8]) -> bool {
    magic(start).is_some_and(|(endian, _)| (endian.u16(start, 4), endian.u16(start, 6)) == (2, 4))
}

/// Byte order and magic number, from the first four bytes.
fn magic(start: &[u8]) -> Option<(Endian, u32)> {
    [Endian::Little, Endian::Big].into_iter().find_map(|endian| {
        let magic = endian.u32(start, 0);
        matches!(magic, MICROSECONDS | NANOSECONDS | MODIFIED).then_some((endian, magic))
    })
}
