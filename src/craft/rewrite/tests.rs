//! Packets octet by octet, before and after.

use proptest::prelude::*;

use super::*;
use crate::wire::Time;

const TO: Mac = [2, 0, 0, 0, 0, 2];
const FROM: Mac = [2, 0, 0, 0, 0, 1];

/// Octets from hexadecimal digits; blanks are passed over.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter(|char| !char.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

/// IPv4 192.0.2.1 > 192.0.2.2, TTL 64, UDP 1000 > 53 with "hi!", all checksums right (worked out by hand).
const UDP4: &str = "4500001f 00010000 4011f6c9 c0000201 c0000202 03e80035 000bee4d 686921";
/// IPv6 2001:db8::1 > 2001:db8::2, hop limit 64, TCP 1000 > 80, SYN.
const TCP6: &str = "60000000 00140640 20010db8000000000000000000000001 20010db8000000000000000000000002 \
                    03e80050 00000001 00000000 5002ffff 50350000";

fn onto(link: LinkType, table: Table) -> Rewriter {
    Rewriter { table, link, own_mac: Some(FROM), peer_mac: Some(TO) }
}

fn packet(link: LinkType, bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link, original_len: bytes.len() as u32, bytes }
}

fn write(rewriter: &Rewriter, packet: &Packet<'_>) -> Result<Vec<u8>, Unfit> {
    let mut room = vec![0xee; 70_000];
    rewriter.write(packet, &mut room).map(|length| room[..length].to_vec())
}

/// A raw IP packet, rewritten, as a raw IP packet.
fn ip(table: Table, text: &str) -> Vec<u8> {
    write(&onto(LinkType::RAW, table), &packet(LinkType::RAW, &hex(text))).unwrap()
}

/// Whether every checksum of the packet is right.
fn is_good(bytes: &[u8]) -> bool {
    let (ip, payload, _) = wire::ip::decode(bytes, bytes.len()).unwrap();
    let (at, has_pseudo) = internet::checksum_of(ip.protocol).unwrap();
    let none = wire::checksum::Sum::default();
    let length = payload.len() as u32;
    let pseudo = wire::checksum::Sum::pseudo_header(ip.source, ip.destination, ip.protocol, length);
    let field = u16::from_be_bytes([payload[at], payload[at + 1]]);
    let sum = wire::checksum::verify(if has_pseudo { pseudo } else { none }, payload, field);
    sum == wire::Checksum::Good && ip.checksum != wire::Checksum::Bad
}

fn prefixes(from: &str, to: &str, length: u8) -> Prefixes {
    Prefixes::new(from.parse().unwrap(), to.parse().unwrap(), length).unwrap()
}

#[test]
fn the_samples_are_right() {
    assert!(is_good(&hex(UDP4)) && is_good(&hex(TCP6)));
}

#[test]
fn addresses_ports_and_ttl_change_with_their_checksums() {
    let table = Table {
        ips: vec![prefixes("192.0.2.0", "10.1.0.0", 24)],
        ports: vec![(53, 5353), (1000, 1001)],
        ttl: Some(9),
        ..Table::default()
    };
    let after = hex("4500001f 00010000 09119dc9 0a010001 0a010002 03e914e9 000b4998 686921");
    assert_eq!(ip(table.clone(), UDP4), after);
    assert!(is_good(&after));
    let v6 = Table { ips: vec![prefixes("2001:db8::", "fd00::", 32)], ttl: Some(1), ports: vec![(80, 8080)], ..table };
    let found = ip(v6, TCP6);
    let after = hex("60000000 00140601 fd000000000000000000000000000001 fd000000000000000000000000000002 03e81f90");
    assert!(is_good(&found) && found.starts_with(&after), "{found:02x?}");
}

#[test]
fn a_wrong_checksum_stays_wrong_until_it_is_fixed() {
    let table = Table { ips: vec![prefixes("192.0.2.0", "10.1.0.0", 24)], ..Table::default() };
    let wrong = UDP4.replace("ee4d", "ee4e");
    assert!(!is_good(&ip(table.clone(), &wrong)));
    assert!(is_good(&ip(Table { fix_checksums: true, ..table.clone() }, &wrong)));
    // No checksum at all is no wrong one.
    let none = UDP4.replace("ee4d", "0000");
    assert_eq!(ip(Table { fix_checksums: true, ..table }, &none)[26..28], [0, 0]);
}

#[test]
fn what_the_interface_was_to_finish_stays_unfinished() {
    let table = Table { ips: vec![prefixes("192.0.2.0", "10.1.0.0", 24)], ..Table::default() };
    // c000 + 0201 + c000 + 0202 + 0011 + 000b = 1 8421, folded.
    let found = ip(table.clone(), &UDP4.replace("ee4d", "8420"));
    let pseudo = [0x0a01_u32, 0x0001, 0x0a01, 0x0002, 0x0011, 0x000b].iter().sum::<u32>();
    assert_eq!(u32::from(u16::from_be_bytes([found[26], found[27]])), pseudo);
    assert!(is_good(&ip(Table { fix_checksums: true, ..table }, &UDP4.replace("ee4d", "8420"))));
}

#[test]
fn the_packet_that_an_error_quotes_is_rewritten_too() {
    // Port unreachable from 192.0.2.2, which quotes UDP4 without its data.
    let quote = &hex(UDP4)[..28];
    let mut error = hex("4500 0038 0000 0000 4001 0000 c0000202 c0000201 0303 0000 00000000");
    error.extend(quote);
    let fixed =
        write(&onto(LinkType::RAW, Table { fix_checksums: true, ..Table::default() }), &packet(LinkType::RAW, &error))
            .unwrap();
    assert!(is_good(&fixed));
    let table = Table {
        ips: vec![prefixes("192.0.2.1", "10.0.0.1", 32)],
        ports: vec![(53, 5353)],
        ttl: Some(3),
        ..Table::default()
    };
    let found = write(&onto(LinkType::RAW, table.clone()), &packet(LinkType::RAW, &fixed)).unwrap();
    assert!(is_good(&found), "{found:02x?}");
    assert_eq!(found[16..20], [10, 0, 0, 1]);
    // The quote is what UDP4 becomes, but for its TTL.
    let inner = ip(Table { ttl: None, ..table }, UDP4);
    assert_eq!(found[28..], inner[..28]);
}

#[test]
fn a_fragment_is_mended_where_the_transport_header_is() {
    let table = Table { ips: vec![prefixes("192.0.2.0", "10.1.0.0", 24)], ttl: Some(5), ..Table::default() };
    let whole = ip(table.clone(), UDP4);
    // The same datagram, said to be longer: the first fragment of it, and a later one.
    let first = ip(table.clone(), &UDP4.replace("00010000", "00012000"));
    assert_eq!(first[20..], whole[20..], "the checksum follows the addresses");
    let later = ip(table, &UDP4.replace("00010000", "00010001"));
    assert_eq!(later[20..], hex(UDP4)[20..], "what is no header stays");
    assert_eq!(later[12..20], whole[12..20]);
}

#[test]
fn a_checksum_in_the_second_fragment_follows_the_addresses_there() {
    let rewriter = |ports| {
        let ips = vec![prefixes("192.0.2.0", "10.1.0.0", 24)];
        onto(LinkType::RAW, Table { ips, ports, ..Table::default() })
    };
    // TCP 1000 > 80, whose first 16 octets are in one fragment, and the rest in another.
    let tcp = hex("03e80050 00000001 00000000 5002ffff 50350000");
    let fragment = |flags: &str, part: &[u8]| {
        let header = format!("4500 {:04x} 0001 {flags} 4006 0000 c0000201 c0000202", 20 + part.len());
        [hex(&header), part.to_vec()].concat()
    };
    let (first, second) = (fragment("2000", &tcp[..16]), fragment("0002", &tcp[16..]));
    let write = |ports, bytes: &[u8]| write(&rewriter(ports), &packet(LinkType::RAW, bytes));
    // Each address falls by c000 - 0a01 and by 0200: the complement of the sum rises by that.
    let sum = |from: u32, change: u32| {
        let sum = from + change;
        ((sum & 0xffff) + (sum >> 16)) as u16
    };
    let change = 2 * (0xc000 - 0x0a01 + 0x0200);
    let found = write(vec![], &second).unwrap();
    assert_eq!(found[20..22], sum(0x5035, change).to_be_bytes());
    assert_eq!(write(vec![], &first).unwrap()[20..], tcp[..16]);
    assert_eq!(write(vec![(80, 81)], &first), Err(Unfit::Scattered));
    assert_eq!(write(vec![(99, 81)], &first).unwrap()[20..], tcp[..16]);
}

#[test]
fn tags_are_set_changed_and_removed() {
    let bare = [&TO[..], &FROM, &[0x08, 0x00], &hex(UDP4)].concat();
    let tagged = [&TO[..], &FROM, &hex("8100a005 0800"), &hex(UDP4)].concat();
    let twice = [&TO[..], &FROM, &hex("88a8a005 81000007 0800"), &hex(UDP4)].concat();
    let with = |tags, bytes: &[u8]| {
        let table = Table { tags, ..Table::default() };
        write(&onto(LinkType::ETHERNET, table), &packet(LinkType::ETHERNET, bytes)).unwrap()
    };
    assert_eq!(with(Tags::Vlan(100), &bare)[12..18], hex("81000064 0800"));
    assert_eq!(with(Tags::Vlan(100), &tagged)[12..18], hex("8100a064 0800"), "the priority stays");
    assert_eq!(with(Tags::Vlan(4095), &twice)[12..22], hex("88a8afff 81000007 0800"));
    for frame in [&bare, &tagged, &twice] {
        assert_eq!(with(Tags::Removed, frame), bare);
        assert_eq!(with(Tags::Kept, frame), *frame);
    }
}

#[test]
fn ethernet_addresses_are_mapped_also_in_arp() {
    let arp = hex("0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202");
    let frame = [&[0xff; 6][..], &FROM, &[0x08, 0x06], &arp].concat();
    let table = Table {
        ips: vec![prefixes("192.0.2.0", "10.1.0.0", 24)],
        macs: vec![(FROM, [2, 9, 9, 9, 9, 9])],
        dest_mac: Some(TO),
        ..Table::default()
    };
    let found = write(&onto(LinkType::ETHERNET, table), &packet(LinkType::ETHERNET, &frame)).unwrap();
    let arp = hex("0001 0800 06 04 0001 020909090909 0a010001 000000000000 0a010002");
    assert_eq!(found, [&TO[..], &[2, 9, 9, 9, 9, 9], &[0x08, 0x06], &arp].concat());
}

#[test]
fn other_link_types_get_an_ethernet_header_or_a_reason() {
    let (v4, v6) = (hex(UDP4), hex(TCP6));
    let ethernet = |from: Mac, kind: [u8; 2], payload: &[u8]| Ok([&TO[..], &from, &kind, payload].concat());
    let put = |link, bytes: &[u8]| write(&onto(LinkType::ETHERNET, Table::default()), &packet(link, bytes));
    let other = [2, 7, 7, 7, 7, 7];
    let cooked = [&hex("0000 0001 0006 020707070707 0000 86dd")[..], &v6].concat();
    let cooked2 = [&hex("0800 0000 00000001 0001 00 06 020707070707 0000")[..], &v4].concat();
    assert_eq!(put(LinkType::RAW, &v4), ethernet(FROM, [0x08, 0x00], &v4));
    assert_eq!(put(LinkType::IPV6, &v6), ethernet(FROM, [0x86, 0xdd], &v6));
    assert_eq!(put(LinkType::NULL, &[&[2, 0, 0, 0][..], &v4].concat()), ethernet(FROM, [0x08, 0x00], &v4));
    assert_eq!(put(LinkType::LINUX_SLL, &cooked), ethernet(other, [0x86, 0xdd], &v6));
    assert_eq!(put(LinkType::LINUX_SLL2, &cooked2), ethernet(other, [0x08, 0x00], &v4));
    assert_eq!(put(LinkType::RADIOTAP, &v4), Err(Unfit::Link(LinkType::RADIOTAP)));
    assert_eq!(put(LinkType::LINUX_SLL, &hex("0000 0001 0006 020707070707 0000 0004 4242")), Err(Unfit::Kind(4)));
    assert_eq!(put(LinkType::RAW, &[0x12]), Err(Unfit::Kind(0)));
    assert_eq!(put(LinkType::LINUX_SLL, &cooked[..15]), Err(Unfit::Short(15)));
    let alone = Rewriter { peer_mac: None, ..onto(LinkType::ETHERNET, Table::default()) };
    assert_eq!(write(&alone, &packet(LinkType::RAW, &v4)), Err(Unfit::Unaddressed));
    let bare = |link, bytes: &[u8]| write(&onto(LinkType::RAW, Table::default()), &packet(link, bytes));
    assert_eq!(bare(LinkType::LINUX_SLL2, &cooked2), Ok(v4.clone()));
    let tagged = [&TO[..], &FROM, &hex("81000064 0800"), &v4].concat();
    assert_eq!(bare(LinkType::ETHERNET, &tagged), Ok(v4));
    assert_eq!(bare(LinkType::ETHERNET, &[&TO[..], &FROM, &[0x08, 0x06]].concat()), Err(Unfit::NotIp));
}

#[test]
fn a_long_packet_is_trimmed_with_its_lengths() {
    let mut long = hex(UDP4);
    long.resize(28 + 100, 7);
    long[2..4].copy_from_slice(&128_u16.to_be_bytes());
    long[24..26].copy_from_slice(&108_u16.to_be_bytes());
    let trim = |most, bytes: &[u8]| {
        let table = Table { trim_to: Some(most), ..Table::default() };
        write(&onto(LinkType::RAW, table), &packet(LinkType::RAW, bytes)).unwrap()
    };
    let found = trim(68, &long);
    assert_eq!((found.len(), &found[2..4], &found[24..26]), (68, &[0, 68][..], &[0, 48][..]));
    assert!(is_good(&found));
    assert_eq!(trim(128, &long), long);
    let mut fragment = long.clone();
    fragment[6] = 0x20;
    assert_eq!(trim(71, &fragment).len(), 68, "fragments are multiples of eight octets");
    let frame = [&TO[..], &FROM, &[0x88, 0xb5], &[1; 90][..]].concat();
    let table = Table { trim_to: Some(68), ..Table::default() };
    let found = write(&onto(LinkType::ETHERNET, table), &packet(LinkType::ETHERNET, &frame)).unwrap();
    assert_eq!(found, frame[..82]);
}

#[test]
fn what_the_capture_cut_is_filled_up_or_refused() {
    let bytes = [&TO[..], &FROM, &[0x08, 0x00], &hex(UDP4)].concat();
    let cut = Packet { original_len: bytes.len() as u32, ..packet(LinkType::ETHERNET, &bytes[..43]) };
    let plain = onto(LinkType::ETHERNET, Table::default());
    assert_eq!(write(&plain, &cut), Err(Unfit::Cut { captured: 43, original: 45 }));
    let pad = onto(LinkType::ETHERNET, Table { pad: true, ..Table::default() });
    let found = write(&pad, &cut).unwrap();
    assert_eq!((found.len(), &found[43..]), (45, &[0, 0][..]));
    assert!(is_good(&found[14..]));
    let lie = Packet { original_len: u32::MAX, ..cut };
    assert!(matches!(write(&pad, &lie), Err(Unfit::Long(_))));
}

proptest! {
    #[test]
    fn no_packet_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), link in 0_u16..280, more in 0_u32..99) {
        let table = Table {
            ips: vec![prefixes("0.0.0.0", "10.0.0.0", 1), prefixes("::", "fd00::", 1)],
            ports: vec![(0, 1)],
            macs: vec![(TO, FROM)],
            tags: Tags::Vlan(5),
            ttl: Some(7),
            trim_to: Some(68),
            fix_checksums: true,
            pad: true,
            ..Table::default()
        };
        for (target, table) in [(LinkType::ETHERNET, table.clone()), (LinkType::RAW, table), (LinkType::ETHERNET, Table::default())] {
            for link in [LinkType(link), LinkType::ETHERNET, LinkType::RAW] {
                let original_len = bytes.len() as u32 + more;
                let _ = write(&onto(target, table.clone()), &Packet { original_len, ..packet(link, &bytes) });
            }
        }
    }

    #[test]
    fn checksums_that_were_right_are_right(first in any::<[u8; 4]>(), second in any::<[u8; 16]>(), port in any::<u16>(), ttl in any::<u8>()) {
        let table = Table {
            ips: vec![
                Prefixes::new([192, 0, 2, 0].into(), first.into(), 31).unwrap(),
                Prefixes::new("2001:db8::".parse().unwrap(), second.into(), 64).unwrap(),
            ],
            ports: vec![(1000, port)],
            ttl: Some(ttl),
            ..Table::default()
        };
        for sample in [UDP4, TCP6] {
            let mended = ip(table.clone(), sample);
            prop_assert!(is_good(&mended));
            prop_assert_eq!(mended, ip(Table { fix_checksums: true, ..table.clone() }, sample));
        }
    }
}
