//! The server's side, played to kernels' clients.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use rawshake::lab::{INTERFACE, YOU};
use rawshake::sys::Version;
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Said, ask_ten_times, command, http, in_lab, record};

/// Where it listens.
const PORT: u16 = 8080;

/// The program, while it listens. It is stopped when it is dropped.
struct Listening {
    child: Child,
    out: Option<JoinHandle<String>>,
    err: BufReader<ChildStderr>,
}

impl Listening {
    /// Starts it, and waits until it listens.
    fn start(recorded: &Path, arguments: &[&str]) -> Self {
        let mut command = command(recorded, &["--as", "server", "--format", "json", "--fast"]);
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        // Read all the time: a full pipe would stop it.
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        assert!(line.starts_with("LISTEN on "), "{line}");
        Self { child, out: Some(out), err }
    }

    fn end(mut self) -> Said {
        let code = self.child.wait().unwrap().code();
        let mut err = String::new();
        self.err.read_to_string(&mut err).unwrap();
        Said { out: self.out.take().unwrap().join().unwrap(), err, code }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_kernels_client_is_served_as_it_was_recorded() {
    for (wire, host) in
        [(None, "0.0.0.0:8080"), (None, "192.0.2.1:8080"), (Some("loss=5% reorder=5% seed=4"), "192.0.2.1:8080")]
    {
        in_lab(wire, |lab| {
            let recorded = record(INTERFACE, || ask_ten_times(http()));
            let listening = Listening::start(&recorded.path, &["--against", host]);
            let server = (YOU.ip(Version::V4), PORT).into();
            lab.on_server(move || ask_ten_times(server)).unwrap();
            listening.end().assert_same();
        });
    }
}

#[test]
fn a_client_that_asks_for_something_else_is_found_out() {
    in_lab(None, |lab| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let listening = Listening::start(&recorded.path, &["--against", "192.0.2.1:8080", "--wait", "0.1"]);
        let answer = lab.on_server(|| {
            let mut stream = TcpStream::connect((YOU.ip(Version::V4), PORT)).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream.write_all(b"GET /other HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = [0; 15];
            stream.read_exact(&mut answer).unwrap();
            answer
        });
        assert_eq!(&answer.unwrap(), b"HTTP/1.1 200 OK");
        let said = listening.end();
        let rerun = said.rerun();
        assert_eq!((said.code, &rerun["bytes"]["recorded_at"]), (Some(1), &5.into()), "{said:?}");
        assert!(rerun["bytes"]["live"].as_str().unwrap().starts_with("other HTTP"), "{rerun}");
    });
}

#[test]
fn an_interrupt_ends_the_waiting() {
    in_lab(None, |_| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let listening = Listening::start(&recorded.path, &["--against", "192.0.2.1:8080"]);
        let pid = Pid::from_raw(listening.child.id().cast_signed()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
        let said = listening.end();
        assert_eq!((said.code, said.rerun()["failure"].as_str()), (Some(130), Some("nobody called")), "{said:?}");
    });
}
