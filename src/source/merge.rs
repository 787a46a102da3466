//! Several sources as one, ordered by time: captures of the same hour from several places.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::time::Duration;

use super::{Error, LazyFile, Progress, Source, Supply};
use crate::wire::{Comment, Packet, Time};

/// Gives the packets of all sources by their time, and where it is the same, by the order of the sources. The packets of
/// one source stay in its order, also where that is not the order of time.
///
/// One packet of each source is held, where the source holds it anyway. A source that fails is asked again, as long as
/// it has not said that it has ended.
pub struct Merge<S> {
    sources: Vec<S>,
    /// When the packet at hand of each source was captured, but for those of `due`.
    heads: BinaryHeap<Reverse<(Time, usize)>>,
    /// Sources that must go on before the next packet can be chosen.
    due: Vec<usize>,
    current: Option<usize>,
}

impl<S: Source> Merge<S> {
    /// In the order that decides where times are equal.
    #[must_use]
    pub fn new(sources: Vec<S>) -> Self {
        let due = (0..sources.len()).rev().collect();
        Self { heads: BinaryHeap::with_capacity(sources.len()), due, current: None, sources }
    }

    /// A source that must go on, and may keep the next packet waiting.
    fn awaited(&self) -> Option<&S> {
        let due = self.due.iter().chain(&self.current).map(|index| &self.sources[*index]);
        due.into_iter().find(|source| source.supply() == Supply::Pending)
    }

    /// Moves the sources that are due to their next packets.
    fn refill(&mut self) -> Result<(), Error> {
        while let Some(index) = self.due.last().copied() {
            let source = &mut self.sources[index];
            let more = source.advance()?;
            self.due.pop();
            if more && let Some(packet) = source.packet() {
                self.heads.push(Reverse((packet.time, index)));
            }
        }
        Ok(())
    }
}

impl Merge<LazyFile> {
    /// Capture files, all of them open at once.
    #[must_use]
    pub fn of_files<P: AsRef<Path>>(paths: &[P]) -> Self {
        Self::new(paths.iter().map(|path| LazyFile::new(path.as_ref())).collect())
    }
}

impl<S: Source> Source for Merge<S> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.due.extend(self.current.take());
        self.refill()?;
        self.current = self.heads.pop().map(|Reverse((_, index))| index);
        Ok(self.current.is_some())
    }

    fn packet(&self) -> Option<Packet<'_>> {
        self.sources[self.current?].packet()
    }

    fn comments(&self) -> Vec<Comment> {
        self.current.map_or_else(Vec::new, |index| self.sources[index].comments())
    }

    /// Only the sources that must go on can keep the next packet waiting.
    fn supply(&self) -> Supply {
        if self.awaited().is_some() {
            Supply::Pending
        } else if self.sources.iter().all(|source| source.supply() == Supply::Complete) {
            Supply::Complete
        } else {
            Supply::Waiting
        }
    }

    /// All that are awaited must give a packet: the first will do.
    fn wait(&self, at_most: Duration) -> bool {
        self.awaited().is_none_or(|source| source.wait(at_most))
    }

    fn progress(&self) -> Progress {
        self.sources.iter().map(Source::progress).sum()
    }
}

#[cfg(test)]
mod tests;
