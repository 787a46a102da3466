//! A host that says what a test wants it to say, frame by frame, where the lab has nobody.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use etherparse::{Ipv4Slice, NetSlice, SlicedPacket, TcpSlice, TransportSlice};
use rawshake::lab::{Lab, SERVER, SILENT};
use rawshake::sys::frames::FrameSocket;
use rawshake::wire::checksum::Sum;
use rawshake::wire::{Flags, IpFields, SegmentFields, emit, ip::protocol};

/// Octets of an Ethernet header.
const ETHERNET: usize = 14;
/// The peer's initial sequence number.
pub(super) const ISN: u32 = 7000;

/// A segment that arrived.
pub(super) struct Heard {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) payload: usize,
    /// From its IP header on.
    pub(super) packet: Vec<u8>,
}

impl Heard {
    fn new(packet: &[u8], ip: &Ipv4Slice<'_>, tcp: &TcpSlice<'_>) -> Self {
        Self {
            from: SocketAddr::from((ip.header().source_addr(), tcp.source_port())),
            to: SocketAddr::from((ip.header().destination_addr(), tcp.destination_port())),
            seq: tcp.sequence_number(),
            ack: tcp.acknowledgment_number(),
            syn: tcp.syn(),
            fin: tcp.fin(),
            payload: tcp.payload().len(),
            packet: packet.to_vec(),
        }
    }

    /// The number behind what it carries.
    pub(super) fn next(&self) -> u32 {
        self.seq.wrapping_add(self.payload as u32 + u32::from(self.syn) + u32::from(self.fin))
    }

    /// A segment back.
    pub(super) fn say(&self, flags: Flags, seq: u32, ack: u32, window: u16, payload: &[u8]) -> Vec<u8> {
        let payload = payload.to_vec();
        let fields = SegmentFields { seq, ack, flags, window, payload, ..SegmentFields::default() };
        emit::segment(self.to, self.from, &IpFields::default(), &fields).expect("a segment")
    }

    /// What a host says that opens, acknowledges, and closes when it is closed, offering this window.
    pub(super) fn honest(&self, window: u16) -> Vec<Vec<u8>> {
        let ack = self.next();
        if self.syn {
            vec![self.say(Flags::SYN | Flags::ACK, ISN, ack, window, b"")]
        } else if self.fin {
            vec![self.say(Flags::FIN | Flags::ACK, self.ack, ack, window, b"")]
        } else if self.payload > 0 {
            vec![self.say(Flags::ACK, self.ack, ack, window, b"")]
        } else {
            Vec::new()
        }
    }

    /// Destination unreachable, with this quote.
    pub(super) fn unreachable(&self, code: u8, quote: &[u8]) -> Vec<u8> {
        message(self.to.ip(), self.from.ip(), [3, code, 0, 0, 0, 0, 0, 0], quote)
    }
}

/// A whole ICMP message.
pub(super) fn message(from: IpAddr, to: IpAddr, head: [u8; 8], body: &[u8]) -> Vec<u8> {
    let mut message = [&head[..], body].concat();
    let sum = Sum::default().with(&message).finish();
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = emit::header(from, to, &IpFields::default(), protocol::ICMP, message.len()).expect("a header");
    packet.extend(message);
    packet
}

/// An echo request that arrived: sender, and its message.
pub(super) struct Request {
    pub(super) from: IpAddr,
    pub(super) message: Vec<u8>,
}

/// What the peer says to a segment, by the port at which it arrived, and to an echo request.
#[derive(Clone, Copy)]
pub(super) struct Lies {
    pub(super) segment: fn(&Heard) -> Vec<Vec<u8>>,
    pub(super) echo: fn(&Request) -> Vec<Vec<u8>>,
}

/// Answers in place of the lab's silent host until it is dropped.
pub(super) struct Liar {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Liar {
    pub(super) fn start(lab: &Lab, lies: Lies) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let start = move || {
            let socket = FrameSocket::open(SERVER.name).expect("a packet socket");
            // Started here, so that it is on the far host.
            std::thread::spawn(move || serve(&socket, &flag, lies))
        };
        Self { stop, thread: Some(lab.on_server(start).expect("the far host")) }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map_or(Ok(()), JoinHandle::join).expect("a host that did not panic");
    }
}

fn serve(socket: &FrameSocket, stop: &AtomicBool, lies: Lies) {
    while !stop.load(Ordering::Relaxed) {
        let Some(frame) = socket.receive().expect("a frame") else {
            std::thread::sleep(Duration::from_micros(200));
            continue;
        };
        let back = [&frame[6..12], &frame[..6], &frame[12..14]].concat();
        for packet in answers(&frame, lies) {
            socket.send(&[&back, &*packet].concat()).expect("an answer leaves");
        }
    }
}

fn answers(frame: &[u8], lies: Lies) -> Vec<Vec<u8>> {
    let Ok(SlicedPacket { net: Some(NetSlice::Ipv4(ip)), transport, .. }) = SlicedPacket::from_ethernet(frame) else {
        return Vec::new();
    };
    if ip.header().destination_addr() != SILENT.v4 {
        return Vec::new();
    }
    match transport {
        Some(TransportSlice::Tcp(tcp)) => (lies.segment)(&Heard::new(&frame[ETHERNET..], &ip, &tcp)),
        Some(TransportSlice::Icmpv4(icmp)) => {
            let message = icmp.slice().to_vec();
            (lies.echo)(&Request { from: ip.header().source_addr().into(), message })
        }
        _ => Vec::new(),
    }
}
