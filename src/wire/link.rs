//! The link layer: which octets of a packet are IP.

use super::{Layer, LinkType, Packet, Stop, StopReason};

mod ethertype {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
}

/// Address families that BSD loopback headers carry for IPv6 (NetBSD, FreeBSD, macOS, Linux).
const BSD_INET6: [u32; 4] = [24, 28, 30, 10];
const BSD_INET: u32 = 2;

/// The offset of the IP header in `packet`.
///
/// # Errors
/// Says why there is none: the link type or the protocol in it is not IP, or the capture is cut.
pub(super) fn ip_offset(packet: &Packet<'_>) -> Result<usize, Stop> {
    let bytes = packet.bytes;
    match packet.link {
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Ok(0),
        LinkType::ETHERNET => after_ethertype(bytes, 12),
        LinkType::NULL | LinkType::LOOP => after_family(bytes),
        LinkType::LINUX_SLL => after_ethertype(bytes, 14),
        LinkType::LINUX_SLL2 => after_ethertype(bytes, 0).map(|_| 20),
        LinkType(other) => Err(stop(0, StopReason::Unknown(u32::from(other)))),
    }
}

const fn stop(offset: usize, reason: StopReason) -> Stop {
    Stop { layer: Layer::Link, offset, reason }
}

fn be16(bytes: &[u8], at: usize) -> Result<u16, Stop> {
    match bytes.get(at..at + 2) {
        Some(&[a, b]) => Ok(u16::from_be_bytes([a, b])),
        _ => Err(stop(at, StopReason::Cut)),
    }
}

/// Reads the EtherType at `at` and passes over any VLAN tags behind it.
fn after_ethertype(bytes: &[u8], mut at: usize) -> Result<usize, Stop> {
    loop {
        match be16(bytes, at)? {
            ethertype::IPV4 | ethertype::IPV6 => return Ok(at + 2),
            tag if ethertype::VLAN.contains(&tag) => at += 4,
            other => return Err(stop(at, StopReason::Unknown(u32::from(other)))),
        }
    }
}

/// The family is in the byte order of the capturing machine, so both are tried: no family is larger than 16 bits.
fn after_family(bytes: &[u8]) -> Result<usize, Stop> {
    let Some(&[a, b, c, d]) = bytes.get(..4) else {
        return Err(stop(0, StopReason::Cut));
    };
    let little = u32::from_le_bytes([a, b, c, d]);
    let family = if little > 0xffff { little.swap_bytes() } else { little };
    if family == BSD_INET || BSD_INET6.contains(&family) { Ok(4) } else { Err(stop(0, StopReason::Unknown(family))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Time;

    fn offset(link: LinkType, bytes: &[u8]) -> Result<usize, StopReason> {
        let packet = Packet { time: Time::default(), link, original_len: 60, bytes };
        ip_offset(&packet).map_err(|stop| stop.reason)
    }

    #[test]
    fn ethernet_and_its_tags() {
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00]);
        assert_eq!(offset(LinkType::ETHERNET, &frame), Ok(14));
        let mut tagged = vec![0; 12];
        tagged.extend([0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x86, 0xdd]);
        assert_eq!(offset(LinkType::ETHERNET, &tagged), Ok(22));
        assert_eq!(offset(LinkType::ETHERNET, &tagged[..17]), Err(StopReason::Cut));
        frame[13] = 0x06;
        assert_eq!(offset(LinkType::ETHERNET, &frame), Err(StopReason::Unknown(0x0806)));
    }

    #[test]
    fn loopback_in_both_byte_orders() {
        assert_eq!(offset(LinkType::NULL, &[2, 0, 0, 0]), Ok(4));
        assert_eq!(offset(LinkType::NULL, &[0, 0, 0, 30]), Ok(4));
        assert_eq!(offset(LinkType::LOOP, &[0, 0, 0, 24]), Ok(4));
        assert_eq!(offset(LinkType::NULL, &[7, 0, 0, 0]), Err(StopReason::Unknown(7)));
        assert_eq!(offset(LinkType::NULL, &[2, 0]), Err(StopReason::Cut));
    }

    #[test]
    fn linux_cooked_capture() {
        let mut cooked = vec![0; 16];
        cooked[14..].copy_from_slice(&[0x08, 0x00]);
        assert_eq!(offset(LinkType::LINUX_SLL, &cooked), Ok(16));
        let mut cooked2 = vec![0; 20];
        cooked2[..2].copy_from_slice(&[0x86, 0xdd]);
        assert_eq!(offset(LinkType::LINUX_SLL2, &cooked2), Ok(20));
    }
}
