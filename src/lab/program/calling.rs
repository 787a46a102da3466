//! The clients of a server: how they call, what they say, and how it went.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, sleep};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};

use super::Speech;

/// What an echo is asked to say.
const WORD: &[u8] = b"hello\n";

/// What a server of pages is asked for.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n";

/// Clients, all of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calling {
    /// Whom they call.
    pub server: SocketAddr,
    /// With datagrams.
    pub udp: bool,
    /// How many.
    pub clients: u16,
    /// Each calls when the one before is done; otherwise all at once.
    pub in_turn: bool,
    /// What they speak.
    pub speech: Speech,
    /// How many messages each says.
    pub messages: u16,
    /// How long each waits between an answer and its next message.
    pub interval: Duration,
    /// How long each says nothing before its first message.
    pub silence: Duration,
    /// How long each waits for a connection, or for an answer.
    pub deadline: Duration,
    /// After its last message each reads until the server closes, and closes then.
    pub until_end: bool,
    /// shutdown() of the sending side after the last message.
    pub half_close: bool,
    /// When the server has closed its side, each says the rest of its messages all the same.
    pub keep_sending: bool,
    /// SO_LINGER for the close().
    pub linger: Option<u16>,
    /// The first message goes with the SYN where the kernel has a cookie for it (RFC 7413).
    pub fast_open: bool,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Everything was answered.
    Served,
    /// Everything was answered, and then came a reset.
    ServedAndReset,
    /// The server closed before.
    Cut,
    Refused,
    NoConnection,
    NoAnswer,
    Reset,
    Failed(ErrorKind),
}

/// What became of one client.
struct Told {
    local: Option<SocketAddr>,
    said: usize,
    heard: usize,
    fate: Fate,
}

impl Calling {
    /// Calls from the host of this thread, and tells of each client in one line; true where all were served.
    pub fn call(&self, tell: &mut dyn FnMut(&str)) -> bool {
        let (sender, told) = channel();
        let run = |number: u16, sender: &Sender<(u16, Told)>| {
            let _ = sender.send((number, self.talk()));
        };
        let mut all_served = true;
        let mut report = |(number, told): (u16, Told)| {
            all_served &= matches!(told.fate, Fate::Served | Fate::ServedAndReset);
            tell(&told.line(number));
        };
        std::thread::scope(|scope| {
            for number in 1..=self.clients {
                let (run, one) = (&run, sender.clone());
                let started = Builder::new().spawn_scoped(scope, move || run(number, &one));
                match started {
                    Ok(thread) if self.in_turn => {
                        let _ = thread.join();
                    }
                    Ok(_) => {}
                    Err(error) => report((number, Told::failed(&error))),
                }
            }
            drop(sender);
            told.iter().for_each(&mut report);
        });
        all_served
    }

    fn talk(&self) -> Told {
        let mut talk = Talk { calling: self, said: 0, heard: 0 };
        let (local, done) = if self.udp { talk.by_datagrams() } else { talk.by_stream() };
        let fate = done.unwrap_or_else(|error| fate(&error));
        Told { local, said: talk.said, heard: talk.heard, fate }
    }

    fn message(&self) -> &'static [u8] {
        match self.speech {
            Speech::Echo => WORD,
            Speech::Http => REQUEST,
        }
    }
}

fn fate(error: &io::Error) -> Fate {
    match error.kind() {
        ErrorKind::ConnectionRefused => Fate::Refused,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Fate::Reset,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Fate::NoAnswer,
        _ if error.raw_os_error() == Some(libc::EINPROGRESS) => Fate::NoConnection,
        kind => Fate::Failed(kind),
    }
}

/// A client at work.
struct Talk<'a> {
    calling: &'a Calling,
    said: usize,
    heard: usize,
}

/// Where it called from, and how it ended.
type Called = (Option<SocketAddr>, io::Result<Fate>);

impl Talk<'_> {
    fn by_stream(&mut self) -> Called {
        let socket = match self.socket() {
            Ok(socket) => socket,
            Err(error) => return (None, Err(error)),
        };
        let server = self.calling.server.into();
        let connected = if self.calling.fast_open {
            let sent = socket.send_to_with_flags(self.calling.message(), &server, libc::MSG_FASTOPEN);
            sent.map(|length| self.said += length)
        } else {
            socket.connect(&server)
        };
        let stream: TcpStream = socket.into();
        let local = stream.local_addr().ok().filter(|local| !local.ip().is_unspecified());
        (local, connected.and_then(|()| self.converse(&stream)))
    }

    fn socket(&self) -> io::Result<Socket> {
        let calling = self.calling;
        let socket = Socket::new(Domain::for_address(calling.server), Type::STREAM, None)?;
        // connect() waits as long as send() may.
        socket.set_write_timeout(Some(calling.deadline))?;
        socket.set_read_timeout(Some(calling.deadline))?;
        socket.set_linger(calling.linger.map(|seconds| Duration::from_secs(seconds.into())))?;
        Ok(socket)
    }

    fn converse(&mut self, mut stream: &TcpStream) -> io::Result<Fate> {
        let Calling { messages, interval, keep_sending, until_end, half_close, .. } = *self.calling;
        let message = self.calling.message();
        sleep(self.calling.silence);
        let mut is_over = false;
        for number in 0..messages {
            if number > 0 {
                sleep(interval);
            }
            if number > 0 || self.said == 0 {
                stream.write_all(message)?;
                self.said += message.len();
            }
            if !is_over {
                is_over = !self.hear_answer(stream)?;
            }
            if is_over && !keep_sending {
                break;
            }
        }
        if half_close {
            stream.shutdown(Shutdown::Write)?;
        }
        if half_close || until_end {
            match self.hear(stream, usize::MAX) {
                Err(error) if fate(&error) == Fate::Reset && self.is_served() => return Ok(Fate::ServedAndReset),
                heard => heard.map(drop)?,
            }
        }
        Ok(if self.is_served() { Fate::Served } else { Fate::Cut })
    }

    /// Whether what was heard is all that was to be. Who speaks on into a half-closed connection expects no answer there.
    fn is_served(&self) -> bool {
        let wanted = if self.calling.keep_sending { self.calling.message().len() } else { self.said };
        match self.calling.speech {
            Speech::Echo => self.heard >= wanted,
            Speech::Http => self.heard > 0,
        }
    }

    /// Reads an answer; false where nothing more will come.
    fn hear_answer(&mut self, stream: &TcpStream) -> io::Result<bool> {
        match self.calling.speech {
            Speech::Echo => self.hear(stream, self.said),
            Speech::Http => self.hear(stream, usize::MAX),
        }
    }

    /// Reads until so much has come in all; false where nothing more will come.
    fn hear(&mut self, mut stream: &TcpStream, wanted: usize) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        while self.heard < wanted {
            match stream.read(&mut buffer)? {
                0 => return Ok(false),
                length => self.heard += length,
            }
        }
        Ok(true)
    }

    fn by_datagrams(&mut self) -> Called {
        let any: IpAddr = match self.calling.server {
            SocketAddr::V4(_) => [0; 4].into(),
            SocketAddr::V6(_) => [0_u16; 8].into(),
        };
        let socket = match UdpSocket::bind((any, 0)) {
            Ok(socket) => socket,
            Err(error) => return (None, Err(error)),
        };
        let done = self.exchange(&socket);
        (socket.local_addr().ok(), done)
    }

    fn exchange(&mut self, socket: &UdpSocket) -> io::Result<Fate> {
        let Calling { server, messages, interval, deadline, .. } = *self.calling;
        socket.set_read_timeout(Some(deadline))?;
        // Only a connected socket is told of a port that is closed.
        socket.connect(server)?;
        for number in 0..messages {
            if number > 0 {
                sleep(interval);
            }
            self.said += socket.send(WORD)?;
            self.heard += socket.recv(&mut [0; 2048])?;
        }
        Ok(Fate::Served)
    }
}

impl Told {
    fn failed(error: &io::Error) -> Self {
        Self { local: None, said: 0, heard: 0, fate: fate(error) }
    }

    fn line(&self, number: u16) -> String {
        let Self { local, said, heard, fate } = self;
        let from = local.map_or(String::new(), |local| format!(", {local}"));
        let end = match fate {
            Fate::Served => "served".to_owned(),
            Fate::ServedAndReset => "served, and then reset (ECONNRESET)".to_owned(),
            Fate::Cut => "the server closed before it had answered".to_owned(),
            Fate::Refused => "refused (ECONNREFUSED)".to_owned(),
            Fate::NoConnection => "no connection in time".to_owned(),
            Fate::NoAnswer => "no answer in time".to_owned(),
            Fate::Reset => "reset by the server (ECONNRESET)".to_owned(),
            Fate::Failed(kind) => format!("failed: {kind}"),
        };
        format!("client {number}{from}: said {said} octets, heard {heard}: {end}")
    }
}
