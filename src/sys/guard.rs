//! The guard that keeps our own kernel from answering for a hand-made connection.
//!
//! The kernel knows nothing of our SYN, so it answers the SYN-ACK with RST (RFC 9293, section 3.10.7.1), microseconds
//! after it arrives: no program wins that race. A listening TCP socket on the same address and port whose filter drops
//! everything takes the segment instead and says nothing; raw sockets and captures still get their copy. It changes no
//! firewall rule, it reserves the port, and it is gone with the process, however that ends.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use socket2::{Protocol, SockFilter, Socket, Type};

use super::{Error, Result, Version, confine, route};

/// `BPF_RET | BPF_K`: the verdict is the constant; 0 keeps no byte of the packet.
const RETURN: u16 = 0x06;

/// Sockets with their filter, for guards that are engaged when the capability to attach one is gone. Those that come from
/// here go back here.
static STOCK: Mutex<Vec<(Version, Socket)>> = Mutex::new(Vec::new());

/// Holds the kernel back for one local address and port. Keep it until the last FIN of the peer is acknowledged.
#[derive(Debug)]
pub struct RstGuard {
    /// Held only for its effect; none once it has gone back to the stock.
    listener: Option<Socket>,
    local: SocketAddr,
    is_of_stock: bool,
}

impl RstGuard {
    /// Puts the guard on `local`; with port 0 the kernel chooses a free one ([`RstGuard::local`]). `interface` gives a
    /// link-local address its scope. Needs CAP_NET_ADMIN on recent kernels, if nothing was [laid in](Self::lay_in), nothing on
    /// older ones.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] where the filter is refused: without it the kernel would answer, so nothing is left
    /// behind; the same with EMFILE where all that was laid in is in use. [`Error::PortInUse`], [`Error::ForeignSource`],
    /// [`Error::NoScope`].
    pub fn engage(local: SocketAddr, interface: Option<&str>) -> Result<Self> {
        let local = route::with_scope(local, interface)?;
        let (listener, is_of_stock) = silent_socket(Version::of(local.ip()))?;
        let mut this = Self { listener: Some(listener), local, is_of_stock };
        if let Some(listener) = &this.listener {
            listen(listener, local)?;
            this.local = listener.local_addr().ok().and_then(|address| address.as_socket()).unwrap_or(local);
        }
        Ok(this)
    }

    /// Sees to it that so many guards can be engaged at once, by whoever may not attach filters.
    ///
    /// # Errors
    /// [`Error::NotPermitted`]; no descriptor is left.
    pub fn lay_in(version: Version, count: usize) -> Result<()> {
        let more = (0..count).map(|_| Ok((version, filtered(version)?))).collect::<Result<Vec<_>>>()?;
        stock().extend(more);
        Ok(())
    }

    /// The guarded address, with the port that the kernel chose if it was asked to.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// How it works, in words.
    #[must_use]
    pub fn method(&self) -> String {
        format!("a listening socket on {} whose filter drops every segment (SO_ATTACH_FILTER, ret 0)", self.local)
    }
}

/// What came from the stock listens no more, gives its port back, and can be engaged again.
impl Drop for RstGuard {
    fn drop(&mut self) {
        let Some(listener) = self.listener.take().filter(|_| self.is_of_stock) else { return };
        let nobody = libc::sockaddr { sa_family: libc::AF_UNSPEC as libc::sa_family_t, sa_data: [0; 14] };
        let length = size_of_val(&nobody) as libc::socklen_t;
        // SAFETY: pointer and length describe `nobody`; to connect to it undoes listening and binding (connect(2)).
        if unsafe { libc::connect(listener.as_raw_fd(), &raw const nobody, length) } == 0 {
            stock().push((Version::of(self.local.ip()), listener));
        }
    }
}

fn stock() -> MutexGuard<'static, Vec<(Version, Socket)>> {
    STOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A socket with its filter, and whether it comes from the stock.
fn silent_socket(version: Version) -> Result<(Socket, bool)> {
    let mut stock = stock();
    if let Some(place) = stock.iter().rposition(|(laid_in, _)| *laid_in == version) {
        return Ok((stock.swap_remove(place).1, true));
    }
    drop(stock);
    let socket = filtered(version).map_err(|error| match error {
        // Something was laid in, and there would have been a place for more.
        Error::NotPermitted { operation, .. } if confine::is_confined() => {
            Error::Os { operation, source: io::Error::from_raw_os_error(libc::EMFILE) }
        }
        other => other,
    });
    Ok((socket?, false))
}

/// A TCP socket whose filter drops every segment.
fn filtered(version: Version) -> Result<Socket> {
    let socket = Socket::new(version.domain(), Type::STREAM, Some(Protocol::TCP))
        .map_err(|source| Error::os("open a TCP socket", source))?;
    socket
        .attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
        .map_err(|source| Error::os("keep the kernel from answering with RST (SO_ATTACH_FILTER)", source))?;
    if version == Version::V6 {
        socket.set_only_v6(true).map_err(|source| Error::os("open a TCP socket for IPv6 alone", source))?;
    }
    Ok(socket)
}

fn listen(listener: &Socket, local: SocketAddr) -> Result<()> {
    let listening = listener.bind(&local.into()).and_then(|()| listener.listen(1));
    listening.map_err(|source| refusal(local, source))
}

/// A TCP listener that never answers: its filter, attached before it listens, drops every segment.
///
/// # Errors
/// As [`RstGuard::engage`].
pub fn silent_listener(local: SocketAddr) -> Result<Socket> {
    let listener = filtered(Version::of(local.ip()))?;
    listen(&listener, local)?;
    Ok(listener)
}

fn refusal(local: SocketAddr, source: io::Error) -> Error {
    match source.raw_os_error() {
        Some(libc::EADDRINUSE) => Error::PortInUse { address: local.ip(), port: local.port() },
        Some(libc::EADDRNOTAVAIL) => route::foreign_source(local.ip()),
        _ => Error::os(format!("reserve port {} of {}", local.port(), local.ip()), source),
    }
}
