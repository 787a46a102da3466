//! The loop that joins [`craft::ping`](crate::craft::ping) to sockets, the clocks and the person at the keyboard.

mod carrier;
mod probes;

use std::io;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use super::wire::Error;
use crate::craft::ping::{Event, Now, Ping, Refusal, Statistics, Step};
use crate::sys::{self, Interrupts, Signal, StatusRequests, clock, poll};

pub use carrier::{Carrier, Echo, Input};
pub use probes::{Ports, Way};

/// Is told what happens, while it happens. Hosts are told apart by their place in the list of the run.
pub trait Observer {
    /// A request was sent; so many are behind the newest one that was answered.
    ///
    /// # Errors
    /// It could not be told.
    fn sent(&mut self, host: usize, in_flight: u64) -> io::Result<()>;

    /// Something happened.
    ///
    /// # Errors
    /// It could not be told.
    fn event(&mut self, host: usize, event: &Event) -> io::Result<()>;

    /// Somebody asked how far it has come (Ctrl-\).
    ///
    /// # Errors
    /// It could not be told.
    fn status(&mut self, host: usize, statistics: &Statistics) -> io::Result<()>;
}

/// A host that is pinged.
pub struct Host {
    /// What is sent to it, and what came of it.
    pub ping: Ping,
    /// How its requests and replies travel.
    pub carrier: Box<dyn Carrier>,
}

/// Pings every host to its end, or until somebody stops it: then the signal comes back.
///
/// # Errors
/// [`Error`]; errors that the network reports are events.
pub fn run(hosts: &mut [Host], observer: &mut dyn Observer) -> Result<Option<Signal>, Error> {
    let signals = Signals { status: StatusRequests::new()?, interrupts: Interrupts::beside_status()? };
    let mut run = Run { hosts, observer, began: Instant::now() };
    let mut signal = None;
    loop {
        if let Some(stop) = signals.interrupts.take() {
            signal = Some(stop);
            run.hosts.iter_mut().for_each(|host| host.ping.stop());
        }
        if signals.status.take() {
            run.status()?;
        }
        match run.turn()? {
            Turn::Busy => {}
            Turn::Wait(until) => {
                let left = until.map(|until| until.saturating_sub(run.began.elapsed()));
                signals.wait(run.hosts, left)?;
            }
            Turn::Done => return Ok(signal),
        }
    }
}

/// Messages to take before it is looked at the clock again.
const BATCH: usize = 64;

/// What the person at the keyboard may want.
struct Signals {
    interrupts: Interrupts,
    status: StatusRequests,
}

impl Signals {
    /// Waits for whatever a host that is not done may hear.
    fn wait(&self, hosts: &[Host], timeout: Option<Duration>) -> sys::Result<()> {
        let mut fds = vec![self.interrupts.as_fd(), self.status.as_fd()];
        fds.extend(hosts.iter().filter(|host| !host.ping.is_done()).flat_map(|host| host.carrier.fds()));
        poll::wait(&fds, timeout).map(drop)
    }
}

/// What all hosts together want next.
enum Turn {
    /// Another turn at once.
    Busy,
    /// To wait for a message, no longer than until then; `None` for as long as it takes.
    Wait(Option<Duration>),
    Done,
}

struct Run<'a> {
    hosts: &'a mut [Host],
    observer: &'a mut dyn Observer,
    began: Instant,
}

impl Run<'_> {
    fn now(&self) -> Now {
        // In this order an interval by the wall clock is never longer than by the other one.
        let elapsed = self.began.elapsed();
        Now { elapsed, time: clock::now() }
    }

    fn status(&mut self) -> io::Result<()> {
        let mut hosts = self.hosts.iter().enumerate();
        hosts.try_for_each(|(index, host)| self.observer.status(index, host.ping.statistics()))
    }

    /// Every host takes what arrived and does what is due.
    fn turn(&mut self) -> Result<Turn, Error> {
        let mut turn = Turn::Done;
        for index in 0..self.hosts.len() {
            if self.hosts[index].ping.is_done() {
                continue;
            }
            self.receive(index)?;
            let now = self.now();
            let next = match self.hosts[index].ping.step(now) {
                Step::Send => self.burst(index).map(|()| Turn::Busy)?,
                Step::Tell(event) => self.observer.event(index, &event).map(|()| Turn::Busy)?,
                Step::Wait(until) => Turn::Wait(until),
                Step::Done => self.hosts[index].carrier.finish().map(|()| Turn::Done)?,
            };
            turn = turn.and(next);
        }
        Ok(turn)
    }

    /// Sends what is due at once, and looks at replies only then: they would be late otherwise.
    fn burst(&mut self, index: usize) -> Result<(), Error> {
        self.send(index)?;
        for _ in 1..self.hosts[index].ping.config().preload {
            let now = self.now();
            if self.hosts[index].ping.step(now) != Step::Send {
                break;
            }
            self.send(index)?;
        }
        Ok(())
    }

    fn send(&mut self, index: usize) -> Result<(), Error> {
        let now = self.now();
        let Host { ping, carrier } = &mut self.hosts[index];
        let request = ping.request(now);
        let error = match carrier.send(&request) {
            Ok(()) => {
                ping.sent();
                return Ok(self.observer.sent(index, ping.in_flight())?);
            }
            Err(Error::Sys(error)) => error,
            Err(error) => return Err(error),
        };
        if error.is_not_permitted() {
            return Err(error.into());
        }
        if error.errno() == Some(libc::EACCES) {
            return Err(Error::Prohibited(ping.config().destination));
        }
        let refusal = match () {
            () if error.is_transient() => Refusal::Transient,
            () if error.is_too_long() => Refusal::TooLong,
            () => Refusal::Other,
        };
        let event = ping.refused(now, refusal, carrier::words(error.errno()));
        event.map_or(Ok(()), |event| Ok(self.observer.event(index, &event)?))
    }

    /// Takes what is waiting, but not for ever.
    fn receive(&mut self, index: usize) -> Result<(), Error> {
        let Host { ping, carrier } = &mut self.hosts[index];
        for _ in 0..BATCH {
            if ping.is_complete() {
                break;
            }
            let Some(input) = carrier.receive()? else { return Ok(()) };
            let now = Now { time: clock::now(), elapsed: self.began.elapsed() };
            let event = match input {
                Input::Arrival(arrival) => ping.arrived(now, &arrival),
                Input::Departure { nth, time } => {
                    ping.departed(now, nth, time);
                    None
                }
            };
            if let Some(event) = event {
                self.observer.event(index, &event)?;
            }
        }
        Ok(())
    }
}

impl Turn {
    /// Both at once: the more urgent of them.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Busy, _) | (_, Self::Busy) => Self::Busy,
            (Self::Wait(first), Self::Wait(second)) => Self::Wait(first.into_iter().chain(second).min()),
            (Self::Wait(until), Self::Done) | (Self::Done, Self::Wait(until)) => Self::Wait(until),
            (Self::Done, Self::Done) => Self::Done,
        }
    }
}
