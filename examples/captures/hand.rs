//! A hand-made end of a connection: numbers that a scene may bend as it likes.

use std::net::SocketAddr;

use rawshake::wire::{Decoded, Flags, IpFields, Segment, SegmentFields, TcpOption};

pub(crate) const SYN: Flags = Flags::SYN;
pub(crate) const ACK: Flags = Flags::ACK;
pub(crate) const FIN: Flags = Flags::FIN;
pub(crate) const RST: Flags = Flags::RST;
pub(crate) const PSH: Flags = Flags::PSH;
pub(crate) const URG: Flags = Flags::URG;
pub(crate) const ECE: Flags = Flags::ECE;
pub(crate) const CWR: Flags = Flags::CWR;
pub(crate) const AE: Flags = Flags::AE;
/// `SYN | ACK`, and so on: flags cannot be joined by `|` in a constant.
pub(crate) const SYN_ACK: Flags = SYN.with(ACK);
pub(crate) const FIN_ACK: Flags = FIN.with(ACK);
pub(crate) const RST_ACK: Flags = RST.with(ACK);
pub(crate) const PSH_ACK: Flags = PSH.with(ACK);

/// One end, by hand. What it sends next has `seq` and `ack`; what it has heard moves `ack` on.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    /// Options of segments with SYN.
    pub(crate) offer: Vec<u8>,
    /// Options of all others.
    pub(crate) options: Vec<u8>,
    pub(crate) ip: IpFields,
    /// Packets of the capture that it has listened to.
    pub(crate) listened: usize,
}

impl Hand {
    pub(crate) fn new(local: SocketAddr, remote: SocketAddr, seq: u32) -> Self {
        let (offer, options, ip) = (options(&[TcpOption::Mss(1460)]), Vec::new(), IpFields::default());
        Self { local, remote, seq, ack: 0, window: 64240, offer, options, ip, listened: 0 }
    }

    /// The segment that it would send next.
    pub(crate) fn segment(&self, flags: Flags, payload: &[u8]) -> SegmentFields {
        SegmentFields {
            seq: self.seq,
            ack: if flags.ack() { self.ack } else { 0 },
            flags,
            window: self.window,
            urgent: 0,
            options: if flags.syn() { self.offer.clone() } else { self.options.clone() },
            payload: payload.to_vec(),
        }
    }

    /// Takes in what the peer says, where it is the next that is missing.
    pub(crate) fn take(&mut self, heard: &Heard) {
        if heard.flags.syn() {
            self.ack = heard.seq;
        }
        if heard.seq == self.ack {
            self.ack = heard.end();
        }
    }
}

/// A segment that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) flags: Flags,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) len: u32,
    /// TSval, where it carries timestamps.
    pub(crate) stamp: Option<u32>,
}

impl Heard {
    /// The TCP segment of a packet.
    pub(crate) fn of(decoded: &Decoded<'_>) -> Option<Self> {
        let (ip, segment) = decoded.segment()?;
        Some(Self {
            from: SocketAddr::new(ip.source, segment.source_port),
            to: SocketAddr::new(ip.destination, segment.destination_port),
            flags: segment.flags,
            seq: segment.seq,
            ack: segment.ack,
            len: segment.payload_len,
            stamp: stamp(segment),
        })
    }

    /// The sequence number behind it.
    pub(crate) fn end(&self) -> u32 {
        self.seq.wrapping_add(self.len).wrapping_add(self.flags.sequence_len())
    }
}

fn stamp(segment: &Segment<'_>) -> Option<u32> {
    segment.options.iter().find_map(|option| match option {
        Ok(TcpOption::Timestamps { value, .. }) => Some(value),
        _ => None,
    })
}

/// Options as they stand in a header, each on a boundary of four octets.
pub(crate) fn options(list: &[TcpOption<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for option in list {
        option.emit(&mut bytes);
        bytes.resize(bytes.len().next_multiple_of(4), 1);
    }
    bytes
}

/// The timestamps option.
pub(crate) fn stamps(value: u32, echo: u32) -> Vec<u8> {
    options(&[TcpOption::Timestamps { value, echo }])
}

/// A SACK option of the given blocks.
pub(crate) fn sack(blocks: &[(u32, u32)]) -> Vec<u8> {
    let data: Vec<u8> =
        blocks.iter().flat_map(|(left, right)| [left.to_be_bytes(), right.to_be_bytes()]).flatten().collect();
    options(&[TcpOption::Other { kind: rawshake::wire::option_kind::SACK, data: &data }])
}
