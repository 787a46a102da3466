//! Link layer, IP, TCP, UDP and ICMP headers, fragments among them.

use rawshake::explain::anatomy_of_either;
use rawshake::sink;
use rawshake::wire::{Content, LinkType, Packet, Reassembler, Time, decode, outer_ip};

use super::{Octets, assert_clean};

const LINKS: [LinkType; 16] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::PPP,
    LinkType::PPPOE,
    LinkType::PPP_HDLC,
    LinkType::C_HDLC,
    LinkType::IEEE802_11,
    LinkType::RADIOTAP,
    LinkType::PRISM,
    LinkType(0xffff),
];

/// A link type, whether the packet was cut, and then packets: a length of one octet and the octets of each. Now and then
/// the whole is explained field by field besides.
pub(crate) fn body(data: &[u8]) {
    if data.len().is_multiple_of(4) {
        explain(data);
    }
    let mut octets = Octets(data);
    let (link, missing) = (octets.one_of(&LINKS), u32::from(octets.u8()));
    let mut reassembler = Reassembler::default();
    let mut time = 0;
    while !octets.is_empty() {
        let length = usize::from(octets.u8()) * 4;
        let bytes = octets.take(length);
        time += 1;
        let original_len = bytes.len() as u32 + missing;
        look(&Packet { time: Time::from_nanos(time), link, original_len, bytes }, &mut reassembler);
    }
}

/// The first octets, enough for all headers, as `explain` and `send --hex` show them.
fn explain(octets: &[u8]) {
    colored::control::set_override(false);
    let octets = &octets[..octets.len().min(160)];
    let fields = anatomy_of_either(octets);
    assert!(fields.iter().all(|field| field.octets.end <= octets.len()), "{fields:?}");
    assert_clean(&sink::octets(octets, &fields, 80));
}

fn look(packet: &Packet<'_>, reassembler: &mut Reassembler) {
    let decoded = decode(packet);
    let _ = outer_ip(packet);
    match &decoded.content {
        Content::Segment(segment) => {
            let _ = segment.options.summary();
            // Every step takes at least an octet of at most 40.
            assert!(segment.options.iter().count() <= 41);
            assert!(segment.payload.len() <= packet.bytes.len());
        }
        Content::Icmp(icmp) => {
            let _ = icmp.quote().and_then(|quote| quote.sockets());
        }
        _ => {}
    }
    if let Some(whole) = reassembler.add(packet, &decoded) {
        assert!(whole.bytes.len() <= 1 << 17, "{} octets", whole.bytes.len());
        let _ = decode(&whole);
    }
}
