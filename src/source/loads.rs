//! Packets that a thread of its own reads and hands over in loads, whose memory goes to and fro.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use super::Error;
use super::batch::Batch;
use crate::wire::{Packet, Time};

/// What is handed over at once.
pub(super) struct Load<T, N> {
    pub(super) batch: Batch<T>,
    /// What came behind the packets.
    pub(super) error: Option<Error>,
    /// Nothing comes any more.
    pub(super) is_last: bool,
    /// What else the reading thread tells.
    pub(super) note: N,
}

impl<T, N: Default> Load<T, N> {
    fn new() -> Self {
        Self { batch: Batch::new(), error: None, is_last: false, note: N::default() }
    }
}

/// The side that takes the loads, one packet after the other.
pub(super) struct Loads<T, N> {
    full: Receiver<Load<T, N>>,
    empty: Sender<Load<T, N>>,
    current: Load<T, N>,
    /// What was waited for, and comes behind the current load.
    next: RefCell<Option<Load<T, N>>>,
    /// Packets of the current load that were given.
    given: usize,
    /// The last packet given is still the one at hand.
    at_packet: bool,
}

impl<T: Send + 'static, N: Default + Send + 'static> Loads<T, N> {
    /// Lets a thread fill one load after the other, until it says of one that it is the last, or nobody takes them any more.
    /// There are `count` loads; when all of them are full the thread waits. It finds the batch empty. Where no thread can be
    /// had, an error is all that comes.
    pub(super) fn begin(count: usize, mut fill: impl FnMut(&mut Load<T, N>) + Send + 'static) -> Self {
        let (give, full) = sync_channel(count);
        let (empty, used) = channel::<Load<T, N>>();
        for _ in 1..count {
            let _ = empty.send(Load::new());
        }
        let body = move || {
            while let Ok(mut load) = used.recv() {
                load.batch.clear();
                fill(&mut load);
                let is_last = load.is_last;
                if give.send(load).is_err() || is_last {
                    break;
                }
            }
        };
        let mut current = Load::new();
        if let Err(cause) = thread::Builder::new().name("packets".to_owned()).spawn(body) {
            current.error = Some(Error::Thread { cause });
            current.is_last = true;
        }
        Self { full, empty, current, next: RefCell::new(None), given: 0, at_packet: false }
    }
}

impl<T, N> Loads<T, N> {
    /// Moves to the next packet, as [`super::Source::advance`] does.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
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
            if !self.move_on() {
                return Ok(false);
            }
        }
    }

    /// The packet at hand.
    #[inline]
    pub(super) fn packet(&self) -> Option<Packet<'_>> {
        if self.at_packet { self.current.batch.packet(self.given - 1) } else { None }
    }

    /// What was made of the packet at hand.
    #[inline]
    pub(super) fn made(&self) -> Option<&T> {
        if self.at_packet { self.current.batch.made(self.given - 1) } else { None }
    }

    /// Passes over the next packets of the current load, but not more than these, for as long as something was made of each
    /// and `accept` takes it; answers how many. No packet is at hand then.
    #[inline]
    pub(super) fn pass_over(&mut self, at_most: u64, mut accept: impl FnMut(&T) -> bool) -> u64 {
        self.at_packet = false;
        let passed = self.current.batch.pass_over(self.given, at_most, &mut accept);
        self.given += passed;
        passed as u64
    }

    /// Whether nothing of the current load is left, and there may be another.
    #[inline]
    pub(super) const fn is_used(&self) -> bool {
        self.given >= self.current.batch.len() && self.current.error.is_none() && !self.current.is_last
    }

    /// Goes on with the next load, and waits for it; false if there is none.
    pub(super) fn move_on(&mut self) -> bool {
        if self.current.is_last {
            return false;
        }
        let next = self.take_next();
        next.map(|load| self.replace(load)).is_some()
    }

    /// Goes on with the next load if it was waited for already.
    pub(super) fn move_on_if_there(&mut self) {
        if let Some(load) = self.next.take() {
            self.replace(load);
        }
    }

    /// The next load, which the current one is not replaced by yet; waits for it.
    pub(super) fn take_next(&mut self) -> Option<Load<T, N>> {
        self.next.take().or_else(|| self.full.recv().ok())
    }

    /// Keeps what [`Self::take_next`] gave as the next load.
    pub(super) fn keep_next(&mut self, load: Load<T, N>) {
        self.next.replace(Some(load));
    }

    /// Gives a load back that brings nothing.
    pub(super) fn give_back(&self, load: Load<T, N>) {
        let _ = self.empty.send(load); // whoever has read all needs no more
    }

    fn replace(&mut self, load: Load<T, N>) {
        let used = std::mem::replace(&mut self.current, load);
        self.given = 0;
        self.give_back(used);
    }

    /// Whether the next load was waited for already.
    pub(super) fn has_next(&self) -> bool {
        self.next.borrow().is_some()
    }

    /// Waits for the next load, but for so long at most; false when the time ran out.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        match self.full.recv_timeout(at_most) {
            Ok(load) => {
                self.next.replace(Some(load));
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        }
    }

    /// The time of the last packet of the current load.
    pub(super) fn last_time(&self) -> Option<Time> {
        self.current.batch.last_time()
    }

    /// What was told with the current load.
    pub(super) const fn note(&self) -> &N {
        &self.current.note
    }
}
