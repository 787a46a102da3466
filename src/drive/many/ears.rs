//! Two captures that share the packets between them: short ones and long ones.
//!
//! The kernel's buffer for captured packets has places of equal size, that of the longest packet. A flood is of short ones:
//! in places of their own there is room for a hundred times as many, and they cannot take those of the data.

use std::ops::RangeInclusive;
use std::os::fd::{AsFd as _, BorrowedFd};

use super::wire::ManyOptions;
use crate::drive::wire::Error;
use crate::source::{Live, LiveOptions};
use crate::wire::{LinkType, Packet, Time};

/// The longest packet that is short: a SYN with all options is, even where an ICMPv6 error quotes it.
const SHORT: u32 = 150;
/// Octets of headers around the payload of a segment: link layer, IP with some options, TCP with all.
const HEADERS: u32 = 160;
/// A link layer that does not count, as on "any".
const LINK: u32 = 20;
/// What the kernel puts before each packet in its buffer (packet(7)): with it, 16 short ones fit into a page.
const PLACE: u32 = 86;
/// Bytes of the kernel's buffers, at least and at most. They lie in our memory.
const SHORT_BUFFER: RangeInclusive<u32> = 4 << 20..=48 << 20;
const LONG_BUFFER: RangeInclusive<u32> = 8 << 20..=128 << 20;

/// What passes the filter, in the order of its times.
pub(super) struct Ears {
    short: Ear,
    long: Ear,
}

/// A capture whose next packet can be looked at before it is taken.
struct Ear {
    capture: Live,
    next: Option<Head>,
    /// Of the next packet.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Head {
    time: Time,
    link: LinkType,
    original_len: u32,
}

impl Ears {
    /// Opens both captures.
    ///
    /// # Errors
    /// What libpcap says.
    pub(super) fn open(options: &ManyOptions) -> Result<Self, Error> {
        let ManyOptions { interface, filter, window, places, .. } = options;
        let open = |filter: String, snaplen: u32, size: u32, bounds: RangeInclusive<u32>| {
            let buffer_size = size.clamp(*bounds.start(), *bounds.end());
            Live::open(interface, Some(&filter), LiveOptions { snaplen, buffer_size, ..LiveOptions::default() })
                .map(Ear::new)
        };
        let (short, long) = (SHORT + LINK, (*window).clamp(2048, u32::from(u16::MAX)) + HEADERS);
        // The kernel rounds the size of a long place up to a power of two.
        let long_size = places.long.saturating_mul((long + PLACE).next_power_of_two());
        let short_size = places.short.saturating_mul(short + PLACE);
        Ok(Self {
            short: open(format!("({filter}) and len <= {SHORT}"), short, short_size, SHORT_BUFFER)?,
            long: open(format!("({filter}) and len > {SHORT}"), long, long_size, LONG_BUFFER)?,
        })
    }

    /// The next packet, if one is there.
    ///
    /// # Errors
    /// The capture broke off.
    pub(super) fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        let mut short = self.short.look()?;
        let long = self.long.look()?;
        if short.is_none() && long.is_some() {
            // What came before the long one may not have been there yet a moment ago.
            short = self.short.look()?;
        }
        let is_long = long.is_some_and(|long| short.is_none_or(|short| long < short));
        Ok(if is_long { self.long.take() } else { self.short.take() })
    }

    /// Packets that were lost, because they came faster than they were looked at.
    ///
    /// # Errors
    /// What libpcap says.
    pub(super) fn dropped(&mut self) -> Result<u64, Error> {
        Ok(self.short.capture.dropped()? + self.long.capture.dropped()?)
    }

    /// Readable when a packet is there.
    pub(super) fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.short.capture.as_fd(), self.long.capture.as_fd()]
    }
}

impl Ear {
    const fn new(capture: Live) -> Self {
        Self { capture, next: None, bytes: Vec::new() }
    }

    /// When the next packet was captured, if one is there.
    fn look(&mut self) -> Result<Option<Time>, Error> {
        if self.next.is_none()
            && let Some(Packet { time, link, original_len, bytes }) = self.capture.next()?
        {
            self.next = Some(Head { time, link, original_len });
            self.bytes.clear();
            self.bytes.extend_from_slice(bytes);
        }
        Ok(self.next.map(|head| head.time))
    }

    /// The packet that was looked at.
    fn take(&mut self) -> Option<Packet<'_>> {
        let Head { time, link, original_len } = self.next.take()?;
        Some(Packet { time, link, original_len, bytes: &self.bytes })
    }
}
