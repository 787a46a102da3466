//! Headers to bytes: whole IP packets for a raw socket.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpFragOffset, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header};

use super::checksum::Sum;
use super::ip::protocol;
use super::segment::HEADER_LEN;
use super::{Flags, TcpOption};

/// What of an IP header a caller may choose; the rest follows from addresses and payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpFields {
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// IPv4 identification.
    pub identification: u16,
    /// IPv4: do not fragment.
    pub dont_fragment: bool,
    /// IPv6 flow label; only its low 20 bits count.
    pub flow_label: u32,
}

impl Default for IpFields {
    fn default() -> Self {
        Self { ttl: 64, tos: 0, identification: 0, dont_fragment: true, flow_label: 0 }
    }
}

/// A segment to be built; the counterpart of [`super::Segment`] that owns its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentFields {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number, sent as it is even without the ACK flag.
    pub ack: u32,
    /// Control bits.
    pub flags: Flags,
    /// Window, not scaled.
    pub window: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// Option octets; padded with zero to a multiple of four, at most 40.
    pub options: Vec<u8>,
    /// Payload.
    pub payload: Vec<u8>,
}

impl SegmentFields {
    /// Appends an option.
    pub fn push_option(&mut self, option: TcpOption<'_>) {
        option.emit(&mut self.options);
    }
}

/// Why a packet cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// Source and destination are not of one IP version.
    #[error("source {0} and destination {1} are not of one IP version")]
    Families(IpAddr, IpAddr),
    /// More option octets than a header can hold.
    #[error("{0} octets of options, but a TCP header has room for 40")]
    Options(usize),
    /// More payload than an IP packet can hold.
    #[error("{0} octets are more than one IP packet can hold")]
    Length(usize),
}

/// A whole IP packet that carries the TCP segment, checksums filled in.
///
/// # Errors
/// See [`EmitError`].
pub fn segment(
    source: SocketAddr,
    destination: SocketAddr,
    ip: &IpFields,
    fields: &SegmentFields,
) -> Result<Vec<u8>, EmitError> {
    let option_len = fields.options.len().next_multiple_of(4);
    if option_len > 40 {
        return Err(EmitError::Options(fields.options.len()));
    }
    let header_len = HEADER_LEN + option_len;
    let length = header_len + fields.payload.len();
    let mut packet = header(source.ip(), destination.ip(), ip, protocol::TCP, length)?;
    let start = packet.len();
    packet.extend_from_slice(&source.port().to_be_bytes());
    packet.extend_from_slice(&destination.port().to_be_bytes());
    packet.extend_from_slice(&fields.seq.to_be_bytes());
    packet.extend_from_slice(&fields.ack.to_be_bytes());
    let offset_and_flags = ((header_len / 4) as u16) << 12 | fields.flags.bits();
    packet.extend_from_slice(&offset_and_flags.to_be_bytes());
    packet.extend_from_slice(&fields.window.to_be_bytes());
    packet.extend_from_slice(&[0, 0]); // checksum, below
    packet.extend_from_slice(&fields.urgent.to_be_bytes());
    packet.extend_from_slice(&fields.options);
    packet.resize(start + header_len, 0);
    packet.extend_from_slice(&fields.payload);
    let pseudo = Sum::pseudo_header(source.ip(), destination.ip(), protocol::TCP, length as u32);
    let checksum = pseudo.with(&packet[start..]).finish();
    packet[start + 16..start + 18].copy_from_slice(&checksum.to_be_bytes());
    Ok(packet)
}

/// An IP header for `length` octets of payload.
///
/// # Errors
/// Addresses of two versions, or a payload that does not fit.
pub fn header(
    source: IpAddr,
    destination: IpAddr,
    ip: &IpFields,
    protocol: u8,
    length: usize,
) -> Result<Vec<u8>, EmitError> {
    let too_long = |_| EmitError::Length(length);
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let payload = u16::try_from(length).map_err(too_long)?;
            let mut header =
                Ipv4Header::new(payload, ip.ttl, IpNumber(protocol), source.octets(), destination.octets())
                    .map_err(|_| EmitError::Length(length))?;
            header.identification = ip.identification;
            header.dont_fragment = ip.dont_fragment;
            header.fragment_offset = IpFragOffset::ZERO;
            let mut bytes = header.to_bytes().to_vec();
            bytes[1] = ip.tos;
            bytes[10..12].copy_from_slice(&[0, 0]);
            let checksum = Sum::default().with(&bytes).finish();
            bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
            Ok(bytes)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => Ok(Ipv6Header {
            traffic_class: ip.tos,
            flow_label: Ipv6FlowLabel::try_new(ip.flow_label & 0xf_ffff).unwrap_or_default(),
            payload_length: u16::try_from(length).map_err(too_long)?,
            next_header: IpNumber(protocol),
            hop_limit: ip.ttl,
            source: source.octets(),
            destination: destination.octets(),
        }
        .to_bytes()
        .to_vec()),
        (source, destination) => Err(EmitError::Families(source, destination)),
    }
}
