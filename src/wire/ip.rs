//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers, read by etherparse and kept as plain data.

use std::net::IpAddr;

use etherparse::err::ipv4::{HeaderError as Ipv4Error, HeaderSliceError as Ipv4SliceError};
use etherparse::{Ipv6ExtensionSlice, LaxIpv4Slice, LaxIpv6Slice};

use super::checksum::Sum;
use super::{Checksum, Layer, Stop, StopReason};

/// Protocol numbers (IANA, "Assigned Internet Protocol Numbers").
pub mod protocol {
    #![allow(missing_docs)]
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const ICMPV6: u8 = 58;
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
    let (slice, stopped) = LaxIpv4Slice::from_slice(bytes).map_err(|error| v4_stop(&error))?;
    let header = slice.header();
    let payload = slice.payload();
    let header_len = header.slice().len() + slice.extensions().auth.map_or(0, |auth| auth.slice().len());
    let total = match usize::from(header.total_len()) {
        said if said >= header.slice().len() => said,
        _ => on_wire, // 0: the network interface was to fill it in (segmentation offload)
    };
    let sum = Sum::default().with(header.slice()).folded();
    let ip = Ip {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol: payload.ip_number.0,
        ttl: header.ttl(),
        tos: bytes[1],
        identification: Some(u32::from(header.identification())),
        dont_fragment: header.dont_fragment(),
        fragment: payload.fragmented.then(|| Fragment {
            offset: u32::from(header.fragments_offset().byte_offset()),
            more: header.more_fragments(),
        }),
        flow_label: 0,
        checksum: if sum == 0xffff { Checksum::Good } else { Checksum::Bad },
        header_len,
        payload_len: total.saturating_sub(header_len),
    };
    let stop = stopped.map(|_| Stop { layer: Layer::Ipv4, offset: header_len, reason: StopReason::Cut });
    Ok((ip, payload.payload, stop))
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
    let (slice, stopped) = LaxIpv6Slice::from_slice(bytes).map_err(|_| cut)?;
    let header = slice.header();
    let payload = slice.payload();
    let extensions = slice.extensions();
    let header_len = header.slice().len() + extensions.slice().len();
    let total = match usize::from(header.payload_length()) {
        0 => on_wire, // a jumbogram, or segmentation offload
        said => said + header.slice().len(),
    };
    let fragment = extensions.clone().into_iter().find_map(|extension| match extension {
        Ipv6ExtensionSlice::Fragment(fragment) => Some(fragment.to_header()),
        _ => None,
    });
    let ip = Ip {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol: payload.ip_number.0,
        ttl: header.hop_limit(),
        tos: header.traffic_class(),
        identification: fragment.as_ref().map(|fragment| fragment.identification),
        dont_fragment: false,
        fragment: fragment.filter(|_| payload.fragmented).map(|fragment| Fragment {
            offset: u32::from(fragment.fragment_offset.byte_offset()),
            more: fragment.more_fragments,
        }),
        flow_label: header.flow_label().value(),
        checksum: Checksum::Unknown,
        header_len,
        payload_len: total.saturating_sub(header_len),
    };
    let stop = stopped.map(|_| Stop { layer: Layer::Ipv6, offset: header_len, reason: StopReason::Cut });
    Ok((ip, payload.payload, stop))
}
