//! Servers that block: one client after the other, a thread for each, a process for each; and workers made beforehand.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::thread::{Builder, sleep};
use std::time::Duration;

use super::session::Session;
use super::{Serving, event};
use crate::sys::process::{self, Fork};

/// How long to leave accept() alone after it failed for lack of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits, if it is to be, and accepts; none where the client went away meanwhile.
pub(super) fn accept(serving: &Serving, listener: &TcpListener) -> Option<Session> {
    sleep(serving.accept_delay);
    match listener.accept() {
        Ok((stream, _)) => Session::new(stream, serving).ok(),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionAborted) => None,
        Err(_) => {
            sleep(PAUSE);
            None
        }
    }
}

pub(super) fn iterative(serving: &Serving, listener: TcpListener) -> io::Result<Infallible> {
    loop {
        accept(serving, &listener).into_iter().for_each(Session::serve);
    }
}

pub(super) fn threads(serving: &Serving, listener: TcpListener) -> io::Result<Infallible> {
    loop {
        if let Some(session) = accept(serving, &listener) {
            // Without a thread for it the connection is closed again.
            let _ = Builder::new().name("connection".to_owned()).spawn(|| session.serve());
        }
    }
}

/// The parent closes its copy of the connection socket at once, the child its copy of the listening socket: a connection
/// ends only when the last copy of its descriptor is closed.
pub(super) fn processes(serving: &Serving, listener: TcpListener) -> io::Result<Infallible> {
    process::let_children_go();
    loop {
        let Some(session) = accept(serving, &listener) else { continue };
        match process::fork() {
            Ok(Fork::Child) => {
                drop(listener);
                session.serve();
                std::process::exit(0);
            }
            Ok(Fork::Parent(_)) => drop(session),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// All workers wait for the same listening socket, and the kernel wakes one of them. This process only waits for them.
pub(super) fn workers(serving: &Serving, listener: &TcpListener) -> io::Result<Infallible> {
    for _ in 0..serving.workers {
        match process::fork().map_err(io::Error::other)? {
            Fork::Child => return event::serve(serving, listener),
            Fork::Parent(_) => {}
        }
    }
    loop {
        std::thread::park();
    }
}

/// A connection that does not block.
pub(super) fn accept_unblocked(serving: &Serving, listener: &TcpListener) -> Option<Session> {
    let session = accept(serving, listener)?;
    let stream: &TcpStream = session.stream();
    stream.set_nonblocking(true).ok().map(|()| session)
}
