//! Addresses and ports that become others.

use std::net::IpAddr;

/// An Ethernet address.
pub type Mac = [u8; 6];

/// All addresses of one prefix become those of another, of the same length: the bits behind it stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefixes {
    from: IpAddr,
    to: IpAddr,
    length: u8,
}

impl Prefixes {
    /// None where the two are not of one IP version, or have fewer bits than `length`.
    #[must_use]
    pub const fn new(from: IpAddr, to: IpAddr, length: u8) -> Option<Self> {
        let most = if from.is_ipv4() { 32 } else { 128 };
        if from.is_ipv4() == to.is_ipv4() && length <= most { Some(Self { from, to, length }) } else { None }
    }

    /// What an address becomes; none where it is not of the prefix.
    #[must_use]
    pub fn map(&self, address: IpAddr) -> Option<IpAddr> {
        match (self.from, self.to, address) {
            (IpAddr::V4(from), IpAddr::V4(to), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                let (from, to, address) = (from.to_bits(), to.to_bits(), address.to_bits());
                ((from ^ address) & mask == 0).then(|| IpAddr::V4((to & mask | address & !mask).into()))
            }
            (IpAddr::V6(from), IpAddr::V6(to), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                let (from, to, address) = (from.to_bits(), to.to_bits(), address.to_bits());
                ((from ^ address) & mask == 0).then(|| IpAddr::V6((to & mask | address & !mask).into()))
            }
            _ => None,
        }
    }
}

/// The first of these that knows `key` says what it becomes.
pub(super) fn find<T: PartialEq + Copy>(pairs: &[(T, T)], key: T) -> Option<T> {
    pairs.iter().find(|(from, _)| *from == key).map(|(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(from: &str, to: &str, length: u8, address: &str) -> Option<String> {
        let [from, to, address] = [from, to, address].map(|text| text.parse().unwrap());
        Prefixes::new(from, to, length).unwrap().map(address).map(|address| address.to_string())
    }

    #[test]
    fn the_bits_behind_a_prefix_stay() {
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(map("10.0.0.0", "192.168.0.0", 8, "10.1.2.3"), is("192.1.2.3"));
        assert_eq!(map("10.0.0.0", "192.168.0.0", 16, "10.1.2.3"), None);
        assert_eq!(map("10.0.0.7", "192.0.2.1", 32, "10.0.0.7"), is("192.0.2.1"));
        assert_eq!(map("0.0.0.0", "0.0.0.0", 0, "10.0.0.7"), is("10.0.0.7"));
        assert_eq!(map("2001:db8::", "fd00:1::", 32, "2001:db8:5::9"), is("fd00:1:5::9"));
        assert_eq!(map("::", "::", 0, "2001:db8:5::9"), is("2001:db8:5::9"));
        assert_eq!(map("2001:db8::1", "fd00::1", 128, "2001:db8::2"), None);
        assert_eq!(map("10.0.0.0", "10.0.0.0", 8, "2001:db8::2"), None);
    }

    #[test]
    fn prefixes_are_of_one_version() {
        let [v4, v6] = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse().unwrap());
        assert!(Prefixes::new(v4, v6, 8).is_none() && Prefixes::new(v4, v4, 33).is_none());
        assert!(Prefixes::new(v6, v6, 128).is_some());
    }
}
