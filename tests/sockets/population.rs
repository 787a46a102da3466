//! More than a thousand sockets, in every state that the kernel has.

use std::any::Any;
use std::io::{ErrorKind, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rawshake::sys::{RawSender, RstGuard, Version, limits, sockdiag};
use socket2::{Domain, Socket, Type};

use crate::common::segment;

const LO: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// What has a port, and neither listens nor has a peer.
const BOUND: usize = 20;

/// They are there for as long as it lives.
pub(crate) struct Population {
    _kept: Vec<Box<dyn Any>>,
    child: Child,
}

impl Drop for Population {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Population {
    pub(crate) fn new() -> Self {
        let _ = limits::raise_open_files();
        let mut kept: Vec<Box<dyn Any>> = Vec::new();
        let (shared, child) = shared_listener();
        kept.push(Box::new(shared));
        for _ in 0..110 {
            kept.push(Box::new(TcpListener::bind("0.0.0.0:0").expect("a port")));
            kept.push(Box::new(v6_listener(false)));
            kept.push(Box::new(v6_listener(true)));
            kept.push(Box::new(UdpSocket::bind("127.0.0.1:0").expect("a port")));
            kept.push(Box::new(UdpSocket::bind("[::]:0").expect("a port")));
        }
        kept.push(Box::new(established()));
        kept.push(Box::new(datagrams()));
        kept.push(Box::new(bound()));
        kept.push(Box::new(half_open()));
        kept.push(Box::new(refused_by_silence()));
        for _ in 0..20 {
            kept.push(Box::new(closing_states()));
        }
        Self { _kept: kept, child }
    }

    pub(crate) fn bound(&self) -> usize {
        BOUND
    }
}

/// A listening socket that two processes hold.
fn shared_listener() -> (TcpListener, Child) {
    let listener = TcpListener::bind(LO).expect("a port");
    let copy = OwnedFd::from(listener.try_clone().expect("a descriptor"));
    let child = Command::new("sleep").arg("600").stdin(Stdio::from(copy)).spawn().expect("sleep");
    (listener, child)
}

fn v6_listener(only: bool) -> Socket {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None).expect("a socket");
    socket.set_only_v6(only).expect("an option");
    socket.bind(&"[::]:0".parse::<SocketAddr>().expect("an address").into()).expect("a port");
    socket.listen(7).expect("to listen");
    socket
}

/// A client and what accept() gave for it.
fn accepted(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    (client, listener.accept().expect("a connection").0)
}

/// The same, and nothing listens there any more.
fn pair(address: &str) -> (TcpStream, TcpStream) {
    accepted(&TcpListener::bind(address).expect("a port"))
}

/// Connections: with keep-alive, with unread octets, in the accept queue, through a dual-stack socket.
fn established() -> Vec<Box<dyn Any>> {
    let mut kept: Vec<Box<dyn Any>> = Vec::new();
    let dual = v6_listener(false);
    let port = dual.local_addr().ok().and_then(|address| address.as_socket()).expect("an address").port();
    let doors = ["127.0.0.1:0", "[::1]:0"].map(|address| TcpListener::bind(address).expect("a port"));
    for index in 0..60 {
        let (mut client, server) = accepted(&doors[index % 2]);
        socket2::SockRef::from(&server).set_keepalive(index % 3 == 0).expect("an option");
        client.write_all(&vec![0; index]).expect("room");
        kept.push(Box::new((client, server)));
        let host = if index % 2 == 0 { "127.0.0.1" } else { "::1" };
        // Seven may wait, and Linux takes one more.
        if index < 8 {
            kept.push(Box::new(TcpStream::connect((host, port)).expect("a connection")));
        }
    }
    kept.push(Box::new((dual, doors)));
    kept
}

fn datagrams() -> Vec<UdpSocket> {
    let mut kept = Vec::new();
    for index in 0..25 {
        let server = UdpSocket::bind(if index % 2 == 0 { "127.0.0.1:0" } else { "[::1]:0" }).expect("a port");
        let address = server.local_addr().expect("an address");
        let client = UdpSocket::bind(SocketAddr::new(address.ip(), 0)).expect("a port");
        client.connect(address).expect("a peer");
        client.send(&vec![0; 10 * index]).expect("to send");
        kept.extend([server, client]);
    }
    kept
}

/// With a port alone; and listening on one interface.
fn bound() -> Vec<Socket> {
    let one = |index: usize| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&LO.into()).expect("a port");
        if index >= BOUND {
            socket.bind_device(Some(b"lo")).expect("an interface");
            socket.listen(1).expect("to listen");
        }
        socket
    };
    (0..BOUND + 5).map(one).collect()
}

/// SYN-RECEIVED: SYNs by hand, from addresses whose kernel is kept from answering.
fn half_open() -> (TcpListener, Vec<RstGuard>) {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    let server = SocketAddr::new(LO.ip(), listener.local_addr().expect("an address").port());
    let raw = RawSender::open(Version::V4, None).expect("a raw socket");
    let guard = |index: u8| {
        let guard = RstGuard::engage(SocketAddr::new([127, 0, 0, 10 + index].into(), 0), None).expect("a guard");
        raw.send(&segment(guard.local(), server, "S", 1, 0, b""), server.ip(), 0).expect("to send");
        guard
    };
    let guards: Vec<_> = (0..20).map(guard).collect();
    (listener, guards)
}

/// SYN-SENT: a listener whose accept queue is full drops SYNs.
fn refused_by_silence() -> (Socket, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    listener.bind(&LO.into()).expect("a port");
    listener.listen(0).expect("to listen");
    let server = listener.local_addr().expect("an address");
    let client = |_| {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        client.set_nonblocking(true).expect("an option");
        // The first is established, the others are in progress.
        let _ = client.connect(&server);
        client
    };
    (listener, (0..21).map(client).collect())
}

/// One connection for each way to be on the way out.
fn closing_states() -> Vec<TcpStream> {
    let mut kept = Vec::new();
    // FIN-WAIT-2 and CLOSE-WAIT.
    let (client, server) = pair("127.0.0.1:0");
    client.shutdown(Shutdown::Write).expect("to close");
    kept.extend([client, server]);
    // TIME-WAIT.
    let (client, server) = pair("[::1]:0");
    drop(client);
    drop(server);
    // FIN-WAIT-1: what comes before the FIN does not get out.
    let (client, server) = stuck();
    client.shutdown(Shutdown::Write).expect("to close");
    kept.extend([client, server]);
    // The same without a program.
    let (client, server) = stuck();
    drop(client);
    kept.push(server);
    // CLOSING: the other FIN came meanwhile.
    let (client, server) = stuck();
    client.shutdown(Shutdown::Write).expect("to close");
    server.shutdown(Shutdown::Write).expect("to close");
    kept.extend([client, server]);
    // LAST-ACK: it came before.
    let (client, server) = stuck();
    server.shutdown(Shutdown::Write).expect("to close");
    while state(&client) != "CLOSE_WAIT" {}
    client.shutdown(Shutdown::Write).expect("to close");
    kept.extend([client, server]);
    kept
}

fn state(stream: &TcpStream) -> &'static str {
    let ends = (stream.local_addr().expect("an address"), stream.peer_addr().expect("an address"));
    sockdiag::tcp_state(ends.0, ends.1).expect("sock_diag").map_or("", sockdiag::KernelState::name)
}

/// A connection whose server does not read, and whose client cannot write any more.
fn stuck() -> (TcpStream, TcpStream) {
    let (mut client, server) = pair("127.0.0.1:0");
    socket2::SockRef::from(&client).set_send_buffer_size(4096).expect("an option");
    socket2::SockRef::from(&server).set_recv_buffer_size(2048).expect("an option");
    client.set_nonblocking(true).expect("an option");
    loop {
        match client.write(&[0; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return (client, server),
            Err(error) => panic!("{error}"),
        }
    }
}
