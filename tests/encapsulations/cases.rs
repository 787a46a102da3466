//! One SYN behind every link-layer header and in every tunnel that is read, from literal bytes.

use std::net::IpAddr;

use rawshake::wire::{Flags, IpFields, LinkType, SegmentFields, emit};

/// The ports of the SYN; no tunnel has them.
pub(crate) const PORTS: (u16, u16) = (40123, 80);

/// A packet, and the path that it shall have.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) link: LinkType,
    pub(crate) bytes: Vec<u8>,
    pub(crate) path: &'static str,
    pub(crate) witness: Witness,
}

/// Who else finds the SYN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Witness {
    Tshark,
    /// tshark does not know this.
    Tcpdump,
    /// Both take the byte order of the machine that they run on.
    Nobody,
}

impl Case {
    fn witnessed_by(self, witness: Witness) -> Self {
        Self { witness, ..self }
    }
}

/// The octets of hexadecimal digits; blanks count nothing.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> =
        digits.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).expect("hex")).collect();
    assert!(digits.len().is_multiple_of(2), "half an octet");
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// The octets `header`, and `payload` behind them.
pub(crate) fn behind(header: &str, payload: &[u8]) -> Vec<u8> {
    [&hex(header), payload].concat()
}

fn syn(source: &str, destination: &str) -> Vec<u8> {
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let fields = SegmentFields { seq: 1000, flags: Flags::SYN, window: 64240, ..SegmentFields::default() };
    let ip = IpFields { identification: 77, dont_fragment: false, ..IpFields::default() };
    let (from, to) = ((address(source), PORTS.0).into(), (address(destination), PORTS.1).into());
    emit::segment(from, to, &ip, &fields).expect("a packet")
}

pub(crate) fn syn4() -> Vec<u8> {
    syn("192.0.2.1", "192.0.2.2")
}

pub(crate) fn syn6() -> Vec<u8> {
    syn("2001:db8::1", "2001:db8::2")
}

/// An outer IPv4 header, and `payload` behind it.
pub(crate) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let (from, to) = ("198.51.100.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
    let ip = IpFields { dont_fragment: false, ..IpFields::default() };
    [emit::header(from, to, &ip, protocol, payload.len()).expect("a header"), payload.to_vec()].concat()
}

fn ipv6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let (from, to) = ("2001:db8:f::1".parse().unwrap(), "2001:db8:f::2".parse().unwrap());
    [emit::header(from, to, &IpFields::default(), protocol, payload.len()).expect("a header"), payload.to_vec()]
        .concat()
}

/// A datagram to `port` without checksum.
fn datagram(port: u16, header: &str, payload: &[u8]) -> Vec<u8> {
    let body = behind(header, payload);
    let length = (8 + body.len()) as u16;
    [&[0xd0, 0x00], &port.to_be_bytes()[..], &length.to_be_bytes(), &[0, 0], &body].concat()
}

/// The same in IPv4.
pub(crate) fn udp(port: u16, header: &str, payload: &[u8]) -> Vec<u8> {
    ipv4(17, &datagram(port, header, payload))
}

/// The same in IPv6.
pub(crate) fn udp6(port: u16, header: &str, payload: &[u8]) -> Vec<u8> {
    ipv6(17, &datagram(port, header, payload))
}

pub(crate) fn gre(header: &str, payload: &[u8]) -> Vec<u8> {
    ipv4(47, &behind(header, payload))
}

/// Addresses for documentation (RFC 7042).
const ETHER: &str = "00005e005302 00005e005301";

/// An Ethernet frame with `header` from its EtherType on.
pub(crate) fn ether(header: &str, payload: &[u8]) -> Vec<u8> {
    behind(&format!("{ETHER}{header}"), payload)
}

fn case(name: &'static str, link: LinkType, bytes: Vec<u8>, path: &'static str) -> Case {
    Case { name, link, bytes, path, witness: Witness::Tshark }
}

fn ethernet_cases() -> Vec<Case> {
    let of = |name, bytes, path| case(name, LinkType::ETHERNET, bytes, path);
    vec![
        of("Ethernet, IPv4", ether("0800", &syn4()), "Ethernet"),
        of("Ethernet, IPv6", ether("86dd", &syn6()), "Ethernet"),
        of("802.1Q", ether("8100 0064 0800", &syn4()), "Ethernet, VLAN"),
        of("QinQ", ether("88a8 0001 8100 0002 86dd", &syn6()), "Ethernet, VLAN, VLAN"),
        of("old stacking", ether("9100 0001 8100 0002 0800", &syn4()), "Ethernet, VLAN, VLAN"),
        of("older stacking", ether("9200 0001 8100 0002 0800", &syn4()), "Ethernet, VLAN, VLAN")
            .witnessed_by(Witness::Tcpdump),
        of("LLC and SNAP", ether("0030 aaaa03 000000 0800", &syn4()), "Ethernet, LLC"),
        of("LLC and SNAP behind a tag", ether("8100 0064 0030 aaaa03 000000 0800", &syn4()), "Ethernet, VLAN, LLC"),
        of("LLC alone", ether("002b 060603", &syn4()), "Ethernet, LLC"),
        of("PPPoE, IPv4", ether("8864 1100 0007 002a 0021", &syn4()), "Ethernet, PPPoE, PPP"),
        of("PPPoE, IPv6", ether("8864 1100 0007 003e 0057", &syn6()), "Ethernet, PPPoE, PPP"),
        of("PPPoE, one octet of protocol", ether("8864 1100 0007 0029 21", &syn4()), "Ethernet, PPPoE, PPP"),
        of("MPLS", ether("8847 0001 01ff", &syn4()), "Ethernet, MPLS"),
        of("MPLS, three labels, IPv6", ether("8847 000100ff 000200ff 000301ff", &syn6()), "Ethernet, MPLS"),
        of("MPLS multicast", ether("8848 000101ff", &syn4()), "Ethernet, MPLS"),
        of("MPLS pseudowire", ether("8847 000101ff 00000000", &ether("0800", &syn4())), "Ethernet, MPLS, Ethernet"),
        of("MACsec, authenticated", ether("88e5 2000 00000001 0200000000010001 0800", &syn4()), "Ethernet, MACsec"),
        of("802.1ah", ether("88e7 00000001", &ether("0800", &syn4())), "Ethernet, VLAN, Ethernet"),
    ]
}

fn point_to_point_cases() -> Vec<Case> {
    vec![
        case("PPP", LinkType::PPP, behind("ff03 0021", &syn4()), "PPP"),
        case("PPP without framing", LinkType::PPP, behind("0057", &syn6()), "PPP"),
        case("PPP, one octet of protocol", LinkType::PPP, behind("ff03 21", &syn4()), "PPP"),
        case("PPP, MPLS", LinkType::PPP, behind("ff03 0281 000101ff", &syn4()), "PPP, MPLS"),
        case("PPP, bridged", LinkType::PPP, behind("ff03 0031 0001", &ether("0800", &syn4())), "PPP, Ethernet"),
        case("PPP in HDLC", LinkType::PPP_HDLC, behind("ff03 0021", &syn4()), "PPP"),
        case("Cisco HDLC as PPP", LinkType::PPP_HDLC, behind("0f00 0800", &syn4()), "Cisco HDLC"),
        case("PPPoE by itself", LinkType::PPPOE, behind("1100 0007 002a 0021", &syn4()), "PPPoE, PPP"),
        case("PPP of pppd", LinkType::PPP_PPPD, behind("0103 0021", &syn4()), "PPP").witnessed_by(Witness::Tcpdump),
        case("PPP with direction", LinkType::PPP_WITH_DIR, behind("01 ff03 0021", &syn4()), "PPP"),
        case("Cisco HDLC", LinkType::C_HDLC, behind("0f00 86dd", &syn6()), "Cisco HDLC"),
        case("Frame Relay, RFC 2427", LinkType::FRELAY, behind("1841 03cc", &syn4()), "Frame Relay"),
        case("Frame Relay, IPv6", LinkType::FRELAY, behind("1841 038e", &syn6()), "Frame Relay"),
        case("Frame Relay, SNAP", LinkType::FRELAY, behind("1841 0300 80 000000 0800", &syn4()), "Frame Relay"),
        case("Frame Relay, Cisco", LinkType::FRELAY, behind("1841 0800", &syn4()), "Frame Relay"),
        case("SLIP", LinkType::SLIP, behind("00 40 0000000000000000000000000000", &syn4()), "")
            .witnessed_by(Witness::Tcpdump),
    ]
}

/// The frame check sequence of the SYN in an Ethernet frame, without which tshark does not look behind a preamble.
const FCS: &str = "aa178cc3";

fn local_cases() -> Vec<Case> {
    let addresses = "0200000000020200000000 01";
    vec![
        case("NULL, little endian", LinkType::NULL, behind("02000000", &syn4()), ""),
        case("NULL, big endian", LinkType::NULL, behind("00000002", &syn4()), ""),
        case("NULL, NetBSD", LinkType::NULL, behind("18000000", &syn6()), ""),
        case("NULL, FreeBSD", LinkType::NULL, behind("1c000000", &syn6()), ""),
        case("NULL, macOS", LinkType::NULL, behind("1e000000", &syn6()), ""),
        case("NULL, half a word", LinkType::NULL, behind("00020000", &syn4()), ""),
        case("NULL, EtherType", LinkType::NULL, behind("00000800", &syn4()), ""),
        case("LOOP", LinkType::LOOP, behind("0000001c", &syn6()), ""),
        case("raw IPv4", LinkType::RAW, syn4(), ""),
        case("raw IPv6", LinkType::RAW, syn6(), ""),
        case("IPv4", LinkType::IPV4, syn4(), ""),
        case("IPv6", LinkType::IPV6, syn6(), ""),
        case("Linux cooked", LinkType::LINUX_SLL, behind("0000 0001 0006 020000000001 0000 0800", &syn4()), ""),
        case(
            "Linux cooked, VLAN",
            LinkType::LINUX_SLL,
            behind("0000 0001 0006 020000000001 0000 8100 0064 86dd", &syn6()),
            "VLAN",
        ),
        case(
            "Linux cooked, LLC",
            LinkType::LINUX_SLL,
            behind("0000 0001 0006 020000000001 0000 0004 aaaa03 000000 0800", &syn4()),
            "LLC",
        ),
        case(
            "Linux cooked, version 2",
            LinkType::LINUX_SLL2,
            behind("86dd 0000 00000003 0001 00 06 0200000000010000", &syn6()),
            "",
        ),
        case("FDDI", LinkType::FDDI, behind(&format!("50 {addresses} aaaa03 000000 0800"), &syn4()), "LLC"),
        case(
            "token ring",
            LinkType::TOKEN_RING,
            behind(&format!("1040 {addresses} aaaa03 000000 0800"), &syn4()),
            "LLC",
        ),
        case(
            "token ring, routed",
            LinkType::TOKEN_RING,
            behind("1040 020000000002 820000000001 0630 0011 0020 aaaa03 000000 0800", &syn4()),
            "LLC",
        ),
        case("ATM", LinkType::ATM_RFC1483, behind("aaaa03 000000 0800", &syn4()), "LLC"),
        case(
            "ATM, bridged",
            LinkType::ATM_RFC1483,
            behind("aaaa03 0080c2 0007 0000", &ether("0800", &syn4())),
            "LLC, Ethernet",
        ),
        case("ATM, routed", LinkType::ATM_RFC1483, behind("fefe03 cc", &syn4()), "LLC"),
        case("SunATM", LinkType::SUNATM, behind("02 00 0064 aaaa03 000000 0800", &syn4()), "LLC"),
        case("ARCNET", LinkType::ARCNET_LINUX, behind("0102 0000 d4 00 0001", &syn4()), ""),
        case("ARCNET, RFC 1051", LinkType::ARCNET_LINUX, behind("0102 0000 f0", &syn4()), ""),
        case(
            "IP over Fibre Channel",
            LinkType::IP_OVER_FC,
            behind("1000020000000002 1000020000000001 aaaa03 000000 0800", &syn4()),
            "LLC",
        ),
        case(
            "IP over FireWire",
            LinkType::APPLE_IP_OVER_IEEE1394,
            behind("0200000000000002 0200000000000001 0800", &syn4()),
            "",
        ),
        case("DOCSIS", LinkType::DOCSIS, behind("00 00 0036 6ba8", &ether("0800", &syn4())), "Ethernet"),
        case("DOCSIS, extended", LinkType::DOCSIS, behind("01 02 0038 1000 d130", &ether("0800", &syn4())), "Ethernet"),
        case(
            "Ethernet preamble",
            LinkType::ETHERNET_MPACKET,
            [behind("55555555555555d5", &ether("0800", &syn4())), hex(FCS)].concat(),
            "Ethernet",
        ),
    ]
}

/// Radiotap with the fields TSFT, flags and rate; `flags` says whether the body is aligned.
const RADIOTAP: &str = "00 00 1200 07000000 0000000000000000";
/// A data frame to the distribution system, up to its sequence control.
const DATA: &str = "0801 0000 020000000009 020000000001 020000000002 1000";
const QOS_DATA: &str = "8801 0000 020000000009 020000000001 020000000002 1000 0000";
const SNAP: &str = "aaaa03 000000 0800";

fn wireless_cases() -> Vec<Case> {
    let of = |name, link, header: &[&str], path| case(name, link, behind(&header.concat(), &syn4()), path);
    vec![
        of("802.11", LinkType::IEEE802_11, &[DATA, SNAP], "802.11, LLC"),
        of("802.11, QoS", LinkType::IEEE802_11, &[QOS_DATA, SNAP], "802.11, LLC"),
        of(
            "802.11, QoS and HT control",
            LinkType::IEEE802_11,
            &[&QOS_DATA.replacen("8801", "8881", 1), "00000000", SNAP],
            "802.11, LLC",
        ),
        of(
            "802.11, four addresses",
            LinkType::IEEE802_11,
            &[&DATA.replacen("0801", "0803", 1), "020000000003", SNAP],
            "802.11, LLC",
        ),
        of(
            "802.11, aggregate",
            LinkType::IEEE802_11,
            &["8801 0000 020000000009 020000000001 020000000002 1000 8000", ETHER, "0030", SNAP],
            "802.11, Ethernet, LLC",
        ),
        of("radiotap", LinkType::RADIOTAP, &[RADIOTAP, "0002", DATA, SNAP], "capture header, 802.11, LLC"),
        of(
            "radiotap, aligned",
            LinkType::RADIOTAP,
            &[RADIOTAP, "2002", QOS_DATA, "0000", SNAP],
            "capture header, 802.11, LLC",
        ),
        of(
            "radiotap, two bit maps",
            LinkType::RADIOTAP,
            &["00 00 0e00 02000080 00000000 2000", QOS_DATA, "0000", SNAP],
            "capture header, 802.11, LLC",
        ),
        of(
            "Prism",
            LinkType::PRISM,
            &["44000000 90000000", &"00".repeat(136), DATA, SNAP],
            "capture header, 802.11, LLC",
        ),
        of(
            "AVS as Prism",
            LinkType::PRISM,
            &["80211001 00000040", &"00".repeat(56), DATA, SNAP],
            "capture header, 802.11, LLC",
        ),
        of("AVS", LinkType::AVS, &["80211001 00000040", &"00".repeat(56), DATA, SNAP], "capture header, 802.11, LLC"),
        of("PPI", LinkType::PPI, &["00 00 0800 69000000", DATA, SNAP], "capture header, 802.11, LLC"),
    ]
}

fn captured_cases() -> Vec<Case> {
    vec![
        case("pf log", LinkType::PFLOG, behind(&format!("3d 02 00 00 {}", "00".repeat(60)), &syn4()), "capture header"),
        case("OpenBSD IPsec", LinkType::ENC, behind("02000000 00000001 00000000", &syn4()), ""),
        case(
            "NFLOG, little endian",
            LinkType::NFLOG,
            behind("02 00 0000  0500 0a00 41000000  2c00 0900", &syn4()),
            "capture header",
        ),
        case(
            "NFLOG, big endian",
            LinkType::NFLOG,
            behind("02 00 0000  0005 000a 41000000  002c 0009", &syn4()),
            "capture header",
        )
        .witnessed_by(Witness::Nobody),
        case(
            "macOS pktap",
            LinkType::PKTAP,
            behind(&format!("6c000000 01000000 01000000 {}", "00".repeat(96)), &ether("0800", &syn4())),
            "capture header, Ethernet",
        ),
        case("IPNET", LinkType::IPNET, behind(&format!("01 02 0000 00000028 {}", "00".repeat(16)), &syn4()), ""),
        case(
            "Juniper",
            LinkType::JUNIPER_ETHER,
            behind("4d4743 00", &ether("0800", &syn4())),
            "capture header, Ethernet",
        ),
        case(
            "Juniper, extended",
            LinkType::JUNIPER_ETHER,
            behind("4d4743 80 0006 01 01 00 02 01 00", &ether("0800", &syn4())),
            "capture header, Ethernet",
        ),
    ]
}

fn ip_cases() -> Vec<Case> {
    let of = |name, bytes, path| case(name, LinkType::RAW, bytes, path);
    vec![
        of("IPv4 in IPv4", ipv4(4, &syn4()), "IPv4"),
        of("6in4", ipv4(41, &syn6()), "IPv4"),
        of("IPv4 in IPv6", ipv6(4, &syn4()), "IPv6"),
        of("IPv6 in IPv6", ipv6(41, &syn6()), "IPv6"),
        of("IPv6 options", ipv6(60, &behind("04 00 01 04 00000000", &syn4())), "IPv6"),
        of("AH in IPv4", ipv4(51, &behind("04 04 0000 00000001 00000001 000000000000000000000000", &syn4())), "IPv4"),
        of("AH in IPv6", ipv6(51, &behind("29 04 0000 00000001 00000001 000000000000000000000000", &syn6())), "IPv6"),
        of("EtherIP", ipv4(97, &behind("3000", &ether("0800", &syn4()))), "IPv4, EtherIP, Ethernet"),
        of("MPLS in IP", ipv4(137, &behind("000101ff", &syn4())), "IPv4, MPLS"),
        of("GRE", gre("0000 0800", &syn4()), "IPv4, GRE"),
        of("GRE, IPv6", gre("0000 86dd", &syn6()), "IPv4, GRE"),
        of("GRE with all fields", gre("b000 0800 00000000 00000007 00000001", &syn4()), "IPv4, GRE"),
        of("GRE, bridged", gre("2000 6558 00000700", &ether("0800", &syn4())), "IPv4, GRE, Ethernet"),
        of("GRE, MPLS", gre("0000 8847 000101ff", &syn4()), "IPv4, GRE, MPLS"),
        of("GRE, WCCP", gre("0000 883e", &syn4()), "IPv4, GRE"),
        of("GRE, WCCP 2", gre("0000 883e 00000000", &syn4()), "IPv4, GRE"),
        of("PPTP", gre("3081 880b 0030 0007 00000001 00000001 ff03 0021", &syn4()), "IPv4, GRE, PPP"),
        of("ERSPAN I", gre("0000 88be", &ether("0800", &syn4())), "IPv4, GRE, Ethernet"),
        of(
            "ERSPAN II",
            gre("1000 88be 00000001 10010000 00000000", &ether("0800", &syn4())),
            "IPv4, GRE, ERSPAN, Ethernet",
        ),
        of(
            "ERSPAN III",
            gre("1000 22eb 00000001 20010000 00000000 00000001 0000000000000000", &ether("0800", &syn4())),
            "IPv4, GRE, ERSPAN, Ethernet",
        ),
        of("GRE, 802.11", gre(&["0000 8200", DATA, SNAP].concat(), &syn4()), "IPv4, GRE, 802.11, LLC"),
        of("GRE in GRE", gre("0000 0800", &gre("0000 0800", &syn4())), "IPv4, GRE, IPv4, GRE"),
    ]
}

fn udp_cases() -> Vec<Case> {
    let of = |name, bytes, path| case(name, LinkType::RAW, bytes, path);
    let frame = ether("0800", &syn4());
    vec![
        of("VXLAN", udp(4789, "08000000 00000700", &frame), "IPv4, VXLAN, Ethernet"),
        of("VXLAN, Linux' port", udp(8472, "08000000 00000700", &frame), "IPv4, VXLAN, Ethernet")
            .witnessed_by(Witness::Tcpdump),
        of("VXLAN-GPE, IPv4", udp(4790, "0c000001 00000700", &syn4()), "IPv4, VXLAN"),
        of("VXLAN-GPE, Ethernet", udp(4790, "0c000003 00000700", &frame), "IPv4, VXLAN, Ethernet"),
        of("VXLAN-GPE, MPLS", udp(4790, "0c000005 00000700 000101ff", &syn4()), "IPv4, VXLAN, MPLS"),
        of("GENEVE", udp(6081, "0000 6558 00000700", &frame), "IPv4, GENEVE, Ethernet"),
        of("GENEVE with an option, IPv6", udp(6081, "0200 86dd 00000700 0102 8001 00000000", &syn6()), "IPv4, GENEVE"),
        of("GTP-U", udp(2152, "30ff 0028 00000001", &syn4()), "IPv4, GTP-U"),
        of("GTP-U with a number", udp(2152, "32ff 002c 00000001 0001 00 00", &syn4()), "IPv4, GTP-U"),
        of(
            "GTP-U with an extension header",
            udp(2152, "34ff 0044 00000001 0000 00 85 01 0009 00", &syn6()),
            "IPv4, GTP-U",
        ),
        of("L2TP", udp(1701, "0002 0001 0002 ff03 0021", &syn4()), "IPv4, L2TP, PPP"),
        of(
            "L2TP with all fields",
            udp(1701, "4a02 003a 0001 0002 0000 0000 0002 ffff ff03 0021", &syn4()),
            "IPv4, L2TP, PPP",
        ),
        of("LISP", udp(4341, "80000000 00000001", &syn4()), "IPv4, LISP"),
        of("MPLS in UDP", udp(6635, "000101ff", &syn4()), "IPv4, MPLS"),
        of("Teredo", udp(3544, "", &syn6()), "IPv4, Teredo"),
        of("Teredo with an origin", udp(3544, "0000 63bf 3fffbfdf", &syn6()), "IPv4, Teredo"),
        of(
            "Teredo with authentication",
            udp(3544, "0001 00 00 0000000000000001 00 0000 63bf 3fffbfdf", &syn6()),
            "IPv4, Teredo",
        ),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    [
        ethernet_cases(),
        point_to_point_cases(),
        local_cases(),
        wireless_cases(),
        captured_cases(),
        ip_cases(),
        udp_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
