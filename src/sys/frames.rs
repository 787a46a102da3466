//! Whole Ethernet frames in and out of one interface (packet(7)).

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, SockAddr, SockAddrStorage, Socket, Type};

use super::{Error, Result, sockopt};

/// More than any frame that an interface gives (a super-segment of 64 KiB with its headers).
const LONGEST: usize = 66 * 1024;

/// Bytes that may wait to be read; as many as the kernel grants.
const BUFFER: i32 = 8 << 20;

/// `ETH_P_ALL`: frames of every protocol.
const EVERY_PROTOCOL: u16 = libc::ETH_P_ALL as u16;

/// A packet socket on one interface. It hears the frames that come in through it, also those for other stations, and
/// none that go out. It never blocks.
#[derive(Debug)]
pub struct FrameSocket {
    socket: Socket,
    interface: String,
}

impl FrameSocket {
    /// Opens one on `interface` of this thread's network namespace. Needs CAP_NET_RAW.
    ///
    /// # Errors
    /// [`Error::NotPermitted`], [`Error::NoInterface`], or a kernel before 4.20, which shows what goes out too.
    pub fn open(interface: &str) -> Result<Self> {
        let index = sockopt::interface_index(interface)?;
        let failed = |source| Error::os(format!("hear the frames of interface {interface}"), source);
        // Without a protocol it hears nothing yet; with bind() it hears this interface alone from the first frame on.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(failed)?;
        sockopt::set_int(&socket, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, 1).map_err(failed)?;
        // More than net.core.rmem_max where we are privileged; what is granted will do.
        if sockopt::set_int(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, BUFFER).is_err() {
            let _ = sockopt::set_int(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, BUFFER);
        }
        socket.set_nonblocking(true).map_err(failed)?;
        socket.bind(&link_address(index, EVERY_PROTOCOL)).map_err(failed)?;
        Ok(Self { socket, interface: interface.to_owned() })
    }

    /// The next frame, or none when none is waiting.
    ///
    /// # Errors
    /// The interface is down or gone.
    pub fn receive(&self) -> Result<Option<Vec<u8>>> {
        let mut buffer = [MaybeUninit::<u8>::uninit(); LONGEST];
        loop {
            match self.socket.recv(&mut buffer) {
                // SAFETY: the kernel has written the first `length` bytes.
                Ok(length) => return Ok(Some(unsafe { buffer[..length].assume_init_ref() }.to_vec())),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed("receive from", error)),
            }
        }
    }

    /// Sends a frame, link-layer header first.
    ///
    /// # Errors
    /// [`Error::is_transient`] where the queue is full, [`Error::is_too_long`], or the interface is down or gone.
    pub fn send(&self, frame: &[u8]) -> Result<()> {
        self.socket.send(frame).map(drop).map_err(|error| self.failed("send to", error))
    }

    fn failed(&self, what: &str, source: io::Error) -> Error {
        Error::os(format!("{what} interface {}", self.interface), source)
    }
}

impl AsFd for FrameSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// `struct sockaddr_ll` for the frames of one protocol on an interface; with protocol 0 a socket hears nothing, and sends.
pub(super) fn link_address(index: u32, protocol: u16) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: a `sockaddr_ll` is plain data that fits into the storage of any address, as it is one.
    let address = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    address.sll_family = libc::AF_PACKET as libc::sa_family_t;
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = i32::try_from(index).unwrap_or(i32::MAX);
    let length = libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).unwrap_or(0);
    // SAFETY: family and length are those of the `sockaddr_ll` just written.
    unsafe { SockAddr::new(storage, length) }
}
