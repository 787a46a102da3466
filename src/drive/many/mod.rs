//! Many hand-made connections behind one raw socket and one capture.

mod dial;
mod ears;
mod listen;
mod sent;
mod wire;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

pub use dial::{DialOptions, Dialed, Dialer, Shortage};
pub use wire::{ManyOptions, ManyWire, Places};

use super::connection::Seen;
use super::steady::Steady;
use super::wire::{Error, SETTLE, Wire, Woken};
use crate::craft::listen::Step;
use crate::sys::Signal;
use crate::trace::Origin;
use crate::wire::{Content, Decoded, Icmp, Ip, Packet, Segment, Time, decode};
use sent::Sent;

/// Packets to take in, and packets to send, before it is the turn of the other.
const BATCH: usize = 256;
/// A wait with no end is looked at again after this time.
const LONG: Duration = Duration::from_secs(60);

/// Which way a packet goes, seen from our ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To us.
    In,
    /// From us.
    Out,
}

/// Many hand-made ends. They are asked what to do after all that arrives.
pub trait Party {
    /// What it has to tell.
    type Note;

    /// Which way a segment between these sockets goes; none where it is none of ours.
    fn way(&mut self, from: SocketAddr, to: SocketAddr) -> Option<Way>;

    /// A segment arrived.
    fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>);

    /// An ICMP error arrived about a segment of ours.
    fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>);

    /// All that has arrived so far has been taken in: what is new may begin.
    ///
    /// # Errors
    /// The machine refuses what a new connection needs.
    fn begin(&mut self, now: Time) -> Result<(), Error> {
        let _ = now;
        Ok(())
    }

    /// What to do next.
    fn poll(&mut self, now: Time) -> Step<Self::Note>;

    /// Somebody wants it to stop; the second time at once.
    fn interrupt(&mut self, now: Time);
}

/// Is told what happens, while it happens.
pub trait Audience<P: Party> {
    /// A packet of ours passed.
    ///
    /// # Errors
    /// It could not be told.
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()>;

    /// The party has something to tell.
    ///
    /// # Errors
    /// It could not be told.
    fn note(&mut self, now: Time, note: P::Note) -> io::Result<()>;

    /// A turn is over. Every packet up to the time `complete` was told, which is now unless there are too many of them.
    /// True where nobody is expected any more, and the party may close.
    ///
    /// # Errors
    /// It could not be told.
    fn pause(&mut self, complete: Time, party: &P) -> io::Result<bool>;

    /// When it wants the next [pause](Self::pause) at the latest.
    fn wakes(&self) -> Option<Time>;
}

/// How a run of many ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManyEnded {
    /// The signal that asked for it, if one did.
    pub signal: Option<Signal>,
    /// Packets that were seen.
    pub packets: u64,
    /// Packets that this machine did not let out.
    pub unsent: u64,
    /// Why the last of them was not, as errno(3), where the kernel said so.
    pub refusal: Option<i32>,
    /// Packets that were sent and never seen to leave.
    pub unseen: usize,
}

/// Runs `party` to its end.
///
/// # Errors
/// [`Error`]; what the network does wrong is told in notes.
pub fn run<P: Party>(party: &mut P, wire: &mut dyn Wire, audience: &mut dyn Audience<P>) -> Result<ManyEnded, Error> {
    let sent = Sent::default();
    let complete = wire.now();
    let steady = Steady::since(complete);
    let mut run = Run {
        party,
        wire,
        audience,
        sent,
        packets: 0,
        unsent: 0,
        refusal: None,
        signal: None,
        complete,
        steady,
        closed: false,
        failure: None,
    };
    run.serve()?;
    run.settle()?;
    let Run { packets, unsent, refusal, signal, failure, sent, .. } = run;
    let ended = ManyEnded { signal, packets, unsent, refusal, unseen: sent.unseen() };
    failure.map_or(Ok(ended), |error| Err(error.into()))
}

struct Run<'a, P: Party> {
    party: &'a mut P,
    wire: &'a mut dyn Wire,
    audience: &'a mut dyn Audience<P>,
    sent: Sent,
    packets: u64,
    unsent: u64,
    refusal: Option<i32>,
    signal: Option<Signal>,
    /// Up to this time every packet was seen.
    complete: Time,
    steady: Steady,
    /// Nobody is expected any more.
    closed: bool,
    /// The first thing that could not be told.
    failure: Option<io::Error>,
}

impl<P: Party> Run<'_, P> {
    fn serve(&mut self) -> Result<(), Error> {
        loop {
            let more = self.listen()?;
            if !more {
                self.complete = self.wire.now();
                self.party.begin(self.complete)?;
            }
            let until = match self.speak()? {
                Step::Done => return Ok(()),
                Step::WaitUntil(until) if !more => until,
                // Also who is never idle sees signals, and is seen.
                _ => Some(self.complete),
            };
            self.wait(until)?;
        }
    }

    /// Takes in what was captured, up to a batch; says whether there may be more.
    fn listen(&mut self) -> Result<bool, Error> {
        for _ in 0..BATCH {
            let now = self.wire.now();
            let Some(packet) = self.wire.next()? else {
                self.steady.is_quiet(now);
                return Ok(false);
            };
            let decoded = decode(&packet);
            let Some(way) = way(self.party, &decoded) else { continue };
            let (mut origin, mut calls) = (Origin::Wire, [None, None]);
            match (way, &decoded.ip, &decoded.content) {
                (Way::In, Some(ip), Content::Segment(segment)) => self.party.arrive(now, ip, segment),
                (Way::In, Some(ip), Content::Icmp(icmp)) => self.party.icmp(now, ip, icmp),
                _ => match self.sent.take(on_wire(&packet, &decoded)) {
                    Some(made) => (origin, calls) = (Origin::HandMade, made),
                    None => origin = Origin::OwnKernel,
                },
            }
            self.packets += 1;
            self.complete = self.complete.max(self.steady.time(packet.time, now));
            let seen = Seen { number: self.packets, packet: &packet, decoded: &decoded, origin, captured: true, calls };
            if self.failure.is_none() {
                let told = self.audience.packet(&seen);
                self.fail(told);
            }
        }
        Ok(true)
    }

    /// Sends and tells what is due, up to a batch; gives the step at which it stopped.
    fn speak(&mut self) -> Result<Step<P::Note>, Error> {
        let mut left = BATCH;
        loop {
            let now = self.wire.now();
            match self.party.poll(now) {
                Step::Send(emit) => {
                    self.sent.sending(&emit);
                    match self.wire.send(&emit.packet) {
                        Ok(true) => {}
                        Ok(false) => self.lost(&emit.packet, None),
                        // Whoever has no address that we could answer is no reason to leave the others alone.
                        Err(Error::Sys(error)) if is_of_one_peer(&error) => self.lost(&emit.packet, error.errno()),
                        Err(error) => return Err(error),
                    }
                    left -= 1;
                    if left == 0 {
                        return Ok(Step::Send(emit));
                    }
                }
                Step::Note(note) if self.failure.is_none() => {
                    let told = self.audience.note(now, note);
                    self.fail(told);
                }
                Step::Note(_) => {}
                step => return Ok(step),
            }
        }
    }

    fn lost(&mut self, packet: &[u8], refusal: Option<i32>) {
        self.unsent += 1;
        self.refusal = refusal.or(self.refusal);
        self.sent.take(packet);
    }

    fn wait(&mut self, until: Option<Time>) -> Result<(), Error> {
        if self.failure.is_none() {
            match self.audience.pause(self.complete, self.party) {
                Ok(true) if !std::mem::replace(&mut self.closed, true) => {
                    self.party.interrupt(self.wire.now());
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) => self.fail(Err(error)),
            }
        }
        let ends = [until, self.audience.wakes()].into_iter().flatten().min();
        if let Woken::Stop(signal) = self.wire.wait(ends.unwrap_or(self.complete + LONG))? {
            self.signal = Some(signal);
            self.party.interrupt(self.wire.now());
        }
        Ok(())
    }

    /// After the first thing that cannot be told the peers are not left waiting: their connections are reset.
    fn fail(&mut self, told: io::Result<()>) {
        if let Err(error) = told
            && self.failure.is_none()
        {
            self.failure = Some(error);
            let now = self.wire.now();
            self.party.interrupt(now);
            self.party.interrupt(now);
        }
    }

    /// Waits for the capture to show what we sent last.
    fn settle(&mut self) -> Result<(), Error> {
        let until = self.wire.now() + SETTLE;
        loop {
            let more = self.listen()?;
            let now = self.wire.now();
            if !more && self.sent.unseen() == 0 || now >= until {
                break;
            }
            if !more && let Woken::Stop(signal) = self.wire.wait(until)? {
                self.signal.get_or_insert(signal);
                break;
            }
        }
        let told = self.audience.pause(self.wire.now(), self.party);
        self.fail(told.map(drop));
        Ok(())
    }
}

/// Whether sending failed for this destination alone: no way there, a firewall rule, or an address that is none.
fn is_of_one_peer(error: &crate::sys::Error) -> bool {
    // An interface that all share and that is down or gone is everybody's.
    let is_severed = matches!(error, crate::sys::Error::Severed { .. });
    error.is_unreachable() && !is_severed
        || error.is_too_long()
        || matches!(error, crate::sys::Error::SendForbidden { .. })
        || error.errno() == Some(libc::EINVAL)
}

fn way<P: Party>(party: &mut P, decoded: &Decoded<'_>) -> Option<Way> {
    let ip = decoded.ip.as_ref()?;
    match &decoded.content {
        Content::Segment(segment) => {
            let from = SocketAddr::new(ip.source, segment.source_port);
            party.way(from, SocketAddr::new(ip.destination, segment.destination_port))
        }
        Content::Icmp(icmp) => {
            let (from, to) = icmp.quote()?.sockets()?;
            (party.way(from, to)? == Way::Out).then_some(Way::In)
        }
        _ => None,
    }
}

/// The IP packet without link layer and without padding of a short frame.
fn on_wire<'a>(packet: &Packet<'a>, decoded: &Decoded<'_>) -> &'a [u8] {
    let bytes = packet.bytes.get(decoded.link_len..).unwrap_or_default();
    let len = decoded.ip.as_ref().map_or(0, |ip| ip.header_len + ip.payload_len);
    &bytes[..len.min(bytes.len())]
}
