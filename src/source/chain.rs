//! Several sources, one behind the other: the files of a capture that was rotated.

use std::path::Path;
use std::time::Duration;

use super::{Error, LazyFile, Progress, Source, Supply};
use crate::wire::{Comment, Packet};

/// Gives the packets of each source in turn. An error of one does not keep the next from being read.
pub struct Chain<S> {
    sources: Vec<S>,
    /// The source that is being read; one past the last at the end.
    at: usize,
}

impl<S: Source> Chain<S> {
    /// In this order.
    #[must_use]
    pub fn new(sources: Vec<S>) -> Self {
        Self { sources, at: 0 }
    }
}

impl Chain<LazyFile> {
    /// Capture files in this order, each opened when the one before it has ended, and then let go.
    #[must_use]
    pub fn of_files<P: AsRef<Path>>(paths: &[P]) -> Self {
        Self::new(paths.iter().map(|path| LazyFile::new(path.as_ref())).collect())
    }
}

impl<S: Source> Source for Chain<S> {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        while let Some(source) = self.sources.get_mut(self.at) {
            if source.advance()? {
                return Ok(true);
            }
            self.at += 1;
        }
        Ok(false)
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        self.sources.get(self.at)?.packet()
    }

    fn comments(&self) -> Vec<Comment> {
        self.sources.get(self.at).map_or_else(Vec::new, Source::comments)
    }

    /// The last one of a source may be waited for like any other: its end is not known before.
    fn supply(&self) -> Supply {
        self.sources.get(self.at).map_or(Supply::Complete, Source::supply)
    }

    fn wait(&self, at_most: Duration) -> bool {
        self.sources.get(self.at).is_none_or(|source| source.wait(at_most))
    }

    fn progress(&self) -> Progress {
        self.sources.iter().map(Source::progress).sum()
    }
}

#[cfg(test)]
pub(super) mod tests;
