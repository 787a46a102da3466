//! The program, what it said, and the captures that it is given.

use std::path::{Path, PathBuf};
use std::process::Command;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::source::{CaptureFile, Source};
use rawshake::wire::{LinkType, Packet, Time};

pub(crate) use crate::support::program::{RAWSHAKE, Said};

/// `rawshake replay` with these arguments, separated by blanks, in captures/.
pub(crate) fn command(arguments: &str) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.current_dir(folder()).arg("replay").args(arguments.split(' ').filter(|word| !word.is_empty()));
    command
}

/// Runs it.
pub(crate) fn replay(arguments: &str) -> Said {
    Said::of(command(arguments).output().expect("the program"))
}

/// Runs it on a file of these bytes.
pub(crate) fn replay_bytes(bytes: &[u8], arguments: &str) -> Said {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("a file");
    Said::of(command(arguments).arg(file.path()).output().expect("the program"))
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

pub(crate) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).expect("a capture")
}

/// A packet of a capture.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) time: Time,
    pub(crate) link: LinkType,
    pub(crate) bytes: Vec<u8>,
    pub(crate) original_len: u32,
}

/// The packets of a file in captures/.
pub(crate) fn packets(name: &str) -> Vec<Kept> {
    let mut file = CaptureFile::open(&folder().join(name)).expect("a capture");
    let mut packets = Vec::new();
    while let Some(packet) = file.next().expect("a packet") {
        let Packet { time, link, original_len, bytes } = packet;
        packets.push(Kept { time, link, bytes: bytes.to_vec(), original_len });
    }
    packets
}

/// A pcapng file of these packets.
pub(crate) fn pcapng<'a>(packets: impl IntoIterator<Item = &'a Kept>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = CaptureWriter::new(&mut bytes, Format::PcapNg).expect("a capture");
    for Kept { time, link, bytes, original_len } in packets {
        let packet = Packet { time: *time, link: *link, original_len: *original_len, bytes };
        writer.write(&packet).expect("a packet");
    }
    writer.finish().expect("a capture");
    bytes
}

/// Captures that are replayed together, each with one connection.
pub(crate) const FILES: &str = "four-segment.pcap three-segment.pcap half-close.pcap simultaneous-close.pcap \
simultaneous-open.pcap reset.pcap refused.pcap unanswered.pcap never-closes.pcap ipv6.pcap";
