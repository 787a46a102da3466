//! UDP and ICMP exchanges beside what tshark finds: its UDP streams (`udp.stream`), and its echo replies with their
//! requests (`icmp.resp_to`, `icmpv6.resp_to`).
//!
//! Of captures/ tshark is asked here. Of the corpus, which `corpus.rs` describes, its answers stand in tshark.tsv, made by
//! `scripts/tshark-exchanges.sh`; files without datagrams and echo replies have no row.

#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use rawshake::trace::exchange::{Endpoint, ExchangeKind, MessageKind, Protocol};
use support::tracing;

/// What is found in one capture.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// Pairs of sockets between which datagrams went. To tshark, silence ends no stream.
    streams: BTreeSet<(Endpoint, Endpoint)>,
    /// Echo requests and what replies to them, by the numbers of their packets.
    pairs: BTreeSet<(u64, u64)>,
}

fn traced(path: &Path) -> Found {
    let mut found = Found::default();
    let mut ends = HashMap::new();
    tracing::trace_exchanges(path, &mut |event| match event.kind {
        ExchangeKind::Began(began) => {
            let (one, other) = (began.client, began.server);
            ends.insert(event.exchange, (one.min(other), one.max(other)));
        }
        ExchangeKind::Message(_) if event.protocol == Protocol::Udp => {
            found.streams.insert(ends[&event.exchange]);
        }
        ExchangeKind::Message(message) if event.protocol == Protocol::Echo && message.kind == MessageKind::Reply => {
            found.pairs.extend(message.answers.map(|request| (request, message.number)));
        }
        _ => {}
    });
    found
}

/// The number of UDP streams, and the echo pairs, that tshark finds.
fn told(path: &Path) -> (usize, BTreeSet<(u64, u64)>) {
    let mut command = Command::new("tshark");
    command.args(["-2", "-n", "-Y", "udp or icmp or icmpv6", "-T", "fields", "-E", "occurrence=l"]);
    ["frame.number", "frame.protocols", "udp.stream", "icmp.resp_to", "icmpv6.resp_to"]
        .iter()
        .for_each(|field| _ = command.args(["-e", field]));
    let output = command.arg("-r").arg(path).output().expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut streams, mut pairs) = (BTreeSet::new(), BTreeSet::new());
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let [number, protocols, stream, v4, v6] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("five columns");
        // An error quotes the datagram that it is about.
        if !stream.is_empty() && !protocols.contains(":icmp") {
            streams.insert(stream.to_owned());
        }
        let number = number.parse().expect("a number");
        pairs.extend([v4, v6].into_iter().filter_map(|request| Some((request.parse().ok()?, number))));
    }
    (streams.len(), pairs)
}

#[test]
fn exchanges_of_our_captures_are_those_of_tshark() {
    if !support::installed("exchanges_of_our_captures_are_those_of_tshark", "tshark") {
        return;
    }
    let (mut streams, mut pairs) = (0, 0);
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")).expect("captures") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if name.starts_with("udp") || name.starts_with("ping") {
            let found = traced(&path);
            assert_eq!((found.streams.len(), found.pairs.clone()), told(&path), "{name}");
            streams += found.streams.len();
            pairs += found.pairs.len();
        }
    }
    assert!(streams >= 3 && pairs >= 5, "{streams} streams and {pairs} pairs");
}

const FORMAT: &str = "not a pcap or pcapng file, or of a version that libpcap does not read either";
const LAYERS: &str = "a link layer or tunnel that is not decoded, or one in the payload of another protocol";
const NUMBER: &str = "the third packet says that it is of an address family that no BSD has";
const FRAGMENT: &str = "tshark reads a first fragment by itself where the capture cut it";
const CODE: &str = "tshark pairs no echo request whose code is not 0; the host replied to it all the same";
const DEPTH: &str = "more headers before IP than anybody nests who wants to be understood";
const EXPECTED: &str = "tshark's RPC dissector made the conversations, with one socket left open";

/// Files in which we find other numbers than tshark does, and why.
const EXPLAINED: &[(&str, &str)] = &[
    ("PcapPlusPlus/Tests/ExamplesTest/pcap_examples/solaris.snoop", FORMAT),
    ("PcapPlusPlus/Tests/ExamplesTest/pcap_examples/tcp-reassembly.pcap", LAYERS),
    ("PcapPlusPlus/Tests/Packet++Test/PacketExamples/NullLoopback.pcap", NUMBER),
    ("PcapPlusPlus/Tests/Pcap++Test/PcapExamples/null_loopback.pcap", NUMBER),
    ("chrissanders/activeosfingerprinting.pcapng", CODE),
    ("libpcap/tests/pcap-invalid-version-2.pcap", FORMAT),
    ("tcpdump/tests/LINKTYPE_USER2_PKTAP.pcap", LAYERS),
    ("tcpdump/tests/esp_truncated.pcap", FRAGMENT),
    ("tcpdump/tests/lmp-lmp_print_data_link_subobjs-oobr.pcap", FRAGMENT),
    ("tcpdump/tests/nsh.pcap", LAYERS),
    ("tcpdump/tests/olsr-oobr-1.pcap", FRAGMENT),
    ("tcpdump/tests/pim-packet-assortment.pcap", LAYERS),
    ("tcpdump/tests/radius_attr_asan.pcap", FRAGMENT),
    ("tcpdump/tests/rip_error_hexdump.pcap", FRAGMENT),
    ("tcpdump/tests/rsvp_uni-oobr-3.pcap", FRAGMENT),
    ("tcpdump/tests/various_gre.pcap", LAYERS),
    ("wireshark/test/captures/wireguard-ping-tcp-dsb.pcapng", LAYERS),
    ("zeek/testing/btest/Traces/pbb-recursive-frames.pcapng", DEPTH),
    ("zeek/testing/btest/Traces/rpc-portmap-sadmind.pcap", EXPECTED),
    ("zeek/testing/btest/Traces/tunnels/ayiya3.pcap", LAYERS),
];

#[test]
fn exchanges_of_the_corpus_are_as_many_as_tshark_finds() {
    let test = "exchanges_of_the_corpus_are_as_many_as_tshark_finds";
    let Some(files) = tracing::corpus_table(test, "files.tsv") else { return };
    if !support::installed(test, "gzip") {
        return;
    }
    let row = |line: &'static str| {
        let [file, streams, pairs] = line.split('\t').collect::<Vec<_>>().try_into().expect("three columns");
        (file, (streams.parse().expect("a number"), pairs.parse().expect("a number")))
    };
    let told: BTreeMap<&str, (usize, usize)> = include_str!("tshark.tsv").lines().skip(1).map(row).collect();
    assert!(told.len() > EXPLAINED.len());
    let mut wrong = Vec::new();
    for file in files.lines().skip(1).filter_map(|line| line.split('\t').next()) {
        let found = traced(&tracing::corpus().join(file));
        let (ours, theirs) = ((found.streams.len(), found.pairs.len()), told.get(file).copied().unwrap_or_default());
        match EXPLAINED.iter().find(|(explained, _)| *explained == file) {
            None if ours != theirs => wrong.push(format!("{file}: {ours:?}, tshark {theirs:?}")),
            Some((_, reason)) if ours == theirs => wrong.push(format!("{file}: no longer true that {reason}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
