//! A segment that is about to be sent, as fields that can be changed.

use std::net::SocketAddr;

use crate::wire::{EmitError, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

/// A packet with one segment, taken apart. Built again unchanged it has the same octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    source: SocketAddr,
    destination: SocketAddr,
    ip: IpFields,
    /// The fields of the segment.
    pub fields: SegmentFields,
}

/// There is no whole segment in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packet holds no whole segment")]
pub struct NoSegment;

impl Outgoing {
    /// Takes apart an IP packet of ours.
    ///
    /// # Errors
    /// There is no whole segment in it.
    pub fn of(bytes: &[u8]) -> Result<Self, NoSegment> {
        let original_len = u32::try_from(bytes.len()).map_err(|_| NoSegment)?;
        let packet = Packet { time: Time::default(), link: LinkType::RAW, original_len, bytes };
        let decoded = decode(&packet);
        let (ip, segment) = decoded.segment().ok_or(NoSegment)?;
        let fields = SegmentFields {
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            window: segment.window,
            urgent: segment.urgent,
            options: segment.options.0.to_vec(),
            payload: segment.payload.to_vec(),
        };
        Ok(Self {
            source: SocketAddr::new(ip.source, segment.source_port),
            destination: SocketAddr::new(ip.destination, segment.destination_port),
            ip: ip_fields(bytes).ok_or(NoSegment)?,
            fields,
        })
    }

    /// The packet, checksums filled in.
    ///
    /// # Errors
    /// It has no room for what was put in.
    pub fn bytes(&self) -> Result<Vec<u8>, EmitError> {
        emit::segment(self.source, self.destination, &self.ip, &self.fields)
    }
}

/// What [`emit`] was told of the IP header.
fn ip_fields(bytes: &[u8]) -> Option<IpFields> {
    let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    if bytes.first()? >> 4 == 4 {
        let dont_fragment = word(6)? & 0x4000 != 0;
        return Some(IpFields {
            ttl: *bytes.get(8)?,
            tos: *bytes.get(1)?,
            identification: word(4)?,
            dont_fragment,
            ..IpFields::default()
        });
    }
    let first = u32::from(word(0)?) << 16 | u32::from(word(2)?);
    Some(IpFields {
        ttl: *bytes.get(7)?,
        tos: (first >> 20) as u8,
        flow_label: first & 0xf_ffff,
        ..IpFields::default()
    })
}
