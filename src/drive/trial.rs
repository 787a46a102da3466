//! The loop of one crafted segment: the peer is brought into a state, the segment is fired, and what comes is heard.

use std::time::Duration;

use super::connection::Watcher;
use super::line::{Ear, Line};
use super::wire::{Error, FarError, Wire};
use crate::craft::trial::{Deed, Shot, Trial, TrialAction};
use crate::sys::Signal;
use crate::wire::{Icmp, Ip, Segment, Time};

/// How long a peer's program may be asked again for something that it cannot do yet.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long until it is asked again.
const PAUSE: Duration = Duration::from_millis(2);

/// The peer's side of a trial, as far as it can be reached, and the segment that is fired at it.
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

    /// The trial is over.
    ///
    /// # Errors
    /// What came of it could not be found out.
    fn done(&mut self, trial: &Trial) -> Result<(), FarError>;
}

/// How a trial ended; what came of it is in the trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialEnded {
    /// The signal that broke it off, if one did.
    pub signal: Option<Signal>,
    /// Packets that were seen.
    pub packets: u64,
    /// Packets that were sent and never seen to leave: no neighbour answered for the next hop.
    pub unseen: usize,
}

/// Runs `trial` to its end.
///
/// # Errors
/// [`Error`]; what the network does wrong is in the trial.
pub fn run_trial(
    trial: &mut Trial,
    wire: &mut dyn Wire,
    stage: &mut dyn Stage,
    watcher: &mut dyn Watcher,
) -> Result<TrialEnded, Error> {
    let ends = (trial.config().local, trial.config().remote);
    let mut run = Run { trial, line: Line::new(ends, wire, watcher), stage, signal: None, pending: None };
    run.play()?;
    run.stage.done(run.trial).map_err(Error::Far)?;
    let late = run.line.settle(run.trial)?;
    let (packets, unseen) = run.line.counts();
    let signal = run.signal.or(late);
    run.line.finish()?;
    Ok(TrialEnded { signal, packets, unseen })
}

impl Ear for Trial {
    fn segment(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.arrive(now, ip, segment);
    }

    fn error(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.icmp(now, ip, icmp);
    }
}

struct Run<'a> {
    trial: &'a mut Trial,
    line: Line<'a>,
    stage: &'a mut dyn Stage,
    signal: Option<Signal>,
    /// What the program could not do yet, since when.
    pending: Option<(Deed, Time)>,
}

impl Run<'_> {
    fn play(&mut self) -> Result<(), Error> {
        loop {
            // It is over at a time up to which everything has been heard, however late this program gets its turn.
            let now = self.line.wire.now();
            let more = self.line.listen(self.trial)?;
            if self.line.has_failed() {
                return Ok(());
            }
            let Some(until) = self.advance(now)? else { return Ok(()) };
            if !more && let Some(signal) = self.line.wait(now, until, self.trial.state())? {
                self.signal = Some(signal);
                self.trial.stop(self.line.wire.now());
            }
        }
    }

    /// Does what can be done, where everything up to `now` has been heard, and gives the time of the next thing to do;
    /// none at the end.
    fn advance(&mut self, now: Time) -> Result<Option<Time>, Error> {
        loop {
            if !self.act(now)? {
                return Ok(Some(now + PAUSE));
            }
            match self.trial.poll(now) {
                TrialAction::Send(emit) => self.line.send(now, emit)?,
                TrialAction::Act(deed) => self.pending = Some((deed, now)),
                TrialAction::Ready => {
                    let shot = self.stage.shot(self.trial).map_err(Error::Far)?;
                    if let (Some(uncut), Some(first)) = (&shot.uncut, shot.packets.first()) {
                        self.line.cut(first.clone(), uncut.clone());
                    }
                    self.trial.fire(self.line.wire.now(), shot);
                }
                TrialAction::WaitUntil(until) => return Ok(Some(until)),
                TrialAction::Done => return Ok(None),
            }
        }
    }

    /// Has the program do what is pending; false where it cannot do it yet.
    fn act(&mut self, now: Time) -> Result<bool, Error> {
        let Some((deed, since)) = self.pending else { return Ok(true) };
        if self.signal.is_some() || self.stage.act(deed, self.trial).map_err(Error::Far)? {
            self.pending = None;
            return Ok(true);
        }
        if now.since(since) < PATIENCE {
            return Ok(false);
        }
        Err(Error::Far("the program of the far host does not do as it is told".into()))
    }
}
