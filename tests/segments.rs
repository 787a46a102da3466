//! TCP segments in captures made by others: as many as tshark finds in each file, whatever they are wrapped in.
//!
//! The corpus is no part of the project; `corpus.rs` says where it is looked for. files.tsv names its files, and in
//! tcp_streams.tsv the columns `file` and `frames` say how many segments each TCP stream has.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use rawshake::source::{CaptureFile, Source};
use rawshake::wire::{Decoded, Packet, Reassembler, decode};

const FORMAT: &str = "not a pcap or pcapng file";
const SAMPLES: &str = "sFlow: several samples of packets in one datagram";
const IPCOMP: &str = "compressed (RFC 3173)";
const VAN_JACOBSON: &str = "compressed headers (RFC 1144)";
const WIREGUARD: &str = "encrypted; tshark finds the key in the file";
const AYIYA: &str = "AYIYA, a tunnel out of use since 2017, is not read";
const FRAGMENT: &str = "tshark reads a first fragment by itself where the capture cut it";
const OVERLAP: &str = "fragments that overlap are dropped (RFC 5722), which tshark only marks";
const JUMBOGRAM: &str = "tshark takes a payload length of 0 without a jumbo option for no payload";

const BIG_TCP: &str = "BIG TCP in a tunnel: tshark takes the length field of 0 for malformed";

/// Files in which we find another number of segments than tshark does, how many, and why.
const EXPLAINED: &[(&str, u64, &str)] = &[
    ("PcapPlusPlus/Tests/ExamplesTest/pcap_examples/solaris.snoop", 0, FORMAT),
    ("PcapPlusPlus/Tests/ExamplesTest/pcap_examples/tcp-reassembly.pcap", 65, SAMPLES),
    ("libpcap/tests/filter/AH-IPcomp-IPv4.pcap", 6, IPCOMP),
    ("libpcap/tests/filter/AH-IPcomp-IPv6.pcap", 8, IPCOMP),
    ("packetlife/pcaps/PPP_TCP_compression.cap", 4, VAN_JACOBSON),
    ("tcpdump/tests/bgp-bgp_capabilities_print-oobr-1.pcap", 0, FRAGMENT),
    ("tcpdump/tests/bgp-bgp_capabilities_print-oobr-2.pcap", 0, FRAGMENT),
    ("tcpdump/tests/bgp_pmsi_tunnel-oobr.pcap", 0, FRAGMENT),
    ("tcpdump/tests/bigtcp-ipv4-geneve-ipv6.pcap", 1, BIG_TCP),
    ("tcpdump/tests/bigtcp-ipv6-geneve-ipv6.pcap", 1, BIG_TCP),
    ("tcpdump/tests/bigtcp-ipv6-vxlan-ipv4.pcap", 1, BIG_TCP),
    ("tcpdump/tests/bigtcp-ipv6.pcap", 1, JUMBOGRAM),
    ("tcpdump/tests/rpki-rtr-oobr.pcap", 0, FRAGMENT),
    ("wireshark/test/captures/wireguard-ping-tcp-dsb.pcapng", 0, WIREGUARD),
    ("zeek/testing/btest/Traces/ipv4/fragmented-4.pcap", 2, OVERLAP),
    ("zeek/testing/btest/Traces/tunnels/ayiya3.pcap", 0, AYIYA),
];

/// Rows of a table of the corpus, its heading left out.
fn rows(folder: &Path, table: &str) -> Option<Vec<Vec<String>>> {
    let text = fs::read_to_string(folder.join(table)).ok()?;
    Some(text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

/// The bytes of a capture, decompressed by gzip where its name asks for it.
fn contents(path: &Path) -> Vec<u8> {
    if path.extension().is_some_and(|extension| extension == "gz") {
        Command::new("gzip").arg("-dc").arg(path).output().expect("gzip").stdout
    } else {
        fs::read(path).expect("a capture")
    }
}

/// What holds for every packet, however hostile.
fn check(packet: &Packet<'_>, decoded: &Decoded<'_>) {
    assert!(decoded.link_len <= packet.bytes.len(), "{decoded:?}");
    if let Some(ip) = &decoded.ip {
        assert!(decoded.link_len + ip.header_len <= packet.bytes.len(), "{decoded:?}");
    }
}

/// Segments in a capture, read as far as it is sound.
fn segments(path: &Path) -> u64 {
    let bytes = contents(path);
    let Ok(mut file) = CaptureFile::new(&bytes[..], path.display().to_string()) else { return 0 };
    let mut fragments = Reassembler::default();
    let mut count = 0;
    loop {
        match file.next() {
            Ok(Some(packet)) => {
                let decoded = decode(&packet);
                check(&packet, &decoded);
                let made = fragments.add(&packet, &decoded).map(|whole| {
                    let decoded = decode(&whole);
                    check(&whole, &decoded);
                    decoded.segment().is_some()
                });
                count += u64::from(made.unwrap_or(decoded.segment().is_some()));
            }
            Ok(None) => return count,
            Err(error) if error.is_final() => return count,
            Err(_) => {}
        }
    }
}

#[test]
fn segments_are_as_many_as_tsharks() {
    let test = "segments_are_as_many_as_tsharks";
    let folder = env::var_os("RAWSHAKE_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let (Some(files), Some(streams)) = (rows(&folder, "files.tsv"), rows(&folder, "tcp_streams.tsv")) else {
        support::skip(test, &format!("there is no corpus in {}", folder.display()));
        return;
    };
    if !support::installed(test, "gzip") {
        return;
    }
    let mut expected = BTreeMap::<&str, u64>::new();
    for stream in &streams {
        *expected.entry(&stream[0]).or_default() += stream[4].parse::<u64>().expect("a number of frames");
    }
    let mut wrong = Vec::new();
    for file in files.iter().map(|row| row[0].as_str()) {
        let (found, theirs) = (segments(&folder.join(file)), expected.get(file).copied().unwrap_or(0));
        let explained = EXPLAINED.iter().find(|(explained, ..)| *explained == file);
        let is_right = match explained {
            None => found == theirs,
            Some((_, ours, _)) => found == *ours && found != theirs,
        };
        if !is_right {
            wrong.push(format!("{file}: {found} segments, {theirs} by tshark; {explained:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
