//! One output for two writers, which take turns line by line.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// An output that can be handed out several times.
#[derive(Clone)]
pub(super) struct Shared<'a>(Rc<RefCell<&'a mut dyn Write>>);

impl<'a> Shared<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self(Rc::new(RefCell::new(out)))
    }
}

impl Write for Shared<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}
