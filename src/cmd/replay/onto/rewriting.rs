//! The options that rewrite packets, and what they make of them.

use std::net::IpAddr;

use crate::craft::rewrite::{Mac, Prefixes, Rewriter, Table, Tags, Unfit};
use crate::sys::{Interface, InterfaceKind};
use crate::wire::LinkType;

/// What is rewritten on the way.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Rewriting")]
pub(super) struct RewritingArgs {
    /// Addresses that become others: 192.0.2.1=10.0.0.1, or prefixes of one length, 192.0.2.0/24=10.0.0.0/24; also IPv6,
    /// also in ARP, in neighbour discovery and in what ICMP errors quote. The first that fits counts
    #[arg(long, value_name = "FROM=TO", requires = "place", conflicts_with = "against", value_parser = prefixes)]
    map_ip: Vec<Prefixes>,
    /// TCP and UDP ports that become others: 80=8080
    #[arg(long, value_name = "FROM=TO", requires = "place", conflicts_with = "against", value_parser = ports)]
    map_port: Vec<(u16, u16)>,
    /// Ethernet addresses that become others: 02:00:00:00:00:01=02:00:00:00:00:09
    #[arg(long, value_name = "FROM=TO", requires = "place", conflicts_with = "against", value_parser = macs)]
    map_mac: Vec<(Mac, Mac)>,
    /// The Ethernet address that all frames come from
    #[arg(long, value_name = "MAC", requires = "place", conflicts_with = "against", value_parser = mac)]
    source_mac: Option<Mac>,
    /// The Ethernet address that all frames go to
    #[arg(long, value_name = "MAC", requires = "place", conflicts_with = "against", value_parser = mac)]
    dest_mac: Option<Mac>,
    /// Put every frame into this VLAN: the outermost tag is changed, or one is added
    #[arg(long, value_name = "ID", requires = "place", conflicts_with = "against", value_parser = clap::value_parser!(u16).range(0..=4095))]
    vlan: Option<u16>,
    /// Take VLAN tags away
    #[arg(long, requires = "place", conflicts_with_all = ["vlan", "against"])]
    no_vlan: bool,
    /// The TTL, or hop limit, of all packets
    #[arg(long, value_name = "N", requires = "place", conflicts_with = "against", value_parser = clap::value_parser!(u8))]
    ttl: Option<u8>,
    /// Cut packets that are longer than the interface allows
    #[arg(long, requires = "place", conflicts_with = "against")]
    mtu_trim: bool,
    /// Make wrong checksums right, and finish those that were left to a network interface
    #[arg(long, requires = "place", conflicts_with = "against")]
    fix_checksums: bool,
    /// Fill up with zeros what the capture cut
    #[arg(long, requires = "place", conflicts_with = "against")]
    snap_pad: bool,
}

impl RewritingArgs {
    /// What becomes of packets on this interface, whose frames are of type `link`. Packets that were captured without Ethernet
    /// addresses go to `peer`; on loopback nobody looks at them.
    pub(super) fn rewriter(&self, interface: &Interface, link: LinkType, peer: Option<Mac>) -> Rewriter {
        let tags = match (self.vlan, self.no_vlan) {
            (Some(id), _) => Tags::Vlan(id),
            (None, true) => Tags::Removed,
            (None, false) => Tags::Kept,
        };
        let table = Table {
            ips: self.map_ip.clone(),
            ports: self.map_port.clone(),
            macs: self.map_mac.clone(),
            source_mac: self.source_mac,
            dest_mac: self.dest_mac,
            tags,
            ttl: self.ttl,
            trim_to: self.mtu_trim.then_some(interface.mtu),
            fix_checksums: self.fix_checksums,
            pad: self.snap_pad,
        };
        let peer_mac = peer.or((interface.kind == InterfaceKind::Loopback).then_some([0; 6]));
        Rewriter { table, link, own_mac: interface.mac, peer_mac }
    }
}

/// Why a packet cannot be sent, and which option helps.
pub(super) fn why(unfit: &Unfit) -> String {
    let help = match unfit {
        Unfit::Cut { .. } => " (--snap-pad fills it up with zeros)",
        Unfit::Unaddressed => " (--dest-mac says which; ip neighbour lists those of your hosts)",
        Unfit::Link(_) => " (Ethernet, raw IP, BSD loopback and Linux cooked captures can)",
        _ => "",
    };
    format!("{unfit}{help}")
}

/// Both sides of `FROM=TO`.
fn sides(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| "not two, as in FROM=TO".to_owned())
}

fn prefixes(text: &str) -> Result<Prefixes, String> {
    let (from, to) = sides(text)?;
    let ((from, length), (to, other)) = (prefix(from)?, prefix(to)?);
    if from.is_ipv4() != to.is_ipv4() {
        return Err("IPv4 cannot become IPv6, or the other way".to_owned());
    }
    if length != other {
        return Err(format!("a prefix of {length} bits cannot become one of {other}"));
    }
    Prefixes::new(from, to, length).ok_or_else(|| format!("{from} has no prefix of {length} bits"))
}

fn prefix(text: &str) -> Result<(IpAddr, u8), String> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().map_err(|_| "not an IP address, or an address and a length".to_owned())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok().filter(|length| *length <= most));
    length.map(|length| (address, length)).ok_or_else(|| format!("a prefix of that address has 0 to {most} bits"))
}

fn ports(text: &str) -> Result<(u16, u16), String> {
    let (from, to) = sides(text)?;
    let port = |text: &str| text.parse().map_err(|_| "not a port, 0 to 65535".to_owned());
    Ok((port(from)?, port(to)?))
}

fn macs(text: &str) -> Result<(Mac, Mac), String> {
    let (from, to) = sides(text)?;
    Ok((mac(from)?, mac(to)?))
}

fn mac(text: &str) -> Result<Mac, String> {
    let is_octet = |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_hexdigit());
    let octets: Vec<u8> =
        text.split([':', '-']).filter(is_octet).filter_map(|part| u8::from_str_radix(part, 16).ok()).collect();
    let is_all = text.split([':', '-']).count() == octets.len();
    octets
        .try_into()
        .ok()
        .filter(|_| is_all)
        .ok_or_else(|| "not an Ethernet address, such as 02:00:00:00:00:01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_read_or_told_to_be_wrong() {
        let map =
            |text: &str, address: &str| prefixes(text).unwrap().map(address.parse().unwrap()).unwrap().to_string();
        assert_eq!(map("10.0.0.0/8=11.0.0.0/8", "10.1.2.3"), "11.1.2.3");
        assert_eq!(map("::1=2001:db8::1", "::1"), "2001:db8::1");
        for wrong in [
            "10.0.0.1",
            "10.0.0.0/8=11.0.0.0",
            "10.0.0.0/33=1.1.1.1/33",
            "::1=10.0.0.1",
            "a=b",
            "1.1.1.1=",
            "1.1.1.1/=1.1.1.1/",
        ] {
            assert!(prefixes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(ports("80=8080"), Ok((80, 8080)));
        assert!(ports("80").is_err() && ports("80=65536").is_err() && ports("-1=1").is_err());
        assert_eq!(mac("02:0-a:b:C:1"), Ok([2, 0, 10, 11, 12, 1]));
        for wrong in
            ["", "02:00:00:00:00", "02:00:00:00:00:00:00", "02:00:00:00:00:zz", "02::00:00:00:00:00", "002:0:0:0:0:0"]
        {
            assert!(mac(wrong).is_err(), "{wrong}");
        }
    }
}
