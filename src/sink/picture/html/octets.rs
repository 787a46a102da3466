//! Packets, for as long as somebody may ask for their octets.

use std::collections::BTreeMap;

use crate::wire::{Decoded, Packet};

/// The longest packet that is kept, in octets: what passes on Ethernet.
const LONGEST: usize = 2048;
/// Octets that all packets together may take.
const ROOM: usize = 16 << 20;
/// What one of them takes beside its own octets, in the map and of the allocator: the most of a SYN.
const APIECE: usize = 96;

/// One packet.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// From its IP header on; empty if it is too long.
    pub(super) octets: Box<[u8]>,
    /// How many there are.
    pub(super) len: usize,
    /// The capture has all of it.
    pub(super) whole: bool,
}

impl Kept {
    /// What it takes, in octets.
    fn taken(&self) -> usize {
        self.octets.len() + APIECE
    }
}

/// The latest packets, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Octets {
    packets: BTreeMap<u64, Kept>,
    held: usize,
}

impl Octets {
    pub(super) fn add(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        let octets = packet.bytes.get(decoded.link_len..).unwrap_or_default();
        let whole = packet.bytes.len() as u64 >= u64::from(packet.original_len);
        let kept = if octets.len() > LONGEST { &[] } else { octets };
        self.held += kept.len() + APIECE;
        let old = self.packets.insert(number, Kept { octets: kept.into(), len: octets.len(), whole });
        self.held -= old.map_or(0, |old| old.taken());
        while self.held > ROOM
            && let Some((_, oldest)) = self.packets.pop_first()
        {
            self.held -= oldest.taken();
        }
    }

    pub(super) fn get(&self, number: u64) -> Option<&Kept> {
        self.packets.get(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{LinkType, Time, decode};

    #[test]
    fn packets_of_few_octets_are_counted_with_what_keeping_them_takes() {
        let (mut octets, bytes) = (Octets::default(), [0x45; 40]);
        let packet = Packet { time: Time::default(), link: LinkType::RAW, original_len: 40, bytes: &bytes };
        let decoded = decode(&packet);
        (1..=200_000).for_each(|number| octets.add(number, &packet, &decoded));
        assert_eq!(octets.packets.len(), ROOM / (40 + APIECE));
    }

    #[test]
    fn memory_is_bounded_and_the_latest_are_kept() {
        let (mut octets, bytes) = (Octets::default(), [0x45; 1500]);
        let packet = Packet { time: Time::default(), link: LinkType::RAW, original_len: 1500, bytes: &bytes };
        let decoded = decode(&packet);
        (1..=20_000).for_each(|number| octets.add(number, &packet, &decoded));
        assert!(octets.held <= ROOM && octets.held > ROOM - 1500 - APIECE);
        assert!(octets.get(1).is_none() && octets.get(20_000).is_some_and(|kept| kept.whole && kept.len == 1500));
        let long = vec![0x45; 9000];
        let packet = Packet { bytes: &long, original_len: 9001, ..packet };
        octets.add(20_001, &packet, &decode(&packet));
        assert!(octets.get(20_001).is_some_and(|kept| kept.octets.is_empty() && !kept.whole && kept.len == 9000));
    }
}
