//! The newer format: blocks in sections, each section with its interfaces and byte order (draft-ietf-opsawg-pcapng).

mod interface;
mod options;

use std::io::Read;
use std::ops::Range;

use super::endian::Endian;
use super::{Damage, Fault, MAX_BLOCK, MAX_INTERFACES, Record, Step};
use crate::source::window::Window;
use crate::wire::{About, Comment};
use interface::{FIXED, Interface};
use options::Options;

/// Reads the same in both byte orders.
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
/// Obsolete, but some files have it.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// Names, statistics, the journal, secrets and custom blocks, which are skipped.
const SKIPPED: [u32; 6] = [4, 5, 9, 10, 0xbad, 0x4000_0bad];
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Bytes of type and length before a block's body.
const HEAD: usize = 8;
/// Bytes of the length behind a block's body.
const TAIL: usize = 4;
/// Bytes of a section header before its options: byte order, version and length follow the head.
const SECTION_FIXED: usize = 16;
/// Comments of sections and interfaces that are kept until a packet comes.
const SAID: usize = 256;

/// What the current section said so far.
pub(super) struct PcapNg {
    endian: Endian,
    interfaces: Vec<Interface>,
    /// Comments of sections and interfaces since the packet before.
    said: Vec<Comment>,
    /// Where the options of the packet at hand lie in the window.
    options: Range<usize>,
    at_packet: bool,
}

/// The beginning of a block that is still in the window.
#[derive(Clone, Copy)]
struct Head {
    kind: u32,
    offset: u64,
    length: u32,
}

impl PcapNg {
    /// Before the first section.
    pub(super) fn new() -> Self {
        Self { endian: Endian::Little, interfaces: Vec::new(), said: Vec::new(), options: 0..0, at_packet: false }
    }

    /// Bytes up to the end of the next packet, once its length is there. A new section is not looked into, and a length
    /// that cannot be is not waited for.
    pub(super) fn next_length(&self, unread: &[u8]) -> Option<u64> {
        let mut at = 0_usize;
        loop {
            let head = unread.get(at..)?.get(..HEAD)?;
            let length = self.endian.u32(head, 4);
            let end = at as u64 + u64::from(length);
            match self.endian.u32(head, 0) {
                SECTION_HEADER => return None,
                _ if (length as usize) < HEAD + TAIL => return Some(0),
                PACKET | SIMPLE_PACKET | ENHANCED_PACKET => return Some(end),
                _ => at = usize::try_from(end).ok()?,
            }
        }
    }

    /// The length of the block that these bytes may begin with: one of a kind that is known, with the same sound length at both
    /// ends.
    pub(super) fn plausible(&self, bytes: &[u8]) -> Option<usize> {
        let head = bytes.get(..HEAD + TAIL)?;
        let endian = match self.endian.u32(head, 0) {
            SECTION_HEADER => byte_order(head).ok()?,
            _ => self.endian,
        };
        let (kind, length) = (endian.u32(head, 0), endian.u32(head, 4));
        let least = least_length(kind).or_else(|| SKIPPED.contains(&kind).then_some((HEAD + TAIL) as u32))?;
        let whole = bytes.get(..length as usize).filter(|_| length >= least && length.is_multiple_of(4))?;
        (endian.u32(whole, whole.len() - TAIL) == length).then_some(whole.len())
    }

    /// Takes the next block.
    #[inline]
    pub(super) fn step<R: Read>(&mut self, window: &mut Window<R>) -> Result<Step, Fault> {
        if std::mem::take(&mut self.at_packet) {
            self.said.clear();
        }
        let Some(head) = self.head(window)? else { return Ok(Step::End) };
        let Some(least) = least_length(head.kind) else {
            self.skip(window, head)?;
            return Ok(Step::Other);
        };
        if head.length as usize > MAX_BLOCK {
            self.skip(window, head)?;
            return Err(Fault::at(head.offset, Damage::BlockTooLong(head.length)));
        }
        if head.length < least {
            return Err(Fault::at(head.offset, Damage::BlockLength(head.length)));
        }
        let range = self.whole(window, head)?;
        let Range { start, end } = range;
        let found = self.read(head.kind, window.bytes(range)).map_err(|damage| Fault::at(head.offset, damage))?;
        Ok(match found {
            None => Step::Other,
            Some(Record { bytes, time, link, original_len }) => {
                self.at_packet = true;
                let has_options = head.kind != SIMPLE_PACKET;
                self.options = if has_options { start + bytes.end.next_multiple_of(4)..end - TAIL } else { 0..0 };
                Step::Packet(Record { bytes: start + bytes.start..start + bytes.end, time, link, original_len })
            }
        })
    }

    /// What was said of the packet at hand, and of sections and interfaces since the one before.
    pub(super) fn comments<R: Read>(&self, window: &Window<R>) -> Vec<Comment> {
        let options = Options::new(self.endian, window.bytes(self.options.clone()));
        let of_packet = options.comments().take(Comment::MOST).map(|text| Comment::new(About::Packet, text));
        self.said.iter().cloned().chain(of_packet).collect()
    }

    /// Keeps what is said in the options of a block without a packet.
    fn note(&mut self, about: About, options: &[u8]) {
        let comments = Options::new(self.endian, options).comments().map(|text| Comment::new(about, text));
        let room = SAID.saturating_sub(self.said.len()).min(Comment::MOST);
        self.said.extend(comments.take(room));
    }

    /// Looks at type and length of the next block; none at the end of the file.
    #[inline]
    fn head<R: Read>(&mut self, window: &mut Window<R>) -> Result<Option<Head>, Fault> {
        let offset = window.offset();
        let shortest = HEAD + TAIL;
        if !window.fill(shortest)? {
            return if window.unread().is_empty() {
                Ok(None)
            } else {
                Err(Fault::cut(window, offset, shortest as u64))
            };
        }
        let bytes = window.unread();
        let kind = self.endian.u32(bytes, 0);
        if kind == SECTION_HEADER {
            self.endian = byte_order(bytes).map_err(|damage| Fault::at(offset, damage))?;
        }
        let length = self.endian.u32(bytes, 4);
        if (length as usize) < shortest || !length.is_multiple_of(4) {
            return Err(Fault::at(offset, Damage::BlockLength(length)));
        }
        Ok(Some(Head { kind, offset, length }))
    }

    /// Takes a block that fits the window, once all of it is there.
    #[inline]
    fn whole<R: Read>(&self, window: &mut Window<R>, head: Head) -> Result<Range<usize>, Fault> {
        let length = head.length as usize;
        if !window.fill(length)? {
            return Err(Fault::cut(window, head.offset, length as u64));
        }
        self.check_tail(&window.unread()[length - TAIL..length], head)?;
        Ok(window.take(length))
    }

    /// Takes a block of any length unseen.
    fn skip<R: Read>(&self, window: &mut Window<R>, head: Head) -> Result<(), Fault> {
        let body = u64::from(head.length) - TAIL as u64;
        if window.skip(body)? < body || !window.fill(TAIL)? {
            return Err(Fault::cut(window, head.offset, u64::from(head.length)));
        }
        self.check_tail(&window.unread()[..TAIL], head)?;
        window.take(TAIL);
        Ok(())
    }

    #[inline]
    fn check_tail(&self, tail: &[u8], Head { offset, length: first, .. }: Head) -> Result<(), Fault> {
        let last = self.endian.u32(tail, 0);
        if last == first { Ok(()) } else { Err(Fault::at(offset, Damage::BlockEnd { first, last })) }
    }

    /// Reads a whole block of a kind that [`least_length`] knows. The range of a packet counts from the block's start.
    #[inline]
    fn read(&mut self, kind: u32, block: &[u8]) -> Result<Option<Record>, Damage> {
        match kind {
            ENHANCED_PACKET => self.packet(block, self.endian.u32(block, HEAD)).map(Some),
            PACKET => self.packet(block, u32::from(self.endian.u16(block, HEAD))).map(Some),
            SIMPLE_PACKET => self.simple_packet(block).map(Some),
            INTERFACE_DESCRIPTION => self.describe(block).map(|()| None),
            _ => self.begin_section(block).map(|()| None),
        }
    }

    fn begin_section(&mut self, block: &[u8]) -> Result<(), Damage> {
        self.interfaces.clear();
        // 1.2 was written by a few programs and means 1.0.
        match (self.endian.u16(block, 12), self.endian.u16(block, 14)) {
            (1, 0 | 2) => {}
            (major, minor) => return Err(Damage::Version { major, minor }),
        }
        self.note(About::Section, &block[HEAD + SECTION_FIXED..block.len() - TAIL]);
        Ok(())
    }

    fn describe(&mut self, block: &[u8]) -> Result<(), Damage> {
        if self.interfaces.len() == MAX_INTERFACES {
            return Err(Damage::Interfaces);
        }
        let (interface, damage) = Interface::read(self.endian, &block[HEAD..block.len() - TAIL]);
        // Also a damaged one counts, or packets would be given to the wrong interface.
        self.interfaces.push(interface);
        self.note(About::Interface(self.interfaces.len() as u32 - 1), &block[HEAD + FIXED..block.len() - TAIL]);
        damage.map_or(Ok(()), Err)
    }

    /// The enhanced packet block, and the obsolete packet block, which differs in its first field only.
    #[inline]
    fn packet(&self, block: &[u8], interface: u32) -> Result<Record, Damage> {
        const DATA: usize = HEAD + 20;
        let interface = self.interface(interface)?;
        let field = |at| self.endian.u32(block, at);
        let (captured, original) = (field(HEAD + 12), field(HEAD + 16));
        let room = block.len() - DATA - TAIL;
        if captured as usize > room {
            return Err(Damage::PacketBeyondBlock { captured, room: room as u32 });
        }
        Ok(Record {
            time: interface.clock.time(u64::from(field(HEAD + 4)) << 32 | u64::from(field(HEAD + 8))),
            link: interface.link,
            original_len: original.max(captured),
            bytes: DATA..DATA + captured as usize,
        })
    }

    /// The simple packet block: of the first interface, without a time, as long as the interface's limit allows.
    fn simple_packet(&self, block: &[u8]) -> Result<Record, Damage> {
        const DATA: usize = HEAD + 4;
        let interface = self.interface(0)?;
        let original_len = self.endian.u32(block, HEAD);
        let room = block.len() - DATA - TAIL;
        let captured = room.min(original_len as usize).min(interface.limit());
        Ok(Record { time: interface.clock.time(0), link: interface.link, original_len, bytes: DATA..DATA + captured })
    }

    #[inline]
    fn interface(&self, id: u32) -> Result<&Interface, Damage> {
        let known = self.interfaces.len();
        self.interfaces.get(id as usize).ok_or(Damage::Interface { id, known })
    }
}

/// Bytes that a block has at least, frame included; none for a kind that is skipped.
#[inline]
fn least_length(kind: u32) -> Option<u32> {
    match kind {
        SECTION_HEADER => Some(28),
        INTERFACE_DESCRIPTION => Some(20),
        SIMPLE_PACKET => Some(16),
        PACKET | ENHANCED_PACKET => Some(32),
        _ => None,
    }
}

/// The byte order of a section, from the first twelve bytes of its header.
fn byte_order(header: &[u8]) -> Result<Endian, Damage> {
    [Endian::Little, Endian::Big]
        .into_iter()
        .find(|endian| endian.u32(header, HEAD) == BYTE_ORDER_MAGIC)
        .ok_or(Damage::ByteOrder(Endian::Big.u32(header, HEAD)))
}
