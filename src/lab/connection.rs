//! What a server does with one connection. Resets and other failures of the peer end it without a word.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::Server;
use super::http;
use super::serve::Plan;
use crate::sys::poll;

/// What the closing server answers.
const ANSWER: &[u8] = b"goodbye\n";

/// How long to wait before writing again to a peer whose window is closed.
const PAUSE: Duration = Duration::from_millis(2);

/// One accepted connection; its stream does not block.
pub(super) struct Connection<'a> {
    stream: TcpStream,
    stop: &'a UnixStream,
}

/// What recv() brought.
enum Read {
    Data(usize),
    /// The peer's FIN: recv() returned 0.
    End,
    /// The connection was reset, or the lab is being taken down.
    Gone,
}

impl<'a> Connection<'a> {
    pub(super) fn new(stream: TcpStream, stop: &'a UnixStream) -> Self {
        Self { stream, stop }
    }

    /// Serves the connection to its end. Dropping the stream is the close().
    pub(super) fn serve(self, plan: Plan) {
        let ended = match plan.server {
            Server::Http => self.http(),
            Server::Discard => self.each(|_| true),
            Server::ClosesFirst => self.answer_once(),
            _ => self.each(|data| self.write(data)),
        };
        match (ended, plan.server) {
            (false, _) => {}
            (true, Server::NeverCloses) => self.pause(None),
            (true, _) => self.think(plan.think),
        }
    }

    /// Gives everything that is read to `take`, until recv() returns 0 (true) or the connection is gone (false).
    fn each(&self, mut take: impl FnMut(&[u8]) -> bool) -> bool {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.read(&mut buffer, None) {
                Read::Data(length) if take(&buffer[..length]) => {}
                Read::End => return true,
                Read::Data(_) | Read::Gone => return false,
            }
        }
    }

    /// Reads one request and answers it.
    fn answer_once(&self) -> bool {
        match self.read(&mut [0; 16 * 1024], None) {
            Read::Data(_) => self.write(ANSWER),
            Read::End => true,
            Read::Gone => false,
        }
    }

    /// Answers requests until one asks to close or recv() returns 0.
    fn http(&self) -> bool {
        let mut requests = http::Requests::default();
        let mut buffer = [0; 4 * 1024];
        loop {
            while let Some(response) = requests.next_response() {
                if !self.write(&response.bytes) {
                    return false;
                }
                if response.close {
                    return true;
                }
            }
            match self.read(&mut buffer, None) {
                Read::Data(length) => requests.push(&buffer[..length]),
                Read::End => return true,
                Read::Gone => return false,
            }
        }
    }

    /// The next bytes; after `deadline` as if the connection were gone.
    fn read(&self, buffer: &mut [u8], deadline: Option<Instant>) -> Read {
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match poll::wait(&[self.stream.as_fd(), self.stop.as_fd()], left) {
                Ok(ready) if ready.contains(0) && !ready.contains(1) => {}
                _ => return Read::Gone,
            }
            match (&self.stream).read(buffer) {
                Ok(0) => return Read::End,
                Ok(length) => return Read::Data(length),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(_) => return Read::Gone,
            }
        }
    }

    /// Writes everything; false where the connection is gone.
    fn write(&self, bytes: &[u8]) -> bool {
        write(&self.stream, self.stop, bytes)
    }

    /// Waits before the close(). What still arrives is read: close() with unread data would send RST instead of FIN
    /// (RFC 2525, section 2.17).
    fn think(&self, time: Duration) {
        let deadline = Instant::now() + time;
        let mut buffer = [0; 16 * 1024];
        while let Read::Data(_) = self.read(&mut buffer, Some(deadline)) {}
        self.pause(Some(deadline.saturating_duration_since(Instant::now())));
    }

    /// Waits, but not longer than the lab lives.
    fn pause(&self, time: Option<Duration>) {
        let _ = poll::wait(&[self.stop.as_fd()], time);
    }
}

/// Writes everything to a stream that does not block; false where the connection is gone, or `stop` becomes readable.
pub(super) fn write(mut stream: &TcpStream, stop: &UnixStream, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if !poll::wait(&[stop.as_fd()], Some(PAUSE)).is_ok_and(|ready| ready.is_empty()) {
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
    true
}
