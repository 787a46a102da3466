//! The two sockets of a connection as a key, the same from both sides, and its keyed hash.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Pair;

/// A pair of sockets, without which of them is the client's. Of IPv4 only the first words of the addresses are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) low: [u32; 4],
    pub(super) high: [u32; 4],
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
        let (one, other) = ((words(one.ip()), one.port()), (words(other.ip()), other.port()));
        let is_low = one <= other;
        let (low, high) = if is_low { (one, other) } else { (other, one) };
        (Self { low: low.0, high: high.0, ports: [low.1, high.1], v6: true }, is_low)
    }

    /// The same for IPv4, which most packets are.
    #[inline]
    fn of_v4(one: (Ipv4Addr, u16), other: (Ipv4Addr, u16)) -> (Self, bool) {
        let is_low = one <= other;
        let (low, high) = if is_low { (one, other) } else { (other, one) };
        let words = |address: Ipv4Addr| [address.to_bits(), 0, 0, 0];
        (Self { low: words(low.0), high: words(high.0), ports: [low.1, high.1], v6: false }, is_low)
    }

    /// The two sockets, the lower one as the client's or as the server's.
    pub(super) const fn sockets(&self, client_is_low: bool) -> Pair<SocketAddr> {
        let low = SocketAddr::new(self.address(&self.low), self.ports[0]);
        let high = SocketAddr::new(self.address(&self.high), self.ports[1]);
        if client_is_low { Pair { client: low, server: high } } else { Pair { client: high, server: low } }
    }

    const fn address(&self, words: &[u32; 4]) -> IpAddr {
        let [a, b, c, d] = *words;
        if self.v6 {
            let bits = (a as u128) << 96 | (b as u128) << 64 | (c as u128) << 32 | d as u128;
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        } else {
            IpAddr::V4(Ipv4Addr::from_bits(a))
        }
    }
}

/// An IPv6 address, or what IPv6 calls an IPv4 address.
fn words(address: IpAddr) -> [u32; 4] {
    let bits = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits();
    [(bits >> 96) as u32, (bits >> 64) as u32, (bits >> 32) as u32, bits as u32]
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
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let mut hasher = self.0.build_hasher();
        hasher.write_u64(pair(key.low[0], key.high[0]));
        if key.v6 {
            (1..4).for_each(|word| hasher.write_u64(pair(key.low[word], key.high[word])));
        }
        hasher.write_u64(pair(u32::from(key.ports[0]), u32::from(key.ports[1])) | u64::from(key.v6) << 63);
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
