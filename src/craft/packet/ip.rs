//! IPv4 and IPv6 headers around what they carry, in one packet or in fragments.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{PacketSpec, SpecError};
use crate::wire::checksum::Sum;
use crate::wire::ip::protocol;

/// Octets of an IPv4 header without options.
const V4_HEADER: usize = 20;
/// The most that IPv4 options can take: the header length has four bits.
const MOST_OPTIONS: usize = 40;
/// The don't-fragment and more-fragments bits beside the offset of an IPv4 fragment.
const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;
/// The bit of an IPv4 option's kind that has every fragment carry a copy (RFC 791 section 3.1).
const COPIED: u8 = 0x80;

/// An IP header, as far as it may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpSpec {
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// Identification. IPv4 has 16 bits of it; in IPv6 it stands in the fragment header only.
    pub id: u32,
    /// IPv4: do not fragment.
    pub dont_fragment: bool,
    /// More fragments follow the last one that is built here.
    pub more_fragments: bool,
    /// Where the payload begins in the packet that it is a part of: octets, a multiple of 8.
    pub fragment_offset: u32,
    /// Send fragments with so many octets behind the IP header, a multiple of 8.
    pub fragment_size: Option<usize>,
    /// IPv6: write a fragment header even where nothing else asks for one.
    pub fragment_header: bool,
    /// IPv6 flow label; only its low 20 bits count.
    pub flow_label: u32,
    /// IPv4: option octets, padded with zero to a multiple of four.
    pub options: Vec<u8>,
    /// IPv4: the header checksum is to be wrong.
    pub bad_checksum: bool,
    /// The length field: total length in IPv4, payload length in IPv6.
    pub length: IpLength,
}

/// The length field of an IP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpLength {
    /// As long as the packet is.
    #[default]
    Right,
    /// This, whatever the packet has.
    Says(u16),
    /// So many octets more than the packet has.
    Beyond(u16),
}

impl Default for IpSpec {
    fn default() -> Self {
        Self {
            ttl: 64,
            tos: 0,
            id: 0,
            dont_fragment: false,
            more_fragments: false,
            fragment_offset: 0,
            fragment_size: None,
            fragment_header: false,
            flow_label: 0,
            options: Vec::new(),
            bad_checksum: false,
            length: IpLength::Right,
        }
    }
}

impl IpSpec {
    /// Whether a kernel would correct this header on its way out through a raw socket (raw(7)): it fills in the length,
    /// the checksum, and an identification of zero of every IPv4 header, and leaves IPv6 alone.
    #[must_use]
    pub fn is_corrected(&self, is_v4: bool) -> bool {
        is_v4 && (self.bad_checksum || self.length != IpLength::Right || self.id as u16 == 0)
    }
}

/// A part of the payload, and where it belongs.
#[derive(Clone, Copy)]
struct Part<'a> {
    octets: &'a [u8],
    /// In units of eight octets.
    offset: u16,
    more: bool,
}

/// The packets that carry `upper`.
pub(super) fn packets(spec: &PacketSpec, upper: &[u8]) -> Result<Vec<Vec<u8>>, SpecError> {
    let parts = parts(&spec.ip, upper)?;
    parts.into_iter().map(|part| packet(spec, part)).collect()
}

fn packet(spec: &PacketSpec, part: Part<'_>) -> Result<Vec<u8>, SpecError> {
    match (spec.source, spec.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => v4(spec, source, destination, part),
        (IpAddr::V6(source), IpAddr::V6(destination)) => v6(spec, source, destination, part),
        (source, destination) => Err(SpecError::Families(source, destination)),
    }
}

fn parts<'a>(ip: &IpSpec, upper: &'a [u8]) -> Result<Vec<Part<'a>>, SpecError> {
    let size = ip.fragment_size.unwrap_or(usize::MAX);
    if ip.fragment_size.is_some() && (size == 0 || !size.is_multiple_of(8) || size > 65_528) {
        return Err(SpecError::FragmentSize(size));
    }
    let offset_at = |index: usize| {
        let octets = u64::from(ip.fragment_offset) + (index * size.min(upper.len())) as u64;
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        let units = u16::try_from(octets / 8).ok().filter(|units| octets.is_multiple_of(8) && *units < 0x2000);
        units.ok_or(SpecError::FragmentOffset(octets))
    };
    let count = upper.len().div_ceil(size).max(1);
    let part = |(index, octets)| {
        let more = ip.more_fragments || index + 1 < count;
        Ok(Part { octets, offset: offset_at(index)?, more })
    };
    upper.chunks(size).enumerate().map(part).collect()
}

impl IpLength {
    fn field(self, right: usize) -> Result<u16, SpecError> {
        let right = u16::try_from(right).map_err(|_| SpecError::Length(right))?;
        Ok(match self {
            Self::Right => right,
            Self::Says(length) => length,
            Self::Beyond(octets) => right.saturating_add(octets),
        })
    }
}

fn v4(spec: &PacketSpec, source: Ipv4Addr, destination: Ipv4Addr, part: Part<'_>) -> Result<Vec<u8>, SpecError> {
    let ip = &spec.ip;
    let options = if part.offset == 0 { ip.options.clone() } else { copied(&ip.options) };
    if options.len() > MOST_OPTIONS {
        return Err(SpecError::IpOptions(options.len()));
    }
    let header_len = V4_HEADER + options.len().next_multiple_of(4);
    let length = ip.length.field(header_len + part.octets.len())?;
    let bits = [(ip.dont_fragment, DONT_FRAGMENT), (part.more, MORE_FRAGMENTS)];
    let bits = bits.iter().filter(|(set, _)| *set).fold(part.offset, |bits, (_, bit)| bits | bit);
    let mut packet = vec![0x40 | (header_len / 4) as u8, ip.tos];
    packet.extend(length.to_be_bytes());
    packet.extend((ip.id as u16).to_be_bytes());
    packet.extend(bits.to_be_bytes());
    packet.extend([ip.ttl, spec.transport.protocol(true), 0, 0]); // checksum, below
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(options);
    packet.resize(header_len, 0);
    let right = Sum::default().with(&packet).finish();
    let sum = if ip.bad_checksum { right ^ 0x5555 } else { right };
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend_from_slice(part.octets);
    Ok(packet)
}

/// Those of the IPv4 options that every fragment carries. What cannot be walked ends the list.
fn copied(options: &[u8]) -> Vec<u8> {
    let (mut kept, mut rest) = (Vec::new(), options);
    while let Some(&kind) = rest.first().filter(|kind| **kind > 0) {
        let length = if kind == 1 { 1 } else { rest.get(1).map_or(0, |length| usize::from(*length)) };
        let Some((option, behind)) = rest.split_at_checked(length).filter(|_| length > 0) else { break };
        if kind & COPIED != 0 {
            kept.extend_from_slice(option);
        }
        rest = behind;
    }
    kept
}

fn v6(spec: &PacketSpec, source: Ipv6Addr, destination: Ipv6Addr, part: Part<'_>) -> Result<Vec<u8>, SpecError> {
    let ip = &spec.ip;
    let next = spec.transport.protocol(false);
    let is_fragment = ip.fragment_header || ip.fragment_size.is_some() || part.more || part.offset > 0;
    let mut body = Vec::new();
    if is_fragment {
        body.extend([next, 0]);
        body.extend((part.offset << 3 | u16::from(part.more)).to_be_bytes());
        body.extend(ip.id.to_be_bytes());
    }
    body.extend_from_slice(part.octets);
    let first_word = 6 << 28 | u32::from(ip.tos) << 20 | ip.flow_label & 0xf_ffff;
    let mut packet = first_word.to_be_bytes().to_vec();
    packet.extend(ip.length.field(body.len())?.to_be_bytes());
    packet.extend([if is_fragment { protocol::FRAGMENT } else { next }, ip.ttl]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(body);
    Ok(packet)
}
