//! Packets in: capture files, live capture, memory, and filters.
//!
//! A [`Source`] lends its packets: the bytes stay where they were read, and the next call may overwrite them.
//! [`Live`] is not a [`Source`], because its "nothing" means "not yet" and not "the end".

mod ahead;
mod annotated;
mod batch;
mod bpf;
mod chain;
mod copies;
mod error;
pub mod file;
pub mod filter;
#[cfg(test)]
mod fixture;
mod follow;
mod lazy;
mod link;
pub mod live;
mod loads;
pub mod memory;
mod merge;
mod order;
mod progress;
mod tap;
mod unpack;
mod window;

use std::time::Duration;

use crate::wire::{Comment, Packet};

pub use ahead::Ahead;
pub use annotated::Annotated;
pub use chain::Chain;
pub use error::{Damage, Error};
pub use file::CaptureFile;
pub use filter::Expression;
pub use follow::Follow;
pub use lazy::LazyFile;
pub use live::{Live, LiveOptions};
pub use memory::{Memory, Stored};
pub use merge::Merge;
pub use order::{Order, Orders, Watch};
pub use progress::Progress;
pub use tap::{Losses, Tap, TapOptions};

/// Whether the next packet of a source is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// All packets exist; none is waited for.
    Complete,
    /// Packets come as they happen, and the next one is waiting in memory.
    Waiting,
    /// Packets come as they happen, and the next one may take any time: what was found so far should be shown before it
    /// is asked for.
    Pending,
}

/// Something that gives packets one after the other and comes to an end.
///
/// Where the input is damaged, every packet before the damage is given first. A call after an error goes on behind the
/// damage where that is possible, and otherwise answers that the source has ended; it never repeats the error for ever.
pub trait Source {
    /// Moves to the next packet, and answers whether there is one.
    ///
    /// # Errors
    /// Damaged or unreadable input, or a filter that does not fit the packet's link type.
    fn advance(&mut self) -> Result<bool, Error>;

    /// The packet that the last [`Self::advance`] stopped at; none at the start, at the end and after an error.
    fn packet(&self) -> Option<Packet<'_>>;

    /// What the capture says of the packet at hand, and of the sections and interfaces that began since the one before. It
    /// costs nothing until it is asked.
    fn comments(&self) -> Vec<Comment> {
        Vec::new()
    }

    /// Whether the next [`Self::advance`] may have to wait.
    fn supply(&self) -> Supply {
        Supply::Complete
    }

    /// Waits until there may be more to read, or nothing more will come, but for so long at most; false when the time ran
    /// out. Only where the supply is [`Supply::Pending`] can it take any time.
    fn wait(&self, at_most: Duration) -> bool {
        let _ = at_most;
        true
    }

    /// How far it has come. It costs nothing until it is asked, and little then; once in some thousand packets will do.
    fn progress(&self) -> Progress {
        Progress::default()
    }

    /// The next packet, or none at the end.
    ///
    /// # Errors
    /// Those of [`Self::advance`].
    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        Ok(if self.advance()? { self.packet() } else { None })
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn advance(&mut self) -> Result<bool, Error> {
        (**self).advance()
    }

    fn packet(&self) -> Option<Packet<'_>> {
        (**self).packet()
    }

    fn comments(&self) -> Vec<Comment> {
        (**self).comments()
    }

    fn supply(&self) -> Supply {
        (**self).supply()
    }

    fn wait(&self, at_most: Duration) -> bool {
        (**self).wait(at_most)
    }

    fn progress(&self) -> Progress {
        (**self).progress()
    }
}
