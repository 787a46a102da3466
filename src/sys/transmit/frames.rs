//! A packet socket that only sends (packet(7)).

use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use socket2::{Domain, Socket, Type};

use super::{Aim, Block, Refusal};
use crate::sys::ancillary::{self, Aligned, read};
use crate::sys::icmp::stamps;
use crate::sys::{Error, Interface, Result, frames, sockopt};
use crate::wire::Time;

/// Packets for one sendmmsg(2).
pub(super) const AT_ONCE: usize = 256;

/// Octets that may be on their way at once; as many as the kernel grants.
const BUFFER: i32 = 8 << 20;

/// A packet socket that hears nothing.
pub(super) struct FrameSender {
    socket: Socket,
    batch: bool,
    stamps: bool,
    /// Written anew for each call: where the packets are.
    parts: Box<[libc::iovec; AT_ONCE]>,
}

impl FrameSender {
    pub(super) fn open(interface: &Interface, batch: bool, aim: Aim) -> Result<Self> {
        let failed = |source| Error::os(format!("send frames through interface {}", interface.name), source);
        let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(failed)?;
        // Without the queueing discipline where the kernel lets us; through it a frame goes as well.
        if aim == Aim::Speed {
            let _ = sockopt::set_int(&socket, libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS, 1);
        }
        // More than net.core.wmem_max where we are privileged; what is granted will do.
        if sockopt::set_int(&socket, libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, BUFFER).is_err() {
            let _ = sockopt::set_int(&socket, libc::SOL_SOCKET, libc::SO_SNDBUF, BUFFER);
        }
        socket.bind(&frames::link_address(interface.index, 0)).map_err(failed)?;
        let stamps = aim == Aim::Timing && stamps::ask_for_departures(&socket);
        let parts = Box::new([libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; AT_ONCE]);
        Ok(Self { socket, batch, stamps, parts })
    }

    pub(super) const fn stamps(&self) -> bool {
        self.stamps
    }

    /// Gives packets to the kernel; answers how many it took.
    pub(super) fn send(&mut self, block: &Block, packets: Range<usize>) -> std::result::Result<usize, Refusal> {
        let Some(packets) = block.packets().get(packets) else { return Ok(0) };
        match packets {
            [] => Ok(0),
            [first, ..] if !self.batch => self.socket.send(block.bytes(first)).map(|_| 1).map_err(Refusal::from),
            packets => self.send_many(packets.iter().map(|packet| block.bytes(packet))),
        }
    }

    fn send_many<'a>(&mut self, packets: impl Iterator<Item = &'a [u8]>) -> std::result::Result<usize, Refusal> {
        // SAFETY: an `mmsghdr` is plain data, for which all bits zero is a value.
        let mut messages: [libc::mmsghdr; AT_ONCE] = unsafe { MaybeUninit::zeroed().assume_init() };
        let mut count = 0;
        for ((octets, part), message) in packets.zip(self.parts.iter_mut()).zip(&mut messages) {
            *part = libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            count += 1;
        }
        // SAFETY: the first `count` messages have one part each, whose octets are borrowed until after the call; the
        // kernel only reads them.
        let sent = unsafe { libc::sendmmsg(self.socket.as_raw_fd(), messages.as_mut_ptr(), count, 0) };
        usize::try_from(sent).map_err(|_| Refusal::last())
    }

    /// Takes the stamps out of the error queue.
    pub(super) fn departures(&self, found: &mut dyn FnMut(u32, Time)) {
        while let Ok((nth, time)) = self.departure() {
            if let (Some(nth), Some(time)) = (nth, time) {
                found(nth, time);
            }
        }
    }

    /// One message of the error queue: the number of the packet, and the stamp.
    fn departure(&self) -> io::Result<(Option<u32>, Option<Time>)> {
        let mut room = Aligned([0; 256]);
        // SAFETY: a `msghdr` is plain data, for which all bits zero is a value.
        let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        message.msg_control = room.0.as_mut_ptr().cast();
        message.msg_controllen = room.0.len() as _;
        let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
        // SAFETY: the message has no room but for ancillary data, which lives until the end of this function.
        if unsafe { libc::recvmsg(self.socket.as_raw_fd(), &raw mut message, flags) } < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut found = (None, None);
        let take = |level, kind, data: &[u8]| match (level, kind) {
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING) => {
                found.1 = read::<[libc::timespec; 3]>(data).and_then(stamps::software);
            }
            (libc::SOL_PACKET, libc::PACKET_TX_TIMESTAMP) => {
                found.0 = read::<libc::sock_extended_err>(data).map(|error| error.ee_data);
            }
            _ => {}
        };
        // SAFETY: recvmsg() has filled `msg_control` and set `msg_controllen`.
        unsafe { ancillary::walk(&message, take) };
        Ok(found)
    }

    /// Waits until the error queue has something.
    pub(super) fn wait_for_departures(&self, timeout: Duration) -> bool {
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(timeout.subsec_nanos()) };
        let mut polled = [PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::empty())];
        self.stamps && matches!(rustix::event::poll(&mut polled, Some(&timeout)), Ok(1..))
    }
}
