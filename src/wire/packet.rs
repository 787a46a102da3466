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
    /// IPv4 or IPv6 without any link-layer header.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// IPv4 without any link-layer header.
    pub const IPV4: Self = Self(228);
    /// IPv6 without any link-layer header.
    pub const IPV6: Self = Self(229);
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
