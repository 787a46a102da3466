//! What a driver asks of a run, whatever decides which packet is next.

use super::{Reply, Step};
use crate::craft::packet::SpecError;
use crate::wire::{Decoded, Time};

/// A run of packets and their replies, without I/O.
pub trait Course {
    /// What to do at `now`.
    ///
    /// # Errors
    /// The next packet cannot be built.
    fn step(&mut self, now: Time) -> Result<Step, SpecError>;

    /// The capture showed packet `index` leave at `time`.
    fn left(&mut self, index: u64, time: Time);

    /// Takes what arrived at `time`; tells what it replies to, if to a packet of the run.
    fn arrive(&mut self, time: Time, decoded: &Decoded<'_>) -> Option<Reply>;

    /// Whether this is a segment between the sockets of one of our packets: where it is not ours, our own kernel sent it.
    fn is_in_our_name(&self, decoded: &Decoded<'_>) -> bool;

    /// Nothing more is to be sent.
    fn stop(&mut self);
}
