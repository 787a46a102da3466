//! Whole packets from literal bytes.

use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;

use super::*;

fn packet(link: LinkType, bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link, original_len: bytes.len() as u32, bytes }
}

/// A SYN as Linux sent it from 192.0.2.1:40123 to 192.0.2.2:80, checksums as tshark verified them.
const SYN: [u8; 60] = [
    0x45, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x40, 0x00, 0x40, 0x06, 0xb6, 0xbc, 192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0xbb,
    0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02,
    0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
];

fn endpoints() -> (SocketAddr, SocketAddr) {
    ("192.0.2.1:40123".parse().unwrap(), "192.0.2.2:80".parse().unwrap())
}

fn syn_fields() -> SegmentFields {
    SegmentFields {
        seq: 1000,
        flags: Flags::SYN,
        window: 64240,
        options: SYN[40..].to_vec(),
        ..SegmentFields::default()
    }
}

#[test]
fn a_syn_from_its_bytes() {
    let decoded = decode(&packet(LinkType::RAW, &SYN));
    let (ip, segment) = decoded.segment().expect("a segment");
    assert_eq!(ip.source, "192.0.2.1".parse::<IpAddr>().unwrap());
    assert_eq!((ip.ttl, ip.dont_fragment, ip.identification), (64, true, Some(0)));
    assert_eq!((segment.source_port, segment.destination_port), (40123, 80));
    assert_eq!((segment.seq, segment.ack, segment.window), (1000, 0, 64240));
    assert_eq!(segment.flags, Flags::SYN);
    assert_eq!((segment.payload_len, segment.sequence_len()), (0, 1));
    let options = segment.options.summary();
    assert_eq!((options.mss, options.window_scale, options.sack_permitted), (Some(1460), Some(7), true));
    assert_eq!(options.timestamps, Some((256, 0)));
    assert_eq!(decoded.stopped, None);
}

#[test]
fn what_is_emitted_is_what_was_read() {
    let (you, server) = endpoints();
    let bytes = emit::segment(you, server, &IpFields::default(), &syn_fields()).unwrap();
    assert_eq!(bytes[..10], SYN[..10]);
    assert_eq!(bytes[12..36], SYN[12..36]);
    assert_eq!(bytes[38..], SYN[38..]);
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    let (ip, segment) = decoded.segment().unwrap();
    assert_eq!((ip.checksum, segment.checksum_state), (Checksum::Good, Checksum::Good));
}

#[test]
fn a_wrong_checksum_and_an_offloaded_one_are_told_apart() {
    let (you, server) = endpoints();
    let mut bytes = emit::segment(you, server, &IpFields::default(), &syn_fields()).unwrap();
    let state = |bytes: &[u8]| decode(&packet(LinkType::RAW, bytes)).segment().unwrap().1.checksum_state;
    bytes[37] ^= 1;
    assert_eq!(state(&bytes), Checksum::Bad);
    let pseudo = checksum::Sum::pseudo_header(you.ip(), server.ip(), 6, 40).folded();
    bytes[36..38].copy_from_slice(&pseudo.to_be_bytes());
    assert_eq!(state(&bytes), Checksum::Partial);
}

#[test]
fn the_whole_of_an_ipv6_segment() {
    let fields = SegmentFields { payload: b"hello".to_vec(), flags: Flags::PSH | Flags::ACK, ..syn_fields() };
    let (you, server) = ("[2001:db8::1]:40123".parse().unwrap(), "[2001:db8::2]:80".parse().unwrap());
    let ip = IpFields { ttl: 9, tos: 0x2e << 2, flow_label: 0xabcde, ..IpFields::default() };
    let bytes = emit::segment(you, server, &ip, &fields).unwrap();
    assert_eq!(bytes[..8], [0x6b, 0x8a, 0xbc, 0xde, 0, 45, 6, 9]);
    let decoded = decode(&packet(LinkType::IPV6, &bytes));
    let (ip, segment) = decoded.segment().unwrap();
    assert_eq!((ip.ttl, ip.tos, ip.flow_label, ip.header_len), (9, 0xb8, 0xabcde, 40));
    assert_eq!((segment.payload, segment.payload_len, segment.checksum_state), (&b"hello"[..], 5, Checksum::Good));
}

#[test]
fn a_cut_packet_keeps_what_was_read_and_its_length_on_the_wire() {
    let (you, server) = endpoints();
    let fields = SegmentFields { payload: vec![7; 100], ..syn_fields() };
    let bytes = emit::segment(you, server, &IpFields::default(), &fields).unwrap();
    let cut = |length| decode(&Packet { original_len: 160, ..packet(LinkType::RAW, &bytes[..length]) });
    let decoded = cut(70);
    let (_, segment) = decoded.segment().unwrap();
    assert_eq!((segment.payload.len(), segment.payload_len), (10, 100));
    assert_eq!((segment.checksum_state, decoded.stopped), (Checksum::Unknown, None));
    let decoded = cut(50);
    let (_, segment) = decoded.segment().unwrap();
    assert_eq!((segment.options.0.len(), segment.payload_len), (10, 100));
    assert_eq!(decoded.stopped, Some(Stop { layer: Layer::Tcp, offset: 20, reason: StopReason::Cut }));
    assert_eq!(cut(39).stopped, Some(Stop { layer: Layer::Tcp, offset: 20, reason: StopReason::Cut }));
    assert_eq!(cut(19).stopped, Some(Stop { layer: Layer::Ipv4, offset: 0, reason: StopReason::Cut }));
    assert_eq!(cut(0).stopped, Some(Stop { layer: Layer::Link, offset: 0, reason: StopReason::Cut }));
}

#[test]
fn impossible_header_lengths_are_named_and_carry_no_payload() {
    for (offset, reason) in [(0x40, "data offset below 5"), (0xf0, "data offset beyond the segment")] {
        let mut bytes = SYN;
        bytes[32] = offset;
        let decoded = decode(&packet(LinkType::RAW, &bytes));
        assert_eq!(decoded.stopped.map(|stop| stop.reason), Some(StopReason::Malformed(reason)));
        assert_eq!(decoded.segment().unwrap().1.payload_len, 0);
    }
}

#[test]
fn ethernet_padding_is_not_payload() {
    let (you, server) = endpoints();
    let ack = SegmentFields { flags: Flags::ACK, ..SegmentFields::default() };
    let mut frame = [&[0; 12][..], &[8, 0]].concat();
    frame.extend(emit::segment(you, server, &IpFields::default(), &ack).unwrap());
    frame.resize(60, 0);
    let decoded = decode(&packet(LinkType::ETHERNET, &frame));
    let (_, segment) = decoded.segment().unwrap();
    assert_eq!((segment.payload_len, segment.checksum_state), (0, Checksum::Good));
}

#[test]
fn total_length_zero_is_an_offloaded_super_segment() {
    let mut bytes = SYN.to_vec();
    bytes[2..4].copy_from_slice(&[0, 0]);
    bytes.resize(200, 1);
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    assert_eq!(decoded.segment().unwrap().1.payload_len, 140);
}

#[test]
fn a_total_length_below_the_header_is_malformed() {
    let mut bytes = SYN;
    bytes[3] = 11;
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    let reason = StopReason::Malformed("total length below the header's");
    assert_eq!(decoded.stopped, Some(Stop { layer: Layer::Ipv4, offset: 0, reason }));
}

#[test]
fn a_segment_cut_behind_its_window_is_read() {
    let cut = |length| decode(&Packet { original_len: 60, ..packet(LinkType::RAW, &SYN[..length]) });
    let decoded = cut(36);
    let (_, segment) = decoded.segment().expect("a segment");
    assert_eq!((segment.flags, segment.window, segment.checksum, segment.urgent), (Flags::SYN, 64240, 0, 0));
    assert_eq!((segment.checksum_state, segment.payload_len, segment.options.0.len()), (Checksum::Unknown, 0, 0));
    assert_eq!(decoded.stopped, Some(Stop { layer: Layer::Tcp, offset: 20, reason: StopReason::Cut }));
    assert!(cut(35).segment().is_none());
}

#[test]
fn an_icmp_error_quotes_the_segment_that_caused_it() {
    let mut body = vec![3, 1, 0, 0, 0, 0, 0, 0];
    body.extend_from_slice(&SYN[..28]);
    let sum = checksum::Sum::default().with(&body).finish();
    body[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut bytes = emit::header(
        "192.0.2.9".parse().unwrap(),
        "192.0.2.1".parse().unwrap(),
        &IpFields::default(),
        ip::protocol::ICMP,
        body.len(),
    )
    .unwrap();
    bytes.extend(body);
    let Content::Icmp(icmp) = decode(&packet(LinkType::RAW, &bytes)).content else { panic!("not ICMP") };
    assert_eq!((icmp.kind, icmp.code, icmp.checksum_state), (3, 1, Checksum::Good));
    let quote = icmp.quote().unwrap();
    assert_eq!(quote.sockets(), Some(endpoints()));
    assert_eq!(quote.tcp_seq(), Some(1000));
}

#[test]
fn a_first_fragment_is_not_taken_for_a_segment() {
    let mut bytes = SYN;
    bytes[6] = 0x20;
    let decoded = decode(&packet(LinkType::RAW, &bytes));
    assert_eq!(decoded.content, Content::Other);
    assert_eq!(decoded.ip.unwrap().fragment, Some(Fragment { offset: 0, more: true }));
    assert_eq!(decoded.stopped.unwrap().reason, StopReason::Fragment);
}

proptest! {
    #[test]
    fn no_bytes_panic(link in 0u16..300,
                      bytes in prop::collection::vec(any::<u8>(), 0..200), original_len: u32) {
        let decoded = decode(&Packet { time: Time::default(), link: LinkType(link), original_len, bytes: &bytes });
        if let Some((_, segment)) = decoded.segment() {
            let _ = segment.options.summary();
        }
        if let Content::Icmp(icmp) = decoded.content {
            let _ = icmp.quote();
        }
    }

    #[test]
    fn no_damaged_segment_panics(at in 0usize..60, value: u8, length in 0usize..=60) {
        let mut bytes = SYN;
        bytes[at] = value;
        let _ = decode(&packet(LinkType::RAW, &bytes[..length]));
    }

    #[test]
    fn segments_survive_a_round_trip(seq: u32, ack: u32, bits in 0u16..512, window: u16, urgent: u16,
                                     words in 0usize..=10, payload in prop::collection::vec(any::<u8>(), 0..50)) {
        let (you, server) = endpoints();
        let fields = SegmentFields {
            seq, ack, flags: Flags::from_bits(bits), window, urgent, options: vec![1; words * 4], payload,
        };
        let bytes = emit::segment(you, server, &IpFields::default(), &fields).unwrap();
        let decoded = decode(&packet(LinkType::RAW, &bytes));
        let (_, segment) = decoded.segment().unwrap();
        prop_assert_eq!((segment.seq, segment.ack, segment.flags), (seq, ack, fields.flags));
        prop_assert_eq!((segment.window, segment.urgent), (window, urgent));
        prop_assert_eq!((segment.options.0, segment.payload), (&fields.options[..], &fields.payload[..]));
        prop_assert_eq!(segment.checksum_state, Checksum::Good);
    }
}
