//! What a capture sees of programs that use the kernel's sockets, shown as it comes.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::exit::remark;
use super::show::Show;
use crate::drive::{Seen, Watcher as _};
use crate::explain::count;
use crate::source::{Live, LiveOptions};
use crate::trace::Origin;
use crate::wire;

/// Bytes of the capture's buffer: a program may say much before it is this thread's turn.
const BUFFER: u32 = 32 << 20;

/// A capture, and what shows it. The capture is its descriptor.
pub(super) struct Sight<'a> {
    capture: Live,
    show: Show<'a>,
    packets: u64,
    /// What the capture had no room for before anything was to be shown.
    lost: u64,
    last: Instant,
}

/// Captures what passes `filter` on `interface`, for a [`Sight`] to come.
///
/// # Errors
/// No permission, or no such interface.
pub(super) fn capture(interface: &str, filter: &str) -> anyhow::Result<Live> {
    let options = LiveOptions { buffer_size: BUFFER, ..LiveOptions::default() };
    Ok(Live::open(interface, Some(filter), options)?)
}

impl<'a> Sight<'a> {
    /// Shows what passes `filter` on `interface` from now on.
    ///
    /// # Errors
    /// No permission, or no such interface.
    pub(super) fn open(interface: &str, filter: &str, show: Show<'a>) -> anyhow::Result<Self> {
        Self::from_now_on(capture(interface, filter)?, show)
    }

    /// Shows what `capture` sees from now on; what it has seen before goes.
    ///
    /// # Errors
    /// The interface is gone.
    pub(super) fn from_now_on(mut capture: Live, show: Show<'a>) -> anyhow::Result<Self> {
        while capture.next()?.is_some() {}
        let lost = capture.dropped()?;
        Ok(Self { capture, show, packets: 0, lost, last: Instant::now() })
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

    /// The end: what has come meanwhile, and what was held back. Says on `err` how many packets the capture had no room for.
    ///
    /// # Errors
    /// Those of [`Self::take`].
    pub(super) fn finish(mut self, err: &mut dyn Write) -> anyhow::Result<()> {
        self.take()?;
        let lost = self.capture.dropped()? - self.lost;
        self.show.finish()?;
        if lost > 0 {
            let packets = count(lost, "packet");
            remark(err, &format!("{packets} came too fast to be captured: what is shown is not whole"))?;
        }
        Ok(())
    }
}

impl AsFd for Sight<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }
}
