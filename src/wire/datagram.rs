//! UDP (RFC 768).

use super::segment::checksum_state;
use super::{Checksum, Ip, Layer, Stop, StopReason};

/// A UDP datagram, borrowed from a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// The length field: header and payload, in octets.
    pub length: u16,
    /// Whether the checksum field is right; unknown when the sender left it 0.
    pub checksum_state: Checksum,
    /// Payload, as far as it was captured.
    pub payload: &'a [u8],
}

/// Reads the datagram in the payload of `ip`.
///
/// # Errors
/// Says why none can be read: fewer than eight octets.
pub(super) fn decode<'a>(ip: &Ip, bytes: &'a [u8]) -> Result<Datagram<'a>, Stop> {
    let &[s0, s1, d0, d1, l0, l1, c0, c1, ref payload @ ..] = bytes else {
        let reason =
            if bytes.len() < ip.payload_len { StopReason::Cut } else { StopReason::Malformed("fewer than 8 octets") };
        return Err(Stop { layer: Layer::Udp, offset: 0, reason });
    };
    let length = u16::from_be_bytes([l0, l1]);
    let field = u16::from_be_bytes([c0, c1]);
    // 0 where the datagram is larger than the field can say (RFC 2675 section 4).
    let is_jumbo = length == 0 && ip.payload_len > usize::from(u16::MAX);
    let end = if is_jumbo { payload.len() } else { usize::from(length).saturating_sub(8).min(payload.len()) };
    Ok(Datagram {
        source_port: u16::from_be_bytes([s0, s1]),
        destination_port: u16::from_be_bytes([d0, d1]),
        length,
        checksum_state: if field == 0 { Checksum::Unknown } else { checksum_state(ip, bytes, field) },
        payload: &payload[..end],
    })
}
