//! The TCP header and its payload (RFC 9293 section 3.1), as the bytes say it.

use super::checksum::{self, Sum};
use super::{Checksum, Flags, Ip, Layer, Options, Stop, StopReason};

/// Octets of a TCP header without options.
pub(super) const HEADER_LEN: usize = 20;

/// Octets of a TCP header up to the end of its window: what is needed to say what a segment does.
const WINDOW_END: usize = 16;

/// A TCP segment, borrowed from a packet. Nothing is judged: contradictory flags, reserved bits and a header length
/// that cannot be are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number of the first octet, or of the SYN.
    pub seq: u32,
    /// Acknowledgment number; significant only with the ACK flag.
    pub ack: u32,
    /// Header length in units of four octets; below 5 is malformed.
    pub data_offset: u8,
    /// The three bits between data offset and flags that have no meaning yet.
    pub reserved: u8,
    /// Control bits.
    pub flags: Flags,
    /// Window, not scaled.
    pub window: u16,
    /// The checksum field.
    pub checksum: u16,
    /// Whether the checksum field is right.
    pub checksum_state: Checksum,
    /// Urgent pointer; significant only with the URG flag.
    pub urgent: u16,
    /// Options, as far as they were captured.
    pub options: Options<'a>,
    /// Payload, as far as it was captured.
    pub payload: &'a [u8],
    /// Octets of payload on the wire: SEG.LEN without SYN and FIN.
    pub payload_len: u32,
}

impl Segment<'_> {
    /// Sequence numbers that the segment takes: payload, SYN and FIN (SEG.LEN of RFC 9293 section 3.4).
    #[must_use]
    pub const fn sequence_len(&self) -> u32 {
        self.payload_len.wrapping_add(self.flags.sequence_len())
    }
}

const fn be16(bytes: &[u8; HEADER_LEN], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

const fn be32(bytes: &[u8; HEADER_LEN], at: usize) -> u32 {
    (be16(bytes, at) as u32) << 16 | be16(bytes, at + 2) as u32
}

/// Reads the segment in the payload of `ip`. Offsets of a [`Stop`] count from the start of `bytes`.
///
/// A segment comes back with a stop where the capture cut its header behind the window, or where its data offset is
/// impossible; such a segment has no payload. A checksum and an urgent pointer that were cut off are 0.
///
/// # Errors
/// Says why no segment can be read: fewer than 20 octets, or cut before the end of its window.
pub(super) fn decode<'a>(ip: &Ip, bytes: &'a [u8]) -> Result<(Segment<'a>, Option<Stop>), Stop> {
    let stop = |reason| Stop { layer: Layer::Tcp, offset: 0, reason };
    let header = match bytes.first_chunk() {
        Some(header) => *header,
        None if bytes.len() >= ip.payload_len => return Err(stop(StopReason::Malformed("fewer than 20 octets"))),
        None if bytes.len() < WINDOW_END => return Err(stop(StopReason::Cut)),
        None => padded(bytes),
    };
    let header_len = usize::from(header[12] >> 4) * 4;
    let problem = if header_len < HEADER_LEN {
        Some(stop(StopReason::Malformed("data offset below 5")))
    } else if header_len > ip.payload_len {
        Some(stop(StopReason::Malformed("data offset beyond the segment")))
    } else if header_len > bytes.len() {
        Some(stop(StopReason::Cut))
    } else {
        None
    };
    let (options, payload, payload_len) = match problem {
        None => (&bytes[HEADER_LEN..header_len], &bytes[header_len..], ip.payload_len - header_len),
        Some(Stop { reason: StopReason::Cut, .. }) => {
            (bytes.get(HEADER_LEN..).unwrap_or_default(), &[][..], ip.payload_len - header_len)
        }
        Some(_) => (&[][..], &[][..], 0),
    };
    let checksum_state = checksum_state(ip, bytes, be16(&header, 16));
    Ok((read(&header, options, payload, payload_len, checksum_state), problem))
}

/// The fields of a header, and what stands behind it.
#[inline]
pub(super) fn read<'a>(
    header: &[u8; HEADER_LEN],
    options: &'a [u8],
    payload: &'a [u8],
    payload_len: usize,
    checksum_state: Checksum,
) -> Segment<'a> {
    Segment {
        source_port: be16(header, 0),
        destination_port: be16(header, 2),
        seq: be32(header, 4),
        ack: be32(header, 8),
        data_offset: header[12] >> 4,
        reserved: header[12] >> 1 & 0b111,
        flags: Flags::from_bits(be16(header, 12)),
        window: be16(header, 14),
        checksum: be16(header, 16),
        checksum_state,
        urgent: be16(header, 18),
        options: Options(options),
        payload,
        payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
    }
}

/// The start of a header, and zeros where it was cut off.
fn padded(bytes: &[u8]) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..bytes.len()].copy_from_slice(bytes);
    header
}

/// Checks a transport checksum that covers the whole payload of `ip`; a cut or fragmented one cannot be checked.
#[inline]
pub(super) fn checksum_state(ip: &Ip, bytes: &[u8], field: u16) -> Checksum {
    if bytes.len() < ip.payload_len || ip.fragment.is_some() {
        return Checksum::Unknown;
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    checksum::verify(Sum::pseudo_header(ip.source, ip.destination, ip.protocol, length), bytes, field)
}
