//! What went wrong while reading: remembered, so that it does not end the reading.

use std::io::{self, Write};

use crate::cmd::exit;
use crate::source::Error;

/// Errors that are kept; the rest is counted.
const KEPT: usize = 20;

/// The errors of a source, in their order.
#[derive(Default)]
pub(in crate::cmd) struct Faults {
    kept: Vec<Error>,
    more: u64,
}

impl Faults {
    pub(in crate::cmd) fn add(&mut self, error: Error) {
        if self.kept.len() < KEPT {
            self.kept.push(error);
        } else {
            self.more += 1;
        }
    }

    /// Whether there was none yet that is not told.
    pub(in crate::cmd) const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Says each on a line of its own, and forgets it.
    pub(in crate::cmd) fn tell(&mut self, err: &mut dyn Write) -> io::Result<()> {
        for error in self.kept.drain(..) {
            exit::tell(err, &error.to_string())?;
        }
        match std::mem::take(&mut self.more) {
            0 => Ok(()),
            more => exit::tell(err, &format!("{more} more errors like these")),
        }
    }
}
