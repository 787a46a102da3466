//! A source that a thread of its own reads ahead, while what it gave before is still looked at.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::batch::Batch;
use super::{Error, Progress, Source};
use crate::wire::Packet;

/// Loads that there are: one that is read, one that is looked at, and some between, since neither goes on evenly.
const LOADS: usize = 6;

/// Packets that were read ahead.
struct Load<T> {
    batch: Batch<T>,
    /// What came behind the packets.
    error: Option<Error>,
    progress: Progress,
    /// Nothing comes any more.
    is_last: bool,
}

impl<T> Load<T> {
    const fn new() -> Self {
        let progress = Progress { read: 0, total: None };
        Self { batch: Batch::new(), error: None, progress, is_last: false }
    }

    fn fill(&mut self, source: &mut impl Source, make: &mut impl FnMut(&Packet<'_>) -> Option<T>) {
        self.batch.clear();
        while !self.batch.is_full() {
            match source.advance() {
                Ok(true) => {
                    if let Some(packet) = source.packet() {
                        let made = make(&packet);
                        self.batch.push(&packet, made);
                    }
                }
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
}

/// Gives what a source gives, in the same order, packets and errors. The source must not be one that waits: it is read
/// up to six loads ahead, and no signal ends that.
pub struct Ahead<T> {
    full: Receiver<Load<T>>,
    empty: Sender<Load<T>>,
    current: Load<T>,
    /// Packets of the current load that were given.
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
        let (fill, full) = sync_channel(LOADS);
        let (empty, used) = channel();
        for _ in 1..LOADS {
            let _ = empty.send(Load::new());
        }
        thread::spawn(move || read(source, make, &used, &fill));
        Self { full, empty, current: Load::new(), given: 0, at_packet: false }
    }

    /// What was made of the packet at hand.
    #[inline]
    pub fn made(&self) -> Option<&T> {
        if self.at_packet { self.current.batch.made(self.given - 1) } else { None }
    }

    /// Passes over the next packets, but not more than these, for as long as something was made of each and `accept` takes it;
    /// answers how many.
    #[inline]
    pub fn pass_over(&mut self, at_most: u64, mut accept: impl FnMut(&T) -> bool) -> u64 {
        self.at_packet = false;
        if self.given == self.current.batch.len() && self.current.error.is_none() {
            self.next_load();
        }
        let passed = self.current.batch.pass_over(self.given, at_most, &mut accept);
        self.given += passed;
        passed as u64
    }

    /// Moves to the next load; false if there is none.
    fn next_load(&mut self) -> bool {
        if self.current.is_last {
            return false;
        }
        let Ok(load) = self.full.recv() else { return false };
        let old = std::mem::replace(&mut self.current, load);
        self.given = 0;
        let _ = self.empty.send(old); // whoever has read all needs no more
        true
    }
}

/// Reads until the source has ended, or nobody asks any more.
fn read<T>(
    mut source: impl Source,
    mut make: impl FnMut(&Packet<'_>) -> Option<T>,
    empty: &Receiver<Load<T>>,
    full: &SyncSender<Load<T>>,
) {
    while let Ok(mut load) = empty.recv() {
        load.fill(&mut source, &mut make);
        let is_last = load.is_last;
        if full.send(load).is_err() || is_last {
            break;
        }
    }
}

impl<T: Send + 'static> Source for Ahead<T> {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        self.at_packet = false;
        loop {
            if self.given < self.current.batch.len() {
                self.given += 1;
                self.at_packet = true;
                return Ok(true);
            }
            if let Some(error) = self.current.error.take() {
                return Err(error);
            }
            if !self.next_load() {
                return Ok(false);
            }
        }
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        if self.at_packet { self.current.batch.packet(self.given - 1) } else { None }
    }

    fn progress(&self) -> Progress {
        self.current.progress
    }
}
