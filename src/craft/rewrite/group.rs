//! Who hears a frame: one station, or many.

use crate::wire::LinkType;

/// EtherTypes of VLAN tags (IEEE 802.1Q, 802.1ad, and older ones).
pub(super) const TAGS: [[u8; 2]; 5] = [[0x81, 0x00], [0x88, 0xa8], [0x91, 0x00], [0x92, 0x00], [0x93, 0x00]];

/// Whether a frame of this link type is for more than one station: by its Ethernet address, or by the destination in its
/// IP header.
#[must_use]
pub fn is_for_many(link: LinkType, frame: &[u8]) -> bool {
    match (link, frame) {
        (LinkType::ETHERNET, [first, ..]) if first & 1 == 1 => true,
        (LinkType::ETHERNET, _) => is_ip_for_many(behind_tags(frame)),
        _ => is_ip_for_many(frame),
    }
}

/// The IP packet in an Ethernet frame, behind its tags; nothing where there is none.
fn behind_tags(frame: &[u8]) -> &[u8] {
    let mut rest = frame.get(12..).unwrap_or_default();
    while let [first, second, _, _, behind @ ..] = rest
        && TAGS.contains(&[*first, *second])
    {
        rest = behind;
    }
    match rest {
        [0x08, 0x00, packet @ ..] | [0x86, 0xdd, packet @ ..] => packet,
        _ => &[],
    }
}

fn is_ip_for_many(packet: &[u8]) -> bool {
    match packet.first().map(|first| first >> 4) {
        Some(4) => packet.get(16..20).is_some_and(|to| to[0] >> 4 == 0xe || to == [255; 4]),
        Some(6) => packet.get(24) == Some(&0xff),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(mac: u8, kind: &[u8], ip: &[u8]) -> Vec<u8> {
        [&[mac, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], kind, ip].concat()
    }

    fn v4(to: [u8; 4]) -> Vec<u8> {
        [&[0x45; 16][..], &to].concat()
    }

    fn v6(first: u8) -> Vec<u8> {
        let mut packet = vec![0x60; 40];
        packet[24] = first;
        packet
    }

    #[test]
    fn group_addresses_of_either_layer_count() {
        let many = |frame: &[u8]| is_for_many(LinkType::ETHERNET, frame);
        assert!(many(&frame(0xff, &[0x08, 0x06], &[])) && many(&frame(0x33, &[0x86, 0xdd], &v6(0x20))));
        assert!(many(&frame(2, &[0x08, 0x00], &v4([224, 0, 0, 1]))));
        assert!(many(&frame(2, &[0x08, 0x00], &v4([255; 4]))));
        assert!(many(&frame(2, &[0x86, 0xdd], &v6(0xff))));
        assert!(many(&frame(2, &[0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x08, 0x00], &v4([239, 1, 1, 1]))));
        assert!(!many(&frame(2, &[0x08, 0x00], &v4([192, 0, 2, 255]))), "which network that is nobody knows");
        assert!(!many(&frame(2, &[0x86, 0xdd], &v6(0xfe))) && !many(&frame(2, &[0x88, 0xb5], &v4([255; 4]))));
        assert!(!many(&[]) && !many(&[2; 13]) && !many(&frame(2, &[0x08, 0x00], &[0x45])));
        assert!(is_for_many(LinkType::RAW, &v4([255; 4])) && !is_for_many(LinkType::RAW, &v4([1; 4])));
    }
}
