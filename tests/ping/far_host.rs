//! A host that answers echo requests as a test wants it, in place of its kernel.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use etherparse::{Icmpv4Header, Icmpv4Type, IpNumber, Ipv4HeaderSlice, Ipv6Header};
use rawshake::lab::{Lab, SERVER};
use socket2::{Domain, Protocol, Socket, Type};

use crate::common::impossible;

/// An echo request as it arrived.
#[derive(Clone)]
pub(crate) struct Request {
    from: IpAddr,
    /// The IP header.
    ip: Vec<u8>,
    /// The ICMP message.
    message: Vec<u8>,
}

impl Request {
    /// Its sequence number.
    pub(crate) fn seq(&self) -> u16 {
        u16::from_be_bytes([self.message[6], self.message[7]])
    }

    /// The same with another sequence number.
    pub(crate) fn with_seq(&self, seq: u16) -> Self {
        let mut this = self.clone();
        this.message[6..8].copy_from_slice(&seq.to_be_bytes());
        this
    }

    /// The same with other data.
    pub(crate) fn with_data(&self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut data = self.message[8..].to_vec();
        change(&mut data);
        Self { message: [&self.message[..8], &data].concat(), ..self.clone() }
    }

    /// The reply of an honest host.
    pub(crate) fn reply(&self) -> Vec<u8> {
        let kind = if self.from.is_ipv4() { 0 } else { 129 };
        self.message(kind, 0, self.message[4..8].try_into().expect("four octets"), &self.message[8..])
    }

    /// An error that quotes it.
    pub(crate) fn error(&self, kind: u8, code: u8) -> Vec<u8> {
        let rest = match (self.from, kind) {
            (IpAddr::V4(_), 3) | (IpAddr::V6(_), 2) => [0, 0, 5, 0xdc],
            (IpAddr::V4(_), 5) => [192, 0, 2, 99],
            _ => [7, 0, 0, 0],
        };
        self.message(kind, code, rest, &[&self.ip[..], &self.message].concat())
    }

    /// The kernel fills in the checksum of ICMPv6.
    fn message(&self, kind: u8, code: u8, rest: [u8; 4], body: &[u8]) -> Vec<u8> {
        let header = match self.from {
            IpAddr::V4(_) => {
                let kind = Icmpv4Type::Unknown { type_u8: kind, code_u8: code, bytes5to8: rest };
                Icmpv4Header::with_checksum(kind, body).to_bytes().to_vec()
            }
            IpAddr::V6(_) => [[kind, code, 0, 0], rest].concat(),
        };
        [&header[..], body].concat()
    }
}

/// Answers until it is dropped.
pub(crate) struct FarHost {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl FarHost {
    /// Silences the kernel of the far host, and answers in its place; none where that is not allowed.
    pub(crate) fn start<A>(lab: &Lab, answer: A) -> Option<Self>
    where
        A: Fn(&Request) -> Vec<Vec<u8>> + Clone + Send + 'static,
    {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let started = lab.on_server(move || -> io::Result<Vec<JoinHandle<()>>> {
            fs::write("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1")?;
            fs::write("/proc/sys/net/ipv6/icmp/echo_ignore_all", "1")?;
            let sockets = [open(Domain::IPV4, Protocol::ICMPV4)?, open(Domain::IPV6, Protocol::ICMPV6)?];
            // Started here, so that they are on the far host, too.
            let serve = |socket| {
                let (flag, answer) = (Arc::clone(&flag), answer.clone());
                std::thread::spawn(move || serve(&socket, &flag, &answer))
            };
            Ok(sockets.into_iter().map(serve).collect())
        });
        match started.expect("the far host is there") {
            Ok(threads) => Some(Self { stop, threads }),
            Err(error) => {
                impossible(&format!("the kernel's own replies cannot be switched off: {error}"));
                None
            }
        }
    }
}

impl Drop for FarHost {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().expect("a host that did not panic"));
    }
}

fn open(domain: Domain, protocol: Protocol) -> io::Result<UdpSocket> {
    let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    // How often it looks whether to stop.
    socket.set_read_timeout(Some(Duration::from_millis(20)))?;
    // Not UDP at all, but the standard library reads addresses from such a descriptor without unsafe code.
    Ok(socket.into())
}

fn serve(socket: &UdpSocket, stop: &AtomicBool, answer: &dyn Fn(&Request) -> Vec<Vec<u8>>) {
    let mut buffer = vec![0; 1 << 16];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let Some(request) = request(from.ip(), &buffer[..length]) else { continue };
        for message in answer(&request) {
            socket.send_to(&message, SocketAddr::new(from.ip(), 0)).expect("an answer leaves");
        }
    }
}

/// What a raw socket gave, if it is an echo request: with the IP header in IPv4, without in IPv6.
fn request(from: IpAddr, bytes: &[u8]) -> Option<Request> {
    let (ip, message, kind) = match from {
        IpAddr::V4(_) => {
            let length = Ipv4HeaderSlice::from_slice(bytes).ok()?.slice().len();
            (bytes[..length].to_vec(), &bytes[length..], 8)
        }
        IpAddr::V6(from) => (header_v6(from, bytes.len()), bytes, 128),
    };
    (message[0] == kind).then(|| Request { from, ip, message: message.to_vec() })
}

fn header_v6(from: Ipv6Addr, length: usize) -> Vec<u8> {
    let header = Ipv6Header {
        payload_length: u16::try_from(length).expect("one packet"),
        next_header: IpNumber::IPV6_ICMP,
        hop_limit: 64,
        source: from.octets(),
        destination: SERVER.v6.octets(),
        ..Ipv6Header::default()
    };
    header.to_bytes().to_vec()
}
