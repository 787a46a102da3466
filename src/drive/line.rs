//! What passes on one connection: what we send, and what the capture shows of it.
//!
//! The capture is the only ear: it tells what left, what came, and what our own kernel said in our name, each with the
//! kernel's time stamp and in the order of the wire.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::connection::{Seen, Watcher};
use super::gate::Gate;
use super::sift::{Kin, Sieve};
use super::steady::Steady;
use super::wire::{Error, SETTLE, Wire, Woken};
use crate::craft::Emit;
use crate::sys::Signal;
use crate::tcp::{Call, State};
use crate::trace::Origin;
use crate::wire::{Content, Decoded, Icmp, Ip, LinkType, Packet, Segment, Time, decode};

/// Packets to take in before our end is asked what to do: it must get its turn, however much comes in.
const BATCH: usize = 64;

/// Our end, which hears what is said to it.
pub(super) trait Ear {
    /// A segment of the peer arrived.
    fn segment(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>);

    /// An ICMP error about a segment of ours arrived.
    fn error(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>);
}

/// A wire with one connection on it, and who watches.
pub(super) struct Line<'a> {
    sieve: Sieve,
    pub(super) wire: &'a mut dyn Wire,
    audience: Audience<'a>,
    /// The time of the last captured packet.
    last: Option<Time>,
    steady: Steady,
    /// What is sent in fragments: the first of them, and the packet before it was cut.
    cut: Option<(Vec<u8>, Vec<u8>)>,
}

/// Who watches.
struct Audience<'a> {
    watcher: &'a mut dyn Watcher,
    packets: u64,
    /// The first thing that could not be told.
    failure: Option<io::Error>,
}

impl Audience<'_> {
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        (origin, captured): (Origin, bool),
        calls: [Option<Call>; 2],
    ) {
        self.packets += 1;
        let told = self.watcher.packet(&Seen { number: self.packets, packet, decoded, origin, captured, calls });
        self.failure = self.failure.take().or(told.err());
    }

    /// Shows what was not captured as it stands here.
    fn uncaptured(&mut self, time: Time, bytes: &[u8], calls: [Option<Call>; 2]) {
        let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
        self.packet(&packet, &decode(&packet), (Origin::HandMade, false), calls);
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(
        (local, remote): (SocketAddr, SocketAddr),
        wire: &'a mut dyn Wire,
        watcher: &'a mut dyn Watcher,
    ) -> Self {
        let audience = Audience { watcher, packets: 0, failure: None };
        let steady = Steady::since(wire.now());
        Self { sieve: Sieve::new(local, remote), wire, audience, last: None, steady, cut: None }
    }

    /// Packets that were seen, and packets that were sent and not seen to leave up to now.
    pub(super) fn counts(&self) -> (u64, usize) {
        (self.audience.packets, self.sieve.unseen())
    }

    /// Whether something could not be told.
    pub(super) const fn has_failed(&self) -> bool {
        self.audience.failure.is_some()
    }

    /// Something could not be told.
    pub(super) fn fail(&mut self, error: io::Error) {
        self.audience.failure.get_or_insert(error);
    }

    /// Who is asked before each segment.
    pub(super) fn gate(&mut self) -> Option<&mut dyn Gate> {
        self.audience.watcher.gate()
    }

    /// Waits until something arrives, or the gate has an answer; not longer than `most`.
    pub(super) fn wait_for_answer(&mut self, most: Duration) -> Result<Woken, Error> {
        let until = self.wire.now() + most;
        match self.audience.watcher.gate().and_then(|gate| gate.keyboard()) {
            Some(keyboard) => self.wire.wait_beside(keyboard, until),
            None => Ok(Woken::Look),
        }
    }

    pub(super) fn send(&mut self, now: Time, emit: Emit) -> Result<(), Error> {
        let packet = emit.packet.clone();
        self.sieve.sending(now, emit);
        if !self.wire.send(&packet)? {
            self.sieve.not_sent();
        }
        Ok(())
    }

    /// What is sent next goes out in fragments: `uncut` is shown with the first of them, beside them all.
    pub(super) fn cut(&mut self, first: Vec<u8>, uncut: Vec<u8>) {
        self.cut = Some((first, uncut));
    }

    /// Takes in what was captured, up to a batch; false once nothing more is there.
    pub(super) fn listen(&mut self, ear: &mut dyn Ear) -> Result<bool, Error> {
        for _ in 0..BATCH {
            let now = self.wire.now();
            let Some(packet) = self.wire.next()? else {
                self.steady.is_quiet(now);
                return Ok(false);
            };
            let decoded = decode(&packet);
            let Some(kin) = self.sieve.sort(&packet, &decoded) else { continue };
            match (&kin, &decoded.ip, &decoded.content) {
                (Kin::Peer, Some(ip), Content::Segment(segment)) => ear.segment(now, ip, segment),
                (Kin::Complaint, Some(ip), Content::Icmp(icmp)) => ear.error(now, ip, icmp),
                _ => {}
            }
            self.last = self.last.max(Some(self.steady.time(packet.time, now)));
            let origin = kin.origin();
            let ours = if let Kin::Ours(emit) = kin { emit } else { None };
            let calls = ours.as_ref().map_or([None, None], |emit| emit.calls);
            self.audience.packet(&packet, &decoded, (origin, true), calls);
            if let Some((_, uncut)) = self.cut.take_if(|(first, _)| ours.is_some_and(|emit| emit.packet == *first)) {
                self.audience.uncaptured(packet.time, &uncut, [None, None]);
            }
        }
        Ok(true)
    }

    /// Waits until something arrives, or `until`, while our end is in `state`; not if just that cannot be told. Gives the
    /// signal that broke it off.
    pub(super) fn wait(&mut self, now: Time, until: Time, state: State) -> Result<Option<Signal>, Error> {
        let before = self.has_failed();
        let told = self.audience.watcher.waiting(now, until, state);
        self.audience.failure = self.audience.failure.take().or(told.err());
        if self.has_failed() && !before {
            return Ok(None);
        }
        match self.wire.wait(until)? {
            Woken::Stop(signal) => Ok(Some(signal)),
            Woken::Look => Ok(None),
        }
    }

    /// Waits for the capture to show what we sent last, and what our own kernel made of the last answer. Gives the signal
    /// that broke it off.
    pub(super) fn settle(&mut self, ear: &mut dyn Ear) -> Result<Option<Signal>, Error> {
        let until = self.wire.now() + SETTLE;
        loop {
            let more = self.listen(ear)?;
            let now = self.wire.now();
            if !more && self.sieve.unseen() == 0 || now >= until {
                return Ok(None);
            }
            if !more && let Woken::Stop(signal) = self.wire.wait(until)? {
                return Ok(Some(signal));
            }
        }
    }

    /// The end: shows what we sent and nothing showed since, as it waits for a neighbour that does not answer.
    ///
    /// # Errors
    /// The first thing that could not be told.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for (time, emit) in self.sieve.take_unseen(self.last) {
            self.audience.uncaptured(time, &emit.packet, emit.calls);
        }
        self.audience.failure.map_or(Ok(()), Err)
    }
}
