//! What a hand-made endpoint is told before it starts.

use std::net::SocketAddr;
use std::time::Duration;

use crate::tcp::Seq;
use crate::wire::IpFields;

/// How the connection is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Open {
    /// Our SYN goes first (RFC 9293 figure 6).
    #[default]
    Active,
    /// Ours is sent when the peer's SYN has arrived, and does not acknowledge it, as if the two had crossed
    /// (RFC 9293 figure 7).
    Simultaneous,
    /// Ours answers the peer's and acknowledges it (RFC 9293 figure 6, the other side).
    Passive,
    /// Ours answers the peer's and does not acknowledge it: the peer's SYN-ACK does both at once, as in a simultaneous
    /// open of which we have seen nothing.
    Split,
}

/// How the connection is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Close {
    /// `close()` when the peer has gone quiet: our FIN goes first.
    #[default]
    Active,
    /// Our FIN answers the peer's.
    Passive,
    /// `shutdown(SHUT_WR)` right behind the last data: our FIN, and receiving goes on until the peer closes.
    Half,
    /// RST when the peer has gone quiet.
    Reset,
    /// Our FIN is sent when the peer's has arrived, and does not acknowledge it, as if the two had crossed
    /// (RFC 9293 figure 13).
    Simultaneous,
    /// Not at all: the connection is left as it is.
    None,
    /// When and how the caller says ([`Endpoint::shut`](super::Endpoint::shut),
    /// [`Endpoint::reset`](super::Endpoint::reset)). Such an end hands out what the peer sent
    /// ([`Endpoint::take_octets`](super::Endpoint::take_octets)), and takes it in order only; and its deadline counts
    /// from the last that was heard.
    Told,
}

/// The options that our SYN offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Maximum segment size, in octets of payload.
    pub mss: Option<u16>,
    /// Window scale: bits to shift, at most 14 (RFC 7323 section 2.3).
    pub window_scale: Option<u8>,
    /// Selective acknowledgment (RFC 2018).
    pub sack: bool,
    /// Timestamps (RFC 7323 section 3).
    pub timestamps: bool,
    /// Explicit congestion notification: ECE and CWR on the SYN (RFC 3168 section 6.1.1).
    pub ecn: bool,
}

impl Default for Offer {
    /// What Linux offers on Ethernet over IPv4.
    fn default() -> Self {
        Self { mss: Some(1460), window_scale: Some(7), sack: true, timestamps: true, ecn: false }
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the first SYN to the second; doubled from then on. Also the retransmission timeout until a round trip
    /// has been measured (RFC 6298 section 2.1).
    pub timeout: Duration,
    /// How often the same thing is sent again before we give up.
    pub retries: u8,
    /// Once all of ours is acknowledged: silence of this length means that the peer has no more to say.
    pub wait: Duration,
    /// The longest that talking may take, and the longest that closing may take after it.
    pub deadline: Duration,
    /// How long TIME-WAIT answers a repeated FIN. A kernel stays for minutes; a program that ends cannot.
    pub linger: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(1),
            retries: 3,
            wait: Duration::from_millis(300),
            deadline: Duration::from_secs(10),
            linger: Duration::from_millis(300),
        }
    }
}

/// A hand-made endpoint and what it shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Our address and port.
    pub local: SocketAddr,
    /// The peer's, of the same IP version.
    pub remote: SocketAddr,
    /// Fields of the IP header.
    pub ip: IpFields,
    /// ISS: the initial send sequence number.
    pub isn: Seq,
    /// What the SYN offers.
    pub offer: Offer,
    /// Receive window, in octets; at most 2^30 (RFC 7323 section 2.3).
    pub window: u32,
    /// Octets of TCP options and payload that one packet on our link has room for: its MTU less 40 (IPv4) or 60 (IPv6).
    pub room: u16,
    /// Where our timestamp clock starts; it ticks once a millisecond.
    pub timestamp_base: u32,
    /// How to open.
    pub open: Open,
    /// How to close.
    pub close: Close,
    /// What to send; fewer than 2^31 octets.
    pub payload: Vec<u8>,
    /// How long to wait for what.
    pub timing: Timing,
}

impl Config {
    /// A connection from `local` to `remote` as Linux would open it on Ethernet, that sends nothing and closes.
    #[must_use]
    pub fn new(local: SocketAddr, remote: SocketAddr, isn: Seq) -> Self {
        let room = if remote.is_ipv4() { 1460 } else { 1440 };
        Self {
            local,
            remote,
            ip: IpFields::default(),
            isn,
            offer: Offer { mss: Some(room), ..Offer::default() },
            window: 64240,
            room,
            timestamp_base: 0,
            open: Open::default(),
            close: Close::default(),
            payload: Vec::new(),
            timing: Timing::default(),
        }
    }
}
