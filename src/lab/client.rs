//! The clients of the lab: programs on the far host that call connect() towards the near one.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::str::FromStr;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::Error;
use crate::sys::poll;

/// How a client of the lab behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// Says a word, reads what is said in return, and closes.
    Hello,
    /// Asks for a page and reads it.
    Http,
    /// Says nothing and waits for the server to close.
    Waits,
    /// Says a word and resets the connection.
    Resets,
    /// Nobody calls.
    Nobody,
}

/// Every client: its name and what it does.
const TABLE: [(Client, &str, &str); 5] = [
    (Client::Hello, "hello", "says hello, reads the answer, and closes first"),
    (Client::Http, "http", "asks for a page, and closes when the server has"),
    (Client::Waits, "waits", "says nothing, and closes when the server has"),
    (Client::Resets, "resets", "says hello, and closes with unread data or SO_LINGER 0: RST"),
    (Client::Nobody, "nobody", "no client"),
];

/// How long to wait for the first answer, and for the next after one.
const PATIENCE: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_millis(200);

impl Client {
    /// Every client, its name and what it does.
    pub fn all() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        TABLE.into_iter()
    }

    /// Calls `server` and talks to it to the end; what goes wrong ends it, as does `stop`.
    pub(super) fn call(self, server: SocketAddr, stop: &UnixStream) {
        if self != Self::Nobody
            && let Ok(stream) = connect(server, stop)
        {
            let _ = self.talk(&stream, stop);
        }
    }

    fn talk(self, mut stream: &TcpStream, stop: &UnixStream) -> io::Result<()> {
        match self {
            Self::Hello => {
                stream.write_all(b"hello")?;
                read(stream, stop, SILENCE)?;
                stream.shutdown(Shutdown::Write)?;
                read(stream, stop, PATIENCE)
            }
            Self::Http => {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: you\r\nConnection: close\r\n\r\n")?;
                read(stream, stop, PATIENCE)
            }
            Self::Waits => read(stream, stop, PATIENCE),
            Self::Resets => {
                stream.write_all(b"hello")?;
                wait(stream, stop, SILENCE)?;
                SockRef::from(stream).set_linger(Some(Duration::ZERO))
            }
            Self::Nobody => Ok(()),
        }
    }
}

impl FromStr for Client {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = TABLE.iter().find(|row| row.1 == name).map(|row| row.0);
        found.ok_or_else(|| {
            let known: Vec<&str> = TABLE.iter().map(|row| row.1).collect();
            Error::UnknownClient { name: name.to_owned(), known: known.join(", ") }
        })
    }
}

/// A connection to `server` that does not block.
pub(super) fn connect(server: SocketAddr, stop: &UnixStream) -> io::Result<TcpStream> {
    let domain = if server.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
        _ => {}
    }
    poll::wait_writable(socket.as_fd(), stop.as_fd()).map_err(io::Error::other)?;
    socket.take_error()?.map_or(Ok(()), Err)?;
    Ok(socket.into())
}

/// Whether the stream can be read before `patience` ends.
fn wait(stream: &TcpStream, stop: &UnixStream, patience: Duration) -> io::Result<bool> {
    let ready = poll::wait(&[stream.as_fd(), stop.as_fd()], Some(patience)).map_err(io::Error::other)?;
    if ready.contains(1) { Err(ErrorKind::Interrupted.into()) } else { Ok(ready.contains(0)) }
}

/// Reads until the peer closes; once it has said something, until it is silent for `silence`.
fn read(mut stream: &TcpStream, stop: &UnixStream, silence: Duration) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut patience = PATIENCE;
    let mut buffer = [0; 4096];
    while Instant::now() < deadline && wait(stream, stop, patience)? {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => patience = silence,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
