//! The loop of one hand-made connection.
//!
//! The capture is the only ear: it tells what left, what came, and what our own kernel said in our name, each with the
//! kernel's time stamp and in the order of the wire. What the peer said goes on to the endpoint.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::sift::{Kin, Sieve};
use super::wire::{Error, Wire, Woken};
use crate::craft::{Action, Endpoint, Outcome};
use crate::sys::Signal;
use crate::tcp::{Call, State};
use crate::trace::Origin;
use crate::wire::{Content, Decoded, LinkType, Packet, Time, decode};

/// How long the capture may take to show the last packet that we sent.
const SETTLE: Duration = Duration::from_millis(200);
/// Packets to take in before the endpoint is asked what to do: it must get its turn, however much comes in.
const BATCH: usize = 64;

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

/// Runs `endpoint`, between `local` and `remote`, to its end.
///
/// # Errors
/// [`Error`]; what the network does wrong is an [`Outcome`].
pub fn run(
    endpoint: &mut Endpoint,
    (local, remote): (SocketAddr, SocketAddr),
    wire: &mut dyn Wire,
    watcher: &mut dyn Watcher,
) -> Result<Ended, Error> {
    let mut run = Run {
        endpoint,
        sieve: Sieve::new(local, remote),
        wire,
        watcher,
        packets: 0,
        signal: None,
        last: None,
        failure: None,
    };
    let outcome = run.talk()?;
    run.settle()?;
    let (packets, unseen) = (run.packets, run.sieve.unseen());
    run.show_unseen();
    let Run { signal, endpoint, failure, .. } = run;
    failure.map_or(Ok(Ended { outcome, signal, packets, unseen, syns: endpoint.syns() }), |error| Err(error.into()))
}

struct Run<'a> {
    endpoint: &'a mut Endpoint,
    sieve: Sieve,
    wire: &'a mut dyn Wire,
    watcher: &'a mut dyn Watcher,
    packets: u64,
    signal: Option<Signal>,
    /// The time of the last captured packet.
    last: Option<Time>,
    /// The first thing that could not be told.
    failure: Option<io::Error>,
}

impl Run<'_> {
    fn talk(&mut self) -> Result<Outcome, Error> {
        loop {
            self.listen()?;
            let now = self.wire.now();
            match self.endpoint.poll(now) {
                Action::Send(emit) => {
                    let packet = emit.packet.clone();
                    self.sieve.sending(now, emit);
                    if !self.wire.send(&packet)? {
                        self.sieve.not_sent();
                    }
                }
                Action::WaitUntil(until) => {
                    let told = self.watcher.waiting(now, until, self.endpoint.state());
                    if told.is_err() {
                        self.fail(told);
                        continue;
                    }
                    if let Woken::Stop(signal) = self.wire.wait(until)? {
                        self.signal = Some(signal);
                        self.endpoint.interrupt(self.wire.now());
                    }
                }
                Action::Done(outcome) => return Ok(outcome),
            }
        }
    }

    /// Takes in what was captured, up to a batch.
    fn listen(&mut self) -> Result<bool, Error> {
        for _ in 0..BATCH {
            let now = self.wire.now();
            let Some(packet) = self.wire.next()? else { return Ok(false) };
            let decoded = decode(&packet);
            let Some(kin) = self.sieve.sort(&packet, &decoded) else { continue };
            match (&kin, &decoded.ip, &decoded.content) {
                (Kin::Peer, Some(ip), Content::Segment(segment)) => self.endpoint.arrive(now, ip, segment),
                (Kin::Complaint, Some(ip), Content::Icmp(icmp)) => self.endpoint.icmp(now, ip, icmp),
                _ => {}
            }
            self.packets += 1;
            self.last = self.last.max(Some(packet.time));
            let origin = kin.origin();
            let calls = if let Kin::Ours(Some(emit)) = kin { emit.calls } else { [None, None] };
            let seen = Seen { number: self.packets, packet: &packet, decoded: &decoded, origin, captured: true, calls };
            let told = self.watcher.packet(&seen);
            self.fail(told);
        }
        Ok(true)
    }

    /// After the first thing that cannot be told the peer is not left waiting: the connection is reset.
    fn fail(&mut self, told: io::Result<()>) {
        if let Err(error) = told
            && self.failure.is_none()
        {
            self.failure = Some(error);
            self.endpoint.abandon();
        }
    }

    /// Shows what we sent and nothing showed since: it waits for a neighbour that does not answer.
    fn show_unseen(&mut self) {
        for (time, emit) in self.sieve.take_unseen(self.last) {
            let bytes = &emit.packet;
            let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
            self.packets += 1;
            let seen = Seen {
                number: self.packets,
                packet: &packet,
                decoded: &decode(&packet),
                origin: Origin::HandMade,
                captured: false,
                calls: emit.calls,
            };
            let told = self.watcher.packet(&seen);
            self.fail(told);
        }
    }

    /// Waits for the capture to show what we sent last, and what our own kernel made of the last answer.
    fn settle(&mut self) -> Result<(), Error> {
        let until = self.wire.now() + SETTLE;
        loop {
            let more = self.listen()?;
            let now = self.wire.now();
            if !more && self.sieve.unseen() == 0 || now >= until {
                return Ok(());
            }
            if !more && let Woken::Stop(signal) = self.wire.wait(until)? {
                self.signal.get_or_insert(signal);
                return Ok(());
            }
        }
    }
}
