//! The newer format, block by block.

use super::*;
use crate::wire::{About, Comment};

const SECTION_HEADER: u32 = 0x0a0d_0d0a;

/// Writes a section in one byte order.
#[derive(Clone, Copy)]
struct Order {
    u16: fn(u16) -> [u8; 2],
    u32: fn(u32) -> [u8; 4],
    i64: fn(i64) -> [u8; 8],
}

const LITTLE: Order = Order { u16: u16::to_le_bytes, u32: u32::to_le_bytes, i64: i64::to_le_bytes };
const BIG: Order = Order { u16: u16::to_be_bytes, u32: u32::to_be_bytes, i64: i64::to_be_bytes };

impl Order {
    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = (self.u32)((12 + body.len() + padding.len()) as u32);
        [&(self.u32)(kind), &length, body, &padding, &length].concat()
    }

    fn section(self) -> Vec<u8> {
        self.section_of_version(1, 0)
    }

    fn section_of_version(self, major: u16, minor: u16) -> Vec<u8> {
        let body = [&(self.u32)(0x1a2b_3c4d)[..], &(self.u16)(major), &(self.u16)(minor), &(self.i64)(-1)].concat();
        self.block(SECTION_HEADER, &body)
    }

    fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        [&(self.u16)(code), &(self.u16)(value.len() as u16), value, &padding].concat()
    }

    fn interface(self, link: LinkType, options: &[u8]) -> Vec<u8> {
        self.interface_with_snaplen(link, 0, options)
    }

    fn interface_with_snaplen(self, link: LinkType, snaplen: u32, options: &[u8]) -> Vec<u8> {
        self.block(1, &[&(self.u16)(link.0)[..], &[0, 0], &(self.u32)(snaplen), options].concat())
    }

    fn enhanced(self, interface: u32, time: u64, original: u32, data: &[u8]) -> Vec<u8> {
        let fields = [interface, (time >> 32) as u32, time as u32, data.len() as u32, original];
        self.block(6, &[&fields.map(self.u32).concat(), data].concat())
    }

    fn obsolete(self, interface: u16, time: u64, data: &[u8]) -> Vec<u8> {
        let length = data.len() as u32;
        let fields = [(time >> 32) as u32, time as u32, length, length];
        let interface_and_drops = [(self.u16)(interface), (self.u16)(0xffff)].concat();
        self.block(2, &[&interface_and_drops, &fields.map(self.u32).concat(), data].concat())
    }

    fn simple(self, original: u32, data: &[u8]) -> Vec<u8> {
        self.block(3, &[&(self.u32)(original), data].concat())
    }
}

/// One packet of each kind on two interfaces, with blocks to skip between.
fn section(order: Order) -> Vec<u8> {
    [
        order.section(),
        order.interface(LinkType::ETHERNET, &[]),
        order.interface(LinkType::LINUX_SLL2, &order.option(9, &[9])),
        order.block(0xbad, &[1; 5]),
        order.enhanced(1, 1_700_000_000_123_456_789, 1514, b"abcde"),
        order.block(0x8000_0001, b""),
        order.obsolete(0, 1_700_000_000_123_456, b"fgh"),
        order.simple(2, b"ij"),
    ]
    .concat()
}

/// Sections of both byte orders.
pub(super) fn file() -> Vec<u8> {
    [section(LITTLE), section(BIG), section(LITTLE)].concat()
}

fn expected() -> [Stored; 3] {
    [
        Stored {
            time: Time::from_nanos(1_700_000_000_123_456_789),
            link: LinkType::LINUX_SLL2,
            original_len: 1514,
            bytes: b"abcde".to_vec(),
        },
        Stored::whole(Time::from_nanos(1_700_000_000_123_456_000), LinkType::ETHERNET, b"fgh".to_vec()),
        Stored::whole(Time::from_nanos(0), LinkType::ETHERNET, b"ij".to_vec()),
    ]
}

#[test]
fn a_literal_file_in_big_endian() {
    let bytes = b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x01\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c\
                  \0\0\0\x01\0\0\0\x14\0\x01\0\0\0\0\0\0\0\0\0\x14\
                  \0\0\0\x06\0\0\0\x24\0\0\0\0\x00\x06\x0a\x24\x18\x1e\x40\x00\0\0\0\x03\0\0\0\x03abc\0\0\0\0\x24";
    let time = Time::from_nanos(0x0006_0a24_181e_4000 * 1000);
    assert_eq!(read(bytes), [Stored::whole(time, LinkType::ETHERNET, b"abc".to_vec())]);
}

#[test]
fn a_literal_file_in_little_endian() {
    let bytes = b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0\
                  \x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0\
                  \x06\0\0\0\x24\0\0\0\0\0\0\0\x24\x0a\x06\x00\x00\x40\x1e\x18\x03\0\0\0\x03\0\0\0abc\0\x24\0\0\0";
    let time = Time::from_nanos(0x0006_0a24_181e_4000 * 1000);
    assert_eq!(read(bytes), [Stored::whole(time, LinkType::ETHERNET, b"abc".to_vec())]);
}

#[test]
fn every_kind_of_packet_block_in_both_byte_orders() {
    assert_eq!(read(&section(LITTLE)), expected());
    assert_eq!(read(&section(BIG)), expected());
}

#[test]
fn each_section_has_its_own_byte_order_and_interfaces() {
    assert_eq!(read(&file()), [expected(), expected(), expected()].concat());
    let bytes = [LITTLE.section(), LITTLE.interface(LinkType::RAW, &[]), BIG.section(), BIG.simple(1, b"a")].concat();
    assert_eq!(read_damaged(&bytes).1.2, Damage::Interface { id: 0, known: 0 });
}

#[test]
fn resolution_and_offset_are_read_in_the_sections_byte_order() {
    for order in [LITTLE, BIG] {
        let options = [order.option(2, b"eth0"), order.option(9, &[3]), order.option(14, &(order.i64)(-2))].concat();
        let interface = order.interface(LinkType::RAW, &options);
        let bytes = [order.section(), interface, order.enhanced(0, 5_001, 1, b"a")].concat();
        assert_eq!(read(&bytes)[0].time, Time::from_nanos(3_001_000_000));
    }
}

#[test]
fn options_end_at_the_end_mark() {
    let options = [LITTLE.option(0, &[]), LITTLE.option(9, &[0])].concat();
    let bytes = [LITTLE.section(), LITTLE.interface(LinkType::RAW, &options), LITTLE.enhanced(0, 7, 1, b"a")].concat();
    assert_eq!(read(&bytes)[0].time, Time::from_nanos(7_000));
}

/// The comments of each packet, by what they are about.
fn comments(bytes: &[u8]) -> Vec<Vec<(About, String)>> {
    let mut file = CaptureFile::new(bytes, "test").unwrap();
    let mut found = Vec::new();
    while !matches!(file.advance(), Ok(false)) {
        if file.packet().is_some() {
            found.push(file.comments().into_iter().map(|comment| (comment.about, comment.text)).collect());
        }
    }
    assert!(file.comments().is_empty(), "none at the end");
    found
}

#[test]
fn comments_come_with_their_packet_and_those_of_files_with_the_first_one_behind_them() {
    let said = |about, text: &str| (about, text.to_owned());
    for order in [LITTLE, BIG] {
        let note = |text: &str| order.option(1, text.as_bytes());
        let magic = [&(order.u32)(0x1a2b_3c4d)[..], &(order.u16)(1), &(order.u16)(0), &(order.i64)(-1)].concat();
        let options = [order.option(2, b"flags"), note("a"), order.option(1, b""), note("b")].concat();
        let file = [
            order.block(SECTION_HEADER, &[magic, note("file")].concat()),
            order.interface(LinkType::RAW, &[]),
            order.interface(LinkType::RAW, &note("eth1")),
            order.enhanced(0, 1, 4, &[&b"abcd"[..], &options].concat()),
        ];
        // The data is what the block says it is: its options follow.
        let mut file = file.concat();
        let block = file.len() - (32 + 4 + options.len());
        file[block + 20..block + 24].copy_from_slice(&(order.u32)(4));
        file.extend(order.enhanced(0, 2, 2, b"ab"));
        file.extend(order.simple(4, b"abcd"));
        let of_file = [said(About::Section, "file"), said(About::Interface(1), "eth1")];
        let of_packet = [said(About::Packet, "a"), said(About::Packet, "b")];
        assert_eq!(comments(&file), [[of_file, of_packet].concat(), Vec::new(), Vec::new()]);
    }
}

#[test]
fn many_comments_are_bounded() {
    let options = LITTLE.option(1, &[b'x'; 60_000]).repeat(10);
    let mut file = [LITTLE.section(), LITTLE.interface(LinkType::RAW, &options).repeat(500)].concat();
    let block = file.len();
    file.extend(LITTLE.enhanced(0, 1, 0, &options));
    file[block + 20..block + 24].copy_from_slice(&0_u32.to_le_bytes());
    let found = comments(&file).remove(0);
    assert_eq!(found.iter().filter(|(about, _)| *about == About::Packet).count(), Comment::MOST);
    assert!(found.len() <= 260 && found.iter().all(|(_, text)| text.len() <= Comment::LONGEST), "{}", found.len());
}

#[test]
fn a_simple_packet_ends_where_the_interface_cut_it() {
    let interface = LITTLE.interface_with_snaplen(LinkType::ETHERNET, 5, &[]);
    let bytes = [LITTLE.section(), interface, LITTLE.simple(100, b"abcde\0\0\0"), LITTLE.simple(3, b"abc")].concat();
    let packets = read(&bytes);
    assert_eq!((packets[0].bytes.as_slice(), packets[0].original_len), (&b"abcde"[..], 100));
    assert_eq!((packets[1].bytes.as_slice(), packets[1].original_len), (&b"abc"[..], 3));
}

#[test]
fn a_damaged_packet_leaves_the_others() {
    let mut lying = LITTLE.enhanced(0, 1, 4, b"abcd");
    lying[20..24].copy_from_slice(&5_u32.to_le_bytes());
    for (damaged, damage) in [
        (lying, Damage::PacketBeyondBlock { captured: 5, room: 4 }),
        (LITTLE.enhanced(1, 1, 4, b"abcd"), Damage::Interface { id: 1, known: 1 }),
        (LITTLE.obsolete(7, 1, b"abcd"), Damage::Interface { id: 7, known: 1 }),
        (LITTLE.interface(LinkType::RAW, &LITTLE.option(9, &[6, 6])), Damage::BlockOption { code: 9, length: 2 }),
        (LITTLE.interface(LinkType::RAW, &LITTLE.option(14, &[0; 4])), Damage::BlockOption { code: 14, length: 4 }),
        (LITTLE.interface(LinkType::RAW, &[9, 0, 5, 0]), Damage::BlockOption { code: 9, length: 5 }),
    ] {
        let before = [LITTLE.section(), LITTLE.interface(LinkType::RAW, &[]), LITTLE.simple(1, b"x")].concat();
        let bytes = [before.clone(), damaged, LITTLE.simple(1, b"y")].concat();
        let (packets, found) = read_damaged(&bytes);
        assert_eq!(found, (2, before.len() as u64, damage));
        assert!(!damage.is_final());
        assert_eq!(packets.iter().map(|packet| packet.bytes.as_slice()).collect::<Vec<_>>(), [b"x", b"y"]);
    }
}

#[test]
fn a_damaged_interface_still_counts() {
    let broken = LITTLE.interface(LinkType::LINUX_SLL, &LITTLE.option(9, &[]));
    let bytes = [LITTLE.section(), broken, LITTLE.interface(LinkType::RAW, &[]), LITTLE.enhanced(1, 0, 1, b"a")];
    assert_eq!(read_damaged(&bytes.concat()).0[0].link, LinkType::RAW);
}

#[test]
fn a_broken_frame_ends_the_file() {
    let before = [LITTLE.section(), LITTLE.interface(LinkType::RAW, &[]), LITTLE.simple(1, b"x")].concat();
    let block = |length: u32, last: u32| {
        [&6_u32.to_le_bytes()[..], &length.to_le_bytes(), &[0; 20], &last.to_le_bytes()].concat()
    };
    let unknown = [&99_u32.to_le_bytes()[..], &16_u32.to_le_bytes(), &[0; 4], &20_u32.to_le_bytes()].concat();
    for (damaged, damage) in [
        (block(0, 0), Damage::BlockLength(0)),
        (block(11, 11), Damage::BlockLength(11)),
        (block(33, 33), Damage::BlockLength(33)),
        (block(28, 28), Damage::BlockLength(28)),
        (block(32, 36), Damage::BlockEnd { first: 32, last: 36 }),
        (unknown, Damage::BlockEnd { first: 16, last: 20 }),
    ] {
        let bytes = [before.clone(), damaged, LITTLE.simple(1, b"y")].concat();
        let (packets, found) = read_damaged(&bytes);
        assert_eq!((packets.len(), found), (1, (2, before.len() as u64, damage)));
        assert!(damage.is_final());
    }
}

#[test]
fn a_section_must_be_of_a_known_byte_order_and_version() {
    let mut bytes = LITTLE.section();
    bytes[8..12].copy_from_slice(b"abcd");
    assert_eq!(read_damaged(&bytes).1.2, Damage::ByteOrder(0x6162_6364));
    assert_eq!(read_damaged(&BIG.section_of_version(2, 0)).1.2, Damage::Version { major: 2, minor: 0 });
    assert_eq!(read_damaged(&BIG.section_of_version(1, 1)).1.2, Damage::Version { major: 1, minor: 1 });
    assert!(read(&BIG.section_of_version(1, 2)).is_empty());
}

#[test]
fn a_cut_at_any_byte_gives_the_packets_before_it() {
    let whole = file();
    let packets = read(&whole);
    let mut given_before = 0;
    for length in 4..whole.len() {
        let (given, errors) = read_all(&whole[..length]);
        assert_eq!(given, packets[..given.len()], "cut at {length}");
        assert!(given.len() >= given_before && errors.len() <= 1, "cut at {length}");
        given_before = given.len();
    }
    assert_eq!(given_before, packets.len() - 1);
}

#[test]
fn long_blocks_are_skipped_and_never_held() {
    let long = vec![1; 3 * MAX_BLOCK];
    let start = [LITTLE.section(), LITTLE.interface(LinkType::RAW, &[])].concat();
    let unknown = [start.clone(), LITTLE.block(99, &long), LITTLE.simple(1, b"x")].concat();
    assert_eq!(read(&unknown).len(), 1);

    let too_long = LITTLE.enhanced(0, 0, 1, &long);
    let length = too_long.len() as u32;
    let (packets, found) = read_damaged(&[start.clone(), too_long, LITTLE.simple(1, b"x")].concat());
    assert_eq!((packets.len(), found), (1, (1, start.len() as u64, Damage::BlockTooLong(length))));

    let lying = [&99_u32.to_le_bytes()[..], &0xffff_fffc_u32.to_le_bytes(), &[0; 100]].concat();
    let (_, (_, _, damage)) = read_damaged(&[start, lying].concat());
    assert_eq!(damage, Damage::Cut { expected: 0xffff_fffc, found: 108 });
}

#[test]
fn interfaces_are_limited() {
    let mut bytes = BIG.section();
    for _ in 0..=MAX_INTERFACES {
        bytes.extend(BIG.interface(LinkType::RAW, &[]));
    }
    bytes.extend(BIG.enhanced(MAX_INTERFACES as u32 - 1, 0, 1, b"a"));
    let (packets, (_, _, damage)) = read_damaged(&bytes);
    assert_eq!((packets.len(), damage), (1, Damage::Interfaces));
}
