//! IPv6 extension headers (RFC 8200 section 4), and the authentication header, which IPv4 may have too (RFC 4302).

use super::Fragment;
use super::ip::protocol;

/// Octets of a fragment header (RFC 8200 section 4.5).
pub(super) const FRAGMENT_LEN: usize = 8;

/// What a chain of extension headers leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// Protocol of what follows; of the header that was cut, where one was.
    pub(super) protocol: u8,
    /// Octets from the start of the packet to what follows.
    pub(super) end: usize,
    /// Identification in the fragment header.
    pub(super) identification: Option<u32>,
    /// Set where the packet is a fragment. The chain ends there: what follows is a part of something, and only the
    /// first part begins with a header.
    pub(super) fragment: Option<Fragment>,
    /// Where in the packet the number stands that announced the last header of the chain.
    pub(super) announced_at: usize,
    /// The capture, or the packet, ends within a header.
    pub(super) is_short: bool,
}

impl Chain {
    /// Walks the chain that begins with header `first`, `start` octets into `packet`.
    #[inline]
    pub(super) fn walk(packet: &[u8], start: usize, first: u8) -> Self {
        let mut chain = Self {
            protocol: first,
            end: start,
            identification: None,
            fragment: None,
            announced_at: 6, // Next Header of the IPv6 header
            is_short: false,
        };
        while is_extension(chain.protocol) && !chain.is_short && chain.fragment.is_none() {
            chain.step(packet);
        }
        chain
    }

    /// Passes over one header.
    fn step(&mut self, packet: &[u8]) {
        let header = packet.get(self.end..).unwrap_or_default();
        let length = match (self.protocol, header) {
            (protocol::FRAGMENT, _) => FRAGMENT_LEN,
            (protocol::AUTHENTICATION, [_, words, ..]) => (usize::from(*words) + 2) * 4,
            (_, [_, units, ..]) => (usize::from(*units) + 1) * 8,
            _ => usize::MAX,
        };
        let Some(header) = header.get(..length) else {
            self.is_short = true;
            return;
        };
        if let (protocol::FRAGMENT, &[_, _, o0, o1, i0, i1, i2, i3]) = (self.protocol, header) {
            let offset = u16::from_be_bytes([o0, o1]);
            let fragment = Fragment { offset: u32::from(offset & !7), more: offset & 1 == 1 };
            self.identification = Some(u32::from_be_bytes([i0, i1, i2, i3]));
            // One that is whole is "atomic" (RFC 6946), and no fragment.
            self.fragment = Some(fragment).filter(|fragment| fragment.offset > 0 || fragment.more);
        }
        if self.fragment.is_none() {
            self.announced_at = self.end;
        }
        self.protocol = header[0];
        self.end += length;
    }
}

const fn is_extension(number: u8) -> bool {
    matches!(
        number,
        protocol::HOP_BY_HOP
            | protocol::ROUTING
            | protocol::FRAGMENT
            | protocol::AUTHENTICATION
            | protocol::DESTINATION_OPTIONS
            | protocol::MOBILITY
            | protocol::HIP
            | protocol::SHIM6
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_walked_to_its_end() {
        let mut packet = vec![0; 40];
        packet.extend([protocol::ROUTING, 1, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        packet.extend([protocol::AUTHENTICATION, 0, 0, 0, 0, 0, 0, 0]);
        packet.extend([protocol::TCP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let chain = Chain::walk(&packet, 40, protocol::HOP_BY_HOP);
        assert_eq!((chain.protocol, chain.end, chain.is_short), (protocol::TCP, 88, false));
        let chain = Chain::walk(&packet[..87], 40, protocol::HOP_BY_HOP);
        assert_eq!((chain.protocol, chain.end, chain.is_short), (protocol::AUTHENTICATION, 64, true));
    }

    #[test]
    fn nothing_is_read_behind_a_fragment_header() {
        // What follows the header of a later fragment only looks like destination options.
        let mut packet = vec![0; 40];
        packet.extend([protocol::DESTINATION_OPTIONS, 0, 0x05, 0xa8, 0, 0, 0, 9]);
        packet.extend([0; 8]);
        let chain = Chain::walk(&packet, 40, protocol::FRAGMENT);
        assert_eq!((chain.protocol, chain.end), (protocol::DESTINATION_OPTIONS, 48));
        assert_eq!(chain.fragment, Some(Fragment { offset: 1448, more: false }));
        assert_eq!((chain.identification, chain.announced_at), (Some(9), 6));
    }

    #[test]
    fn an_atomic_fragment_is_whole() {
        let mut packet = vec![0; 40];
        packet.extend([protocol::TCP, 0, 0, 0, 0, 0, 0, 9]);
        let chain = Chain::walk(&packet, 40, protocol::FRAGMENT);
        assert_eq!((chain.protocol, chain.end, chain.fragment), (protocol::TCP, 48, None));
    }
}
