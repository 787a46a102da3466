//! A source that a thread of its own reads ahead, while what it gave before is still looked at.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::{Error, Progress, Source};
use crate::wire::{LinkType, Packet, Time};

/// Batches that there are: one that is read, one that is looked at, and some between, since neither goes on evenly.
const BATCHES: usize = 6;
/// Packets of a batch, at most.
const PACKETS: usize = 512;
/// Octets of a batch, but for its last packet.
const OCTETS: usize = 1 << 16;

/// Packets that were read ahead.
struct Batch<T> {
    octets: Vec<u8>,
    entries: Vec<Entry<T>>,
    /// What came behind the packets.
    error: Option<Error>,
    progress: Progress,
    /// Nothing comes any more.
    is_last: bool,
}

/// A packet of a batch.
struct Entry<T> {
    time: Time,
    link: LinkType,
    original_len: u32,
    /// Where its octets end; they begin where those before it end.
    end: usize,
    /// What was made of it.
    made: Option<T>,
}

impl<T> Batch<T> {
    const fn new() -> Self {
        let progress = Progress { read: 0, total: None };
        Self { octets: Vec::new(), entries: Vec::new(), error: None, progress, is_last: false }
    }

    fn fill(&mut self, source: &mut impl Source, make: &mut impl FnMut(&Packet<'_>) -> Option<T>) {
        self.octets.clear();
        self.entries.clear();
        while self.entries.len() < PACKETS && self.octets.len() < OCTETS {
            match source.advance() {
                Ok(true) => self.entries.extend(source.packet().map(|packet| {
                    self.octets.extend_from_slice(packet.bytes);
                    let Packet { time, link, original_len, .. } = packet;
                    Entry { time, link, original_len, end: self.octets.len(), made: make(&packet) }
                })),
                Ok(false) => {
                    self.is_last = true;
                    break;
                }
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        self.progress = source.progress();
    }

    fn packet(&self, index: usize) -> Option<Packet<'_>> {
        let Entry { time, link, original_len, end, .. } = self.entries.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.entries[before].end);
        Some(Packet { time: *time, link: *link, original_len: *original_len, bytes: &self.octets[start..*end] })
    }
}

/// Gives what a source gives, in the same order, packets and errors. The source must not be one that waits: it is read
/// up to six batches ahead, and no signal ends that.
pub struct Ahead<T> {
    full: Receiver<Batch<T>>,
    empty: Sender<Batch<T>>,
    current: Batch<T>,
    /// Packets of the current batch that were given.
    given: usize,
    /// The last packet given is still the one at hand.
    at_packet: bool,
}

impl<T: Send + 'static> Ahead<T> {
    /// Reads `source` from now on. What `make` makes of each packet is made in that thread, too.
    #[must_use]
    pub fn new(
        source: impl Source + Send + 'static,
        make: impl FnMut(&Packet<'_>) -> Option<T> + Send + 'static,
    ) -> Self {
        let (fill, full) = sync_channel(BATCHES);
        let (empty, used) = channel();
        for _ in 1..BATCHES {
            let _ = empty.send(Batch::new());
        }
        thread::spawn(move || read(source, make, &used, &fill));
        Self { full, empty, current: Batch::new(), given: 0, at_packet: false }
    }

    /// What was made of the packet at hand.
    #[inline]
    pub fn made(&self) -> Option<&T> {
        let entry = if self.at_packet { self.current.entries.get(self.given - 1) } else { None };
        entry?.made.as_ref()
    }

    /// Passes over the next packets, but not more than these, for as long as something was made of each and `accept` takes it;
    /// answers how many.
    #[inline]
    pub fn pass_over(&mut self, at_most: u64, mut accept: impl FnMut(&T) -> bool) -> u64 {
        self.at_packet = false;
        if self.given == self.current.entries.len() && self.current.error.is_none() {
            self.next_batch();
        }
        let left = self.current.entries[self.given..].iter().take(usize::try_from(at_most).unwrap_or(usize::MAX));
        let passed = left.take_while(|entry| entry.made.as_ref().is_some_and(&mut accept)).count();
        self.given += passed;
        passed as u64
    }

    /// Moves to the next batch; false if there is none.
    fn next_batch(&mut self) -> bool {
        if self.current.is_last {
            return false;
        }
        let Ok(batch) = self.full.recv() else { return false };
        let old = std::mem::replace(&mut self.current, batch);
        self.given = 0;
        let _ = self.empty.send(old); // whoever has read all needs no more
        true
    }
}

/// Reads until the source has ended, or nobody asks any more.
fn read<T>(
    mut source: impl Source,
    mut make: impl FnMut(&Packet<'_>) -> Option<T>,
    empty: &Receiver<Batch<T>>,
    full: &SyncSender<Batch<T>>,
) {
    while let Ok(mut batch) = empty.recv() {
        batch.fill(&mut source, &mut make);
        let is_last = batch.is_last;
        if full.send(batch).is_err() || is_last {
            break;
        }
    }
}

impl<T: Send + 'static> Source for Ahead<T> {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        self.at_packet = false;
        loop {
            if self.given < self.current.entries.len() {
                self.given += 1;
                self.at_packet = true;
                return Ok(true);
            }
            if let Some(error) = self.current.error.take() {
                return Err(error);
            }
            if !self.next_batch() {
                return Ok(false);
            }
        }
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        if self.at_packet { self.current.packet(self.given - 1) } else { None }
    }

    fn progress(&self) -> Progress {
        self.current.progress
    }
}
