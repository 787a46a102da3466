//! Capture files made by others: how many packets each holds by tshark's count, and what is in them by libpcap.
//!
//! The corpus is no part of the project. It is looked for where RAWSHAKE_CORPUS says, then in ../shared/corpus; its
//! files.tsv has a row for each file, with the columns `file`, `format`, `frames` and `tshark_exit` among others.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rawshake::source::{CaptureFile, Damage, Error, Source};
use rawshake::wire::{LinkType, Packet, Time};

/// tshark counts custom blocks as frames; they are no packets.
const CUSTOM_BLOCKS: &str = "custom blocks are no packets";
/// tshark refuses the whole file for its link type; the packets are there, and it is for others to know the link type.
const LINK_TYPE: &str = "tshark has no dissector for the link type";
/// tshark reads a version of the format that does not exist; libpcap refuses it as we do.
const VERSION: &str = "version 2.5 of pcap does not exist";

/// Files in which we find another number of packets than tshark does.
const EXPLAINED: &[(&str, u64, &str)] = &[
    ("gopacket/pcapgo/tests/be/test017.pcapng", 0, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/be/test018.pcapng", 4, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/be/test102.pcapng", 5, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/be/test202.pcapng", 8, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/le/test017.pcapng", 0, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/le/test018.pcapng", 4, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/le/test102.pcapng", 5, CUSTOM_BLOCKS),
    ("gopacket/pcapgo/tests/le/test202.pcapng", 8, CUSTOM_BLOCKS),
    ("libpcap/tests/filter/brcm-tag-stp.pcap", 4, LINK_TYPE),
    ("libpcap/tests/filter/brcm-tag.pcap", 15, LINK_TYPE),
    ("libpcap/tests/pcap-invalid-version-2.pcap", 0, VERSION),
    ("tcpdump/tests/brcm-tag.pcap", 23, LINK_TYPE),
    ("tcpdump/tests/dsa.pcap", 8, LINK_TYPE),
    ("tcpdump/tests/edsa-high-vid.pcap", 4, LINK_TYPE),
    ("tcpdump/tests/edsa.pcap", 10, LINK_TYPE),
    ("tcpdump/tests/hoobr_juniper3.pcap", 1, LINK_TYPE),
    ("tcpdump/tests/juniper_es_oobr.pcap", 1, LINK_TYPE),
    ("tcpdump/tests/vtp_asan-2.pcap", 1, LINK_TYPE),
];

/// A row of files.tsv.
struct Row {
    file: String,
    path: PathBuf,
    frames: u64,
    /// Whether tshark read it to the end.
    sound: bool,
}

/// The pcap and pcapng files of the corpus; none where there is no corpus, which is put on record.
fn corpus(test: &str) -> Option<Vec<Row>> {
    let folder = std::env::var_os("RAWSHAKE_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let Ok(table) = fs::read_to_string(folder.join("files.tsv")) else {
        support::skip(
            test,
            &format!("there is no corpus in {} (RAWSHAKE_CORPUS names another place)", folder.display()),
        );
        return None;
    };
    let rows: Vec<_> = table.lines().skip(1).filter_map(|line| row(&folder, line)).collect();
    assert!(!rows.is_empty());
    Some(rows)
}

fn row(folder: &Path, line: &str) -> Option<Row> {
    let [file, _, format, _, frames, _, exit] = line.split('\t').collect::<Vec<_>>().try_into().expect("seven columns");
    let row = Row {
        file: file.to_owned(),
        path: folder.join(file),
        frames: frames.parse().expect("a number of frames"),
        sound: exit == "0",
    };
    format.starts_with("pcap").then_some(row)
}

/// Reads a file to its end: how many packets, and the damage found.
fn count(path: &Path) -> (u64, Vec<Error>) {
    let mut errors = Vec::new();
    let mut file = match CaptureFile::open(path) {
        Ok(file) => file,
        Err(error) => return (0, vec![error]),
    };
    loop {
        match file.next() {
            Ok(Some(_)) => {}
            Ok(None) => return (file.packets(), errors),
            Err(error) => errors.push(error),
        }
    }
}

#[test]
fn packets_are_as_many_as_tsharks_frames() {
    let Some(rows) = corpus("packets_are_as_many_as_tsharks_frames") else { return };
    let mut wrong = Vec::new();
    for row in rows {
        let (packets, errors) = count(&row.path);
        let explained = EXPLAINED.iter().find(|(file, ..)| *file == row.file);
        let expected = explained.map_or(row.frames, |(_, packets, _)| *packets);
        let right = packets == expected
            && match explained {
                None => errors.is_empty() == row.sound,
                Some((.., reason)) => packets != row.frames && errors.is_empty() == (*reason != VERSION),
            };
        if !right {
            wrong.push(format!("{}: {packets} packets, expected {expected}; {errors:?}", row.file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The time that libpcap means: it takes both fields of a record for signed ones, which ends in 2038.
fn time(header: &pcap::PacketHeader) -> [Time; 2] {
    const WRAP: i64 = 1 << 32;
    let unsigned = |value: i64, wrap: i64| if value < 0 { value + wrap } else { value };
    let seconds = unsigned(header.ts.tv_sec, WRAP);
    // The wrap came before microseconds were made nanoseconds, if the file had microseconds.
    [WRAP, WRAP * 1000].map(|wrap| Time::from_parts(seconds, unsigned(header.ts.tv_usec, wrap)))
}

/// What libpcap says of one packet must be what we say.
fn compare(theirs: &pcap::Packet<'_>, ours: &Packet<'_>, link: LinkType) -> Result<(), String> {
    let header = theirs.header;
    // libpcap cuts a packet that is longer than the file's snapshot length.
    let same_bytes = ours.bytes.starts_with(theirs.data);
    let same_length = ours.original_len == header.len || ours.original_len as usize == ours.bytes.len();
    if time(header).contains(&ours.time) && link == ours.link && same_bytes && same_length {
        return Ok(());
    }
    Err(format!("{header:?}, {link:?} by libpcap, but {ours:?}"))
}

/// The link type of a file that libpcap opened, by the numbers of files; libpcap's own for raw IP is 12 here. None where
/// reserved bits are set in it, which libpcap before 1.11 does not notice.
fn link_type(capture: &pcap::Capture<pcap::Offline>) -> Option<LinkType> {
    match capture.get_datalink().0 {
        11 => Some(LinkType(100)),
        12 => Some(LinkType::RAW),
        other => u16::try_from(other).ok().map(LinkType),
    }
}

/// Reads with both, as far as libpcap comes; how many packets were compared.
fn compare_files(path: &Path) -> Result<u64, String> {
    let Ok(mut theirs) = pcap::Capture::from_file_with_precision(path, pcap::Precision::Nano) else { return Ok(0) };
    let Some(link) = link_type(&theirs) else { return Ok(0) };
    let mut ours = CaptureFile::open(path).map_err(|error| format!("libpcap opens it: {error}"))?;
    while let Ok(packet) = theirs.next_packet() {
        let number = ours.packets() + 1;
        match ours.next() {
            Ok(Some(own)) => compare(&packet, &own, link).map_err(|message| format!("packet {number}: {message}"))?,
            other => return Err(format!("packet {number}: {other:?}")),
        }
    }
    Ok(ours.packets())
}

#[test]
fn packets_are_those_that_libpcap_reads() {
    let Some(rows) = corpus("packets_are_those_that_libpcap_reads") else { return };
    let mut compared = 0;
    let mut wrong = Vec::new();
    for row in rows {
        match compare_files(&row.path) {
            Ok(packets) => compared += packets,
            Err(message) => wrong.push(format!("{}: {message}", row.file)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 10_000, "only {compared} packets");
}

#[test]
fn damage_is_named_in_the_files_made_to_show_it() {
    let Some(rows) = corpus("damage_is_named_in_the_files_made_to_show_it") else { return };
    for (file, expected) in [
        ("libpcap/tests/pcap-invalid-version-1.pcap", Damage::Version { major: 1, minor: 4 }),
        ("libpcap/tests/linktype-reserved-field-not-zero.pcap", Damage::LinkType(0x0030_0000)),
    ] {
        let row = rows.iter().find(|row| row.file == file).unwrap_or_else(|| panic!("{file} is not in the corpus"));
        let (_, errors) = count(&row.path);
        assert!(matches!(errors[..], [Error::Damaged { damage, .. }] if damage == expected), "{file}: {errors:?}");
    }
}
