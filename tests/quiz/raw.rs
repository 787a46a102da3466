//! A small reader of captures: nothing of the program under test reads these octets.

use std::fs;
use std::path::Path;

/// An address and a port.
pub(crate) type Socket = (Vec<u8>, u16);

/// One TCP segment, as its header has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) number: u64,
    pub(crate) source: Socket,
    pub(crate) destination: Socket,
    pub(crate) flags: u16,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) len: u32,
}

impl Raw {
    pub(crate) fn syn(&self) -> bool {
        self.flags & 2 != 0
    }

    pub(crate) fn fin(&self) -> bool {
        self.flags & 1 != 0
    }

    pub(crate) fn has_ack(&self) -> bool {
        self.flags & 16 != 0
    }

    /// The number behind it.
    pub(crate) fn end(&self) -> u32 {
        self.seq.wrapping_add(self.len).wrapping_add(u32::from(self.syn())).wrapping_add(u32::from(self.fin()))
    }

    /// Names of the flags, in the order in which the program writes them.
    pub(crate) fn names(&self) -> String {
        const NAMES: [(&str, u16); 9] = [
            ("SYN", 2),
            ("FIN", 1),
            ("RST", 4),
            ("PSH", 8),
            ("ACK", 16),
            ("URG", 32),
            ("ECE", 64),
            ("CWR", 128),
            ("AE", 256),
        ];
        let set = NAMES.iter().filter(|(_, bit)| self.flags & bit != 0).map(|(name, _)| *name);
        set.collect::<Vec<_>>().join(" ")
    }
}

/// The TCP segments of a little-endian pcap file of Ethernet frames; what else there is is passed over.
pub(crate) fn read(path: &Path) -> Vec<Raw> {
    let file = fs::read(path).expect("a capture");
    let long = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 octets"));
    assert!(matches!(long(0), 0xa1b2_c3d4 | 0xa1b2_3c4d), "{}: not this kind of pcap", path.display());
    let mut segments = Vec::new();
    let (mut at, mut number) = (24, 0);
    while at + 16 <= file.len() {
        let captured = long(at + 8) as usize;
        number += 1;
        let frame = &file[at + 16..at + 16 + captured];
        let packet = match long(20) {
            1 => frame.get(14..),
            101 => Some(frame),
            113 => frame.get(16..),
            276 => frame.get(20..),
            other => panic!("{}: link type {other}", path.display()),
        };
        segments.extend(packet.and_then(|packet| segment(number, packet)));
        at += 16 + captured;
    }
    segments
}

fn segment(number: u64, packet: &[u8]) -> Option<Raw> {
    let short = |at: usize| Some(u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?));
    let (at, end, addresses) = match packet.first()? >> 4 {
        // No fragments: neither an offset nor more to come.
        4 if packet.get(9) == Some(&6) && short(6)? & 0x3fff == 0 => {
            (usize::from(packet[0] & 15) * 4, usize::from(short(2)?), [12..16, 16..20])
        }
        6 if packet.get(6) == Some(&6) => (40, 40 + usize::from(short(4)?), [8..24, 24..40]),
        _ => return None,
    };
    let long = |at: usize| Some(u32::from_be_bytes(packet.get(at..at + 4)?.try_into().ok()?));
    let offset = usize::from(short(at + 12)? >> 12) * 4;
    let [source, destination] = addresses.map(|range| packet[range].to_vec());
    Some(Raw {
        number,
        source: (source, short(at)?),
        destination: (destination, short(at + 2)?),
        flags: short(at + 12)? & 0x1ff,
        seq: long(at + 4)?,
        ack: long(at + 8)?,
        len: u32::try_from(end.checked_sub(at + offset)?).ok()?,
    })
}
