//! The servers' sockets: listeners, and one thread for each connection.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::connection::Connection;
use super::host::SERVER;
use super::puppet::Held;
use super::script::Script;
use super::{Error, Server};
use crate::sys::{self, Version, guard, poll};

/// What one service is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) server: Server,
    pub(super) port: u16,
    pub(super) think: Duration,
}

/// A running server. It stops, with all its connections, when it is dropped.
#[derive(Debug)]
pub(super) struct Service {
    /// Dropping it makes the other end readable, which every thread of the service watches.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
    /// Listeners that nobody serves.
    _silent: Vec<Socket>,
}

/// Connections that may wait for accept(), and half-open ones: a test may make hundreds at once.
const BACKLOG: i32 = 1024;

/// How long to leave accept() alone after it failed for lack of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(20);

impl Service {
    /// Opens the sockets in the namespace of this thread and serves them on a thread that it starts.
    pub(super) fn start(plan: Plan, held: &Held) -> Result<Self, Error> {
        let addresses = SERVER.addresses().map(|address| SocketAddr::new(address, plan.port));
        match plan.server {
            Server::Refuses | Server::Connects => Ok(Self { stop: None, thread: None, _silent: Vec::new() }),
            Server::Silent => {
                let silent = addresses.map(guard::silent_listener).collect::<Result<_, _>>()?;
                Ok(Self { stop: None, thread: None, _silent: silent })
            }
            Server::Echo | Server::Http | Server::Discard | Server::ClosesFirst | Server::NeverCloses => {
                let listeners = addresses.map(|local| listen(local, BACKLOG)).collect::<Result<Vec<_>, _>>()?;
                Self::spawn(move |stop| {
                    accept_all(&listeners, stop, |stream| Connection::new(stream, stop).serve(plan))
                })
            }
            Server::Obeys => {
                let listeners = addresses.map(|local| listen(local, BACKLOG)).collect::<Result<Vec<_>, _>>()?;
                let held = held.clone();
                Self::spawn(move |stop| hold_all(&listeners, &held, stop))
            }
        }
    }

    /// Lets every connection to `port` of this host be served by `script`.
    pub(super) fn perform(script: Script, port: u16) -> Result<Self, Error> {
        let addresses = SERVER.addresses().map(|address| SocketAddr::new(address, port));
        let listeners = addresses.map(|local| listen(local, BACKLOG)).collect::<Result<Vec<_>, _>>()?;
        Self::spawn(move |stop| accept_all(&listeners, stop, |stream| script.perform(stream, stop)))
    }

    /// Calls connect() to `client` and, once connected, serves it. The SYN has left when this returns.
    pub(super) fn connect(plan: Plan, client: SocketAddr) -> Result<Self, Error> {
        let stream = connect(SocketAddr::new(SERVER.ip(Version::of(client.ip())), plan.port), client)?;
        Self::spawn(move |stop| Connection::new(stream, stop).serve(plan))
    }

    /// Whether its thread is done.
    pub(super) fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Runs `body` on a thread of this host until it is done, or dropped.
    pub(super) fn spawn(body: impl FnOnce(&UnixStream) + Send + 'static) -> Result<Self, Error> {
        let (stop, stopped) = UnixStream::pair().map_err(|source| sys::Error::os("start a server", source))?;
        let thread = Builder::new().name("lab service".to_owned()).spawn(move || body(&stopped));
        let thread = thread.map_err(|source| sys::Error::os("start a server", source))?;
        Ok(Self { stop: Some(stop), thread: Some(thread), _silent: Vec::new() })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn tcp_socket(local: SocketAddr) -> io::Result<Socket> {
    let domain = if local.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&local.into())?;
    Ok(socket)
}

/// Calls connect() from `local` to `client` without waiting for the answer: the SYN has left.
pub(super) fn connect(local: SocketAddr, client: SocketAddr) -> Result<TcpStream, sys::Error> {
    let failed = |source| sys::Error::os(format!("connect from {local} to {client}"), source);
    let socket = tcp_socket(local).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    match socket.connect(&client.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(failed(error)),
        _ => Ok(socket.into()),
    }
}

fn listen(local: SocketAddr, backlog: i32) -> Result<TcpListener, sys::Error> {
    let failed = |source| sys::Error::os(format!("listen on {local}"), source);
    let socket = tcp_socket(local).map_err(failed)?;
    socket.listen(backlog).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    Ok(socket.into())
}

/// Gives every connection that comes to `take`, until `stop` becomes readable.
fn each(listeners: &[TcpListener], stop: &UnixStream, mut take: impl FnMut(TcpStream)) {
    let fds: Vec<_> = listeners.iter().map(|listener| listener.as_fd()).chain([stop.as_fd()]).collect();
    while let Ok(ready) = poll::wait(&fds, None) {
        if ready.contains(listeners.len()) {
            return;
        }
        let ready = listeners.iter().enumerate().filter(|(index, _)| ready.contains(*index));
        ready.filter_map(|(_, listener)| accept(listener, stop)).for_each(&mut take);
    }
}

/// Accepts until `stop` becomes readable, then waits for the connections to end, which `stop` ends too.
fn accept_all(listeners: &[TcpListener], stop: &UnixStream, serve: impl Fn(TcpStream) + Sync) {
    let serve = &serve;
    std::thread::scope(|scope| {
        each(listeners, stop, |stream| {
            // Without a thread for it the connection is closed again.
            let _ = Builder::new().spawn_scoped(scope, move || serve(stream));
        });
    });
}

/// Accepts, and holds what it has accepted.
fn hold_all(listeners: &[TcpListener], held: &Held, stop: &UnixStream) {
    each(listeners, stop, |stream| {
        if let (Ok(server), Ok(client)) = (stream.local_addr(), stream.peer_addr()) {
            held.keep((server, client), stream);
        }
    });
}

fn accept(listener: &TcpListener, stop: &UnixStream) -> Option<TcpStream> {
    match listener.accept() {
        Ok((stream, _)) => stream.set_nonblocking(true).is_ok().then_some(stream),
        // The client went away before we looked.
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionAborted) => None,
        Err(_) => {
            let _ = poll::wait(&[stop.as_fd()], Some(PAUSE));
            None
        }
    }
}
