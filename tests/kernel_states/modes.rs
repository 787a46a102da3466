//! How two programs open, use and close a connection: every way that leads through other states.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::Barrier;
use std::time::Duration;

use rawshake::sys::poll;
use socket2::{Domain, SockRef, Socket, Type};

/// The enum, and the list of all that it has.
macro_rules! modes {
    ($($name:ident),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Mode { $($name),+ }

        /// Every mode; the last one needs a wire that takes its time, so that two SYNs can cross.
        pub(crate) const MODES: &[Mode] = &[$(Mode::$name),+];
    };
}

modes! {
    ClientFirst,
    ServerFirst,
    WithoutData,
    Simultaneous,
    HalfClose,
    ServerHalfClose,
    ClientAborts,
    ServerAborts,
    Unread,
    DataAfterClose,
    NeverCloses,
    StaysOpen,
    BothWays,
    Killed,
    Refused,
    SimultaneousOpen,
}

use Mode::*;

/// Only so that a broken test ends.
const PATIENCE: Duration = Duration::from_secs(50);

/// What waits on the server's host for the client.
pub(crate) enum Far {
    Nothing,
    Listener(TcpListener),
    /// Bound, and about to call connect() itself.
    Caller(Socket),
}

impl Far {
    /// Prepares it on the host of this thread.
    pub(crate) fn prepare(mode: Mode, address: SocketAddr) -> io::Result<Self> {
        Ok(match mode {
            Refused => Self::Nothing,
            SimultaneousOpen => Self::Caller(bound(address)?),
            _ => {
                let socket = bound(address)?;
                socket.listen(1)?;
                Self::Listener(socket.into())
            }
        })
    }
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Makes a connection and closes it as the mode says. What is to stay open is given back. An error means that the two
/// ends did not come together, as two callers that miss each other do.
pub(crate) fn play(mode: Mode, client: SocketAddr, server: SocketAddr, far: Far) -> io::Result<Vec<TcpStream>> {
    let near = bound(client)?;
    let (near, far) = match far {
        Far::Nothing => {
            let refused = near.connect(&server.into()).expect_err("nothing listens");
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused, "{refused}");
            return Ok(Vec::new());
        }
        Far::Listener(listener) => {
            near.connect(&server.into())?;
            (near.into(), listener.accept()?.0)
        }
        Far::Caller(far) => meet(near, client, far, server)?,
    };
    for stream in [&near, &far] {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
    }
    Ok(close(mode, near, far))
}

/// Both call connect(), so close together that the SYNs cross.
fn meet(near: Socket, client: SocketAddr, far: Socket, server: SocketAddr) -> io::Result<(TcpStream, TcpStream)> {
    for socket in [&near, &far] {
        socket.set_nonblocking(true)?;
    }
    let _ = near.connect(&server.into());
    let _ = far.connect(&client.into());
    let connected = |socket: Socket| -> io::Result<TcpStream> {
        for _ in 0..PATIENCE.as_millis() / 5 {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            if socket.peer_addr().is_ok() {
                socket.set_nonblocking(false)?;
                return Ok(socket.into());
            }
            pause(5);
        }
        Err(io::ErrorKind::TimedOut.into())
    };
    Ok((connected(near)?, connected(far)?))
}

fn pause(milliseconds: u64) {
    poll::wait(&[], Some(Duration::from_millis(milliseconds))).expect("time passes");
}

fn close(mode: Mode, client: TcpStream, server: TcpStream) -> Vec<TcpStream> {
    if mode != WithoutData && mode != BothWays {
        exchange(&client, &server);
        exchange(&server, &client);
    }
    match mode {
        ClientFirst | WithoutData | SimultaneousOpen => hang_up(client, server),
        ServerFirst => hang_up(server, client),
        Simultaneous => at_once(client, server),
        HalfClose => half_close(client, server),
        ServerHalfClose => half_close(server, client),
        ClientAborts => abort(client, server),
        ServerAborts => abort(server, client),
        Unread => leave_unread(client, server),
        DataAfterClose => write_after_close(client, server),
        NeverCloses => return never_close(client, server),
        StaysOpen => return vec![client, server],
        BothWays => both_ways(client, server),
        Killed => be_killed(client, server),
        Refused => unreachable!("there is no connection"),
    }
    Vec::new()
}

const MESSAGE: &[u8] = b"hello";

fn exchange(mut from: &TcpStream, mut to: &TcpStream) {
    from.write_all(MESSAGE).expect("write");
    let mut message = [0; MESSAGE.len()];
    to.read_exact(&mut message).expect("read");
}

fn expect_end(mut stream: &TcpStream) {
    assert_eq!(stream.read(&mut [0; 8]).expect("the end"), 0);
}

fn hang_up(first: TcpStream, second: TcpStream) {
    drop(first);
    expect_end(&second);
}

fn at_once(client: TcpStream, server: TcpStream) {
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        for stream in [client, server] {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                drop(stream);
            });
        }
    });
}

fn half_close(first: TcpStream, second: TcpStream) {
    first.shutdown(Shutdown::Write).expect("shutdown");
    expect_end(&second);
    exchange(&second, &first);
    exchange(&second, &first);
    drop(second);
    expect_end(&first);
}

fn abort(first: TcpStream, second: TcpStream) {
    SockRef::from(&first).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    drop(first);
    write_until_told(&second);
}

/// Writes until it hears that the peer is gone: a RST may be lost, and only another segment brings another.
fn write_until_told(mut stream: &TcpStream) {
    for _ in 0..PATIENCE.as_millis() / 20 {
        if stream.write(b"x").is_err() {
            return;
        }
        pause(20);
    }
    panic!("no reset came");
}

fn leave_unread(client: TcpStream, mut server: TcpStream) {
    server.write_all(MESSAGE).expect("write");
    client.peek(&mut [0]).expect("peek");
    drop(client);
    write_until_told(&server);
}

fn write_after_close(client: TcpStream, server: TcpStream) {
    drop(client);
    expect_end(&server);
    write_until_told(&server);
}

fn never_close(client: TcpStream, server: TcpStream) -> Vec<TcpStream> {
    drop(client);
    expect_end(&server);
    vec![server]
}

/// The only process that holds the client's socket is killed, and its kernel closes for it.
fn be_killed(client: TcpStream, server: TcpStream) {
    let mut holder = Command::new("sleep").arg("1000").stdin(OwnedFd::from(client)).spawn().expect("sleep");
    holder.kill().expect("SIGKILL");
    holder.wait().expect("its end");
    expect_end(&server);
}

/// Both send more than a window, and close when they have.
fn both_ways(client: TcpStream, server: TcpStream) {
    const LENGTH: usize = 100_000;
    std::thread::scope(|scope| {
        for stream in [client, server] {
            scope.spawn(move || {
                let writer = stream.try_clone().expect("a second descriptor");
                std::thread::scope(|scope| {
                    scope.spawn(move || (&writer).write_all(&[7; LENGTH]).expect("write"));
                    (&stream).read_exact(&mut vec![0; LENGTH]).expect("read");
                });
            });
        }
    });
}
