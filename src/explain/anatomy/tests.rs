//! Every octet is explained once, whatever the bytes.

use proptest::prelude::*;

use super::*;
use crate::wire::{Flags, IpFields, SegmentFields, emit};

fn covers(packet: &[u8]) -> Vec<Field> {
    let fields = anatomy(packet);
    let mut at = 0;
    for field in &fields {
        assert_eq!(field.octets.start, at, "{field:?}");
        at = field.octets.end;
        let words = format!("{}{}", field.value, field.meaning);
        assert!(!words.chars().any(char::is_control), "{field:?}");
    }
    assert_eq!(at, packet.len());
    fields
}

fn syn(payload: &[u8]) -> Vec<u8> {
    let fields = SegmentFields {
        seq: 7,
        flags: Flags::SYN,
        window: 512,
        options: vec![2, 4, 5, 180, 1, 3, 3, 7, 8, 0],
        payload: payload.to_vec(),
        ..SegmentFields::default()
    };
    let (from, to) = ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:80".parse().unwrap());
    emit::segment(from, to, &IpFields::default(), &fields).unwrap()
}

#[test]
fn a_segment_is_told_from_a_packet() {
    let packet = syn(b"abc");
    assert_eq!(anatomy_of_either(&packet), anatomy(&packet));
    // Cut off, the checksum of the IP header still tells.
    assert_eq!(anatomy_of_either(&packet[..44])[0].layer, "IPv4");
    for port in [0, 0x4500, 0x6000, 0xffff_u16] {
        let mut segment = packet[20..].to_vec();
        segment[..2].copy_from_slice(&port.to_be_bytes());
        let fields = anatomy_of_either(&segment);
        assert_eq!((fields[0].layer, fields[0].value.clone()), ("TCP", port.to_string()));
        assert_eq!(fields.last().map(|field| field.octets.end), Some(segment.len()));
    }
    assert!(anatomy_of_either(&[]).is_empty());
}

#[test]
fn a_syn_in_words() {
    let fields = covers(&syn(b"a\x1b"));
    let rows: Vec<_> = fields
        .iter()
        .map(|Field { octets, layer, name, value, meaning }| {
            format!("{:>2}..{:<2} {layer:<4} {name:<25} {value:<14} {meaning}", octets.start, octets.end)
        })
        .map(|row| row.trim_end().to_owned())
        .collect();
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn what_is_wrong_is_said() {
    let mut packet = syn(b"");
    packet[3] += 8;
    packet[36] ^= 1;
    let words: Vec<_> = covers(&packet).into_iter().map(|field| field.meaning).collect();
    for expected in [
        "but there are only 52: receivers drop it",
        "wrong: routers drop it",
        "wrong: receivers drop it without a word",
        "a length that leads nowhere: receivers read no further option",
    ] {
        assert!(words.iter().any(|meaning| meaning == expected), "{expected}: {words:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_covered(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), version in 0_u8..16) {
        if let Some(first) = bytes.first_mut() {
            *first = *first & 0xf | version << 4;
        }
        covers(&bytes);
    }

    #[test]
    fn any_damage_is_covered(at in 0_usize..60, octet: u8, cut in 0_usize..60, v6: bool) {
        let (from, to) = if v6 { ("[::1]:1", "[::2]:2") } else { ("192.0.2.1:1", "192.0.2.2:2") };
        let fields = SegmentFields { options: vec![5, 10, 0, 0, 0, 1, 0, 0, 0, 9], payload: vec![9; 9], ..SegmentFields::default() };
        let mut packet = emit::segment(from.parse().unwrap(), to.parse().unwrap(), &IpFields::default(), &fields).unwrap();
        packet[at] = octet;
        packet.truncate(packet.len() - cut);
        covers(&packet);
    }
}
