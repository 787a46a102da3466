//! A running listener, in the network of the test that starts it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use rawshake::lab::{self, Lab, Options, Server};
use rawshake::sys::{Version, sockdiag};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::common;
pub(crate) use crate::common::support::program::{RAWSHAKE, Said};

/// Where it listens.
pub(crate) const PORT: u16 = 8080;

/// What a listener counted, in a run with `--format json`.
pub(crate) fn counts(said: &Said) -> Value {
    said.events().pop().filter(|event| event["event"] == "listener").unwrap_or_else(|| panic!("{said:?}"))
}

/// The program. It is stopped when it is dropped.
pub(crate) struct Listening {
    child: Option<Child>,
    out: Option<JoinHandle<String>>,
    err: BufReader<ChildStderr>,
}

impl Listening {
    /// Starts it with these arguments, separated by blanks, for output in JSON, and waits until it listens.
    pub(crate) fn start(arguments: &str) -> Self {
        Self::start_plain(&format!("--format json {arguments}"))
    }

    /// Starts it with these arguments and waits until it listens.
    pub(crate) fn start_plain(arguments: &str) -> Self {
        let mut command = Command::new(RAWSHAKE);
        command.args(["listen", &PORT.to_string()]).args(arguments.split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let mut stdout = child.stdout.take().expect("a pipe");
        // Read all the time: a full pipe would stop it.
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        err.read_line(&mut line).expect("a line");
        let this = Self { child: Some(child), out: Some(out), err };
        assert!(line.starts_with("LISTEN on port"), "{line}");
        this
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a child").id()
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let pid = Pid::from_raw(self.pid().cast_signed()).expect("a process");
        kill_process(pid, Signal::INT).expect("a signal");
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Said {
        let code = self.child.take().expect("a child").wait().expect("an end").code();
        let mut err = String::new();
        self.err.read_to_string(&mut err).expect("UTF-8");
        let out = self.out.take().expect("a thread").join().expect("the output");
        Said { out, err, code }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs `test` on the near host of a lab without a server of its own.
pub(crate) fn in_lab(test: impl FnOnce(&Lab)) {
    common::in_lab(&Options { server: Server::Refuses, ..Options::default() }, test);
}

/// The address of the listener in the lab.
pub(crate) fn address(version: Version) -> SocketAddr {
    SocketAddr::new(lab::YOU.ip(version), PORT)
}

/// Runs a listener with these arguments; `client` is a program on the far host.
pub(crate) fn serve(arguments: &str, client: impl FnOnce(SocketAddr) + Send + 'static) -> Option<Said> {
    let mut said = None;
    in_lab(|lab| {
        let listening = Listening::start(arguments);
        lab.on_server(move || client(address(Version::V4))).expect("the far host");
        said = Some(listening.end());
    });
    said
}

/// A connected client that does not wait for ever.
pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// The state of a client's socket, in the words of its kernel.
pub(crate) fn kernel_state(stream: &TcpStream) -> Option<&'static str> {
    let ends = (stream.local_addr().expect("an address"), stream.peer_addr().expect("an address"));
    sockdiag::tcp_state(ends.0, ends.1).expect("sock_diag").map(|state| state.name())
}

/// Waits until the kernel has the socket in that state.
pub(crate) fn until_state(ends: (SocketAddr, SocketAddr), wanted: Option<&str>) {
    let mut state = None;
    for _ in 0..20_000 {
        state = sockdiag::tcp_state(ends.0, ends.1).expect("sock_diag").map(|state| state.name());
        if state == wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("the kernel has {ends:?} in {state:?}, not in {wanted:?}");
}
