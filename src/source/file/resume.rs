//! Where a capture file goes on behind a record or a block that cannot be: nothing but what stands there tells.

use std::io::{self, Read};

use super::Format;
use crate::source::window::Window;
use crate::wire::Time;

/// Bytes behind a damaged record among which the next one is looked for.
const SEARCHED: usize = 1 << 18;
/// How often that is done in one file: what is damaged more often is no capture.
const MOST: u32 = 64;
/// How far a packet may be from the last good one in time: a capture has no such gaps as chance would bring about.
const NEAR: i64 = 7 * 86_400 * 1_000_000_000;

/// What is remembered of the records before.
#[derive(Debug, Default)]
pub(super) struct Resume {
    last: Option<Time>,
    done: u32,
}

impl Resume {
    /// Keeps the time of a good record.
    #[inline]
    pub(super) const fn note(&mut self, time: Time) {
        self.last = Some(time);
    }

    /// Takes all up to the next record off the window, whose unread bytes begin with one that cannot be, or within it;
    /// false where no record was found. A record counts where it is plausible and is followed by another, or
    /// by the end of the file.
    ///
    /// # Errors
    /// Those of the reader.
    pub(super) fn find<R: Read>(&mut self, format: &Format, window: &mut Window<R>) -> io::Result<bool> {
        if self.done == MOST {
            return Ok(false);
        }
        self.done += 1;
        let ended = !window.fill(SEARCHED)?;
        let bytes = window.unread();
        let end = |at: usize| self.length(format, &bytes[at..]).map(|length| at + length);
        let is_followed = |at: usize| match end(at) {
            Some(next) if next == bytes.len() => ended,
            Some(next) if next < bytes.len() => end(next).is_some(),
            _ => false,
        };
        let found = (1..bytes.len()).find(|at| is_followed(*at));
        found.map(|at| window.take(at));
        Ok(found.is_some())
    }

    /// The length of the record that these bytes may begin with.
    fn length(&self, format: &Format, bytes: &[u8]) -> Option<usize> {
        match format {
            Format::Pcap(format) => {
                let (time, length) = format.plausible(bytes)?;
                is_near(time, self.last?).then_some(length)
            }
            Format::PcapNg(format) => format.plausible(bytes),
        }
    }
}

const fn is_near(time: Time, last: Time) -> bool {
    (time.as_nanos() as i128 - last.as_nanos() as i128).unsigned_abs() <= NEAR as u128
}
