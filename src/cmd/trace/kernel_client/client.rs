//! The conversation of a hand-made endpoint, by a program with a stream socket.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::super::args::{Args, CloseMode};
use super::super::plan::Plan;

/// What it is to do.
pub(super) struct Client {
    local: SocketAddr,
    remote: SocketAddr,
    /// Only where one was asked for: the kernel has a routing table of its own.
    interface: Option<String>,
    payload: Vec<u8>,
    close: CloseMode,
    ttl: u8,
    /// How long connect() may take: as long as all SYNs by hand.
    connect: Duration,
    /// The peer has no more to say after such a silence.
    wait: Duration,
    deadline: Duration,
}

impl Client {
    pub(super) fn new(args: &Args, plan: &Plan) -> Self {
        let timing = &plan.config.timing;
        let waits = (0..=u32::from(timing.retries)).map(|again| timing.timeout.saturating_mul(1 << again.min(20)));
        Self {
            local: SocketAddr::new(plan.local().ip(), 0),
            remote: plan.target.remote,
            interface: args.way.interface.clone(),
            payload: plan.config.payload.clone(),
            close: args.close.close,
            ttl: args.way.end.ttl,
            connect: waits.fold(Duration::ZERO, Duration::saturating_add),
            wait: timing.wait,
            deadline: timing.deadline,
        }
    }

    /// socket(), connect(), send(), recv(), and what `--close` says. The stream, where it is to be left open.
    pub(super) fn converse(&self) -> io::Result<Option<TcpStream>> {
        let mut stream = self.open()?;
        stream.write_all(&self.payload)?;
        match self.close {
            CloseMode::Active => self.read(&mut stream, self.wait)?,
            CloseMode::Half => {
                stream.shutdown(Shutdown::Write)?;
                self.read(&mut stream, self.deadline)?;
            }
            CloseMode::Passive | CloseMode::Simultaneous => self.read(&mut stream, self.deadline)?,
            CloseMode::Reset => {
                self.read(&mut stream, self.wait)?;
                SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
            }
            CloseMode::None => {
                self.read(&mut stream, self.wait)?;
                return Ok(Some(stream));
            }
        }
        Ok(None)
    }

    fn open(&self) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.remote), Type::STREAM, None)?;
        if let Some(name) = &self.interface {
            socket.bind_device(Some(name.as_bytes()))?;
        }
        let ttl = u32::from(self.ttl);
        if self.remote.is_ipv4() { socket.set_ttl_v4(ttl) } else { socket.set_unicast_hops_v6(ttl) }?;
        socket.bind(&self.local.into())?;
        // connect() waits as long as send() may.
        socket.set_write_timeout(Some(self.connect))?;
        socket.connect(&self.remote.into())?;
        socket.set_write_timeout(Some(self.deadline))?;
        Ok(socket.into())
    }

    /// Reads until the peer closes, is silent for so long, or the deadline is over.
    fn read(&self, stream: &mut TcpStream, silence: Duration) -> io::Result<()> {
        // No time at all would mean for ever.
        let silence = silence.max(Duration::from_millis(1));
        let began = Instant::now();
        let mut buffer = vec![0; 64 * 1024];
        stream.set_read_timeout(Some(silence.min(self.deadline)))?;
        while began.elapsed() < self.deadline {
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
