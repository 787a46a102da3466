//! Capture files that we write, as tshark, libpcap and our own reader see them.

mod support;

use std::path::Path;
use std::process::Command;

use rawshake::sink::capture::CaptureWriter;
use rawshake::source::{CaptureFile, Memory, Source, Stored};
use rawshake::wire::{LinkType, Time};

/// A SYN from 192.0.2.1 to port 80 of 192.0.2.2, with good checksums.
const SYN: [u8; 40] = [
    0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0xb6, 0xcb, 192, 0, 2, 1, 192, 0, 2, 2, 0xc0, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0,
    0, 0x50, 2, 0xff, 0xff, 0x6b, 0x8d, 0, 0,
];

/// Two packets of raw IP, the second one cut, and where `mixed` a third one of Ethernet.
fn packets(mixed: bool) -> Vec<Stored> {
    let at = |nanos| Time::from_parts(1_700_000_000, nanos);
    let raw = |nanos| Stored::whole(at(nanos), LinkType::RAW, SYN.to_vec());
    let ethernet = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0], &SYN[..]].concat();
    let mut packets = vec![raw(1), Stored { original_len: 1500, ..raw(999_999_999) }];
    if mixed {
        packets.push(Stored::whole(at(1_000_000_001), LinkType::ETHERNET, ethernet));
    }
    packets
}

fn write(path: &Path, packets: &[Stored]) {
    let mut writer = CaptureWriter::create(path).unwrap();
    let mut source = Memory::new(packets.to_vec());
    while let Some(packet) = source.next().unwrap() {
        writer.write(&packet).unwrap();
    }
    writer.finish().unwrap();
}

/// tshark's fields of each packet; fails when tshark has anything to complain of.
fn tshark(path: &Path) -> Vec<String> {
    let fields = ["frame.time_epoch", "frame.cap_len", "frame.len", "ip.src", "tcp.dstport", "tcp.checksum.status"];
    let output = Command::new("tshark")
        .args(["-o", "tcp.check_checksum:TRUE", "-T", "fields", "-E", "separator=,", "-r"])
        .arg(path)
        .args(fields.iter().flat_map(|field| ["-e", field]))
        .output()
        .unwrap();
    let complaints = String::from_utf8(output.stderr).unwrap();
    let complaints: Vec<_> = complaints.lines().filter(|line| !line.starts_with("Running as user")).collect();
    assert!(output.status.success() && complaints.is_empty(), "{complaints:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn we_read_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    for (name, mixed) in [("a.pcap", false), ("a.pcapng", true)] {
        let path = folder.path().join(name);
        write(&path, &packets(mixed));
        let mut file = CaptureFile::open(&path).unwrap();
        let mut read = Vec::new();
        while let Some(packet) = file.next().unwrap() {
            read.push(Stored::from(packet));
        }
        assert_eq!(read, packets(mixed), "{name}");
    }
}

#[test]
fn tshark_reads_what_we_write() {
    if !support::installed("tshark_reads_what_we_write", "tshark") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, mixed) in [("a.pcap", false), ("a.pcapng", true)] {
        let path = folder.path().join(name);
        write(&path, &packets(mixed));
        let mut expected = vec![
            "1700000000.000000001,40,40,192.0.2.1,80,1",
            "1700000000.999999999,40,1500,192.0.2.1,80,1",
            "1700000001.000000001,54,54,192.0.2.1,80,1",
        ];
        expected.truncate(packets(mixed).len());
        assert_eq!(tshark(&path), expected, "{name}");
    }
}

#[test]
fn tshark_and_libpcap_read_a_file_without_packets() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        write(&path, &[]);
        if support::installed("tshark_and_libpcap_read_a_file_without_packets", "tshark") {
            assert!(tshark(&path).is_empty());
        }
    }
    let mut capture = pcap::Capture::from_file(folder.path().join("a.pcap")).unwrap();
    assert_eq!(capture.next_packet(), Err(pcap::Error::NoMorePackets));
}

#[test]
fn every_prefix_of_whole_packets_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        let mut writer = CaptureWriter::create(&path).unwrap();
        for (number, stored) in (1..).zip(packets(false)) {
            writer.write(&stored.packet()).unwrap();
            // As if the process were killed here.
            let mut file = CaptureFile::open(&path).unwrap();
            while file.next().unwrap().is_some() {}
            assert_eq!(file.packets(), number, "{name}");
        }
    }
}
