//! An AF_XDP socket that only sends (Documentation/networking/af_xdp.rst).
//!
//! It needs no BPF program: that is for receiving. The kernel copies each packet out of the blocks into a buffer of its own, as
//! with a packet socket, and hands it straight to the driver. Zero copy is not asked for: drivers that have it take a whole
//! queue away from the rest of the machine.

use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::arena::{Arena, CHUNK};
use super::frames::FrameSender;
use super::ring::Ring;
use super::{Aim, Block, Outgoing, Refusal, longest_frame};
use crate::sys::{Error, Interface, Result, sockopt};

/// Packets that are given to the kernel together.
pub(super) const AT_ONCE: usize = 512;
/// Entries of the rings; all that are under way have room in the completion ring.
const TX: u32 = 1024;
const COMPLETION: u32 = 4096;
/// Nothing is received, but a socket has this ring.
const FILL: u32 = 64;
/// XDP_MAX_TX_SKB_BUDGET of linux/if_xdp.h, since Linux 6.17: packets for one system call, otherwise 32.
const MAX_TX_BUDGET: i32 = 9;
/// Octets that may be under way.
const BUFFER: i32 = 8 << 20;

/// How often a queue that another socket has is asked for, and after how long again.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(4);

/// The socket and its rings.
pub(super) struct XdpSender {
    socket: OwnedFd,
    tx: Ring<libc::xdp_desc>,
    completion: Ring<u64>,
    /// The kernel reads it until the socket is gone.
    _memory: Arc<Arena>,
    interface: Interface,
    /// For packets that are longer than a chunk.
    frames: FrameSender,
}

impl XdpSender {
    /// Opens one whose packets are in `blocks`, which are of one arena.
    pub(super) fn open(interface: &Interface, blocks: &[Block]) -> Result<Self> {
        let what = || format!("send through interface {} with AF_XDP", interface.name);
        let failed = |source| Error::os(what(), source);
        let memory = blocks.first().map(|block| Arc::clone(block.arena()));
        let memory = memory.ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        let socket = socket().map_err(failed)?;
        register(&socket, &memory).map_err(failed)?;
        for (option, size) in
            [(libc::XDP_UMEM_FILL_RING, FILL), (libc::XDP_UMEM_COMPLETION_RING, COMPLETION), (libc::XDP_TX_RING, TX)]
        {
            sockopt::set_bytes(&socket, libc::SOL_XDP, option, &size.to_ne_bytes()).map_err(failed)?;
        }
        let places = places(&socket).map_err(failed)?;
        let tx = Ring::map(&socket, libc::XDP_PGOFF_TX_RING, places.tx, TX).map_err(failed)?;
        let at = libc::XDP_UMEM_PGOFF_COMPLETION_RING as i64;
        let completion = Ring::map(&socket, at, places.cr, COMPLETION).map_err(failed)?;
        // Both only make it faster.
        let _ = sockopt::set_bytes(&socket, libc::SOL_XDP, MAX_TX_BUDGET, &TX.to_ne_bytes());
        if sockopt::set_int(&socket, libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, BUFFER).is_err() {
            let _ = sockopt::set_int(&socket, libc::SOL_SOCKET, libc::SO_SNDBUF, BUFFER);
        }
        bind(&socket, interface.index).map_err(failed)?;
        let frames = FrameSender::open(interface, false, Aim::Speed)?;
        Ok(Self { socket, tx, completion, _memory: memory, interface: interface.clone(), frames })
    }

    /// Gives packets to the kernel; answers how many it took.
    pub(super) fn send(&mut self, block: &Block, packets: Range<usize>) -> std::result::Result<usize, Refusal> {
        let start = packets.start;
        let Some(packets) = block.packets().get(packets) else { return Ok(0) };
        let Some(first) = packets.first() else { return Ok(0) };
        if first.len() > longest_frame(&self.interface, block.bytes(first)) {
            return Err(Refusal::TooLong);
        }
        if !fits(block, first) {
            return self.frames.send(block, start..start + 1);
        }
        let before = self.tx.producer();
        let mut producer = before;
        let room = self.tx.free();
        let is_plain = |packet: &&Outgoing| {
            fits(block, packet) && packet.len() <= longest_frame(&self.interface, block.bytes(packet))
        };
        for packet in packets.iter().take_while(is_plain).take(room) {
            let (addr, len) = (block.offset(packet) as u64, packet.len() as u32);
            self.tx.write(producer, libc::xdp_desc { addr, len, options: 0 });
            producer = producer.wrapping_add(1);
        }
        self.tx.set_producer(producer);
        let refusal = self.push(producer);
        // What the kernel has not taken is taken back: without zero copy it looks at the ring within the call alone.
        let consumer = self.tx.consumer();
        self.tx.set_producer(consumer);
        match (consumer.wrapping_sub(before) as usize, refusal) {
            (0, Some(refusal)) => Err(refusal),
            (taken, _) => Ok(taken),
        }
    }

    /// Has the kernel send what is in the ring, until all is taken or it takes nothing more.
    fn push(&self, producer: u32) -> Option<Refusal> {
        let mut consumer = self.tx.consumer();
        while consumer != producer {
            let (no_bytes, no_address) = (ptr::null(), ptr::null());
            // SAFETY: without octets and without an address the call only says that the ring is to be looked at.
            let done = unsafe { libc::sendto(self.socket.as_raw_fd(), no_bytes, 0, libc::MSG_DONTWAIT, no_address, 0) };
            let refusal = (done < 0).then(Refusal::last);
            // What has left makes room: its places in the arena are known anyway.
            self.completion.set_consumer(self.completion.producer());
            let now = self.tx.consumer();
            if now == consumer {
                return refusal.or(Some(Refusal::Full));
            }
            if let Some(refusal) = refusal.filter(|refusal| !matches!(refusal, Refusal::Full)) {
                return Some(refusal);
            }
            consumer = now;
        }
        None
    }
}

/// Whether a packet is in one chunk, as the kernel wants it.
fn fits(block: &Block, packet: &Outgoing) -> bool {
    block.offset(packet) % CHUNK + packet.len() <= CHUNK
}

fn socket() -> io::Result<OwnedFd> {
    // SAFETY: socket(2) takes numbers only.
    let socket = unsafe { libc::socket(libc::AF_XDP, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    // SAFETY: a descriptor that was just made, and that nobody else has.
    if socket < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { OwnedFd::from_raw_fd(socket) }) }
}

/// Tells the kernel where the packets will be.
fn register(socket: &OwnedFd, memory: &Arena) -> io::Result<()> {
    let region = libc::xdp_umem_reg {
        addr: memory.start().as_ptr() as u64,
        len: memory.length() as u64,
        chunk_size: CHUNK as u32,
        headroom: 0,
        flags: 0,
        tx_metadata_len: 0,
    };
    // SAFETY: plain numbers without padding, as the bytes that they are.
    let bytes = unsafe { std::slice::from_raw_parts((&raw const region).cast::<u8>(), size_of_val(&region)) };
    sockopt::set_bytes(socket, libc::SOL_XDP, libc::XDP_UMEM_REG, bytes)
}

/// Where the rings have their counters and entries.
fn places(socket: &OwnedFd) -> io::Result<libc::xdp_mmap_offsets> {
    // SAFETY: plain numbers, for which all bits zero is a value.
    let mut places: libc::xdp_mmap_offsets = unsafe { std::mem::zeroed() };
    let mut length = size_of_val(&places) as libc::socklen_t;
    // SAFETY: the kernel writes no more than `length` octets to `places`, which lives until the call returns.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_XDP,
            libc::XDP_MMAP_OFFSETS,
            (&raw mut places).cast(),
            &raw mut length,
        )
    };
    match (done, length as usize == size_of_val(&places)) {
        (0, true) => Ok(places),
        // A kernel before 5.4, whose rings have no flags.
        (0, false) => Err(io::ErrorKind::Unsupported.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The first queue is there on every interface.
fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
    let address = libc::sockaddr_xdp {
        sxdp_family: libc::AF_XDP as u16,
        sxdp_flags: libc::XDP_COPY | libc::XDP_USE_NEED_WAKEUP,
        sxdp_ifindex: index,
        sxdp_queue_id: 0,
        sxdp_shared_umem_fd: 0,
    };
    let length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the kernel reads `length` octets of `address`, which lives until the call returns.
    let bind = || unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    // A socket that was closed just now has the queue a little longer: the kernel clears up behind it.
    for _ in 0..ATTEMPTS {
        if bind() == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EBUSY) {
            return Err(error);
        }
        std::thread::sleep(PAUSE);
    }
    Err(io::Error::from_raw_os_error(libc::EBUSY))
}
