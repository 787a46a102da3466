//! TCP, UDP and ICMP headers, with their payload behind them.

use super::{OptionSpec, PacketSpec, SpecError};
use crate::wire::Flags;
use crate::wire::checksum::Sum;
use crate::wire::ip::protocol;

/// Octets of a TCP header without options.
const TCP_HEADER: usize = 20;
/// Octets of a UDP header.
const UDP_HEADER: usize = 8;
/// The most that options can take: the data offset has four bits.
const MOST_OPTIONS: usize = 40;

/// What an IP packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A TCP segment.
    Tcp(TcpSpec),
    /// A UDP datagram.
    Udp(UdpSpec),
    /// An ICMP message, or ICMPv6 in IPv6.
    Icmp(IcmpSpec),
}

/// A TCP header (RFC 9293 section 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpSpec {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number, written with or without the ACK flag.
    pub ack: u32,
    /// The nine control bits.
    pub flags: Flags,
    /// The three bits before them that have no meaning yet; only the low three bits count.
    pub reserved: u8,
    /// Data offset in units of four octets, of which only the low four bits count; none for the right one.
    pub data_offset: Option<u8>,
    /// Window, not scaled.
    pub window: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// Options in their order; padded with zero to a multiple of four octets.
    pub options: Vec<OptionSpec>,
    /// The checksum is to be wrong.
    pub bad_checksum: bool,
}

/// A UDP header (RFC 768).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UdpSpec {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// The length field; none for the right one.
    pub length: Option<u16>,
    /// The checksum is to be wrong.
    pub bad_checksum: bool,
}

/// An ICMP header (RFC 792, RFC 4443).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IcmpSpec {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The four octets behind the checksum: in an echo request identifier and sequence number.
    pub rest: [u8; 4],
    /// The checksum is to be wrong.
    pub bad_checksum: bool,
}

impl Transport {
    /// Its number in the header of `destination`'s IP version.
    pub(super) const fn protocol(&self, is_v4: bool) -> u8 {
        match self {
            Self::Tcp(_) => protocol::TCP,
            Self::Udp(_) => protocol::UDP,
            Self::Icmp(_) if is_v4 => protocol::ICMP,
            Self::Icmp(_) => protocol::ICMPV6,
        }
    }

    const fn is_bad(&self) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.bad_checksum,
            Self::Udp(udp) => udp.bad_checksum,
            Self::Icmp(icmp) => icmp.bad_checksum,
        }
    }

    /// Where in the header the checksum stands.
    const fn checksum_at(&self) -> usize {
        match self {
            Self::Tcp(_) => 16,
            Self::Udp(_) => 6,
            Self::Icmp(_) => 2,
        }
    }
}

/// Header and payload, checksum filled in.
pub(super) fn octets(spec: &PacketSpec) -> Result<Vec<u8>, SpecError> {
    let mut octets = match &spec.transport {
        Transport::Tcp(tcp) => tcp_header(tcp)?,
        Transport::Udp(udp) => udp_header(udp, spec.payload.len())?,
        Transport::Icmp(icmp) => icmp_header(icmp),
    };
    octets.extend_from_slice(&spec.payload);
    let sum = checksum(spec, &octets)?;
    let at = spec.transport.checksum_at();
    octets[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    Ok(octets)
}

fn tcp_header(tcp: &TcpSpec) -> Result<Vec<u8>, SpecError> {
    let options = OptionSpec::octets(&tcp.options);
    if options.len() > MOST_OPTIONS {
        return Err(SpecError::Options(options.len()));
    }
    let length = TCP_HEADER + options.len().next_multiple_of(4);
    let offset = tcp.data_offset.unwrap_or((length / 4) as u8);
    let bits = u16::from(offset & 0xf) << 12 | u16::from(tcp.reserved & 0b111) << 9 | tcp.flags.bits();
    let mut header = Vec::with_capacity(length);
    header.extend(tcp.source_port.to_be_bytes());
    header.extend(tcp.destination_port.to_be_bytes());
    header.extend(tcp.seq.to_be_bytes());
    header.extend(tcp.ack.to_be_bytes());
    header.extend(bits.to_be_bytes());
    header.extend(tcp.window.to_be_bytes());
    header.extend([0, 0]); // checksum, later
    header.extend(tcp.urgent.to_be_bytes());
    header.extend(options);
    header.resize(length, 0);
    Ok(header)
}

fn udp_header(udp: &UdpSpec, payload: usize) -> Result<Vec<u8>, SpecError> {
    let right = UDP_HEADER + payload;
    let length = udp.length.map_or_else(|| u16::try_from(right).map_err(|_| SpecError::Length(right)), Ok)?;
    let fields = [udp.source_port, udp.destination_port, length, 0];
    Ok(fields.iter().flat_map(|field| field.to_be_bytes()).collect())
}

fn icmp_header(icmp: &IcmpSpec) -> Vec<u8> {
    let [a, b, c, d] = icmp.rest;
    vec![icmp.kind, icmp.code, 0, 0, a, b, c, d]
}

/// The checksum of `octets`, in which its field is zero: right, or wrong if so asked.
fn checksum(spec: &PacketSpec, octets: &[u8]) -> Result<u16, SpecError> {
    let is_v4 = spec.destination.is_ipv4();
    let length = u32::try_from(octets.len()).map_err(|_| SpecError::Length(octets.len()))?;
    let number = spec.transport.protocol(is_v4);
    let pseudo = match spec.transport {
        Transport::Icmp(_) if is_v4 => Sum::default(),
        _ => Sum::pseudo_header(spec.source, spec.destination, number, length),
    };
    let right = pseudo.with(octets).finish();
    Ok(match &spec.transport {
        transport if transport.is_bad() => wrong(right, pseudo.folded()),
        // In UDP zero means that there is none (RFC 768).
        Transport::Udp(_) if right == 0 => 0xffff,
        _ => right,
    })
}

/// A checksum that is not `right`. Nor is it zero, which UDP takes for none, nor the sum of the pseudo-header, which a
/// sending kernel leaves for its network interface to finish.
fn wrong(right: u16, pseudo: u16) -> u16 {
    let candidates = [0x5555, 0xaaaa, 0x3333].map(|flips| right ^ flips);
    candidates.into_iter().find(|sum| ![0, 0xffff, pseudo].contains(sum)).unwrap_or(!right)
}
