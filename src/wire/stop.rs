//! Where decoding a packet stopped before its end, and why.

use std::fmt;

use serde::Serialize;

/// The layer that could not be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Layer {
    Link,
    Ipv4,
    Ipv6,
    Tcp,
    Udp,
    Icmp,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "link layer",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
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
    /// One fragment of a larger packet.
    #[error("a fragment of a larger packet")]
    Fragment,
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
