//! What a kernel is asked (sock_diag): states, where no tracepoint tells them; what it counts; and who waits for accept().

use std::io;

use super::{Connection, Merge, ends};
use crate::sys::clock;
use crate::sys::sockdiag::{TcpInfo, TcpSocket};
use crate::tcp::State;
use crate::trace::{Counts, KernelEvent, KernelKind, SegmentEvent, Side, Teller};
use crate::wire::Flags;

impl Merge<'_> {
    /// What the kernel of this end has of the connection.
    pub(super) fn ask(&self, connection: u32, side: Side) -> io::Result<Option<TcpSocket>> {
        let Some(Connection { opened, .. }) = self.connections.get(&connection) else { return Ok(None) };
        let (local, remote) = ends(opened, side);
        let Some(asked) = self.asked.iter().find(|asked| asked.is(local)) else { return Ok(None) };
        asked.inspector.tcp_socket(local, remote).map_err(io::Error::other)
    }

    /// Asks for the states, and tells those that are others than were told last.
    pub(super) fn look(&mut self, connection: u32) -> io::Result<()> {
        for side in self.sides(connection) {
            let last = self.connections.get(&connection).and_then(|connection| connection.paths.last(side));
            // No socket: there was none, or it is closed.
            let was = last.filter(|state| *state != State::Listen);
            let socket = self.ask(connection, side)?;
            let now = socket.as_ref().and_then(state).or_else(|| was.map(|_| State::Closed));
            if let Some(new) = now.filter(|_| now != last) {
                self.answered(connection, side, KernelKind::State { old: None, new })?;
            }
            if let Some(counts) = socket.filter(|_| self.account.is_none()).and_then(|socket| socket.counts()) {
                self.count(connection, side, counts)?;
            }
        }
        Ok(())
    }

    /// Whether it is a SYN of the client, or a SYN,ACK of the server, that was sent before.
    pub(super) fn is_syn_again(&mut self, connection: u32, segment: &SegmentEvent) -> bool {
        let Some(known) = self.connections.get_mut(&connection) else { return false };
        let answers = segment.flags.contains(Flags::ACK);
        let is_syn = segment.flags.contains(Flags::SYN) && answers == (segment.from == Side::Server);
        is_syn && std::mem::replace(&mut known.syn_seen[segment.from], true)
    }

    /// Tells what the kernel said when it was asked.
    fn answered(&mut self, connection: u32, side: Side, kind: KernelKind) -> io::Result<()> {
        self.kernel(clock::now(), connection, KernelEvent { side, teller: Teller::SockDiag, kind })
    }

    /// Tells what the kernel counts: once, and whenever it has sent something again.
    fn count(&mut self, connection: u32, side: Side, info: TcpInfo) -> io::Result<()> {
        let Some(known) = self.connections.get_mut(&connection) else { return Ok(()) };
        let TcpInfo { rtt: rtt_us, congestion_window: cwnd, retransmitted } = info;
        let is_news = known.counted[side].map_or(rtt_us > 0 || retransmitted > 0, |last| last < retransmitted);
        if !is_news {
            return Ok(());
        }
        known.counted[side] = Some(retransmitted);
        self.answered(connection, side, KernelKind::Counted(Counts { retransmitted, cwnd, rtt_us }))
    }

    /// A SYN or SYN,ACK was sent again. If the server's accept queue is full that is why: the kernel drops the SYN, and no
    /// tracepoint tells it, or the ACK of the SYN,ACK.
    pub(super) fn ask_for_queue(&mut self, connection: u32) -> io::Result<()> {
        let Some(Connection { opened, .. }) = self.connections.get(&connection) else { return Ok(()) };
        let server = opened.server;
        let Some(asked) = self.asked.iter().find(|asked| asked.is(server)) else { return Ok(()) };
        match asked.inspector.listener(server).map_err(io::Error::other)? {
            Some(TcpSocket { receive_queue: waiting, send_queue: allowed, .. }) if waiting > allowed => {
                self.answered(connection, Side::Server, KernelKind::Queue { waiting, allowed })
            }
            _ => Ok(()),
        }
    }
}

fn state(socket: &TcpSocket) -> Option<State> {
    State::from_kernel(socket.state.0)
}
