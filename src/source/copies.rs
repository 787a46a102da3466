//! Packets that pass several interfaces of this machine, each of which a capture on all of them shows.
//!
//! A packet is a copy where another interface, or the other direction, has shown the same one within a second. What routers
//! change does not count (time to live, link layer, tunnels around it), nor do checksums, which an interface may still have
//! to fill in. Each place counts what it shows: so a packet that is sent again is shown again, and its copies are not.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::wire::{self, Content, Decoded, Ip, LinkType, Packet, Time};

/// How much later than the first the last copy may come.
const WINDOW: Duration = Duration::from_secs(1);
/// Packets that are remembered.
const MOST: usize = 1 << 16;
/// Places that are told apart; what shows at one more is a copy.
const PLACES: usize = 6;
/// Octets of a packet that are compared, its IP header not counted.
const COMPARED: usize = 96;
/// The type of a packet that goes out (packet(7)).
const OUTGOING: u8 = 4;

/// Where a packet was seen: the interface's index, and whether it went out there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    interface: u32,
    is_outgoing: bool,
}

impl Place {
    /// As the header says that the kernel puts before packets of several interfaces; none if there is no such header.
    fn of(packet: &Packet<'_>) -> Option<Self> {
        match packet.link {
            LinkType::LINUX_SLL2 => {
                let header: &[u8; 20] = packet.bytes.first_chunk()?;
                let interface = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
                Some(Self { interface, is_outgoing: header[10] == OUTGOING })
            }
            // An older libpcap tells the direction only.
            LinkType::LINUX_SLL => Some(Self { interface: 0, is_outgoing: *packet.bytes.get(1)? == OUTGOING }),
            _ => None,
        }
    }
}

/// What was seen of one packet.
#[derive(Clone, Copy, Debug)]
struct Seen {
    last: Time,
    /// How often it was shown.
    shown: u32,
    /// How often each place had it.
    places: [Option<(Place, u32)>; PLACES],
}

impl Seen {
    /// Counts it at a place; whether it is one more than was shown.
    fn is_new_at(&mut self, place: Place) -> bool {
        let known = |slot: &Option<(Place, u32)>| slot.is_none_or(|(other, _)| other == place);
        let Some(slot) = self.places.iter_mut().find(|slot| known(slot)) else { return false };
        let count = slot.map_or(0, |(_, count)| count).saturating_add(1);
        *slot = Some((place, count));
        let is_new = count > self.shown;
        self.shown = self.shown.max(count);
        is_new
    }
}

/// Tells packets from their copies. What it remembers is bounded.
pub(super) struct Copies {
    /// Keyed at random, so that nobody can make packets that are taken for copies.
    hasher: RandomState,
    seen: HashMap<u64, Seen>,
    /// In the order in which they were first seen.
    queue: VecDeque<(Time, u64)>,
}

impl Copies {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), seen: HashMap::new(), queue: VecDeque::new() }
    }

    /// Whether this is no copy of one that was given before. What is not IP is none.
    pub(super) fn is_new(&mut self, packet: &Packet<'_>) -> bool {
        let decoded = wire::decode(packet);
        let (Some(place), Some(ip)) = (Place::of(packet), &decoded.ip) else { return true };
        let key = self.key(packet, &decoded, ip);
        self.forget(packet.time);
        let seen = self.seen.entry(key).or_insert_with(|| {
            self.queue.push_back((packet.time, key));
            Seen { last: packet.time, shown: 0, places: [None; PLACES] }
        });
        seen.last = packet.time;
        seen.is_new_at(place)
    }

    fn key(&self, packet: &Packet<'_>, decoded: &Decoded<'_>, ip: &Ip) -> u64 {
        let after_ip = packet.bytes.get(decoded.link_len + ip.header_len..).unwrap_or_default();
        let mut compared = [0; COMPARED];
        let length = after_ip.len().min(COMPARED);
        compared[..length].copy_from_slice(&after_ip[..length]);
        match decoded.content {
            Content::Segment(_) => compared[16..18].fill(0),
            Content::Datagram(_) => compared[6..8].fill(0),
            Content::Icmp(_) | Content::Other => {}
        }
        let fragment = ip.fragment.map(|fragment| (fragment.offset, fragment.more));
        let header = (ip.source, ip.destination, ip.protocol, ip.identification, fragment, ip.payload_len);
        self.hasher.hash_one((header, compared))
    }

    /// Lets go of what is too old, or too much.
    fn forget(&mut self, now: Time) {
        while let Some((time, key)) = self.queue.front().copied() {
            let is_old = now.since(time) > WINDOW;
            if !is_old && self.queue.len() < MOST {
                break;
            }
            self.queue.pop_front();
            match self.seen.get(&key) {
                // It was sent again meanwhile.
                Some(seen) if is_old && now.since(seen.last) <= WINDOW => self.queue.push_back((seen.last, key)),
                _ => drop(self.seen.remove(&key)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;

    /// A segment with this identification as interface `index` shows it.
    fn shown(index: u8, direction: u8, ttl: u8, identification: u8, checksum: u8) -> Vec<u8> {
        let mut bytes = vec![8, 0, 0, 0, 0, 0, 0, index, 0, 1, direction, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        let tcp = PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], ttl).tcp(1024, 80, 7, 64240).ack(9);
        tcp.write(&mut bytes, b"data").unwrap();
        (bytes[20 + 5], bytes[20 + 20 + 16]) = (identification, checksum);
        bytes
    }

    fn is_new(copies: &mut Copies, millis: i64, bytes: &[u8]) -> bool {
        let original_len = bytes.len() as u32;
        let time = Time::from_nanos(1_000_000 * millis);
        copies.is_new(&Packet { time, link: LinkType::LINUX_SLL2, original_len, bytes })
    }

    #[test]
    fn what_several_interfaces_show_is_one_packet() {
        let mut copies = Copies::new();
        assert!(is_new(&mut copies, 0, &shown(1, 0, 64, 1, 0)));
        assert!(!is_new(&mut copies, 0, &shown(2, 0, 64, 1, 0)), "a bridge");
        assert!(!is_new(&mut copies, 0, &shown(2, OUTGOING, 63, 1, 9)), "routed, and the checksum filled in");
        assert!(is_new(&mut copies, 0, &shown(2, OUTGOING, 64, 2, 0)), "another packet");
    }

    #[test]
    fn what_is_sent_again_is_shown_again() {
        let mut copies = Copies::new();
        let (here, there) = (shown(1, OUTGOING, 64, 1, 0), shown(2, 0, 64, 1, 0));
        let mut both = |millis| [&here, &there].map(|bytes| is_new(&mut copies, millis, bytes));
        assert_eq!([both(0), both(100), both(900), both(1_800)], [[true, false]; 4]);
        // The second goes out before the first comes in.
        let order = [&here, &here, &there, &there].map(|bytes| is_new(&mut copies, 2_000, bytes));
        assert_eq!(order, [true, true, false, false]);
    }

    #[test]
    fn what_comes_a_second_later_is_another() {
        let mut copies = Copies::new();
        assert!(is_new(&mut copies, 0, &shown(1, 0, 64, 1, 0)));
        assert!(!is_new(&mut copies, 1_000, &shown(2, 0, 64, 1, 0)));
        assert!(is_new(&mut copies, 2_001, &shown(3, 0, 64, 1, 0)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut copies = Copies::new();
        for identification in 0..3 * MOST as u32 {
            let mut bytes = shown(1, 0, 64, 1, 0);
            bytes[20 + 20 + 4..][..4].copy_from_slice(&identification.to_be_bytes());
            assert!(is_new(&mut copies, 0, &bytes));
        }
        assert!(copies.seen.len() <= MOST && copies.queue.len() <= MOST);
        let many: Vec<u8> = (1..=20).collect();
        let bytes = |index: &u8| shown(*index, 0, 64, 3, 0);
        assert_eq!(many.iter().filter(|index| is_new(&mut copies, 0, &bytes(index))).count(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_packet_makes_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..120), cooked: bool) {
            let link = if cooked { LinkType::LINUX_SLL } else { LinkType::LINUX_SLL2 };
            let packet = Packet { time: Time::from_nanos(0), link, original_len: bytes.len() as u32, bytes: &bytes };
            Copies::new().is_new(&packet);
        }
    }
}
