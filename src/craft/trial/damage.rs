//! What makes a packet one that its receiver must drop.

use crate::craft::packet::{IpLength, PacketSpec, Transport};
use crate::tcp::Damage;

/// The first damage that the header of `spec` was asked to have, from the outside in; none for a sound one.
#[must_use]
pub fn damage(spec: &PacketSpec) -> Option<Damage> {
    let PacketSpec { ip, transport, .. } = spec;
    let (wrong_offset, wrong_checksum) = match transport {
        Transport::Tcp(tcp) => (tcp.data_offset.is_some(), tcp.bad_checksum),
        Transport::Udp(udp) => (false, udp.bad_checksum),
        Transport::Icmp(icmp) => (false, icmp.bad_checksum),
    };
    let rows = [
        (ip.bad_checksum && spec.destination.is_ipv4(), Damage::IpChecksum),
        (ip.more_fragments || ip.fragment_offset > 0, Damage::Fragment),
        (ip.length != IpLength::Right, Damage::IpLength),
        (wrong_offset, Damage::DataOffset),
        (wrong_checksum, Damage::Checksum),
    ];
    rows.into_iter().find(|(is, _)| *is).map(|(_, damage)| damage)
}
