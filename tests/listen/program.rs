//! A running listener, in the network of the test that starts it.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rawshake::lab::{self, Lab, Options, Server};
use rawshake::sys::{Version, sockdiag};
use serde_json::Value;

use crate::common;
pub(crate) use crate::common::support::program::{RAWSHAKE, Said};
use crate::common::support::running::Running;

/// Where it listens.
pub(crate) const PORT: u16 = 8080;

/// What a listener counted, in a run with `--format json`.
pub(crate) fn counts(said: &Said) -> Value {
    said.events().pop().filter(|event| event["event"] == "listener").unwrap_or_else(|| panic!("{said:?}"))
}

/// Starts it with these arguments, separated by blanks, for output in JSON, and waits until it listens.
pub(crate) fn listening(arguments: &str) -> Running {
    listening_plain(&format!("--format json {arguments}"))
}

/// Starts it with these arguments and waits until it listens.
pub(crate) fn listening_plain(arguments: &str) -> Running {
    Running::start(&format!("listen {PORT} {arguments}"), "LISTEN on port")
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
        let running = listening(arguments);
        lab.on_server(move || client(address(Version::V4))).expect("the far host");
        said = Some(running.said());
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
