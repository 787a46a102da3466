//! The loop of one hand-made connection. What the peer said goes on to the endpoint.

use std::io;
use std::net::SocketAddr;

use super::line::{Ear, Line};
use super::wire::{Error, Wire};
use crate::craft::{Action, End, Outcome};
use crate::sys::Signal;
use crate::tcp::{Call, State};
use crate::trace::Origin;
use crate::wire::{Decoded, Icmp, Ip, Packet, Segment, Time};

/// A packet of the connection, as it passed.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its number among those of this connection, from 1.
    pub number: u64,
    /// As it was captured.
    pub packet: &'a Packet<'a>,
    /// The same, taken apart.
    pub decoded: &'a Decoded<'a>,
    /// Who made it.
    pub origin: Origin,
    /// Whether the capture showed it; if not, it was sent, but never seen to leave, and its time is that of sending.
    pub captured: bool,
    /// The socket calls behind a hand-made segment, in their order.
    pub calls: [Option<Call>; 2],
}

/// Is told what happens, while it happens.
pub trait Watcher {
    /// A packet of the connection passed.
    ///
    /// # Errors
    /// It could not be told.
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()>;

    /// Nothing is to be done before something arrives, or `until`; our end is in `state`.
    ///
    /// # Errors
    /// It could not be told.
    fn waiting(&mut self, now: Time, until: Time, state: State) -> io::Result<()>;
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How the connection ended.
    pub outcome: Outcome,
    /// The signal that asked for it, if one did.
    pub signal: Option<Signal>,
    /// Packets of the connection that were seen.
    pub packets: u64,
    /// Packets that were sent and never seen to leave: no neighbour answered for the next hop.
    pub unseen: usize,
    /// Our SYNs.
    pub syns: u32,
}

/// Runs `endpoint`, or a program with one, between `ends`, ours and the peer's, to its end.
///
/// # Errors
/// [`Error`]; what the network does wrong is an [`Outcome`].
pub fn run(
    endpoint: &mut dyn End,
    ends: (SocketAddr, SocketAddr),
    wire: &mut dyn Wire,
    watcher: &mut dyn Watcher,
) -> Result<Ended, Error> {
    let mut run =
        Run { endpoint: Hearing(endpoint), line: Line::new(ends, wire, watcher), signal: None, abandoned: false };
    let outcome = run.talk()?;
    let late = run.line.settle(&mut run.endpoint)?;
    let Run { signal, endpoint: Hearing(endpoint), line, .. } = run;
    let (packets, unseen) = line.counts();
    line.finish()?;
    Ok(Ended { outcome, signal: signal.or(late), packets, unseen, syns: endpoint.syns() })
}

/// Our end as the line speaks to it.
struct Hearing<'a>(&'a mut dyn End);

impl Ear for Hearing<'_> {
    fn segment(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.0.arrive(now, ip, segment);
    }

    fn error(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.0.icmp(now, ip, icmp);
    }
}

struct Run<'a> {
    endpoint: Hearing<'a>,
    line: Line<'a>,
    signal: Option<Signal>,
    /// Nobody watches any longer.
    abandoned: bool,
}

impl Run<'_> {
    fn talk(&mut self) -> Result<Outcome, Error> {
        loop {
            self.line.listen(&mut self.endpoint)?;
            self.abandon();
            let now = self.line.wire.now();
            match self.endpoint.0.poll(now) {
                Action::Send(emit) => self.line.send(now, emit)?,
                Action::WaitUntil(until) => {
                    if let Some(signal) = self.line.wait(now, until, self.endpoint.0.state())? {
                        self.signal = Some(signal);
                        self.endpoint.0.interrupt(self.line.wire.now());
                    }
                }
                Action::Done(outcome) => return Ok(outcome),
            }
        }
    }

    /// After the first thing that cannot be told the peer is not left waiting: the connection is reset.
    fn abandon(&mut self) {
        if self.line.has_failed() && !self.abandoned {
            self.abandoned = true;
            self.endpoint.0.abandon();
        }
    }
}
