//! Kernels on both hosts: sockets with the options that bring a phenomenon about.

use std::fs;
use std::io::{self, Read as _};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rawshake::lab::{Host, SERVER, YOU};
use socket2::{Domain, Protocol, Socket, Type};

use super::stage::{CLIENT, PATIENCE, PORT, SETTLE, Stage, at};

/// Sets the options of a socket before it is bound.
pub(crate) type Prepare = fn(&Socket) -> io::Result<()>;

/// How long two kernels take for an exchange, their delayed acknowledgments included.
pub(crate) const BEAT: Duration = Duration::from_millis(60);

/// No option is set.
pub(crate) fn plain(_: &Socket) -> io::Result<()> {
    Ok(())
}

/// Reads once: what is there, at most `most` octets.
pub(crate) fn read(mut socket: &Socket, most: usize) -> Result<usize> {
    Ok(socket.read(&mut vec![0; most])?)
}

fn bound(host: Host, port: u16, protocol: Protocol, prepare: Prepare) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(protocol))?;
    socket.set_reuse_address(true)?;
    prepare(&socket)?;
    socket.bind(&at(host, port).into())?;
    // Only so that a broken scene ends.
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn listening(host: Host, protocol: Protocol, backlog: i32, prepare: Prepare) -> io::Result<Socket> {
    let socket = bound(host, PORT, protocol, prepare)?;
    socket.listen(backlog)?;
    Ok(socket)
}

impl Stage {
    /// A listening socket at the server's port 80.
    pub(crate) fn listen(&self, backlog: i32, prepare: Prepare) -> Result<Socket> {
        self.listen_by(Protocol::TCP, backlog, prepare)
    }

    pub(crate) fn listen_by(&self, protocol: Protocol, backlog: i32, prepare: Prepare) -> Result<Socket> {
        self.lab.on_server(move || listening(SERVER, protocol, backlog, prepare))?.context("listen")
    }

    /// A program on the server's own host connects to port 80: nothing of it is on the cable.
    pub(crate) fn take_seat(&self) -> Result<Socket> {
        let connected = || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
            socket.connect(&at(SERVER, PORT).into())?;
            Ok::<_, io::Error>(socket)
        };
        self.lab.on_server(connected)?.context("connect within the server's host")
    }

    /// The next connection of a listening socket.
    pub(crate) fn accept(&self, listener: &Socket) -> Result<Socket> {
        let (socket, _) = listener.accept().context("accept")?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(socket)
    }

    /// The client's kernel calls connect() to the server. The SYN has left when this returns.
    pub(crate) fn connect(&mut self, prepare: Prepare) -> Result<Socket> {
        self.connect_by(Protocol::TCP, SERVER, PORT, prepare)
    }

    pub(crate) fn connect_by(&mut self, protocol: Protocol, to: Host, port: u16, prepare: Prepare) -> Result<Socket> {
        let socket = bound(YOU, CLIENT, protocol, prepare)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&at(to, port).into()) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error).context("connect"),
            _ => {}
        }
        self.pause(SETTLE)?;
        socket.set_nonblocking(false)?;
        Ok(socket)
    }

    /// The client's kernel sends data with its SYN where it has a cookie, and asks for one where it has none.
    pub(crate) fn fast_open(&mut self, port: u16, data: &[u8]) -> Result<Socket> {
        let socket = bound(YOU, port, Protocol::TCP, plain)?;
        socket.send_to_with_flags(data, &at(SERVER, PORT).into(), libc::MSG_FASTOPEN)?;
        self.pause(BEAT)?;
        Ok(socket)
    }

    /// A connection between both kernels: the client's socket and the server's.
    pub(crate) fn kernels(&mut self, server: Prepare, client: Prepare) -> Result<(Socket, Socket)> {
        let listener = self.listen(8, server)?;
        let client = self.connect(client)?;
        Ok((client, self.accept(&listener)?))
    }

    /// A connection within the client's host: the client's socket and the server's.
    pub(crate) fn kernel_alone(&mut self, prepare: Prepare) -> Result<(Socket, Socket)> {
        let listener = listening(YOU, Protocol::TCP, 8, prepare)?;
        let client = self.connect_by(Protocol::TCP, YOU, PORT, prepare)?;
        Ok((client, self.accept(&listener)?))
    }

    /// The client's program closes, and then the server's.
    pub(crate) fn end(&mut self, client: Socket, server: Socket) -> Result<()> {
        drop(client);
        self.pause(BEAT)?;
        drop(server);
        self.pause(BEAT)
    }

    /// A setting below net.ipv4 of one host's network.
    pub(crate) fn set(&self, host: Host, name: &str, value: &str) -> Result<()> {
        let path = format!("/proc/sys/net/ipv4/{name}");
        let (file, text) = (path.clone(), value.to_owned());
        let write = move || fs::write(file, text);
        let done = if host == YOU { write() } else { self.lab.on_server(write)? };
        done.with_context(|| format!("{path} = {value}"))
    }
}
