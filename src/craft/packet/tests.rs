//! What is asked for stands in the bytes, read again by etherparse and by our decoder.

use etherparse::{Ipv4HeaderSlice, TcpSlice};
use proptest::prelude::*;

use super::*;
use crate::wire::{Checksum, Content, Flags, LinkType, Packet, Reassembler, Time, decode};

const V4: [&str; 2] = ["192.0.2.1", "192.0.2.2"];
const V6: [&str; 2] = ["2001:db8::1", "2001:db8::2"];

fn spec([source, destination]: [&str; 2], transport: Transport, payload: &[u8]) -> PacketSpec {
    let (source, destination) = (source.parse().unwrap(), destination.parse().unwrap());
    PacketSpec { source, destination, ip: IpSpec::default(), transport, payload: payload.to_vec() }
}

fn syn() -> Transport {
    Transport::Tcp(TcpSpec {
        source_port: 40_000,
        destination_port: 80,
        seq: 0x0102_0304,
        flags: Flags::SYN,
        window: 1024,
        ..TcpSpec::default()
    })
}

fn one(spec: &PacketSpec) -> Vec<u8> {
    let mut packets = build(spec).unwrap();
    assert_eq!(packets.len(), 1);
    packets.remove(0)
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

#[test]
fn what_is_right_is_what_the_other_emitter_builds() {
    use crate::wire::{IpFields, SegmentFields, emit};
    for addresses in [V4, V6] {
        let spec = spec(addresses, syn(), b"hello");
        let ip = IpFields { dont_fragment: false, ..IpFields::default() };
        let fields = SegmentFields {
            seq: 0x0102_0304,
            flags: Flags::SYN,
            window: 1024,
            payload: b"hello".to_vec(),
            ..SegmentFields::default()
        };
        let (from, to) = ((spec.source, 40_000).into(), (spec.destination, 80).into());
        assert_eq!(one(&spec), emit::segment(from, to, &ip, &fields).unwrap());
    }
}

#[test]
fn every_tcp_field_is_written() {
    let tcp = TcpSpec {
        source_port: 1,
        destination_port: 2,
        seq: 3,
        ack: 4,
        flags: Flags::from_bits(0x1ab),
        reserved: 0b101,
        data_offset: Some(12),
        window: 6,
        urgent: 7,
        options: vec![OptionSpec::NOP, OptionSpec::Long { kind: 2, length: Some(9), data: vec![5, 180] }],
        bad_checksum: false,
    };
    let mut spec = spec(V4, Transport::Tcp(tcp), &[0; 40]);
    let bytes = one(&spec);
    let read = decode(&raw(&bytes));
    let (_, segment) = read.segment().unwrap();
    assert_eq!((segment.source_port, segment.destination_port, segment.seq, segment.ack), (1, 2, 3, 4));
    assert_eq!((segment.flags.bits(), segment.reserved, segment.data_offset), (0x1ab, 0b101, 12));
    assert_eq!((segment.window, segment.urgent, segment.checksum_state), (6, 7, Checksum::Good));
    assert_eq!(bytes[40..48], [1, 2, 9, 5, 180, 0, 0, 0]);
    if let Transport::Tcp(tcp) = &mut spec.transport {
        (tcp.data_offset, tcp.bad_checksum) = (None, true);
    }
    let bytes = one(&spec);
    let read = decode(&raw(&bytes));
    let (_, segment) = read.segment().unwrap();
    assert_eq!((segment.data_offset, segment.checksum_state), (7, Checksum::Bad));
}

#[test]
fn every_ip_field_is_written() {
    let mut spec = spec(V4, syn(), b"");
    spec.ip = IpSpec {
        ttl: 3,
        tos: 0xb9,
        id: 0x1_2345,
        dont_fragment: true,
        more_fragments: true,
        fragment_offset: 64,
        options: vec![0x83, 3, 4],
        bad_checksum: true,
        length: IpLength::Says(99),
        ..IpSpec::default()
    };
    let bytes = one(&spec);
    let header = Ipv4HeaderSlice::from_slice(&bytes).unwrap();
    assert_eq!((header.ttl(), bytes[1], header.identification(), header.total_len()), (3, 0xb9, 0x2345, 99));
    assert!(header.dont_fragment() && header.more_fragments());
    assert_eq!((header.fragments_offset().byte_offset(), header.options()), (64, &[0x83, 3, 4, 0][..]));
    assert_ne!(header.header_checksum(), header.to_header().calc_header_checksum());
    spec.ip.bad_checksum = false;
    let bytes = one(&spec);
    let header = Ipv4HeaderSlice::from_slice(&bytes).unwrap();
    assert_eq!(header.header_checksum(), header.to_header().calc_header_checksum());
}

#[test]
fn ipv6_has_a_flow_label_and_a_fragment_header() {
    let mut spec = spec(V6, syn(), b"");
    spec.ip = IpSpec { tos: 0xb9, flow_label: 0xabcde, ttl: 9, id: 0x1234_5678, ..IpSpec::default() };
    let bytes = one(&spec);
    assert_eq!(bytes[..8], [0x6b, 0x9a, 0xbc, 0xde, 0, 20, 6, 9]);
    spec.ip.fragment_header = true;
    spec.ip.length = IpLength::Beyond(8);
    let bytes = one(&spec);
    assert_eq!(bytes[4..8], [0, 36, 44, 9]);
    assert_eq!(bytes[40..48], [6, 0, 0, 0, 0x12, 0x34, 0x56, 0x78]);
    assert_eq!(TcpSlice::from_slice(&bytes[48..]).unwrap().destination_port(), 80);
}

#[test]
fn fragments_make_the_packet_again() {
    for addresses in [V4, V6] {
        let whole = spec(addresses, syn(), b"what does not fit into one");
        let mut in_parts = whole.clone();
        in_parts.ip.fragment_size = Some(16);
        in_parts.ip.id = 77;
        let packets = build(&in_parts).unwrap();
        assert_eq!(packets.len(), 3);
        let mut reassembler = Reassembler::default();
        let mut found = None;
        for packet in &packets {
            let packet = raw(packet);
            found = reassembler.add(&packet, &decode(&packet)).map(|whole| whole.bytes.to_vec());
        }
        let found = found.unwrap();
        let expected = one(&whole);
        let header = if whole.source.is_ipv4() { 20 } else { 40 };
        assert_eq!(found[header..], expected[header..]);
    }
}

#[test]
fn only_copied_options_are_in_later_fragments() {
    let mut spec = spec(V4, syn(), b"");
    spec.ip.options = vec![7, 7, 4, 0, 0, 0, 0, 1, 0x83, 3, 4];
    spec.ip.fragment_size = Some(8);
    let packets = build(&spec).unwrap();
    let lengths: Vec<_> = packets.iter().map(|packet| packet[0] & 15).collect();
    assert_eq!(lengths, [8, 6, 6]);
    assert_eq!(packets[1][20..24], [0x83, 3, 4, 0]);
}

#[test]
fn datagrams_and_messages() {
    let udp = UdpSpec { source_port: 5, destination_port: 53, ..UdpSpec::default() };
    let icmp = IcmpSpec { kind: 13, code: 1, rest: [1, 2, 3, 4], bad_checksum: false };
    for addresses in [V4, V6] {
        let bytes = one(&spec(addresses, Transport::Udp(udp.clone()), b"abc"));
        let Content::Datagram(datagram) = decode(&raw(&bytes)).content else { panic!("no datagram") };
        assert_eq!((datagram.length, datagram.checksum_state, datagram.payload), (11, Checksum::Good, &b"abc"[..]));
        let bad = UdpSpec { length: Some(9), bad_checksum: true, ..udp.clone() };
        let bytes = one(&spec(addresses, Transport::Udp(bad), b"abc"));
        let Content::Datagram(datagram) = decode(&raw(&bytes)).content else { panic!("no datagram") };
        assert_eq!((datagram.length, datagram.checksum_state), (9, Checksum::Bad));
        let bytes = one(&spec(addresses, Transport::Icmp(icmp.clone()), b"abc"));
        let Content::Icmp(message) = decode(&raw(&bytes)).content else { panic!("no message") };
        assert_eq!((message.kind, message.code, message.rest, message.body), (13, 1, [1, 2, 3, 4], &b"abc"[..]));
        assert_eq!(message.checksum_state, Checksum::Good);
    }
}

#[test]
fn what_has_no_room_is_refused() {
    let with = |change: fn(&mut PacketSpec)| {
        let mut spec = spec(V4, syn(), b"");
        change(&mut spec);
        build(&spec).unwrap_err()
    };
    assert_eq!(with(|spec| spec.ip.fragment_size = Some(7)), SpecError::FragmentSize(7));
    assert_eq!(with(|spec| spec.ip.fragment_offset = 65_536), SpecError::FragmentOffset(65_536));
    assert_eq!(with(|spec| spec.ip.fragment_offset = 4), SpecError::FragmentOffset(4));
    assert_eq!(with(|spec| spec.ip.options = vec![1; 41]), SpecError::IpOptions(41));
    assert_eq!(with(|spec| spec.payload = vec![0; 65_536]), SpecError::Length(65_576));
    assert!(matches!(with(|spec| spec.source = "::1".parse().unwrap()), SpecError::Families(..)));
    let too_many = |spec: &mut PacketSpec| {
        let Transport::Tcp(tcp) = &mut spec.transport else { return };
        tcp.options = vec![OptionSpec::Raw(vec![1; 41])];
    };
    assert_eq!(with(too_many), SpecError::Options(41));
}

proptest! {
    #[test]
    fn a_bad_checksum_is_always_bad(seq: u32, payload: Vec<u8>, port: u16) {
        for addresses in [V4, V6] {
            let tcp = TcpSpec { seq, source_port: port, bad_checksum: true, ..TcpSpec::default() };
            let bytes = one(&spec(addresses, Transport::Tcp(tcp), &payload));
            let decoded = decode(&raw(&bytes));
            prop_assert_eq!(decoded.segment().unwrap().1.checksum_state, Checksum::Bad);
        }
    }
}
