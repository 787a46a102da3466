mod arbitrary;
mod pcap;
mod pcapng;

use std::io::{self, Read};

use super::*;
use crate::source::Stored;

/// Reads everything: the packets, and the errors with the number of packets that were given before each.
fn read_all(bytes: &[u8]) -> (Vec<Stored>, Vec<(usize, Error)>) {
    let mut packets = Vec::new();
    let mut errors = Vec::new();
    let mut file = match CaptureFile::new(bytes, "test") {
        Ok(file) => file,
        Err(error) => return (packets, vec![(0, error)]),
    };
    loop {
        match file.next() {
            Ok(Some(packet)) => packets.push(Stored::from(packet)),
            Ok(None) => break,
            Err(error) => errors.push((packets.len(), error)),
        }
    }
    assert_eq!(file.packets(), packets.len() as u64);
    assert!(file.next().unwrap().is_none(), "the end is final");
    (packets, errors)
}

/// The packets of a file without damage.
fn read(bytes: &[u8]) -> Vec<Stored> {
    let (packets, errors) = read_all(bytes);
    assert!(errors.is_empty(), "{errors:?}");
    packets
}

/// The packets before and after, and the only damage: packet number, offset, kind.
fn read_damaged(bytes: &[u8]) -> (Vec<Stored>, (u64, u64, Damage)) {
    let (packets, mut errors) = read_all(bytes);
    assert_eq!(errors.len(), 1, "{errors:?}");
    let (given, error) = errors.remove(0);
    match error {
        Error::Damaged { offset, packet, damage, .. } => {
            assert_eq!(packet, given as u64 + 1);
            (packets, (packet, offset, damage))
        }
        other => panic!("{other}"),
    }
}

/// Gives one byte at a time, as the slowest pipe would.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

/// Gives its bytes, and then an error each time.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn an_empty_file_is_called_empty() {
    assert!(matches!(read_all(b"").1[..], [(0, Error::Empty { .. })]));
}

#[test]
fn other_files_are_named_by_what_they_are() {
    let text = |bytes: &[u8]| read_all(bytes).1.remove(0).1.to_string();
    assert_eq!(
        text(b"\xfd7zXZ\x00"),
        "capture file \"test\" is compressed with xz, which is not unpacked here: pass on what \"xz -dc FILE\" prints, \
         with - for the file"
    );
    assert!(text(b"GIF8").starts_with("\"test\" is not a capture file: it begins with [47, 49, 46, 38], neither"));
    assert!(text(b"a").contains("[61]"));
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let error = CaptureFile::new(&b"GIF8"[..], "a\x1b[2Jb").err().unwrap().to_string();
    assert!(error.starts_with("\"a\\u{1b}[2Jb\" is not"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = CaptureFile::open(Path::new("no/such/file")).err().unwrap().to_string();
    assert_eq!(
        error,
        "cannot open capture file \"no/such/file\": No such file or directory (os error 2); look whether the name and its folder are right"
    );
}

#[test]
fn a_read_error_comes_once_behind_the_packets() {
    let bytes = pcap::file(pcap::LITTLE);
    let mut file = CaptureFile::new(Broken(&bytes), "test").unwrap();
    assert!(file.next().unwrap().is_some());
    assert!(file.next().unwrap().is_some());
    match file.next() {
        Err(Error::Read { offset, cause, .. }) => {
            assert_eq!((offset, cause.to_string()), (bytes.len() as u64, "the disk is gone".to_owned()));
        }
        other => panic!("{other:?}"),
    }
    assert!(file.next().unwrap().is_none());
}

#[test]
fn a_slow_pipe_gives_the_same_packets() {
    for bytes in [pcap::file(pcap::LITTLE), pcapng::file()] {
        let mut file = CaptureFile::new(Dribble(&bytes), "test").unwrap();
        let mut packets = Vec::new();
        while let Some(packet) = file.next().unwrap() {
            packets.push(Stored::from(packet));
        }
        assert_eq!(packets, read(&bytes));
    }
}

#[test]
fn a_file_larger_than_the_window_keeps_every_byte() {
    // Lengths that share no factor with the window, so that packets lie across its edge.
    let mut bytes = pcap::header(pcap::LITTLE, 1);
    let data = |n: u32| -> Vec<u8> { (0..997 + n % 503).map(|i| (i.wrapping_mul(31) ^ n) as u8).collect() };
    let count = 3000;
    for n in 0..count {
        pcap::record(&mut bytes, pcap::LITTLE, (n, 0), &data(n), 9999);
    }
    assert!(bytes.len() > 3 * WINDOW);
    let packets = read(&bytes);
    assert_eq!(packets.len(), count as usize);
    for (n, packet) in (0..).zip(&packets) {
        assert_eq!(packet.bytes, data(n), "packet {n}");
    }
}
