//! Files that gzip(1) and zstd(1) made, and every way in which such a file can be cut or damaged.

use std::io::Write as _;

use flate2::write::GzEncoder;
use flate2::{Compression, FlushCompress};

use super::*;
use crate::source::fixture::{Pipe, drain, pcap, record};
use crate::source::{CaptureFile, Error, Source as _, Stored, Supply};

/// Two packets, by gzip -9n.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xbb\x72\x78\xd3\x42\x26\x06\x16\x06\x18\xf8\xff\x9f\x81\
    \x81\x11\xc4\xf8\x18\x9c\xea\xf0\x88\x91\x81\x19\xc8\x04\xe1\xc4\xa4\x64\x46\xa0\x90\xbd\x13\x3f\x58\xf1\x2b\x56\
    \x06\x86\x94\xd4\xb4\x74\x00\x0a\xc4\x74\x32\x3f\x00\x00\x00";
/// The same by zstd -19.
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x24\x3f\xdd\x01\x00\x24\x03\xd4\xc3\xb2\xa1\x02\x00\x04\x00\xff\xff\x00\x00\x01\
    \x00\x00\x00\x00\xf1\x53\x65\x40\xe2\x01\x00\x03\x00\x00\x61\x62\x63\x01\xf1\x53\x65\x3f\x42\x0f\x00\x04\x00\x00\
    \x00\xea\x05\x00\x00\x64\x65\x66\x67\x02\x00\x5d\x11\x08\x10\x07\xad\x9e\x4b\x23";
/// A frame to skip, as pzstd begins its files.
const SKIPPED: &[u8] = b"\x50\x2a\x4d\x18\x04\x00\x00\x00\x01\x02\x03\x04";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;

const BOTH: [(&str, Compress); 2] = [("gzip", gzip), ("zstd", zstandard)];

/// The packets and the errors of a file.
fn read_all(bytes: &[u8]) -> (Vec<Stored>, Vec<Error>) {
    match CaptureFile::new(bytes, "test") {
        Ok(mut file) => drain(&mut file),
        Err(error) => (Vec::new(), vec![error]),
    }
}

/// The packets of a sound file.
fn read(bytes: &[u8]) -> Vec<Stored> {
    let (packets, errors) = read_all(bytes);
    assert!(errors.is_empty(), "{errors:?}");
    packets
}

/// Bytes that no compressor can shorten, and the same in each run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |()| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_n((), length).map(next).collect()
}

#[test]
fn files_of_both_programs_are_seen_through() {
    let packets = read(GZIP);
    assert_eq!(packets.len(), 2);
    assert_eq!((packets[1].bytes.as_slice(), packets[1].original_len), (&b"defg"[..], 1514));
    for file in [ZSTD.to_vec(), [SKIPPED, ZSTD].concat(), [ZSTD, SKIPPED].concat(), [GZIP, &[0; 512]].concat()] {
        assert_eq!(read(&file), packets);
    }
}

#[test]
fn parts_behind_each_other_are_one_file() {
    let bytes = pcap(&[(1, b"one"), (2, b"two")]);
    for (name, compress) in BOTH {
        let parts: Vec<u8> = bytes.chunks(10).flat_map(compress).collect();
        assert_eq!(read(&parts), read(&bytes), "{name}");
        assert_eq!(read(&[compress(b""), parts, compress(b"")].concat()), read(&bytes), "{name}");
    }
}

#[test]
fn a_file_larger_than_every_buffer_keeps_every_byte() {
    let noise = noise(700_000);
    let packets: Vec<_> = (0..).zip(noise.chunks(997)).collect();
    let bytes = pcap(&packets);
    for (name, compress) in BOTH {
        let packed = compress(&bytes);
        assert_eq!(read(&packed), read(&bytes), "{name}");
        // Slowly, so that every state is met with too little.
        let mut slow = CaptureFile::new(Pipe::new(packed.chunks(7).map(<[u8]>::to_vec).chain([vec![]])), "t").unwrap();
        assert_eq!(drain(&mut slow).0.len(), packets.len(), "{name}");
        assert_eq!(slow.progress().read, packed.len() as u64, "{name}");
    }
}

/// A file whose first part is the header, and each further part one packet; and where its parts end.
fn in_parts(compress: Compress) -> (Vec<u8>, Vec<usize>) {
    let mut file = compress(&pcap(&[]));
    let mut ends = vec![file.len()];
    for second in 0..3 {
        file.extend(compress(&record(second, b"some data to compress, some data")));
        ends.push(file.len());
    }
    (file, ends)
}

#[test]
fn a_cut_anywhere_gives_what_is_whole_and_says_where() {
    for (name, compress) in BOTH {
        let (file, ends) = in_parts(compress);
        let packets = read(&file);
        for length in 4..file.len() {
            let (given, errors) = read_all(&file[..length]);
            let whole = ends[1..].iter().filter(|end| **end <= length).count();
            // The last bytes of a part hold checks only: its packet may be there before them.
            assert!((whole..=whole + 1).contains(&given.len()), "{name} cut at {length}");
            assert_eq!(given, packets[..given.len()]);
            match &errors[..] {
                [] => assert!(ends.contains(&length), "{name} cut at {length}"),
                [Error::Unpack { offset, tool, .. }] => assert_eq!((*offset, *tool), (length as u64, name)),
                other => panic!("{name} cut at {length}: {other:?}"),
            }
        }
    }
    assert_eq!(
        read_all(&GZIP[..30]).1[0].to_string(),
        "capture file \"test\" cannot be unpacked at byte 30 of the compressed file: the file was cut short: its \
         compressed data goes on; nothing behind this place can be read (gzip -t checks the whole file)"
    );
}

#[test]
fn a_changed_byte_spoils_nothing_before_it() {
    for (name, compress) in BOTH {
        let (file, ends) = in_parts(compress);
        let packets = read(&file);
        for place in ends[0]..file.len() {
            for flipped in [1, 0x10, 0xff] {
                let mut changed = file.clone();
                changed[place] ^= flipped;
                let (given, errors) = read_all(&changed);
                let whole = ends[1..].iter().filter(|end| **end <= place).count();
                assert!(given.len() >= whole, "{name}: byte {place} changed by {flipped:#x}: {} given", given.len());
                assert_eq!(given[..whole], packets[..whole]);
                assert!(errors.iter().all(|error| !error.to_string().chars().any(char::is_control)));
            }
        }
    }
}

#[test]
fn all_that_one_call_unpacked_before_the_damage_is_given() {
    let packets: Vec<_> = (0..500).map(|second| (second, &b"packets that are easy to compress"[..])).collect();
    let bytes = pcap(&packets);
    // deflate: what was written is ended at a byte, and a block of the type that does not exist follows.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&bytes).unwrap();
    encoder.flush().unwrap();
    let damaged = [encoder.get_ref().as_slice(), b"\x07"].concat();
    // zstd: a block of the reserved type follows whole blocks.
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.write_all(&bytes).unwrap();
    encoder.flush().unwrap();
    let reserved = [encoder.get_ref().as_slice(), b"\x06\x00\x00"].concat();
    for file in [damaged, reserved] {
        let (given, errors) = read_all(&file);
        assert_eq!(given.len(), packets.len());
        assert!(matches!(errors[..], [Error::Unpack { .. }]), "{errors:?}");
    }
}

#[test]
fn what_is_no_part_behind_the_last_one_is_an_error_behind_the_packets() {
    for (file, tool) in [(GZIP, "gzip"), (ZSTD, "zstd")] {
        let (packets, errors) = read_all(&[file, b"garbage"].concat());
        assert_eq!(packets.len(), 2);
        let [Error::Unpack { offset, tool: named, reason, .. }] = &errors[..] else { panic!("{errors:?}") };
        assert!(*offset >= file.len() as u64 && *offset <= file.len() as u64 + 7, "{offset}");
        assert!(*named == tool && !reason.is_empty());
    }
}

#[test]
fn packets_come_as_soon_as_they_are_flushed() {
    let (first, second) = (pcap(&[(1, b"one")]), record(2, b"two"));
    let mut deflate = flate2::Compress::new_gzip(Compression::default(), 15);
    let pieces = [&first, &second].map(|bytes| {
        let mut piece = Vec::with_capacity(1000);
        deflate.compress_vec(bytes, &mut piece, FlushCompress::Sync).unwrap();
        piece
    });
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    let blocks = [&first, &second].map(|bytes| {
        encoder.write_all(bytes).unwrap();
        encoder.flush().unwrap();
        std::mem::take(encoder.get_mut())
    });
    for pieces in [pieces, blocks, [first.clone(), second.clone()]] {
        let mut file = CaptureFile::new(Pipe::new(pieces), "pipe").unwrap();
        for expected in [b"one", b"two"] {
            assert_eq!(file.next().unwrap().unwrap().bytes, expected);
        }
        assert_eq!(file.supply(), Supply::Pending);
    }
}

#[test]
fn an_endless_bomb_takes_no_memory() {
    // Each member is a million zeros; sixteen of them are a packet of no bytes.
    let member = gzip(&vec![0; 1_000_000]);
    let file = [gzip(&pcap(&[])), member.repeat(4)].concat();
    let mut capture = CaptureFile::new(&file[..], "bomb").unwrap();
    let mut packets = 0;
    while capture.advance().unwrap() {
        packets += 1;
        assert!(capture.packet().unwrap().bytes.is_empty());
    }
    assert_eq!(packets, 4_000_000 / 16);
    let unpacked = Unpacked::new(&file[..]).unwrap();
    assert_eq!(unpacked.packed.buffer.len(), INPUT);
}

#[test]
fn other_compressions_are_named() {
    for (start, tool) in [
        (&b"\xfd7zXZ\0"[..], "xz"),
        (b"BZh91AY", "bzip2"),
        (b"\x04\x22\x4d\x18d@", "lz4"),
        (b"\x1f\x9d\x90", "gzip"),
        (b"LZIP\x01", "lzip"),
    ] {
        let (_, errors) = read_all(start);
        assert!(matches!(errors[..], [Error::Compressed { tool: named, .. }] if named == tool), "{errors:?}");
    }
    let twice = read_all(&gzip(&gzip(b"x"))).1;
    assert!(matches!(twice[..], [Error::CompressedTwice { tool: "gzip", .. }]), "{twice:?}");
    assert!(matches!(read_all(&gzip(b"")).1[..], [Error::Empty { .. }]));
}
