//! What the tests of several sources share.

use std::io::{self, Read};

use super::{Error, Source, Stored};

/// A capture of Ethernet packets, each with its second and its bytes.
pub(super) fn pcap(packets: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0".to_vec();
    for (second, data) in packets {
        bytes.extend(record(*second, data));
    }
    bytes
}

/// A packet as it stands in a capture.
pub(super) fn record(second: u32, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    [&[second, 0, length, length].map(u32::to_le_bytes).concat(), data].concat()
}

/// Reads to the end: the packets, and the errors.
pub(super) fn drain(source: &mut dyn Source) -> (Vec<Stored>, Vec<Error>) {
    let (mut packets, mut errors) = (Vec::new(), Vec::new());
    loop {
        match source.next() {
            Ok(Some(packet)) => packets.push(Stored::from(packet)),
            Ok(None) => break,
            Err(error) => errors.push(error),
        }
    }
    assert!(source.packet().is_none());
    assert!(!source.advance().unwrap(), "the end is final");
    (packets, errors)
}

/// The bytes of packets as text.
pub(super) fn texts(packets: &[Stored]) -> Vec<&str> {
    packets.iter().map(|packet| std::str::from_utf8(&packet.bytes).unwrap()).collect()
}

/// A pipe: gives each of its pieces in one read, and panics where a read would wait for ever.
pub(super) struct Pipe(pub(super) std::collections::VecDeque<Vec<u8>>);

impl Pipe {
    pub(super) fn new(pieces: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(pieces.into_iter().collect())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.0.front_mut().expect("a read that would wait");
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            self.0.pop_front();
        }
        Ok(count)
    }
}
