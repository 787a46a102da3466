//! One SYN behind every link-layer header and in every tunnel that is read: by us, and by tshark or tcpdump as a witness.

mod cases;
#[path = "../support/mod.rs"]
mod support;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use cases::{Case, PORTS, Witness, behind, cases, ether, gre, ipv4, syn4, syn6, udp, udp6};
use proptest::prelude::*;
use rawshake::sink::capture::CaptureWriter;
use rawshake::wire::checksum::Sum;
use rawshake::wire::{Content, IpFields, Layer, LinkType, Packet, Reassembler, Stop, StopReason, Time, decode, emit};

fn packet(link: LinkType, bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link, original_len: bytes.len() as u32, bytes }
}

#[test]
fn the_syn_is_found_with_its_path_and_place() {
    for Case { name, link, bytes, path, .. } in cases() {
        let decoded = decode(&packet(link, &bytes));
        let Some((ip, segment)) = decoded.segment() else { panic!("{name}: {:?}", decoded) };
        assert_eq!((segment.source_port, segment.destination_port, segment.seq), (PORTS.0, PORTS.1, 1000), "{name}");
        assert!(ip.source == IpAddr::from([192, 0, 2, 1]) || ip.source.to_string() == "2001:db8::1", "{name}");
        assert_eq!(bytes[decoded.link_len + ip.header_len..][..4], [0x9c, 0xbb, 0x00, 0x50], "{name}");
        assert_eq!((decoded.path.to_string().as_str(), decoded.stopped), (path, None), "{name}");
    }
}

/// BIG TCP through a tunnel: neither length has room, and both are 0 (RFC 2675).
#[test]
fn a_datagram_longer_than_its_length_field_is_a_tunnel_too() {
    let mut bytes = udp6(4789, "08000000 00000700", &ether("0800", &syn4()));
    assert!(decode(&packet(LinkType::RAW, &bytes)).segment().is_some());
    bytes[4..6].fill(0);
    bytes[44..46].fill(0);
    assert!(decode(&packet(LinkType::RAW, &bytes)).segment().is_none(), "it would fit");
    bytes.resize(70_000, 0);
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    assert_eq!(decoded.segment().map(|(_, segment)| segment.seq), Some(1000), "{decoded:?}");
}

/// Cut anywhere, a packet is no segment before its window is there, and no cut is taken for a fault of the sender.
#[test]
fn a_cut_anywhere_stops_within_what_was_captured() {
    for Case { name, link, bytes, .. } in cases() {
        let cut = |length| decode(&Packet { original_len: bytes.len() as u32, ..packet(link, &bytes[..length]) });
        let whole = cut(bytes.len());
        let start = whole.link_len + whole.ip.expect("IP").header_len;
        for length in 0..start + 20 {
            let decoded = cut(length);
            assert_eq!(decoded.segment().is_some(), length >= start + 16, "{name} cut at {length}: {decoded:?}");
            match (decoded.content, decoded.stopped) {
                (Content::Datagram(datagram), None) => assert!(datagram.payload.len() < 2, "{name} cut at {length}"),
                (_, stop) => assert_eq!(stop.map(|stop| stop.reason), Some(StopReason::Cut), "{name} cut at {length}"),
            }
            assert!(decoded.link_len <= length, "{name} cut at {length}");
        }
    }
}

proptest! {
    /// Whatever a packet is damaged to, what was read lies within it, and its fragments are put together or not.
    #[test]
    fn no_damage_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), original_len: u32) {
        let mut reassembler = Reassembler::default();
        for Case { name, link, mut bytes, .. } in cases() {
            for (place, value) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *value;
            }
            for original_len in [original_len, bytes.len() as u32] {
                let damaged = Packet { original_len, ..packet(link, &bytes) };
                let decoded = decode(&damaged);
                let header_len = decoded.ip.map_or(0, |ip| ip.header_len);
                prop_assert!(decoded.link_len + header_len <= bytes.len(), "{}: {:?}", name, decoded);
                let _ = reassembler.add(&damaged, &decoded);
            }
        }
    }
}

/// Writes the packets to a capture file in `folder`, of which `name` decides the format.
fn write(folder: &Path, name: &str, packets: &[(LinkType, &[u8])]) -> PathBuf {
    let path = folder.join(name);
    let mut writer = CaptureWriter::create(&path).expect("a file");
    for (link, bytes) in packets {
        writer.write(&packet(*link, bytes)).expect("a packet");
    }
    writer.finish().expect("an end");
    path
}

fn lines(program: &str, arguments: &[&str], file: &Path) -> Vec<String> {
    let output = Command::new(program).args(arguments).arg(file).output().expect("it runs");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

const TSHARK: [&str; 12] = [
    "-n",
    "-T",
    "fields",
    "-e",
    "tcp.srcport",
    "-e",
    "tcp.dstport",
    "-e",
    "tcp.seq_raw",
    "-e",
    "frame.protocols",
    "-r",
];

#[test]
fn tshark_finds_the_same_syn() {
    if !support::installed("tshark_finds_the_same_syn", "tshark") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    let packets: Vec<_> = cases.iter().map(|case| (case.link, &case.bytes[..])).collect();
    let said = lines("tshark", &TSHARK, &write(folder.path(), "all.pcapng", &packets));
    assert_eq!(said.len(), cases.len());
    for (case, line) in cases.iter().zip(&said) {
        let found = line.starts_with(&format!("{}\t{}\t1000\t", PORTS.0, PORTS.1));
        assert_eq!(found, case.witness == Witness::Tshark, "{}: {line}", case.name);
    }
}

#[test]
fn tcpdump_finds_the_syn_that_tshark_does_not() {
    if !support::installed("tcpdump_finds_the_syn_that_tshark_does_not", "tcpdump") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (number, case) in cases().iter().filter(|case| case.witness == Witness::Tcpdump).enumerate() {
        let file = write(folder.path(), &format!("{number}.pcap"), &[(case.link, &case.bytes)]);
        let said = lines("tcpdump", &["-nr"], &file);
        let syn = format!("192.0.2.1.{} > 192.0.2.2.{}: Flags [S], seq 1000", PORTS.0, PORTS.1);
        assert!(said.iter().any(|line| line.contains(&syn)), "{}: {said:?}", case.name);
    }
}

/// The fragments of one packet, in an order that no sender chose: (start, end, more).
const FRAGMENTS: [(usize, usize, bool); 3] = [(8, 16, true), (16, 20, false), (0, 8, true)];

/// The TCP header of a SYN in three IPv4 fragments, behind Ethernet.
fn fragments4() -> Vec<Vec<u8>> {
    let whole = syn4();
    let ip = IpFields { identification: 77, dont_fragment: false, ..IpFields::default() };
    let fragment = |(start, end, more): (usize, usize, bool)| {
        let (from, to) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let mut header = emit::header(from, to, &ip, 6, end - start).expect("a header");
        header[6] = u8::from(more) << 5;
        header[7] = (start / 8) as u8;
        header[10..12].copy_from_slice(&[0, 0]);
        let checksum = Sum::default().with(&header).finish();
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        ether("0800", &[&header, &whole[20 + start..20 + end]].concat())
    };
    FRAGMENTS.map(fragment).to_vec()
}

/// The same in IPv6, and in GRE.
fn fragments6() -> Vec<Vec<u8>> {
    let whole = syn6();
    let fragment = |(start, end, more): (usize, usize, bool)| {
        let (from, to) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        let extension = [6, 0, 0, start as u8 | u8::from(more), 0, 0, 0, 77];
        let header = emit::header(from, to, &IpFields::default(), 44, 8 + end - start).expect("a header");
        ether("0800", &gre("0000 86dd", &[&header, &extension[..], &whole[40 + start..40 + end]].concat()))
    };
    FRAGMENTS.map(fragment).to_vec()
}

#[test]
fn fragments_make_the_syn_and_tshark_agrees() {
    let frames = [fragments4(), fragments6()].concat();
    let mut reassembler = Reassembler::default();
    let mut made = Vec::new();
    for (number, bytes) in frames.iter().enumerate() {
        let fragment = packet(LinkType::ETHERNET, bytes);
        if let Some(whole) = reassembler.add(&fragment, &decode(&fragment)) {
            made.push((number, whole.bytes.to_vec()));
        }
    }
    assert_eq!(made, [(2, syn4()), (5, syn6())]);
    if support::installed("fragments_make_the_syn_and_tshark_agrees", "tshark") {
        let folder = tempfile::tempdir().expect("a folder");
        let packets: Vec<_> = frames.iter().map(|bytes| (LinkType::ETHERNET, &bytes[..])).collect();
        let said = lines("tshark", &TSHARK, &write(folder.path(), "fragments.pcap", &packets));
        let found: Vec<_> = (0..said.len()).filter(|index| said[*index].starts_with("40123\t80\t1000\t")).collect();
        assert_eq!(found, [2, 5], "{said:?}");
    }
}

#[test]
fn what_is_not_ip_is_named() {
    let reason = |link, header: &str| {
        let bytes = behind(header, &[0; 40]);
        let decoded = decode(&packet(link, &bytes));
        assert!(decoded.ip.is_none() && decoded.content == Content::Other, "{header}");
        decoded.stopped.expect("a stop").reason
    };
    let addresses = "020000000009 020000000001 020000000002";
    for (link, header, expected) in [
        (LinkType(999), "", StopReason::LinkType(999)),
        (LinkType::PPI, "00 00 0800 e7030000", StopReason::LinkType(999)),
        (LinkType::ETHERNET, "ffffffffffff 020000000001 0806", StopReason::Unknown(0x0806)),
        (LinkType::ETHERNET, "0180c2000000 020000000001 0026 424203", StopReason::Unknown(0x42)), // spanning tree
        (LinkType::ETHERNET, "01000ccccccc 020000000001 0040 aaaa03 00000c 2000", StopReason::Unknown(0x2000)), // CDP
        (LinkType::ETHERNET, "020000000002 020000000001 88e5 0c00 00000001", StopReason::Encrypted),
        (LinkType::ETHERNET, "020000000002 020000000001 8864 1109 0000 0000", StopReason::Unknown(9)), // discovery
        (LinkType::NULL, "07000000", StopReason::Unknown(7)),
        (LinkType::PPP, "ff03 c021", StopReason::Unknown(0xc021)), // link control
        (LinkType::PPP, "ff03 0053", StopReason::Encrypted),
        (LinkType::FRELAY, "0000 0000", StopReason::Malformed("an address without end")),
        (LinkType::IEEE802_11, &format!("8000 0000 {addresses} 1000"), StopReason::Unknown(0x80)), // beacon
        (LinkType::IEEE802_11, &format!("4801 0000 {addresses} 1000"), StopReason::Unknown(0x48)), // no data
        (LinkType::IEEE802_11, &format!("0841 0000 {addresses} 1000"), StopReason::Encrypted),
        (LinkType::IEEE802_11, &format!("0805 0000 {addresses} 1000"), StopReason::Fragment),
        (LinkType::IEEE802_11, &format!("0801 0000 {addresses} 1100"), StopReason::Fragment),
        (LinkType::DOCSIS, "c000 0000 0000", StopReason::Unknown(3)),
        (LinkType::NFLOG, "02000000 0000 0100", StopReason::Malformed("an attribute shorter than its header")),
        (LinkType::JUNIPER_ETHER, "00000000", StopReason::Malformed("without the mark of its header")),
    ] {
        assert_eq!(reason(link, header), expected, "{header}");
    }
}

#[test]
fn a_tunnel_that_cannot_be_followed_leaves_what_is_around_it() {
    let arp = ether("0806", &[0; 28]);
    let decoded = |bytes: &[u8]| {
        let decoded = decode(&packet(LinkType::RAW, bytes));
        let is_datagram = matches!(decoded.content, Content::Datagram(_));
        (decoded.ip.expect("IP").source.to_string(), is_datagram, decoded.path.layers().len(), decoded.stopped)
    };
    let outer = || "198.51.100.1".to_owned();
    let stop = |layer, offset, reason| Some(Stop { layer, offset, reason });
    let unknown = stop(Layer::Link, 48, StopReason::Unknown(0x0806));
    assert_eq!(decoded(&udp(4789, "08000000 00000700", &arp)), (outer(), true, 0, unknown));
    assert_eq!(decoded(&udp(4789, "00000000", &[])), (outer(), true, 0, None), "not a VXLAN header");
    assert_eq!(decoded(&gre("0000 1234", &[])), (outer(), false, 0, stop(Layer::Gre, 20, StopReason::Unknown(0x1234))));
    let short = stop(Layer::Gre, 20, StopReason::Malformed("shorter than its header"));
    assert_eq!(decoded(&gre("0000", &[])), (outer(), false, 0, short));
    let encrypted = stop(Layer::Ppp, 32, StopReason::Encrypted);
    assert_eq!(decoded(&gre("3001 880b 0004 0007 00000001 0053", &[0; 8])), (outer(), false, 0, encrypted));
}

#[test]
fn a_packet_in_a_packet_without_end_is_followed_fifteen_headers_deep() {
    let mut bytes = syn4();
    for _ in 0..20 {
        bytes = ipv4(4, &bytes);
    }
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    let stop = decoded.stopped.expect("a stop");
    assert_eq!((decoded.path.layers().len(), decoded.link_len), (15, 300));
    assert_eq!((stop.layer, stop.offset), (Layer::Ipv4, 300));
    assert!(matches!(stop.reason, StopReason::Malformed(_)), "{stop}");
}

/// What is around a packet bounds it: the padding of a short frame is not payload.
#[test]
fn padding_is_not_payload_in_a_tunnel_either() {
    let mut offloaded = syn4();
    offloaded[2..4].copy_from_slice(&[0, 0]); // no total length: all that the tunnel carries
    let mut frame = ether("0800", &gre("0000 0800", &offloaded));
    frame.extend([0; 9]);
    let decoded = decode(&packet(LinkType::ETHERNET, &frame));
    assert_eq!(decoded.segment().expect("a segment").1.payload_len, 0);
    assert!(decoded.path.is_tunnel());
}
