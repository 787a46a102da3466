//! A source that a thread of its own reads ahead, while what it gave before is still looked at.

use super::loads::{Load, Loads};
use super::{Error, Progress, Source};
use crate::wire::Packet;

/// Loads that there are: one that is read, one that is looked at, and some between, since neither goes on evenly.
const LOADS: usize = 6;

/// Gives what a source gives, in the same order, packets and errors. The source must not be one that waits: it is read
/// up to six loads ahead, and no signal ends that.
pub struct Ahead<T>(Loads<T, Progress>);

impl<T: Send + 'static> Ahead<T> {
    /// Reads `source` from now on. What `make` makes of each packet is made in that thread, too.
    #[must_use]
    pub fn new(
        mut source: impl Source + Send + 'static,
        mut make: impl FnMut(&Packet<'_>) -> Option<T> + Send + 'static,
    ) -> Self {
        Self(Loads::begin(LOADS, move |load| fill(load, &mut source, &mut make)))
    }

    /// What was made of the packet at hand.
    #[inline]
    pub fn made(&self) -> Option<&T> {
        self.0.made()
    }

    /// Passes over the next packets, but not more than these, for as long as something was made of each and `accept` takes it;
    /// answers how many.
    #[inline]
    pub fn pass_over(&mut self, at_most: u64, accept: impl FnMut(&T) -> bool) -> u64 {
        if self.0.is_used() {
            self.0.move_on();
        }
        self.0.pass_over(at_most, accept)
    }
}

fn fill<T>(load: &mut Load<T, Progress>, source: &mut impl Source, make: &mut impl FnMut(&Packet<'_>) -> Option<T>) {
    while !load.batch.is_full() {
        match source.advance() {
            Ok(true) => {
                if let Some(packet) = source.packet() {
                    let made = make(&packet);
                    load.batch.push(&packet, made);
                }
            }
            Ok(false) => {
                load.is_last = true;
                break;
            }
            Err(error) => {
                load.error = Some(error);
                break;
            }
        }
    }
    load.note = source.progress();
}

impl<T: Send + 'static> Source for Ahead<T> {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        self.0.advance()
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        self.0.packet()
    }

    fn progress(&self) -> Progress {
        *self.0.note()
    }
}
