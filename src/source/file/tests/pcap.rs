//! The classic format, byte by byte.

use super::*;

/// How a file is written: the four bytes of its magic number, and its byte order.
pub(super) type Form = ([u8; 4], fn(u32) -> [u8; 4]);

pub(super) const LITTLE: Form = ([0xd4, 0xc3, 0xb2, 0xa1], u32::to_le_bytes);
const BIG: Form = ([0xa1, 0xb2, 0xc3, 0xd4], u32::to_be_bytes);
const LITTLE_NANOS: Form = ([0x4d, 0x3c, 0xb2, 0xa1], u32::to_le_bytes);
const BIG_NANOS: Form = ([0xa1, 0xb2, 0x3c, 0x4d], u32::to_be_bytes);
const LITTLE_MODIFIED: Form = ([0x34, 0xcd, 0xb2, 0xa1], u32::to_le_bytes);
const BIG_MODIFIED: Form = ([0xa1, 0xb2, 0xcd, 0x34], u32::to_be_bytes);

/// A header of version 2.4.
pub(super) fn header(form: Form, network: u32) -> Vec<u8> {
    header_of_version(form, (2, 4), network)
}

fn header_of_version((magic, order): Form, (major, minor): (u16, u16), network: u32) -> Vec<u8> {
    let is_big = order(1) == 1_u32.to_be_bytes();
    let version = [major, minor].map(|field| if is_big { field.to_be_bytes() } else { field.to_le_bytes() });
    let mut bytes = magic.to_vec();
    bytes.extend(version.concat());
    bytes.extend([0, 0, 65535, network].map(order).concat());
    bytes
}

pub(super) fn record(bytes: &mut Vec<u8>, (magic, order): Form, time: (u32, u32), data: &[u8], original: u32) {
    bytes.extend([time.0, time.1, data.len() as u32, original].map(order).concat());
    if magic == LITTLE_MODIFIED.0 || magic == BIG_MODIFIED.0 {
        bytes.extend([0xee; 8]);
    }
    bytes.extend(data);
}

/// Two packets, the second one cut.
pub(super) fn file(form: Form) -> Vec<u8> {
    let mut bytes = header(form, 1);
    record(&mut bytes, form, (1_700_000_000, 123_456), b"abc", 3);
    record(&mut bytes, form, (1_700_000_001, 999_999), b"defg", 1514);
    bytes
}

#[test]
fn a_literal_file_in_little_endian() {
    let bytes = b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0\
                  \x00\xf1\x53\x65\x40\xe2\x01\x00\x03\0\0\0\x03\0\0\0abc\
                  \x01\xf1\x53\x65\x3f\x42\x0f\x00\x04\0\0\0\xea\x05\0\0defg";
    assert_eq!(file(LITTLE), bytes);
    let first = Stored::whole(Time::from_parts(1_700_000_000, 123_456_000), LinkType::ETHERNET, b"abc".to_vec());
    let second = Stored {
        time: Time::from_parts(1_700_000_001, 999_999_000),
        link: LinkType::ETHERNET,
        original_len: 1514,
        bytes: b"defg".to_vec(),
    };
    assert_eq!(read(bytes), [first, second]);
}

#[test]
fn a_literal_file_in_big_endian_with_nanoseconds() {
    let bytes = b"\xa1\xb2\x3c\x4d\x00\x02\x00\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\x71\
                  \x65\x53\xf1\x00\x3b\x9a\xc9\xff\0\0\0\x02\0\0\0\x02hi";
    let expected = Stored::whole(Time::from_parts(1_700_000_000, 999_999_999), LinkType::LINUX_SLL, b"hi".to_vec());
    assert_eq!(read(bytes), [expected]);
}

#[test]
fn every_byte_order_and_resolution_says_the_same() {
    let expected = read(&file(LITTLE));
    for form in [BIG, LITTLE_MODIFIED, BIG_MODIFIED] {
        assert_eq!(read(&file(form)), expected, "{:02x?}", form.0);
    }
    for form in [LITTLE_NANOS, BIG_NANOS] {
        let packets = read(&file(form));
        assert_eq!(packets[0].time, Time::from_parts(1_700_000_000, 123_456), "{:02x?}", form.0);
        assert_eq!(packets[1].bytes, expected[1].bytes);
    }
}

#[test]
fn old_versions_have_the_lengths_the_other_way_round() {
    for (version, in_file, expected) in [
        ((2, 4), (3, 9), 9),
        ((2, 3), (3, 9), 9),
        ((2, 3), (9, 3), 9),
        ((2, 2), (9, 3), 9),
        ((543, 0), (9, 3), 9),
        // Longer in the file than on the wire: whole.
        ((2, 4), (3, 2), 3),
    ] {
        let mut bytes = header_of_version(LITTLE, version, 1);
        bytes.extend([0, 0, in_file.0, in_file.1].map(u32::to_le_bytes).concat());
        bytes.extend(b"abc");
        let packets = read(&bytes);
        assert_eq!((packets[0].bytes.as_slice(), packets[0].original_len), (&b"abc"[..], expected), "{version:?}");
    }
}

#[test]
fn unknown_versions_are_refused() {
    for (major, minor) in [(1, 0), (2, 5), (3, 0), (543, 1)] {
        let (packets, (_, offset, damage)) = read_damaged(&header_of_version(BIG, (major, minor), 1));
        assert_eq!((packets.len(), offset, damage), (0, 0, Damage::Version { major, minor }));
    }
}

#[test]
fn link_types_are_normalised() {
    let link = |network| {
        let mut bytes = header(BIG, network);
        record(&mut bytes, BIG, (0, 0), b"E", 1);
        read(&bytes)[0].link
    };
    assert_eq!([12, 14, 101].map(link), [LinkType::RAW; 3]);
    assert_eq!(link(276), LinkType::LINUX_SLL2);
    // The upper bits tell of a frame check sequence of four octets.
    assert_eq!(link(0x2400_0001), LinkType::ETHERNET);
    assert_eq!(read_damaged(&header(BIG, 0x0030_0000)).1.2, Damage::LinkType(0x0030_0000));
}

#[test]
fn a_cut_at_any_byte_gives_the_packets_before_it() {
    let whole = file(LITTLE);
    let packets = read(&whole);
    let ends = [24, 24 + 16 + 3, whole.len()];
    for length in 4..whole.len() {
        let before = ends[1..].iter().filter(|end| **end <= length).count();
        let (given, errors) = read_all(&whole[..length]);
        assert_eq!(given, packets[..before], "cut at {length}");
        assert_eq!(errors.is_empty(), ends.contains(&length), "cut at {length}");
    }
    let (_, found) = read_damaged(&whole[..whole.len() - 1]);
    assert_eq!(found, (2, 43, Damage::Cut { expected: 20, found: 19 }));
    assert_eq!(
        read_all(&whole[..whole.len() - 1]).1[0].1.to_string(),
        "capture file \"test\" is damaged at byte 43, in packet 2: the file was cut short: 20 bytes should follow, \
         19 do; nothing behind this place can be read"
    );
}

#[test]
fn a_lying_length_is_an_error() {
    let mut bytes = file(LITTLE);
    bytes.extend([0, 0, 262_145, 262_145].map(u32::to_le_bytes).concat());
    bytes.extend([0; 300_000]);
    let (packets, found) = read_damaged(&bytes);
    assert_eq!((packets.len(), found), (2, (3, 63, Damage::PacketTooLong { captured: 262_145 })));
    for captured in [u32::MAX, 1 << 31] {
        let mut bytes = header(BIG, 1);
        bytes.extend([0, 0, captured, captured].map(u32::to_be_bytes).concat());
        assert_eq!(read_damaged(&bytes).1.2, Damage::PacketTooLong { captured });
    }
}

#[test]
fn the_longest_packet_is_accepted() {
    let mut bytes = header(LITTLE, 1);
    record(&mut bytes, LITTLE, (0, 0), &vec![7; MAX_PACKET], 524_280);
    let packets = read(&bytes);
    assert_eq!((packets[0].bytes.len(), packets[0].original_len), (MAX_PACKET, 524_280));
}
