//! Connections in captures made by others: the same as tshark finds, with the same `tcp.completeness`.
//!
//! The corpus is no part of the project; `corpus.rs` says where it is looked for. Its tcp_streams.tsv has a row for each
//! stream, with the columns `file`, `stream`, `first_source`, `first_destination`, `frames` and `completeness`.

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rawshake::trace::{Event, EventKind, Opened, Side};
use support::tracing;

const FRAGMENT: &str = "tshark reads a first fragment by itself where the capture cut it";
const OVERLAP: &str = "fragments that overlap are dropped (RFC 5722), which tshark only marks";
const AGGREGATE: &str = "of an 802.11 aggregate the first frame is read";
const FORMAT: &str = "not a pcap or pcapng file";
const LAYERS: &str = "a link layer, tunnel or compression that is not decoded";
const OUTER: &str = "tshark takes the addresses of the outer packet";
const EXPECTED: &str = "tshark's FTP dissector made the conversation before its SYN, which then does not count";
const MALFORMED: &str = "tshark counts a segment with half a header";
const LENGTH: &str = "the IP header claims more than the frame holds";

/// Files in which we find other streams than tshark does, and why.
const EXPLAINED: &[(&str, &str)] = &[
    ("PcapPlusPlus/Tests/ExamplesTest/pcap_examples/solaris.snoop", FORMAT),
    ("PcapPlusPlus/Tests/ExamplesTest/pcap_examples/tcp-reassembly.pcap", LAYERS),
    ("PcapPlusPlus/Tests/Packet++Test/PacketExamples/Ftp.pcap", OUTER),
    ("PcapPlusPlus/Tests/Packet++Test/PacketExamples/IPv4-encapsulated-IPv6.pcap", OUTER),
    ("PcapPlusPlus/Tests/Packet++Test/PacketExamples/tcp-malformed.pcap", MALFORMED),
    ("chrissanders/tickedoffdeveloper.pcapng", EXPECTED),
    ("libpcap/tests/filter/AH-IPcomp-IPv4.pcap", LAYERS),
    ("libpcap/tests/filter/AH-IPcomp-IPv6.pcap", LAYERS),
    ("packetlife/pcaps/PPP_TCP_compression.cap", LAYERS),
    ("tcpdump/tests/bgp-bgp_capabilities_print-oobr-1.pcap", FRAGMENT),
    ("tcpdump/tests/bgp-bgp_capabilities_print-oobr-2.pcap", FRAGMENT),
    ("tcpdump/tests/bgp_pmsi_tunnel-oobr.pcap", FRAGMENT),
    ("tcpdump/tests/kday4.pcap", LENGTH),
    ("tcpdump/tests/kday7.pcap", LENGTH),
    ("tcpdump/tests/rpki-rtr-oobr.pcap", FRAGMENT),
    ("tcptrace/input/linux_cooked_socket.dmp.gz", EXPECTED),
    ("tcptrace/input/rawppp.pcap.gz", EXPECTED),
    ("wireshark/test/captures/wireguard-ping-tcp-dsb.pcapng", LAYERS),
    ("zeek/testing/btest/Traces/ftp/bigtransfer.pcap", EXPECTED),
    ("zeek/testing/btest/Traces/ftp/ipv4.pcap", EXPECTED),
    ("zeek/testing/btest/Traces/ftp/ipv6.pcap", EXPECTED),
    ("zeek/testing/btest/Traces/ipv4/fragmented-4.pcap", OVERLAP),
    ("zeek/testing/btest/Traces/pe/pe-single.pcap", EXPECTED),
    ("zeek/testing/btest/Traces/tunnels/ayiya3.pcap", LAYERS),
    ("zeek/testing/btest/Traces/tunnels/gre-aruba-amsdu.pcap", AGGREGATE),
];

/// A stream as tshark's table shows it.
#[derive(Debug, PartialEq, Eq)]
struct Stream {
    first_source: String,
    first_destination: String,
    frames: u64,
    completeness: u8,
}

fn row(line: &str) -> (String, Stream) {
    let [file, _, source, destination, frames, completeness] =
        line.split('\t').collect::<Vec<_>>().try_into().expect("six columns");
    let stream = Stream {
        first_source: source.to_owned(),
        first_destination: destination.to_owned(),
        frames: frames.parse().expect("a number of frames"),
        completeness: completeness.parse().expect("a sum"),
    };
    (file.to_owned(), stream)
}

/// What the tracer says of each connection, in tshark's words.
#[derive(Default)]
struct Table {
    opened: BTreeMap<u32, Opened>,
    streams: BTreeMap<u32, Stream>,
}

impl Table {
    fn note(&mut self, event: &Event) {
        match event.kind {
            EventKind::Opened(opened) => {
                self.opened.insert(event.connection, opened);
            }
            EventKind::Segment(segment) => {
                let Opened { client, server, .. } = self.opened[&event.connection];
                let (from, to) = if segment.from == Side::Client { (client, server) } else { (server, client) };
                let show = |socket: SocketAddr| format!("{} {}", socket.ip(), socket.port());
                self.streams.entry(event.connection).or_insert_with(|| Stream {
                    first_source: show(from),
                    first_destination: show(to),
                    frames: 0,
                    completeness: 0,
                });
            }
            EventKind::Icmp(_) | EventKind::Kernel(_) => {}
            EventKind::Ended(summary) => {
                let stream = self.streams.get_mut(&event.connection).expect("a segment before the end");
                (stream.frames, stream.completeness) = (summary.segments, summary.completeness);
            }
        }
    }
}

fn traced(path: &Path) -> Vec<Stream> {
    let mut table = Table::default();
    tracing::trace(path, &mut |event| table.note(event));
    table.streams.into_values().collect()
}

#[test]
fn streams_are_those_of_tshark() {
    let test = "streams_are_those_of_tshark";
    let Some(table) = tracing::corpus_table(test, "tcp_streams.tsv") else { return };
    if !support::installed(test, "gzip") {
        return;
    }
    let mut files = BTreeMap::<String, Vec<Stream>>::new();
    for (file, stream) in table.lines().skip(1).map(row) {
        files.entry(file).or_default().push(stream);
    }
    assert!(files.len() > EXPLAINED.len());
    for (file, expected) in files {
        let found = traced(&tracing::corpus().join(&file));
        match EXPLAINED.iter().find(|(explained, _)| *explained == file) {
            None => assert_eq!(found, expected, "{file}"),
            Some((_, reason)) => assert_ne!(found, expected, "{file}: no longer true that {reason}"),
        }
    }
}

/// Of each stream of a capture: its segments and its completeness, by tshark's two passes.
fn told_by_tshark(path: &Path) -> Vec<(u64, u8)> {
    let output = Command::new("tshark")
        .args([
            "-n",
            "-2",
            "-Y",
            "tcp && !icmp && !icmpv6",
            "-T",
            "fields",
            "-e",
            "tcp.stream",
            "-e",
            "tcp.completeness",
        ])
        .arg("-r")
        .arg(path)
        .output()
        .expect("tshark");
    assert!(output.status.success(), "{path:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut streams = BTreeMap::<u32, (u64, u8)>::new();
    for line in String::from_utf8(output.stdout).expect("fields").lines() {
        let (stream, completeness) = line.split_once('\t').expect("two fields");
        let stream = streams.entry(stream.parse().expect("a number")).or_default();
        *stream = (stream.0 + 1, completeness.parse().expect("a sum"));
    }
    streams.into_values().collect()
}

#[test]
#[ignore = "starts tshark a hundred times: make oracle"]
fn connections_of_our_captures_are_those_of_tshark() {
    if !support::installed("connections_of_our_captures_are_those_of_tshark", "tshark") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut connections = 0;
    for entry in folder.read_dir().expect("captures") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "pcap") {
            let found: Vec<_> = traced(&path).iter().map(|stream| (stream.frames, stream.completeness)).collect();
            assert_eq!(found, told_by_tshark(&path), "{path:?}");
            connections += found.len();
        }
    }
    assert!(connections > 100, "{connections} connections");
}
