use proptest::prelude::*;

use super::*;
use crate::source::Stored;
use crate::wire::Time;

/// An IPv4 header and the first octets of TCP, from 192.0.2.1 to port 80 of 192.0.2.2.
const IPV4: [u8; 28] =
    [0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0xc0, 0, 0, 80, 0, 0, 0, 1];
/// An IPv6 header and the ports of UDP, both 53.
const IPV6: [u8; 44] = [
    0x60, 0, 0, 0, 0, 8, 17, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 53, 0, 53,
];

fn ethernet(kind: [u8; 2], packet: &[u8]) -> Stored {
    Stored::whole(Time::default(), LinkType::ETHERNET, [&[2; 12], &kind[..], packet].concat())
}

fn on(link: LinkType, head: &[u8], packet: &[u8]) -> Stored {
    Stored::whole(Time::default(), link, [head, packet].concat())
}

fn accepts(text: &str, packet: &Stored) -> bool {
    Expression::new(text).unwrap().accepts(&packet.packet()).unwrap()
}

#[test]
fn addresses_and_ports_on_every_link_type() {
    let sll = [0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 8, 0];
    let sll2 = [8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0];
    for packet in [
        ethernet([8, 0], &IPV4),
        on(LinkType::RAW, &[], &IPV4),
        on(LinkType::IPV4, &[], &IPV4),
        on(LinkType::LINUX_SLL, &sll, &IPV4),
        on(LinkType::LINUX_SLL2, &sll2, &IPV4),
        on(LinkType::NULL, &[2, 0, 0, 0], &IPV4),
        on(LinkType::NULL, &[0, 0, 0, 2], &IPV4),
        on(LinkType::LOOP, &[0, 0, 0, 2], &IPV4),
    ] {
        for (text, expected) in [
            ("tcp port 80", true),
            ("host 192.0.2.1 and tcp", true),
            ("src port 80", false),
            ("udp or ip6", false),
            ("", true),
        ] {
            assert_eq!(accepts(text, &packet), expected, "{text:?} on {:?}", packet.link);
        }
    }
}

#[test]
fn bsd_loopback_knows_ipv6_of_every_system() {
    for family in [10, 24, 28, 30] {
        assert!(accepts("ip6 and udp port 53", &on(LinkType::NULL, &[family, 0, 0, 0], &IPV6)));
    }
    assert!(!accepts("ip6", &on(LinkType::NULL, &[0, 0], &[])));
}

#[test]
fn lengths_are_those_on_the_wire() {
    let cut = Stored { original_len: 1500, ..on(LinkType::RAW, &[], &IPV4) };
    assert!(accepts("greater 1500", &cut));
    assert!(accepts("len = 1500", &cut));
    assert!(!accepts("less 100", &cut));
}

#[test]
fn a_field_behind_the_cut_is_not_matched() {
    assert!(!accepts("tcp[13] & 2 != 0", &on(LinkType::RAW, &[], &IPV4)));
}

#[test]
fn a_bad_expression_is_shown_with_libpcaps_message() {
    let error = Expression::new("tcp prot 80").unwrap_err().to_string();
    assert!(error.starts_with("filter \"tcp prot 80\" is not usable: "), "{error}");
    assert!(error.contains("syntax error"), "{error}");
    let error = Expression::new("\x1b[2J\0").unwrap_err().to_string();
    assert!(!error.chars().any(char::is_control) && error.contains("NUL"), "{error}");
}

#[test]
fn an_expression_may_fit_some_link_types_only() {
    let mut expression = Expression::new("ether host 02:02:02:02:02:02").unwrap();
    assert!(expression.accepts(&ethernet([8, 0], &IPV4).packet()).unwrap());
    let raw = on(LinkType(147), &[], &IPV4);
    let error = expression.accepts(&raw.packet()).unwrap_err();
    assert!(!error.is_final() && error.to_string().contains("on packets of link type 147"), "{error}");
    assert!(!expression.accepts(&raw.packet()).unwrap());
}

#[test]
fn an_expression_that_fits_cooked_captures_only_is_no_error() {
    Expression::new("inbound").unwrap();
}

/// Expressions that between them use every kind of instruction that libpcap's compiler emits.
const EXPRESSIONS: [&str; 12] = [
    "tcp",
    "tcp port 80",
    "ip6 and udp port 53",
    "ip[8] * 2 > 60 and ip[0] & 0xf = 5",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "ip[2:2] - ((ip[0] & 0xf) << 2) >= 20",
    "ip[ip[9]] / 3 = 0 or ip[9] % (ip[1] + 1) = 0",
    "ip[4:4] / ip[6] > 1",
    "(ip[0] ^ ip[8]) | ip[9] = 0x45",
    "len > 40 and less 90",
    "ip[12:4] >> ip[1] = 1 or ip[16:4] << ip[8] = 0",
    "-(ip[9]) = 0xfffffffa",
];

proptest! {
    /// libpcap's own machine says the same of every whole packet.
    #[test]
    fn agrees_with_libpcap(
        changes in proptest::collection::vec((0_usize..28, any::<u8>()), 0..6), length in 0_usize..=28, v6 in any::<bool>()
    ) {
        let mut packet = if v6 { IPV6.to_vec() } else { IPV4.to_vec() };
        for (place, value) in changes {
            packet[place] = value;
        }
        packet.truncate(packet.len() - 28 + length);
        let capture = pcap::Capture::dead(pcap::Linktype(DLT_RAW)).unwrap();
        for text in EXPRESSIONS {
            let theirs = capture.compile(text, true).unwrap();
            let ours = Program::parse(theirs.get_instructions()).unwrap();
            prop_assert_eq!(ours.accepts(&packet, packet.len() as u32), theirs.filter(&packet), "{}", text);
        }
    }

    /// Programs that no compiler wrote end, and read nothing outside.
    #[test]
    fn any_program_ends(
        code in proptest::collection::vec((any::<u16>(), any::<u8>(), any::<u8>(), any::<u32>()), 0..50)
    ) {
        let lines: Vec<_> = code.iter().map(|(code, jt, jf, k)| format!("{} {jt} {jf} {k}", code & 0xff)).collect();
        Program::parse(&lines).unwrap().accepts(&IPV4, 28);
    }
}
