//! Packets that one thread hands to another, many at once.

use crate::wire::{LinkType, Packet, Time};

/// Packets of a batch, at most.
const PACKETS: usize = 512;
/// Octets of a batch, but for its last packet.
const OCTETS: usize = 1 << 16;

/// Packets in their order, each with what was made of it. Its memory is used again.
pub(super) struct Batch<T> {
    octets: Vec<u8>,
    entries: Vec<Entry>,
    /// What was made of each. As a rule it is all that is looked at.
    made: Vec<Option<T>>,
}

/// A packet of a batch.
struct Entry {
    time: Time,
    link: LinkType,
    original_len: u32,
    /// Where its octets end; they begin where those before it end.
    end: usize,
}

impl<T> Batch<T> {
    pub(super) const fn new() -> Self {
        Self { octets: Vec::new(), entries: Vec::new(), made: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.entries.clear();
        self.made.clear();
        // One packet may be as long as a thousand usual ones.
        self.octets.shrink_to(2 * OCTETS);
    }

    /// Packets in it.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no more should be put into it.
    pub(super) const fn is_full(&self) -> bool {
        self.entries.len() >= PACKETS || self.octets.len() >= OCTETS
    }

    pub(super) fn push(&mut self, packet: &Packet<'_>, made: Option<T>) {
        self.octets.extend_from_slice(packet.bytes);
        let Packet { time, link, original_len, .. } = *packet;
        self.entries.push(Entry { time, link, original_len, end: self.octets.len() });
        self.made.push(made);
    }

    pub(super) fn packet(&self, index: usize) -> Option<Packet<'_>> {
        let Entry { time, link, original_len, end } = self.entries.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.entries[before].end);
        Some(Packet { time: *time, link: *link, original_len: *original_len, bytes: &self.octets[start..*end] })
    }

    /// How many packets from this one on, but not more than so many, something was made of that `accept` takes.
    #[inline]
    pub(super) fn pass_over(&self, from: usize, at_most: u64, accept: &mut impl FnMut(&T) -> bool) -> usize {
        let left = self.made[from..].iter().take(usize::try_from(at_most).unwrap_or(usize::MAX));
        left.take_while(|made| made.as_ref().is_some_and(&mut *accept)).count()
    }

    /// The time of the last packet.
    pub(super) fn last_time(&self) -> Option<Time> {
        self.entries.last().map(|entry| entry.time)
    }

    /// What was made of a packet.
    pub(super) fn made(&self, index: usize) -> Option<&T> {
        self.made.get(index)?.as_ref()
    }
}
