//! What a listener is told before it starts.

use std::net::IpAddr;
use std::time::Duration;

use super::Service;
use crate::craft::{Offer, Open, Timing};
use crate::wire::IpFields;

/// When a connection is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerClose {
    /// Our FIN goes first: behind the first answer, or when a client that asks nothing has been quiet for
    /// [`Timing::wait`].
    First,
    /// Our FIN answers the client's, or follows an answer that says so.
    #[default]
    After,
    /// Never by us, but where the client is silent for [`Timing::deadline`]: then a reset.
    Never,
    /// RST where [`ServerClose::First`] sends its FIN, once the answer is acknowledged.
    Reset,
}

/// What becomes of a SYN for which there is no place, and of a connection that cannot be taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// It is dropped: the client tries again.
    #[default]
    Drop,
    /// A RST refuses it.
    Refuse,
}

/// When SYN-ACKs carry a cookie in place of a number of their own (RFC 4987 section 3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cookies {
    /// Never.
    Never,
    /// Where there is no place for the SYN.
    #[default]
    Full,
    /// Always.
    Always,
}

/// A listener and what it shall do.
pub struct ListenConfig {
    /// Our port.
    pub port: u16,
    /// Octets of TCP options and payload that a packet has room for which leaves from this address of ours; none where
    /// the address is not ours, or shall not be served.
    pub room: Box<dyn FnMut(IpAddr) -> Option<u16>>,
    /// What talks to a new client.
    pub service: Box<dyn Fn() -> Box<dyn Service>>,
    /// Fields of the IP header.
    pub ip: IpFields,
    /// What the SYN-ACK agrees to, where the client offers it. Its MSS counts only as a smaller bound than the room.
    pub offer: Offer,
    /// Receive window, in octets; also the most that is kept of what is said to one client.
    pub window: u32,
    /// How long to wait for what. The deadline is the longest silence of an established connection.
    pub timing: Timing,
    /// How the SYN is answered: [`Open::Passive`], [`Open::Split`] or [`Open::Simultaneous`]; anything else is passive.
    pub open: Open,
    /// When connections are closed.
    pub close: ServerClose,
    /// Connections in SYN-RECEIVED that there is place for.
    pub backlog: usize,
    /// Connections beyond SYN-RECEIVED that there is place for.
    pub connections: usize,
    /// What happens to what there is no place for.
    pub overflow: Overflow,
    /// When to use cookies.
    pub cookies: Cookies,
    /// How long the first SYN-ACK is held back.
    pub syn_ack_delay: Duration,
    /// So many SYNs, the first ones, are taken as lost on their way.
    pub lose: u32,
    /// So many connections are taken over; none where there is no limit.
    pub count: Option<u64>,
    /// What our sequence numbers and cookies are derived from; nobody else may know it.
    pub secret: u128,
}
