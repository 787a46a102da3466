//! The clock of a run, and what ends its waits.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Instant;

use super::wire::{Error, Woken};
use crate::sys::{Interrupts, clock, poll};
use crate::wire::Time;

/// Tells the time, and waits for packets, signals or a time to come.
#[derive(Debug)]
pub(super) struct Clock {
    interrupts: Interrupts,
    /// The wall clock and the steady one at the start: times agree with the kernel's stamps, and never go back.
    started: (Time, Instant),
}

impl Clock {
    /// From here on signals are collected.
    ///
    /// # Errors
    /// No descriptor is left.
    pub(super) fn start() -> Result<Self, Error> {
        Ok(Self { interrupts: Interrupts::new()?, started: (clock::now(), Instant::now()) })
    }

    pub(super) fn now(&self) -> Time {
        self.started.0 + self.started.1.elapsed()
    }

    /// Waits until one of `captures` has a packet, somebody interrupts, or `until` has come.
    ///
    /// # Errors
    /// The machine cannot wait.
    pub(super) fn wait<const N: usize>(&self, captures: [BorrowedFd<'_>; N], until: Time) -> Result<Woken, Error> {
        let timeout = until.since(self.now());
        let fds: Vec<_> = captures.into_iter().chain([self.interrupts.as_fd()]).collect();
        poll::wait(&fds, Some(timeout))?;
        Ok(self.interrupts.take().map_or(Woken::Look, Woken::Stop))
    }
}
