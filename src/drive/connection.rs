//! The loop of one hand-made connection. What the peer said goes on to the endpoint.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::gate::Gate;
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

    /// Who is asked before each segment of ours; nobody, unless somebody steps through.
    fn gate(&mut self) -> Option<&mut dyn Gate> {
        None
    }
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
    let mut run = Run::new(endpoint, Line::new(ends, wire, watcher));
    let outcome = run.talk()?;
    let late = run.line.settle(&mut run.endpoint)?;
    let Run { signal, endpoint, line, .. } = run;
    let (packets, unseen) = line.counts();
    line.finish()?;
    Ok(Ended { outcome, signal: signal.or(late), packets, unseen, syns: endpoint.end.syns() })
}

/// Our end as the line speaks to it.
pub(super) struct Hearing<'a> {
    pub(super) end: &'a mut dyn End,
    /// How long its clock stood still.
    pub(super) stopped: Duration,
    /// How often anything was heard.
    pub(super) heard: u64,
}

impl Hearing<'_> {
    /// The time of our end.
    pub(super) fn clock(&self, now: Time) -> Time {
        now - self.stopped
    }
}

impl Ear for Hearing<'_> {
    fn segment(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.heard += 1;
        self.end.arrive(self.clock(now), ip, segment);
    }

    fn error(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.heard += 1;
        self.end.icmp(self.clock(now), ip, icmp);
    }
}

pub(super) struct Run<'a> {
    pub(super) endpoint: Hearing<'a>,
    pub(super) line: Line<'a>,
    pub(super) signal: Option<Signal>,
    /// Nobody watches any longer.
    abandoned: bool,
    /// Something of ours has left.
    pub(super) has_sent: bool,
    /// Something has left since a gate was calm; how long its answer may take.
    pub(super) sent: Option<Duration>,
    /// How often anything had been heard then.
    pub(super) calm: u64,
    /// The calls behind what was lost at a gate.
    pub(super) owed: [Option<Call>; 2],
    /// It is over before it began.
    pub(super) over: Option<Outcome>,
}

impl<'a> Run<'a> {
    fn new(end: &'a mut dyn End, line: Line<'a>) -> Self {
        let endpoint = Hearing { end, stopped: Duration::ZERO, heard: 0 };
        let owed = [None, None];
        Self { endpoint, line, signal: None, abandoned: false, has_sent: false, sent: None, calm: 0, owed, over: None }
    }

    fn talk(&mut self) -> Result<Outcome, Error> {
        while self.over.is_none() {
            self.line.listen(&mut self.endpoint)?;
            self.calm_down()?;
            self.abandon();
            let before = self.endpoint.end.state();
            let now = self.line.wire.now();
            match self.endpoint.end.poll(self.endpoint.clock(now)) {
                Action::Send(emit) => self.pass(emit, before)?,
                Action::WaitUntil(until) => {
                    let state = self.endpoint.end.state();
                    if let Some(signal) = self.line.wait(now, until + self.endpoint.stopped, state)? {
                        self.interrupt(Some(signal));
                    }
                }
                Action::Done(outcome) => return Ok(outcome),
            }
        }
        Ok(self.over.unwrap_or(Outcome::Interrupted))
    }

    /// After the first thing that cannot be told the peer is not left waiting: the connection is reset.
    fn abandon(&mut self) {
        if self.line.has_failed() && !self.abandoned {
            self.abandoned = true;
            self.endpoint.end.abandon();
        }
    }
}
