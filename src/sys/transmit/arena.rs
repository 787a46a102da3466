//! Memory for packets on their way out: one mapping, cut into blocks that go back and forth between who fills and who
//! sends them. A packet is written once, where the kernel takes it from.

use std::io;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use crate::sys::{Error, Result};
use crate::wire::Time;

/// The longest frame that has a place: an IPv6 packet of 65,575 octets behind an Ethernet header with several tags.
pub const LONGEST: usize = 66 * 1024;
/// Octets of a block.
const BLOCK: usize = 256 * 1024;
/// A packet that is not longer than this does not cross a multiple of it: AF_XDP counts memory in such pieces.
pub(super) const CHUNK: usize = 4096;
/// Packets begin where a cache line does.
const LINE: usize = 64;

/// Memory from the kernel, zeroed and present, at the beginning of a page.
#[derive(Debug)]
pub(super) struct Arena {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: it is memory and nothing else; who may touch which part of it is decided by the blocks, each of which owns its
// own part alone.
unsafe impl Send for Arena {}
// SAFETY: as above; an `Arena` by itself gives no access.
unsafe impl Sync for Arena {}

impl Arena {
    fn new(length: usize) -> Result<Self> {
        let (access, kind) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE);
        // SAFETY: a new mapping at a place that the kernel chooses touches no memory of ours.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, access, kind, -1, 0) };
        let failed = || Error::os(format!("have {length} octets of memory for packets"), io::Error::last_os_error());
        match NonNull::new(start.cast::<u8>()) {
            Some(start) if start.as_ptr().cast() != libc::MAP_FAILED => Ok(Self { start, length }),
            _ => Err(failed()),
        }
    }

    #[cfg(feature = "afxdp")]
    pub(super) const fn start(&self) -> NonNull<u8> {
        self.start
    }

    #[cfg(feature = "afxdp")]
    pub(super) const fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no block is left: each holds a count of it.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// A packet in a block, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    at: u32,
    length: u32,
    /// When it was captured.
    pub time: Time,
    /// When it departs, from the start of the run.
    pub due: Duration,
}

impl Outgoing {
    /// Octets that are sent.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// Packets one behind the other.
#[derive(Debug)]
pub struct Block {
    arena: Arc<Arena>,
    /// Where its part of the arena begins.
    start: usize,
    /// Octets of its part that are used.
    filled: usize,
    packets: Vec<Outgoing>,
}

/// Makes so many empty blocks, of one piece of memory.
///
/// # Errors
/// There is not so much memory.
pub(super) fn blocks(count: usize) -> Result<Vec<Block>> {
    let arena = Arc::new(Arena::new(count * BLOCK)?);
    let block = |index| Block { arena: Arc::clone(&arena), start: index * BLOCK, filled: 0, packets: Vec::new() };
    Ok((0..count).map(block).collect())
}

impl Block {
    /// Room for a packet of up to `most` octets, if there is any; [`Self::push`] says how many it has become.
    pub fn room(&mut self, most: usize) -> Option<&mut [u8]> {
        self.filled = place(self.filled, most);
        let end = self.filled.checked_add(most).filter(|end| *end <= BLOCK)?;
        // SAFETY: these octets are in this block's part of the arena, which nobody else has access to: a block cannot be
        // cloned, its part overlaps no other, and the arena lives as long as the block.
        let octets = unsafe { std::slice::from_raw_parts_mut(self.address(0), BLOCK) };
        Some(&mut octets[self.filled..end])
    }

    /// The packet that was written to the last [`Self::room`] is whole: `length` octets, no more than were asked for.
    pub fn push(&mut self, length: usize, time: Time, due: Duration) {
        let (at, end) = (self.filled, self.filled + length);
        assert!(end <= BLOCK, "a packet is no longer than its room");
        self.packets.push(Outgoing { at: at as u32, length: length as u32, time, due });
        self.filled = end;
    }

    /// The packets, in their order.
    #[must_use]
    pub fn packets(&self) -> &[Outgoing] {
        &self.packets
    }

    /// The octets of one of [`Self::packets`].
    #[must_use]
    pub fn bytes(&self, packet: &Outgoing) -> &[u8] {
        // SAFETY: as in `room`; the octets are initialised, as the kernel gives memory zeroed.
        let octets = unsafe { std::slice::from_raw_parts(self.address(0), BLOCK) };
        &octets[packet.at as usize..][..packet.len()]
    }

    /// Forgets all packets.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.filled = 0;
    }

    #[cfg(feature = "afxdp")]
    pub(super) const fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Where a packet is, from the beginning of the arena.
    #[cfg(feature = "afxdp")]
    pub(super) const fn offset(&self, packet: &Outgoing) -> usize {
        self.start + packet.at as usize
    }

    fn address(&self, offset: usize) -> *mut u8 {
        self.arena.start.as_ptr().wrapping_add(self.start + offset)
    }
}

/// Where a packet of `most` octets begins when `filled` octets are used.
const fn place(filled: usize, most: usize) -> usize {
    let at = filled.next_multiple_of(LINE);
    if most <= CHUNK && at % CHUNK + most > CHUNK { at.next_multiple_of(CHUNK) } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_what_was_written() {
        let [mut first, mut second] = <[Block; 2]>::try_from(blocks(2).unwrap()).unwrap();
        let fill = |block: &mut Block, octet: u8| {
            let mut count = 0;
            while let Some(room) = block.room(1514) {
                room.fill(octet);
                room[0] = count;
                block.push(1514 - usize::from(count), Time::default(), Duration::ZERO);
                count = count.wrapping_add(1);
            }
            assert_eq!(count, 128, "two to a chunk of 4096");
        };
        fill(&mut first, 1);
        fill(&mut second, 2);
        for (block, octet) in [(&first, 1), (&second, 2)] {
            for (index, packet) in block.packets().iter().enumerate() {
                let bytes = block.bytes(packet);
                assert_eq!((bytes.len(), usize::from(bytes[0])), (1514 - index, index));
                assert!(bytes[1..].iter().all(|found| *found == octet));
            }
        }
        first.clear();
        assert!(first.packets().is_empty() && first.room(BLOCK).is_some() && first.room(BLOCK + 1).is_none());
        drop(second);
        assert_eq!(first.room(LONGEST).unwrap().len(), LONGEST);
    }

    #[test]
    fn short_packets_do_not_cross_a_chunk() {
        assert_eq!(place(0, 96), 0);
        assert_eq!(place(96, 96), 128);
        assert_eq!(place(4032, 64), 4032);
        assert_eq!(place(4032, 65), 4096);
        assert_eq!(place(4032, CHUNK + 1), 4032);
    }
}
