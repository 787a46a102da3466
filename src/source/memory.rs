//! Packets that are already in memory: for tests, and for what was captured before it is shown.

use super::{Error, Source};
use crate::wire::{LinkType, Packet, Time};

/// A packet that owns its bytes. The fields mean what those of [`Packet`] mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When it was captured.
    pub time: Time,
    /// What its first bytes are.
    pub link: LinkType,
    /// Octets that the packet had on the wire.
    pub original_len: u32,
    /// The octets that were captured.
    pub bytes: Vec<u8>,
}

impl Stored {
    /// A packet that was captured whole.
    #[must_use]
    pub fn whole(time: Time, link: LinkType, bytes: Vec<u8>) -> Self {
        Self { time, link, original_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX), bytes }
    }

    /// Lends it.
    #[must_use]
    pub fn packet(&self) -> Packet<'_> {
        Packet { time: self.time, link: self.link, original_len: self.original_len, bytes: &self.bytes }
    }
}

impl From<Packet<'_>> for Stored {
    fn from(packet: Packet<'_>) -> Self {
        let Packet { time, link, original_len, bytes } = packet;
        Self { time, link, original_len, bytes: bytes.to_vec() }
    }
}

/// A source over a list of packets. It never fails.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    packets: Vec<Stored>,
    /// Packets given, the current one included; one more than there are at the end.
    given: usize,
}

impl Memory {
    /// From packets in the order in which they are to be given.
    #[must_use]
    pub fn new(packets: Vec<Stored>) -> Self {
        Self { packets, given: 0 }
    }
}

impl Source for Memory {
    fn advance(&mut self) -> Result<bool, Error> {
        self.given = (self.given + 1).min(self.packets.len() + 1);
        Ok(self.given <= self.packets.len())
    }

    fn packet(&self) -> Option<Packet<'_>> {
        self.packets.get(self.given.checked_sub(1)?).map(Stored::packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_packet_once_and_then_stays_at_the_end() {
        let stored = [1, 2].map(|n| Stored::whole(Time::from_nanos(n), LinkType::RAW, vec![0x45; 20]));
        let mut memory = Memory::new(stored.to_vec());
        assert!(memory.packet().is_none());
        for expected in &stored {
            assert_eq!(&Stored::from(memory.next().unwrap().unwrap()), expected);
        }
        assert!(memory.next().unwrap().is_none());
        assert!(memory.next().unwrap().is_none());
        assert!(memory.packet().is_none());
    }
}
