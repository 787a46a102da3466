//! The two sockets of a connection as a key, the same from both sides, and its keyed hash.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Pair;

/// A pair of sockets, without which of them is the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Both addresses, the lower one first: of IPv4 in the first word, of IPv6 in two words each.
    pub(super) words: [u64; 4],
    pub(super) ports: [u16; 2],
    pub(super) v6: bool,
}

impl Key {
    /// The key, and whether `one` is its lower socket.
    #[inline]
    pub(super) fn of(one: SocketAddr, other: SocketAddr) -> (Self, bool) {
        if let (IpAddr::V4(one_address), IpAddr::V4(other_address)) = (one.ip(), other.ip()) {
            return Self::of_v4((one_address, one.port()), (other_address, other.port()));
        }
        let (one, other) = ((bits(one.ip()), one.port()), (bits(other.ip()), other.port()));
        let is_low = one <= other;
        let (low, high) = if is_low { (one, other) } else { (other, one) };
        let words = [(low.0 >> 64) as u64, low.0 as u64, (high.0 >> 64) as u64, high.0 as u64];
        (Self { words, ports: [low.1, high.1], v6: true }, is_low)
    }

    /// The same for IPv4, which most packets are.
    #[inline]
    pub(super) fn of_v4(one: (Ipv4Addr, u16), other: (Ipv4Addr, u16)) -> (Self, bool) {
        let socket = |(address, port): (Ipv4Addr, u16)| u64::from(address.to_bits()) << 16 | u64::from(port);
        let (one, other) = (socket(one), socket(other));
        let is_low = one <= other;
        let (low, high) = if is_low { (one, other) } else { (other, one) };
        let words = [(low >> 16) << 32 | high >> 16, 0, 0, 0];
        (Self { words, ports: [low as u16, high as u16], v6: false }, is_low)
    }

    /// The two sockets, the lower one as the client's or as the server's.
    pub(super) const fn sockets(&self, client_is_low: bool) -> Pair<SocketAddr> {
        let [a, b, c, d] = self.words;
        let (low, high) = if self.v6 { (v6(a, b), v6(c, d)) } else { (v4((a >> 32) as u32), v4(a as u32)) };
        let (low, high) = (SocketAddr::new(low, self.ports[0]), SocketAddr::new(high, self.ports[1]));
        if client_is_low { Pair { client: low, server: high } } else { Pair { client: high, server: low } }
    }
}

const fn v4(bits: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(bits))
}

const fn v6(high: u64, low: u64) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits((high as u128) << 64 | low as u128))
}

/// An IPv6 address, or what IPv6 calls an IPv4 address.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits()
}

/// Whether many hosts may listen to this address. The broadcast address of a network cannot be told from a host's.
pub(super) const fn is_group(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_multicast() || matches!(address, Ipv4Addr::BROADCAST),
        IpAddr::V6(address) => address.is_multicast(),
    }
}

/// Hashes keys under numbers drawn at random for each table, so that nobody can choose sockets that collide.
#[derive(Clone, Debug)]
pub(super) struct KeyHasher(ahash::RandomState);

impl KeyHasher {
    pub(super) fn new() -> Self {
        // std draws its keys at random, and these hash what nobody else sees.
        let random = RandomState::new();
        let [a, b, c, d] = [0_u8, 1, 2, 3].map(|number| random.hash_one(number));
        Self(ahash::RandomState::with_seeds(a, b, c, d))
    }

    #[inline]
    pub(super) fn hash(&self, key: &Key) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u64(key.words[0]);
        if key.v6 {
            key.words[1..].iter().for_each(|word| hasher.write_u64(*word));
        }
        let [low, high] = key.ports.map(u64::from);
        hasher.write_u64(u64::from(key.v6) << 63 | low << 32 | high);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(text: &str) -> SocketAddr {
        text.parse().expect("a socket")
    }

    #[test]
    fn both_directions_have_one_key() {
        for (one, other) in [
            ("192.0.2.1:80", "192.0.2.2:80"),
            ("192.0.2.1:80", "192.0.2.1:81"),
            ("[2001:db8::1]:9", "[2001:db8::2]:8"),
            ("[::1]:9", "[::1]:9"),
        ] {
            let (one, other) = (socket(one), socket(other));
            let (key, is_low) = Key::of(one, other);
            assert_eq!(Key::of(other, one), (key, !is_low || one == other));
            let (low, high) = (key.sockets(true).client, key.sockets(true).server);
            assert!((low, high) == (one, other) || (low, high) == (other, one));
            assert_eq!(key.sockets(false), Pair { client: high, server: low });
        }
    }

    #[test]
    fn every_part_counts() {
        let hasher = KeyHasher::new();
        let key = |one, other| Key::of(socket(one), socket(other)).0;
        let keys = [
            key("192.0.2.1:80", "192.0.2.2:81"),
            key("192.0.2.1:81", "192.0.2.2:80"),
            key("192.0.2.1:80", "192.0.2.3:81"),
            key("192.0.2.0:80", "192.0.2.2:81"),
            key("[2001:db8::1]:80", "[2001:db8::2]:81"),
            key("[2001:db8:1::1]:80", "[2001:db8::2]:81"),
            key("[2001:db8::1]:80", "[2001:db8:0:0:1::2]:81"),
            key("[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.2]:81"),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(
                keys[..index].iter().all(|other| other != key && hasher.hash(other) != hasher.hash(key)),
                "{key:?}"
            );
        }
    }

    #[test]
    fn each_table_has_its_own_hash() {
        let (key, _) = Key::of(socket("192.0.2.1:80"), socket("192.0.2.2:81"));
        assert_ne!(KeyHasher::new().hash(&key), KeyHasher::new().hash(&key));
    }
}
