//! A captured packet as it is sent again: as it was, or not at all.

mod group;

pub use group::is_for_many;

use crate::wire::{LinkType, Packet};

/// Why a packet cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The capture kept only its beginning.
    #[error("the capture kept {captured} of its {original} octets")]
    Cut {
        /// Octets that there are.
        captured: usize,
        /// Octets that it had.
        original: u32,
    },
    /// Frames of its kind cannot be sent there.
    #[error("its link type, {}, cannot be put onto Ethernet", .0.0)]
    Link(LinkType),
    /// Longer than any frame.
    #[error("with {0} octets it is longer than any frame")]
    Long(usize),
    /// Without the addresses of an Ethernet header.
    #[error("with {0} octets it is no Ethernet frame")]
    Short(usize),
}

/// Octets of an Ethernet header.
const ETHERNET: usize = 14;

/// What packets are turned into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewriter {}

impl Rewriter {
    /// Writes the packet to `room`, and answers how many octets it has there.
    ///
    /// # Errors
    /// It does not fit, and why.
    pub fn write(&self, packet: &Packet<'_>, room: &mut [u8]) -> Result<usize, Unfit> {
        let length = packet.bytes.len();
        if packet.link != LinkType::ETHERNET {
            return Err(Unfit::Link(packet.link));
        }
        if length < packet.original_len as usize {
            return Err(Unfit::Cut { captured: length, original: packet.original_len });
        }
        if length < ETHERNET {
            return Err(Unfit::Short(length));
        }
        room.get_mut(..length).ok_or(Unfit::Long(length))?.copy_from_slice(packet.bytes);
        Ok(length)
    }
}
