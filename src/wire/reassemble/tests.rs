use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::wire::{Checksum, Flags, IpFields, SegmentFields, decode, emit, ip::protocol};

const RAW: LinkType = LinkType::RAW;

/// A whole IPv4 packet with a segment of `payload` octets.
fn whole_v4(payload: usize) -> Vec<u8> {
    let fields = SegmentFields { flags: Flags::ACK, payload: numbered(payload), ..SegmentFields::default() };
    let ip = IpFields { identification: 77, dont_fragment: false, ..IpFields::default() };
    emit::segment("192.0.2.1:4000".parse().unwrap(), "192.0.2.2:80".parse().unwrap(), &ip, &fields).unwrap()
}

fn whole_v6(payload: usize) -> Vec<u8> {
    let fields = SegmentFields { flags: Flags::ACK, payload: numbered(payload), ..SegmentFields::default() };
    let (from, to) = ("[2001:db8::1]:4000".parse().unwrap(), "[2001:db8::2]:80".parse().unwrap());
    emit::segment(from, to, &IpFields::default(), &fields).unwrap()
}

fn numbered(length: usize) -> Vec<u8> {
    (0..length).map(|n| n as u8).collect()
}

/// The fragment of an IPv4 packet that holds the octets from `start` to `end` of its payload.
fn part_v4(whole: &[u8], start: usize, end: usize) -> Vec<u8> {
    let more = 20 + end < whole.len();
    let mut part = [&whole[..20], &whole[20 + start..20 + end]].concat();
    let total = part.len() as u16;
    part[2..4].copy_from_slice(&total.to_be_bytes());
    part[6..8].copy_from_slice(&((start as u16 / 8) | u16::from(more) << 13).to_be_bytes());
    part[10..12].copy_from_slice(&[0, 0]);
    let checksum = crate::wire::checksum::Sum::default().with(&part[..20]).finish();
    part[10..12].copy_from_slice(&checksum.to_be_bytes());
    part
}

/// The same of an IPv6 packet, behind the extension headers `before`, the last of which announces a fragment header.
fn part_v6(whole: &[u8], before: &[u8], start: usize, end: usize) -> Vec<u8> {
    let more = 40 + end < whole.len();
    let mut part =
        [&whole[..40], before, &[protocol::TCP, 0, 0, 0, 0, 0, 0, 77], &whole[40 + start..40 + end]].concat();
    let length = part.len() as u16 - 40;
    part[4..6].copy_from_slice(&length.to_be_bytes());
    part[6] = if before.is_empty() { protocol::FRAGMENT } else { protocol::DESTINATION_OPTIONS };
    let field = 40 + before.len() + 2;
    part[field..field + 2].copy_from_slice(&(start as u16 | u16::from(more)).to_be_bytes());
    part
}

/// Gives the parts to the reassembler in their order, a millisecond apart; the packet that they made, if any.
fn feed(reassembler: &mut Reassembler, parts: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut made = None;
    for (number, bytes) in parts.iter().enumerate() {
        let time = Time::from_nanos(number as i64 * 1_000_000);
        let packet = Packet { time, link: RAW, original_len: bytes.len() as u32, bytes };
        if let Some(whole) = reassembler.add(&packet, &decode(&packet)) {
            assert!(made.is_none(), "only one packet was sent");
            assert_eq!((whole.time, whole.link, whole.original_len as usize), (time, RAW, whole.bytes.len()));
            made = Some(whole.bytes.to_vec());
        }
    }
    made
}

#[test]
fn fragments_in_any_order_make_the_packet_that_was_sent() {
    let whole = whole_v4(100); // 120 octets of payload
    let parts = [(0, 48), (48, 96), (96, 120)].map(|(start, end)| part_v4(&whole, start, end));
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut reassembler = Reassembler::default();
        let made = feed(&mut reassembler, &order.map(|index| parts[index].clone()));
        assert_eq!(made.as_deref(), Some(&whole[..]), "{order:?}");
        assert_eq!((reassembler.waiting(), reassembler.held, reassembler.given_up()), (0, 0, 0));
    }
}

#[test]
fn the_packet_made_is_read_like_any_other() {
    let whole = whole_v4(100);
    let mut reassembler = Reassembler::default();
    let made = feed(&mut reassembler, &[part_v4(&whole, 0, 8), part_v4(&whole, 8, 120)]).unwrap();
    let decoded = decode(&Packet { time: Time::default(), link: RAW, original_len: 140, bytes: &made });
    let (ip, segment) = decoded.segment().expect("a segment whose header came in two parts");
    assert_eq!((ip.checksum, segment.checksum_state), (Checksum::Good, Checksum::Good));
    assert_eq!(segment.payload, numbered(100));
}

#[test]
fn a_wrong_header_checksum_stays_wrong() {
    let whole = whole_v4(100);
    let mut first = part_v4(&whole, 0, 48);
    first[11] ^= 1;
    let made = feed(&mut Reassembler::default(), &[first, part_v4(&whole, 48, 120)]).unwrap();
    let decoded = decode(&Packet { time: Time::default(), link: RAW, original_len: 140, bytes: &made });
    assert_eq!(decoded.ip.unwrap().checksum, Checksum::Bad);
}

#[test]
fn ipv6_fragments_lose_their_fragment_header() {
    let whole = whole_v6(100);
    let parts = [part_v6(&whole, &[], 0, 64), part_v6(&whole, &[], 64, 120)];
    assert_eq!(feed(&mut Reassembler::default(), &parts).as_deref(), Some(&whole[..]));

    let options = [protocol::FRAGMENT, 0, 1, 4, 0, 0, 0, 0];
    let parts = [part_v6(&whole, &options, 64, 120), part_v6(&whole, &options, 0, 64)];
    let made = feed(&mut Reassembler::default(), &parts).unwrap();
    assert_eq!(made[4..7], [0, 128, protocol::DESTINATION_OPTIONS]);
    assert_eq!(made[40..48], [protocol::TCP, 0, 1, 4, 0, 0, 0, 0]);
    assert_eq!(made[48..], whole[40..]);
}

#[test]
fn the_largest_packet_fits_and_no_larger_one() {
    for (whole, header, part) in [
        (whole_v4(65_495), 20, &part_v4 as &dyn Fn(&[u8], usize, usize) -> Vec<u8>),
        (whole_v6(65_515), 40, &|whole, start, end| part_v6(whole, &[], start, end)),
    ] {
        let parts = [part(&whole, 0, 32_000), part(&whole, 32_000, whole.len() - header)];
        assert_eq!(feed(&mut Reassembler::default(), &parts), Some(whole));
    }
    // "Ping of death": the last part ends beyond what the length field can say.
    let mut beyond = part_v4(&whole_v4(100), 48, 120);
    beyond[6..8].copy_from_slice(&(65_528_u16 / 8).to_be_bytes());
    let mut reassembler = Reassembler::default();
    assert_eq!(feed(&mut reassembler, &[beyond]), None);
    assert_eq!((reassembler.waiting(), reassembler.given_up()), (0, 1));
}

#[test]
fn a_part_that_came_twice_is_passed_over_and_the_first_octets_stay() {
    let whole = whole_v4(100);
    let mut again = part_v4(&whole, 0, 48);
    again[40..].fill(0xee);
    let parts = [part_v4(&whole, 0, 48), again, part_v4(&whole, 8, 24), part_v4(&whole, 48, 120)];
    assert_eq!(feed(&mut Reassembler::default(), &parts).as_deref(), Some(&whole[..]));
}

#[test]
fn parts_that_overlap_or_disagree_on_the_end_make_nothing() {
    let whole = whole_v4(100);
    let part = |start, end| part_v4(&whole, start, end);
    let shorter = part_v4(&whole[..100], 40, 80);
    for parts in [
        [part(0, 48), part(40, 96)],      // the head of a part again
        [part(48, 96), part(0, 56)],      // its tail
        [part(48, 96), part(40, 104)],    // around it
        [part(48, 120), shorter.clone()], // two ends
        [part(80, 96), shorter],          // an end before a part
    ] {
        let mut reassembler = Reassembler::default();
        assert_eq!(feed(&mut reassembler, &parts), None);
        assert_eq!((reassembler.waiting(), reassembler.held, reassembler.given_up()), (0, 0, 1));
    }
}

#[test]
fn parts_of_two_packets_do_not_mix() {
    let whole = whole_v4(100);
    let mut other = part_v4(&whole, 48, 120);
    other[5] ^= 1; // identification
    let mut reassembler = Reassembler::default();
    assert_eq!(feed(&mut reassembler, &[part_v4(&whole, 0, 48), other]), None);
    assert_eq!(reassembler.waiting(), 2);
}

#[test]
fn a_fragment_in_a_tunnel_in_fragments_is_put_together_too() {
    let whole = whole_v4(100);
    let (from, to) = ("198.51.100.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
    let tunnels = [(0, 48), (48, 120)].map(|(start, end)| {
        let inner = part_v4(&whole, start, end);
        let ip = IpFields { identification: start as u16, dont_fragment: false, ..IpFields::default() };
        [emit::header(from, to, &ip, protocol::IPV4, inner.len()).unwrap(), inner].concat()
    });
    let parts = tunnels.map(|tunnel| [part_v4(&tunnel, 0, 32), part_v4(&tunnel, 32, tunnel.len() - 20)]).concat();
    let mut reassembler = Reassembler::default();
    assert_eq!(feed(&mut reassembler, &parts).as_deref(), Some(&whole[..]));
    assert_eq!((reassembler.waiting(), reassembler.held), (0, 0));
}

#[test]
fn what_the_capture_cut_makes_a_cut_packet() {
    let whole = whole_v4(100);
    let (first, last) = (part_v4(&whole, 0, 48), part_v4(&whole, 48, 120));
    let mut reassembler = Reassembler::default();
    let cut = |bytes| Packet { time: Time::default(), link: RAW, original_len: 92, bytes };
    assert!(reassembler.add(&cut(&last[..60]), &decode(&cut(&last[..60]))).is_none());
    let made = reassembler.add(&cut(&first[..60]), &decode(&cut(&first[..60]))).expect("all parts came");
    assert_eq!((made.bytes.len(), made.original_len), (60, 140));
    let decoded = decode(&made);
    let (_, segment) = decoded.segment().unwrap();
    assert_eq!((segment.payload, segment.payload_len), (&numbered(20)[..], 100));
    assert_eq!(segment.checksum_state, Checksum::Unknown);
}

#[test]
fn parts_grow_old_by_the_packets_clock() {
    let whole = whole_v4(100);
    let (first, last) = (part_v4(&whole, 0, 48), part_v4(&whole, 48, 120));
    for (seconds, is_whole) in [(59, true), (61, false)] {
        let mut reassembler = Reassembler::default();
        let at = |seconds, bytes| Packet { time: Time::from_parts(seconds, 0), link: RAW, original_len: 92, bytes };
        assert!(reassembler.add(&at(0, &first), &decode(&at(0, &first))).is_none());
        let late = at(seconds, &last);
        assert_eq!(reassembler.add(&late, &decode(&late)).is_some(), is_whole);
        assert_eq!(reassembler.given_up(), u64::from(!is_whole));
    }
}

#[test]
fn a_flood_of_first_parts_stays_within_its_limits() {
    let whole = whole_v4(1000);
    for limits in [
        ReassemblyLimits { datagrams: 7, ..ReassemblyLimits::default() },
        ReassemblyLimits { octets: 5_000, ..ReassemblyLimits::default() },
    ] {
        let mut reassembler = Reassembler::new(limits);
        for identification in 0..1000_u16 {
            let mut part = part_v4(&whole, 0, 504);
            part[4..6].copy_from_slice(&identification.to_be_bytes());
            assert_eq!(feed(&mut reassembler, &[part]), None);
            assert!(reassembler.waiting() <= limits.datagrams && reassembler.held <= limits.octets);
        }
        assert_eq!(reassembler.waiting() as u64 + reassembler.given_up(), 1000);
        assert!(reassembler.waiting() >= 5, "the youngest stay");
    }
}

proptest! {
    /// Any fragments whatever: no panic, the count of what is held stays true, the limits hold.
    #[test]
    fn any_fragments(parts in prop::collection::vec((0u16..40, 0usize..200, any::<bool>(), 0u8..3, any::<bool>()), 0..60)) {
        let limits = ReassemblyLimits { datagrams: 2, octets: 3_000, age: Duration::from_secs(1) };
        let mut reassembler = Reassembler::new(limits);
        for (number, (offset, length, more, identification, v6)) in parts.into_iter().enumerate() {
            let mut bytes = if v6 { part_v6(&whole_v6(200), &[], 0, length) } else { part_v4(&whole_v4(200), 0, length) };
            if v6 {
                bytes[42..44].copy_from_slice(&(offset << 3 | u16::from(more)).to_be_bytes());
                bytes[47] = identification;
            } else {
                bytes[6..8].copy_from_slice(&(offset | u16::from(more) << 13).to_be_bytes());
                bytes[5] = identification;
            }
            let time = Time::from_nanos(number as i64 * 50_000_000);
            let packet = Packet { time, link: RAW, original_len: bytes.len() as u32, bytes: &bytes };
            if let Some(whole) = reassembler.add(&packet, &decode(&packet)) {
                prop_assert!(decode(&whole).ip.is_some_and(|ip| ip.fragment.is_none()));
            }
            let held: usize = reassembler.pending.iter().map(|(_, datagram)| datagram.cost()).sum();
            prop_assert_eq!(reassembler.held, held);
            prop_assert!(held <= limits.octets && reassembler.waiting() <= limits.datagrams);
        }
    }
}
