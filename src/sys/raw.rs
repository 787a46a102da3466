//! Sending whole IP packets, header included, as they were built by hand.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use pnet::packet::ip::IpNextHeaderProtocol;
use pnet::transport::TransportChannelType::{Layer3, Layer4};
use pnet::transport::{TransportProtocol, TransportSender, transport_channel};
use socket2::SockRef;

use super::{Error, Interface, Result, Version, sockopt};

/// Sockets of this protocol take a header of ours and never receive anything, so no queue fills up behind them.
const PROTOCOL: IpNextHeaderProtocol = IpNextHeaderProtocol(255);

/// A raw socket that sends whole packets.
///
/// pnet opens it. Its receiving side is not used (a segment of ten bytes panics its iterator), nor its option setters
/// (they close the descriptor twice when they fail).
pub struct RawSender {
    channel: TransportSender,
    version: Version,
    /// The interface that it is tied to.
    interface: Option<String>,
}

impl RawSender {
    /// Opens a raw socket for packets of one IP version, tied to `interface` where one is named. Needs CAP_NET_RAW.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] with the ways out, [`Error::NoInterface`].
    pub fn open(version: Version, interface: Option<&str>) -> Result<Self> {
        let kind = match version {
            // With a header of ours: pnet sets IP_HDRINCL. In IPv6 the protocol number 255 alone means the same.
            Version::V4 => Layer3(PROTOCOL),
            Version::V6 => Layer4(TransportProtocol::Ipv6(PROTOCOL)),
        };
        let (channel, _) = transport_channel(0, kind).map_err(|source| Error::os("open a raw socket", source))?;
        let this = Self { channel, version, interface: interface.map(str::to_owned) };
        if let Some(name) = interface {
            sockopt::bind_device(&this, name)?;
        }
        this.prepare().map_err(|source| Error::os("set up a raw socket", source))?;
        Ok(this)
    }

    fn prepare(&self) -> std::io::Result<()> {
        let socket = SockRef::from(self);
        socket.set_cloexec(true)?;
        // A full queue must be an error that the caller sees, not a stop of its clock.
        socket.set_nonblocking(true)?;
        if self.version == Version::V4 {
            socket.set_broadcast(true)?;
        }
        Ok(())
    }

    /// Sends one packet. `destination` chooses the route and should equal the destination in the header; `scope_id` is
    /// the interface index; it counts for a link-local IPv6 destination only (ipv6(7)). In IPv4 the kernel fills in the header
    /// checksum and total length, and the identification and source address where they are zero (raw(7)).
    ///
    /// # Errors
    /// [`Error::is_too_long`], [`Error::is_unreachable`] and [`Error::is_transient`] tell them apart.
    pub fn send(&self, ip_packet: &[u8], destination: IpAddr, scope_id: u32) -> Result<()> {
        let to = sockopt::address(destination, 0, scope_id);
        match SockRef::from(self).send_to(ip_packet, &to) {
            Ok(_) => Ok(()),
            Err(source) => Err(self.refused(format!("send {} bytes to {destination}", ip_packet.len()), source)),
        }
    }

    /// The kernel has no way through an interface that is down or gone, and does not say which of both it is.
    fn refused(&self, operation: String, source: io::Error) -> Error {
        let error = Error::send(operation.clone(), source);
        let state = match &self.interface {
            Some(name) if error.is_unreachable() || error.is_without_device() => {
                Interface::named(name).map(|now| now.up)
            }
            _ => return error,
        };
        let (interface, source) =
            (self.interface.clone().unwrap_or_default(), io::Error::from_raw_os_error(error.errno().unwrap_or(0)));
        match state {
            Ok(true) => error,
            Ok(false) => Error::Severed { operation, interface, state: "down", source },
            Err(_) => Error::Severed { operation, interface, state: "gone", source },
        }
    }

    /// The IP version of the packets that it takes.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }
}

impl AsFd for RawSender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: pnet keeps the descriptor open for as long as `channel` lives, and `self` is borrowed for as long as
        // the result.
        unsafe { BorrowedFd::borrow_raw(self.channel.socket.fd) }
    }
}
