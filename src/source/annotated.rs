//! Keeps the comments of packets while they are read.

use std::time::Duration;

use super::{Error, Progress, Source, Supply};
use crate::wire::{Comments, Packet};

/// Gives what a source gives, and keeps what the capture says of each packet by its number, from 1.
pub struct Annotated<S> {
    source: S,
    comments: Comments,
    number: u64,
}

impl<S: Source> Annotated<S> {
    /// The comments go to `comments`, each before its packet is given.
    pub const fn new(source: S, comments: Comments) -> Self {
        Self { source, comments, number: 0 }
    }
}

impl<S: Source> Source for Annotated<S> {
    fn advance(&mut self) -> Result<bool, Error> {
        let is_there = self.source.advance()?;
        if is_there {
            self.number += 1;
            self.comments.put(self.number, self.source.comments());
        }
        Ok(is_there)
    }

    fn packet(&self) -> Option<Packet<'_>> {
        self.source.packet()
    }

    fn supply(&self) -> Supply {
        self.source.supply()
    }

    fn wait(&self, at_most: Duration) -> bool {
        self.source.wait(at_most)
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }
}
