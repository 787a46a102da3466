//! What may be sent in place of echo requests.

/// What is sent to a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probe {
    /// ICMP echo requests.
    #[default]
    Echo,
    /// SYNs to this port.
    Syn {
        /// The port.
        port: u16,
        /// How a connection that one opened ends.
        end: End,
    },
    /// UDP datagrams to this port.
    Datagram {
        /// The port.
        port: u16,
    },
}

impl Probe {
    /// The port that is asked, if one is.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match *self {
            Self::Echo => None,
            Self::Syn { port, .. } | Self::Datagram { port } => Some(port),
        }
    }

    /// The protocol, as it stands before `_seq`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Echo => "icmp",
            Self::Syn { .. } => "tcp",
            Self::Datagram { .. } => "udp",
        }
    }
}

/// How a connection ends that a SYN of ours has opened at the other end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// With a reset: the program behind the port never hears of it (RFC 9293 section 3.10.7.4, in SYN-RECEIVED).
    #[default]
    Reset,
    /// With a FIN, as any client does that has nothing to say.
    Fin,
}
