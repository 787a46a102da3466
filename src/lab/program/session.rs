//! One conversation of a server with a client, step by step, so that it fits every model.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::{Manner, Serving, Speech};
use crate::lab::http::Requests;

/// What to wait for before the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Read,
    Write,
    /// Nothing more: close().
    Over,
}

/// A connection socket, which may block or not. Dropping it is the close().
#[derive(Debug)]
pub(super) struct Session {
    stream: TcpStream,
    manner: Manner,
    /// None where everything is echoed.
    requests: Option<Requests>,
    /// What is yet to be written.
    answer: Vec<u8>,
    has_answered: bool,
    is_last: bool,
    is_shut: bool,
}

impl Session {
    pub(super) fn new(stream: TcpStream, serving: &Serving) -> io::Result<Self> {
        if let Some(seconds) = serving.manner.linger {
            SockRef::from(&stream).set_linger(Some(Duration::from_secs(seconds.into())))?;
        }
        Ok(Self {
            stream,
            manner: serving.manner.clone(),
            requests: (serving.speech == Speech::Http).then(Requests::default),
            answer: Vec::new(),
            has_answered: false,
            is_last: false,
            is_shut: false,
        })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Serves to the end on a socket that blocks. What goes wrong with the connection ends it.
    pub(super) fn serve(mut self) {
        while !matches!(self.step(), Ok(Next::Over) | Err(_)) {}
    }

    /// Reads, or writes what is left to write: one call of either.
    pub(super) fn step(&mut self) -> io::Result<Next> {
        let done = if self.answer.is_empty() { self.hear() } else { self.say() };
        match done {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
            Ok(true) => return Ok(Next::Over),
            Ok(false) => {}
        }
        Ok(if self.answer.is_empty() { Next::Read } else { Next::Write })
    }

    /// Reads once; true where nothing is left to do.
    fn hear(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let length = match self.manner.leave_unread {
            None => self.stream.read(&mut buffer)?,
            Some(unread) => {
                let there = self.stream.peek(&mut buffer)?;
                let taken = there.saturating_sub(unread as usize);
                self.is_last = true;
                if taken == 0 { 0 } else { self.stream.read(&mut buffer[..taken])? }
            }
        };
        if length == 0 {
            return Ok(true);
        }
        if !self.is_shut {
            self.answer_to(&buffer[..length]);
        }
        Ok(self.is_last && self.answer.is_empty())
    }

    fn answer_to(&mut self, heard: &[u8]) {
        let Some(requests) = &mut self.requests else {
            self.answer.extend_from_slice(heard);
            return;
        };
        requests.push(heard);
        while let Some(response) = requests.next_response() {
            self.answer.extend_from_slice(&response.bytes);
            self.is_last |= response.close;
        }
    }

    /// Writes once; true where nothing is left to do.
    fn say(&mut self) -> io::Result<bool> {
        let length = self.stream.write(&self.answer)?;
        self.answer.drain(..length);
        if !self.answer.is_empty() {
            return Ok(false);
        }
        if !std::mem::replace(&mut self.has_answered, true) {
            let Manner { close_first, linger, half_close, .. } = self.manner;
            self.is_last |= close_first || linger.is_some();
            if half_close && !self.is_last {
                self.stream.shutdown(Shutdown::Write)?;
                self.is_shut = true;
            }
        }
        Ok(self.is_last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    fn serving(manner: Manner, speech: Speech) -> Serving {
        Serving { speech, manner, ..Serving::default() }
    }

    /// What a client gets that says `said` in one piece and then shuts its side down, if told so.
    fn heard(serving: &Serving, said: &[u8], shuts: bool) -> io::Result<Vec<u8>> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(said).unwrap();
        if shuts {
            client.shutdown(Shutdown::Write).unwrap();
        }
        let session = Session::new(listener.accept().unwrap().0, serving).unwrap();
        let server = thread::spawn(|| session.serve());
        let mut heard = Vec::new();
        let read = client.read_to_end(&mut heard);
        drop(client);
        server.join().unwrap();
        read.map(|_| heard)
    }

    #[test]
    fn a_server_ends_as_it_is_told() {
        let close_first = Manner { close_first: true, ..Manner::default() };
        let half_close = Manner { half_close: true, ..Manner::default() };
        let table = [
            (Manner::default(), true, Ok(b"hello".to_vec())),
            (close_first, false, Ok(b"hello".to_vec())),
            (half_close, false, Ok(b"hello".to_vec())),
            (Manner { leave_unread: Some(2), ..Manner::default() }, false, Err(ErrorKind::ConnectionReset)),
            (Manner { leave_unread: Some(9), ..Manner::default() }, false, Err(ErrorKind::ConnectionReset)),
        ];
        for (manner, shuts, expected) in table {
            let heard = heard(&serving(manner.clone(), Speech::Echo), b"hello", shuts);
            assert_eq!(heard.map_err(|error| error.kind()), expected, "{manner:?}");
        }
    }

    #[test]
    fn http_is_spoken_until_the_client_has_enough() {
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let heard = heard(&serving(Manner::default(), Speech::Http), request, false).unwrap();
        assert_eq!(String::from_utf8(heard).unwrap().matches("HTTP/1.1 200").count(), 2);
    }
}
