//! What a capture sees of programs that use the kernel's sockets, shown as it comes.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::show::Show;
use crate::drive::{Seen, Watcher as _};
use crate::source::{Live, LiveOptions};
use crate::trace::Origin;
use crate::wire;

/// A capture, and what shows it. The capture is its descriptor.
pub(super) struct Sight<'a> {
    capture: Live,
    show: Show<'a>,
    packets: u64,
    last: Instant,
}

impl<'a> Sight<'a> {
    /// Shows what passes `filter` on `interface` from now on.
    ///
    /// # Errors
    /// No permission, or no such interface.
    pub(super) fn open(interface: &str, filter: &str, show: Show<'a>) -> anyhow::Result<Self> {
        let capture = Live::open(interface, Some(filter), LiveOptions::default())?;
        Ok(Self { capture, show, packets: 0, last: Instant::now() })
    }

    /// Takes in what has come.
    ///
    /// # Errors
    /// The interface is gone, or the output cannot be written.
    pub(super) fn take(&mut self) -> anyhow::Result<()> {
        while let Some(packet) = self.capture.next()? {
            self.packets += 1;
            self.last = Instant::now();
            let decoded = wire::decode(&packet);
            let seen = Seen {
                number: self.packets,
                packet: &packet,
                decoded: &decoded,
                origin: Origin::Wire,
                captured: true,
                calls: [None; 2],
            };
            self.show.packet(&seen)?;
        }
        Ok(())
    }

    /// What shows it.
    pub(super) fn show(&mut self) -> &mut Show<'a> {
        &mut self.show
    }

    /// How long nothing has come.
    pub(super) fn silence(&self) -> Duration {
        self.last.elapsed()
    }

    /// Packets that have come.
    pub(super) const fn packets(&self) -> u64 {
        self.packets
    }

    /// The end: what has come meanwhile, and what was held back.
    ///
    /// # Errors
    /// Those of [`Self::take`].
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.take()?;
        self.show.finish()
    }
}

impl AsFd for Sight<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }
}
