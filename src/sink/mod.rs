//! Events out: one file for each kind of output.

pub mod capture;

use std::io;

use crate::trace::Event;

/// Takes events in the order in which they happened.
pub trait Sink {
    /// Takes one event; it may be shown at once, or when its connection has ended.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Shows what is still held back, and flushes.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn finish(&mut self) -> io::Result<()>;
}
