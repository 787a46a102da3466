//! Where decoding a packet stopped before its end, and why.

use std::fmt;

use serde::Serialize;

/// A layer of a packet: one that could not be read further, or one around the innermost IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Layer {
    Link,
    /// A header of the capturing system: radiotap, PPI, a firewall's log.
    Capture,
    Ethernet,
    /// One tag of 802.1Q, 802.1ad or 802.1ah.
    Vlan,
    Macsec,
    /// 802.2, with or without SNAP.
    Llc,
    /// 802.11.
    Wlan,
    Pppoe,
    Ppp,
    Hdlc,
    FrameRelay,
    Mpls,
    Ipv4,
    Ipv6,
    Gre,
    Erspan,
    EtherIp,
    Vxlan,
    Geneve,
    Gtp,
    L2tp,
    Lisp,
    Teredo,
    Tcp,
    Udp,
    Icmp,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "link layer",
            Self::Capture => "capture header",
            Self::Ethernet => "Ethernet",
            Self::Vlan => "VLAN",
            Self::Macsec => "MACsec",
            Self::Llc => "LLC",
            Self::Wlan => "802.11",
            Self::Pppoe => "PPPoE",
            Self::Ppp => "PPP",
            Self::Hdlc => "Cisco HDLC",
            Self::FrameRelay => "Frame Relay",
            Self::Mpls => "MPLS",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
            Self::Gre => "GRE",
            Self::Erspan => "ERSPAN",
            Self::EtherIp => "EtherIP",
            Self::Vxlan => "VXLAN",
            Self::Geneve => "GENEVE",
            Self::Gtp => "GTP-U",
            Self::L2tp => "L2TP",
            Self::Lisp => "LISP",
            Self::Teredo => "Teredo",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
        })
    }
}

/// Why decoding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// The capture holds fewer octets than the header needs.
    #[error("cut off by the capture")]
    Cut,
    /// The header contradicts itself.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// A protocol that this program does not read.
    #[error("protocol {0} is not decoded")]
    Unknown(u32),
    /// A link type that this program does not read, at the start of the packet or behind a capture header.
    #[error("link type {0} is not read")]
    LinkType(u32),
    /// One fragment of a larger packet.
    #[error("a fragment of a larger packet")]
    Fragment,
    /// What follows is encrypted.
    #[error("encrypted")]
    Encrypted,
}

/// Where decoding stopped, and why. What stands before it was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The layer that could not be read further.
    pub layer: Layer,
    /// Octets from the start of the packet to that layer.
    pub offset: usize,
    /// Why.
    pub reason: StopReason,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}: {}", self.layer, self.offset, self.reason)
    }
}
