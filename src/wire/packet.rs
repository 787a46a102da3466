//! A captured packet: bytes, and what the capturer says of them.

use super::Time;

/// The link-layer header type of a packet, by the numbers of capture files (LINKTYPE_…, tcpdump.org/linktypes.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: address family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Token ring.
    pub const TOKEN_RING: Self = Self(6);
    /// SLIP, with a header of its capturer.
    pub const SLIP: Self = Self(8);
    /// PPP.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// PPP in HDLC-like framing, or Cisco HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE session packets without their Ethernet header.
    pub const PPPOE: Self = Self(51);
    /// LLC over ATM.
    pub const ATM_RFC1483: Self = Self(100);
    /// IPv4 or IPv6 without any link-layer header.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// Frame Relay.
    pub const FRELAY: Self = Self(107);
    /// OpenBSD loopback: address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// OpenBSD IPsec encapsulation.
    pub const ENC: Self = Self(109);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Log of OpenBSD's packet filter.
    pub const PFLOG: Self = Self(117);
    /// 802.11 behind a Prism header.
    pub const PRISM: Self = Self(119);
    /// IP over Fibre Channel.
    pub const IP_OVER_FC: Self = Self(122);
    /// ATM as SunATM gives it.
    pub const SUNATM: Self = Self(123);
    /// 802.11 behind a radiotap header.
    pub const RADIOTAP: Self = Self(127);
    /// ARCNET as Linux gives it.
    pub const ARCNET_LINUX: Self = Self(129);
    /// IP over FireWire on macOS.
    pub const APPLE_IP_OVER_IEEE1394: Self = Self(138);
    /// DOCSIS, cable modems.
    pub const DOCSIS: Self = Self(143);
    /// 802.11 behind an AVS header.
    pub const AVS: Self = Self(163);
    /// PPP as pppd writes it, with the direction.
    pub const PPP_PPPD: Self = Self(166);
    /// Ethernet as Juniper routers capture it.
    pub const JUNIPER_ETHER: Self = Self(178);
    /// Per-packet information around another link type.
    pub const PPI: Self = Self(192);
    /// PPP behind an octet for the direction.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Solaris IP observability.
    pub const IPNET: Self = Self(226);
    /// IPv4 without any link-layer header.
    pub const IPV4: Self = Self(228);
    /// IPv6 without any link-layer header.
    pub const IPV6: Self = Self(229);
    /// Log of Linux's firewall.
    pub const NFLOG: Self = Self(239);
    /// macOS: a header that names the interface, around another link type.
    pub const PKTAP: Self = Self(258);
    /// Ethernet with its preamble.
    pub const ETHERNET_MPACKET: Self = Self(274);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// One packet, borrowed from where it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub time: Time,
    /// What its first bytes are.
    pub link: LinkType,
    /// Octets that the packet had on the wire; more than `bytes` holds where the capture cut it.
    pub original_len: u32,
    /// The octets that were captured, link-layer header first.
    pub bytes: &'a [u8],
}
