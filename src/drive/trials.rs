//! The loop of crafted segments: many trials at once over one wire.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::connection::{Seen, Watcher};
use super::sift::{Kin, Sieve};
use super::wire::{Error, FarError, Wire, Woken};
use crate::craft::trial::{Deed, Shot, Trial, TrialAction};
use crate::sys::Signal;
use crate::wire::{Content, Decoded, Ip, Packet, Time, decode};

/// Packets to take in before the trials are asked what to do: they must get their turn, however much comes in.
const BATCH: usize = 4096;

/// How long a peer's program may be asked again for something that it cannot do yet.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long until it is asked again.
const PAUSE: Duration = Duration::from_millis(2);

/// The peer's side of the trials, as far as it can be reached, and the segments that are fired at it.
pub trait Stage {
    /// Has the program of the peer's end do something. False where it cannot do it yet and is to be asked again.
    ///
    /// # Errors
    /// It cannot, now or later.
    fn act(&mut self, deed: Deed, trial: &Trial) -> Result<bool, FarError>;

    /// The segment to fire: the peer is in its state.
    ///
    /// # Errors
    /// The peer is in another state after all, or the segment cannot be built.
    fn shot(&mut self, trial: &Trial) -> Result<Shot, FarError>;

    /// Trial number `index` is over.
    ///
    /// # Errors
    /// What came of it could not be found out.
    fn done(&mut self, index: usize, trial: &Trial) -> Result<(), FarError>;
}

/// Runs all of `trials` to their ends and gives the signal that broke them off, if one did.
///
/// # Errors
/// [`Error`]; what the network does wrong is in each trial.
pub fn run_trials(
    trials: &mut [Trial],
    wire: &mut dyn Wire,
    stage: &mut dyn Stage,
    watcher: &mut dyn Watcher,
) -> Result<Option<Signal>, Error> {
    let mut run = Trials::new(trials, wire, stage, watcher);
    loop {
        // A trial is over at a time up to which everything has been heard, however late this program gets its turn.
        let now = run.wire.now();
        let more = run.listen()?;
        let Some(until) = run.advance(now)? else { break };
        if more {
            continue;
        }
        if let Woken::Stop(signal) = run.wire.wait(until)? {
            let now = run.wire.now();
            run.lanes.iter_mut().for_each(|lane| lane.trial.stop(now));
            run.signal.get_or_insert(signal);
        }
    }
    run.settle()?;
    Ok(run.signal)
}

/// One trial, and what is on its way.
struct Lane<'a> {
    trial: &'a mut Trial,
    sieve: Sieve,
    done: bool,
    /// What the program could not do yet, since when.
    pending: Option<(Deed, Time)>,
}

type Ends = ((IpAddr, u16), (IpAddr, u16));

struct Trials<'a> {
    lanes: Vec<Lane<'a>>,
    /// Which lane the segments between two sockets belong to, in either direction.
    places: HashMap<Ends, usize>,
    wire: &'a mut dyn Wire,
    stage: &'a mut dyn Stage,
    watcher: &'a mut dyn Watcher,
    packets: u64,
    signal: Option<Signal>,
}

impl<'a> Trials<'a> {
    fn new(
        trials: &'a mut [Trial],
        wire: &'a mut dyn Wire,
        stage: &'a mut dyn Stage,
        watcher: &'a mut dyn Watcher,
    ) -> Self {
        let mut places = HashMap::new();
        let mut lanes = Vec::with_capacity(trials.len());
        for (index, trial) in trials.iter_mut().enumerate() {
            let (local, remote) = (trial.config().local, trial.config().remote);
            places.insert((pair(local), pair(remote)), index);
            places.insert((pair(remote), pair(local)), index);
            lanes.push(Lane { trial, sieve: Sieve::new(local, remote), done: false, pending: None });
        }
        Self { lanes, places, wire, stage, watcher, packets: 0, signal: None }
    }

    /// Takes in what was captured; false once nothing more is there.
    fn listen(&mut self) -> Result<bool, Error> {
        for _ in 0..BATCH {
            let now = self.wire.now();
            let Some(packet) = self.wire.next()? else { return Ok(false) };
            let decoded = decode(&packet);
            let Some(index) = place(&self.places, &decoded) else { continue };
            let lane = &mut self.lanes[index];
            let Some(kin) = lane.sieve.sort(&packet, &decoded) else { continue };
            if !lane.done {
                tell(lane.trial, now, &kin, &decoded);
            }
            self.packets += 1;
            show(self.watcher, self.packets, &packet, &decoded, kin)?;
        }
        Ok(true)
    }

    /// Lets each trial do what it can do, where everything up to `now` has been heard, and gives the time of the next
    /// thing to do; none where all are done.
    fn advance(&mut self, now: Time) -> Result<Option<Time>, Error> {
        let mut next: Option<Time> = None;
        for index in 0..self.lanes.len() {
            if let Some(until) = self.turn(index, now)? {
                next = Some(next.map_or(until, |next| next.min(until)));
            }
        }
        Ok(next)
    }

    fn turn(&mut self, index: usize, now: Time) -> Result<Option<Time>, Error> {
        let lane = &mut self.lanes[index];
        while !lane.done {
            if let Some((deed, since)) = lane.pending {
                if !self.stage.act(deed, lane.trial).map_err(Error::Far)? {
                    if now.since(since) < PATIENCE {
                        return Ok(Some(now + PAUSE));
                    }
                    return Err(Error::Far("the program of the far host does not do as it is told".into()));
                }
                lane.pending = None;
            }
            match lane.trial.poll(now) {
                TrialAction::Send(emit) => {
                    let packet = emit.packet.clone();
                    lane.sieve.sending(now, emit);
                    if !self.wire.send(&packet)? {
                        lane.sieve.not_sent();
                    }
                }
                TrialAction::Act(deed) => lane.pending = Some((deed, now)),
                TrialAction::Ready => {
                    let shot = self.stage.shot(lane.trial).map_err(Error::Far)?;
                    lane.trial.fire(self.wire.now(), shot);
                }
                TrialAction::WaitUntil(until) => return Ok(Some(until)),
                TrialAction::Done => {
                    lane.done = true;
                    self.stage.done(index, lane.trial).map_err(Error::Far)?;
                }
            }
        }
        Ok(None)
    }

    /// Takes in what the capture still holds, so that nothing that passed stays unshown.
    fn settle(&mut self) -> Result<(), Error> {
        while self.listen()? && self.signal.is_none() {}
        Ok(())
    }
}

fn tell(trial: &mut Trial, now: Time, kin: &Kin, decoded: &Decoded<'_>) {
    match (kin, &decoded.ip, &decoded.content) {
        (Kin::Peer, Some(ip), Content::Segment(segment)) => trial.arrive(now, ip, segment),
        (Kin::Complaint, Some(ip), Content::Icmp(icmp)) => trial.icmp(now, ip, icmp),
        _ => {}
    }
}

fn show(
    watcher: &mut dyn Watcher,
    number: u64,
    packet: &Packet<'_>,
    decoded: &Decoded<'_>,
    kin: Kin,
) -> io::Result<()> {
    let origin = kin.origin();
    let calls = if let Kin::Ours(Some(emit)) = kin { emit.calls } else { [None, None] };
    watcher.packet(&Seen { number, packet, decoded, origin, captured: true, calls })
}

/// The lane of a packet: by the sockets of its segment, or of the one that an ICMP error quotes.
fn place(places: &HashMap<Ends, usize>, decoded: &Decoded<'_>) -> Option<usize> {
    let ends = match (&decoded.ip, &decoded.content) {
        (Some(Ip { source, destination, .. }), Content::Segment(segment)) => {
            ((*source, segment.source_port), (*destination, segment.destination_port))
        }
        (_, Content::Icmp(icmp)) => {
            let (from, to) = icmp.quote().and_then(|quote| quote.sockets())?;
            (pair(from), pair(to))
        }
        _ => return None,
    };
    places.get(&ends).copied()
}

const fn pair(socket: SocketAddr) -> (IpAddr, u16) {
    (socket.ip(), socket.port())
}
