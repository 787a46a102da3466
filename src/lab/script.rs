//! A program of the lab that does what it was given: one side of a conversation, through a kernel's socket.

use std::io::{ErrorKind, Read as _};
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use socket2::SockRef;

use super::connection::write;
use crate::sys::poll;

/// What a program does with one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// All that it says.
    pub octets: Vec<u8>,
    /// In which order, and when.
    pub cues: Vec<Cue>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// Not before recv() has brought so many octets in all.
    pub heard: usize,
    /// And then 0.
    pub end: bool,
    /// So long after that.
    pub think: Duration,
    /// What to do.
    pub deed: Deed,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// send() of these octets.
    Say(Range<usize>),
    /// shutdown() of the sending side.
    Shut,
    /// close() with SO_LINGER on and 0 seconds: a reset.
    Reset,
}

/// A stream that does not block, and how much it has brought.
struct Actor<'a> {
    stream: TcpStream,
    stop: &'a UnixStream,
    heard: usize,
    is_over: bool,
}

impl Script {
    /// Does all of it; what was not closed is closed when the other side has. It ends early where the connection is gone,
    /// or `stop` becomes readable.
    pub(super) fn perform(&self, stream: TcpStream, stop: &UnixStream) {
        let mut actor = Actor { stream, stop, heard: 0, is_over: false };
        let done = self.cues.iter().all(|cue| {
            actor.listen(cue.heard, cue.end) && actor.think(cue.think) && actor.act(&cue.deed, &self.octets)
        });
        if done {
            actor.listen(usize::MAX, true);
        }
    }
}

impl Actor<'_> {
    /// Reads until so much has come, or nothing more will; false where the connection is gone.
    fn listen(&mut self, octets: usize, end: bool) -> bool {
        let mut buffer = [0; 16 * 1024];
        while !self.is_over && (self.heard < octets || end) {
            match poll::wait(&[self.stream.as_fd(), self.stop.as_fd()], None) {
                Ok(ready) if !ready.contains(1) => {}
                _ => return false,
            }
            match (&self.stream).read(&mut buffer) {
                Ok(0) => self.is_over = true,
                Ok(length) => self.heard += length,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Waits; false where the lab is being taken down.
    fn think(&self, time: Duration) -> bool {
        time.is_zero() || poll::wait(&[self.stop.as_fd()], Some(time)).is_ok_and(|ready| ready.is_empty())
    }

    fn act(&self, deed: &Deed, octets: &[u8]) -> bool {
        match deed {
            Deed::Say(range) => octets.get(range.clone()).is_some_and(|octets| write(&self.stream, self.stop, octets)),
            Deed::Shut => self.stream.shutdown(Shutdown::Write).is_ok(),
            Deed::Reset => {
                let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
                false
            }
        }
    }
}
