//! Packets of any kind, right or wrong: what each field is to hold, and the bytes of it.
//!
//! Nothing is corrected. A length, an offset or a checksum that is to be wrong is written as it was asked for; the only
//! errors are values that their fields have no room for.

mod ip;
mod option;
mod transport;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub use ip::{IpLength, IpSpec};
pub use option::OptionSpec;
pub use transport::{IcmpSpec, TcpSpec, Transport, UdpSpec};

/// A packet to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketSpec {
    /// Source address.
    pub source: IpAddr,
    /// Destination address, of the same IP version.
    pub destination: IpAddr,
    /// The IP header.
    pub ip: IpSpec,
    /// What it carries.
    pub transport: Transport,
    /// What that carries.
    pub payload: Vec<u8>,
}

/// Why a packet cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Source and destination are not of one IP version.
    #[error("source {0} and destination {1} are not of one IP version")]
    Families(IpAddr, IpAddr),
    /// More TCP options than a header can hold.
    #[error("{0} octets of TCP options, but a header has room for 40")]
    Options(usize),
    /// More IPv4 options than a header can hold.
    #[error("{0} octets of IP options, but an IPv4 header has room for 40")]
    IpOptions(usize),
    /// More payload than an IP packet can hold.
    #[error("{0} octets are more than one IP packet can hold")]
    Length(usize),
    /// Fragments begin at multiples of eight octets (RFC 791 section 3.2).
    #[error("fragments of {0} octets cannot be: their size is a multiple of 8, from 8 to 65528")]
    FragmentSize(usize),
    /// A fragment offset counts units of eight octets in 13 bits.
    #[error("a fragment offset of {0} octets cannot be: it is a multiple of 8, up to 65528")]
    FragmentOffset(u32),
}

/// The IP packets that `spec` asks for: one, or as many as there are fragments.
///
/// # Errors
/// [`SpecError`]: a value that its field has no room for.
pub fn build(spec: &PacketSpec) -> Result<Vec<Vec<u8>>, SpecError> {
    let upper = transport::octets(spec)?;
    ip::packets(spec, &upper)
}
