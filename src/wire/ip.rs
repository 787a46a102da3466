//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers as plain data.

use std::net::IpAddr;

use etherparse::err::ipv4::{HeaderError as Ipv4Error, HeaderSliceError as Ipv4SliceError};
use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::checksum::Sum;
use super::extension::Chain;
use super::{Checksum, Layer, Stop, StopReason};

/// Protocol numbers (IANA, "Assigned Internet Protocol Numbers").
pub mod protocol {
    #![allow(missing_docs)]
    pub const HOP_BY_HOP: u8 = 0;
    pub const ICMP: u8 = 1;
    pub const IPV4: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const GRE: u8 = 47;
    pub const AUTHENTICATION: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const DESTINATION_OPTIONS: u8 = 60;
    pub const IPIP: u8 = 94;
    pub const ETHERIP: u8 = 97;
    pub const MOBILITY: u8 = 135;
    pub const MPLS: u8 = 137;
    pub const HIP: u8 = 139;
    pub const SHIM6: u8 = 140;
}

/// Which part of a larger packet this one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Octets of payload that come before this part; a multiple of 8.
    pub offset: u32,
    /// More fragments follow.
    pub more: bool,
}

/// An IP header, of either version, as plain data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip {
    /// Source address.
    pub source: IpAddr,
    /// Destination address; the final one is not looked up in a routing header.
    pub destination: IpAddr,
    /// Protocol of the payload, after IPv6 extension headers.
    pub protocol: u8,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class: DSCP in the upper six bits, ECN in the lower two.
    pub tos: u8,
    /// Identification: always in IPv4, in IPv6 only in a fragment.
    pub identification: Option<u32>,
    /// IPv4: do not fragment.
    pub dont_fragment: bool,
    /// Set where this packet is a fragment.
    pub fragment: Option<Fragment>,
    /// IPv6 flow label, 20 bits.
    pub flow_label: u32,
    /// IPv4 header checksum; IPv6 has none.
    pub checksum: Checksum,
    /// Octets of header, options and extension headers.
    pub header_len: usize,
    /// Octets of payload on the wire, as the header says; of the capture where the header says 0 (offload).
    pub payload_len: usize,
}

impl Ip {
    /// The layer that this header is.
    pub(super) const fn layer(&self) -> Layer {
        if self.source.is_ipv4() { Layer::Ipv4 } else { Layer::Ipv6 }
    }
}

/// Reads the IP header at the start of `bytes`, of which `on_wire` octets were sent; the payload comes back bounded by
/// the header's length.
///
/// # Errors
/// Says where and why the header cannot be read; `offset` counts from the start of `bytes`.
pub fn decode(bytes: &[u8], on_wire: usize) -> Result<(Ip, &[u8], Option<Stop>), Stop> {
    match bytes.first().map(|octet| octet >> 4) {
        Some(4) => decode_v4(bytes, on_wire),
        Some(6) => decode_v6(bytes, on_wire),
        Some(_) => Err(Stop { layer: Layer::Link, offset: 0, reason: StopReason::Malformed("neither IPv4 nor IPv6") }),
        None => Err(Stop { layer: Layer::Link, offset: 0, reason: StopReason::Cut }),
    }
}

fn decode_v4(bytes: &[u8], on_wire: usize) -> Result<(Ip, &[u8], Option<Stop>), Stop> {
    let header = Ipv4HeaderSlice::from_slice(bytes).map_err(|error| v4_stop(&error))?;
    let base_len = header.slice().len();
    // 0: the network interface was to fill it in (segmentation offload).
    let said = Some(usize::from(header.total_len())).filter(|said| *said > 0);
    if said.is_some_and(|said| said < base_len) {
        let reason = StopReason::Malformed("total length below the header's");
        return Err(Stop { layer: Layer::Ipv4, offset: 0, reason });
    }
    let (packet, total) = extent(bytes, said, on_wire);
    let fragment = header.is_fragmenting_payload().then(|| Fragment {
        offset: u32::from(header.fragments_offset().byte_offset()),
        more: header.more_fragments(),
    });
    let (protocol, header_len, is_short) = match header.protocol().0 {
        protocol::AUTHENTICATION if fragment.is_none() => {
            let chain = Chain::walk(packet, base_len, protocol::AUTHENTICATION);
            (chain.protocol, chain.end, chain.is_short)
        }
        other => (other, base_len, false),
    };
    let sum = Sum::default().with(header.slice()).folded();
    let ip = Ip {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol,
        ttl: header.ttl(),
        tos: bytes[1],
        identification: Some(u32::from(header.identification())),
        dont_fragment: header.dont_fragment(),
        fragment,
        flow_label: 0,
        checksum: if sum == 0xffff { Checksum::Good } else { Checksum::Bad },
        header_len,
        payload_len: total.saturating_sub(header_len),
    };
    let stop = is_short.then(|| short(Layer::Ipv4, header_len, packet.len() < total));
    Ok((ip, &packet[header_len..], stop))
}

/// The octets of `bytes` that are the packet, and how many it has on the wire: what its length field `said`, if that
/// says anything, otherwise all there is.
fn extent(bytes: &[u8], said: Option<usize>, on_wire: usize) -> (&[u8], usize) {
    match said {
        Some(total) => (&bytes[..bytes.len().min(total)], total),
        None => (bytes, on_wire),
    }
}

/// A stop at an extension header that is not there to its end.
const fn short(layer: Layer, offset: usize, is_cut: bool) -> Stop {
    let reason =
        if is_cut { StopReason::Cut } else { StopReason::Malformed("an extension header beyond the packet's end") };
    Stop { layer, offset, reason }
}

const fn v4_stop(error: &Ipv4SliceError) -> Stop {
    let reason = match error {
        Ipv4SliceError::Len(_) => StopReason::Cut,
        Ipv4SliceError::Content(Ipv4Error::HeaderLengthSmallerThanHeader { .. }) => {
            StopReason::Malformed("header length below 20 octets")
        }
        Ipv4SliceError::Content(_) => StopReason::Malformed("not an IPv4 header"),
    };
    Stop { layer: Layer::Ipv4, offset: 0, reason }
}

fn decode_v6(bytes: &[u8], on_wire: usize) -> Result<(Ip, &[u8], Option<Stop>), Stop> {
    let cut = Stop { layer: Layer::Ipv6, offset: 0, reason: StopReason::Cut };
    let header = Ipv6HeaderSlice::from_slice(bytes).map_err(|_| cut)?;
    let base_len = header.slice().len();
    // 0: a jumbogram, or segmentation offload.
    let said = Some(usize::from(header.payload_length())).filter(|said| *said > 0).map(|said| said + base_len);
    let (packet, total) = extent(bytes, said, on_wire);
    let chain = Chain::walk(packet, base_len, header.next_header().0);
    let ip = Ip {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol: chain.protocol,
        ttl: header.hop_limit(),
        tos: header.traffic_class(),
        identification: chain.identification,
        dont_fragment: false,
        fragment: chain.fragment,
        flow_label: header.flow_label().value(),
        checksum: Checksum::Unknown,
        header_len: chain.end,
        payload_len: total.saturating_sub(chain.end),
    };
    let stop = chain.is_short.then(|| short(Layer::Ipv6, chain.end, packet.len() < total));
    Ok((ip, &packet[chain.end..], stop))
}
