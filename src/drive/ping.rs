//! The loop that joins [`craft::ping`](crate::craft::ping) to a socket, the clocks and the person at the keyboard.

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use crate::craft::ping::{Arrival, Event, Now, Ping, Refusal, Statistics, Step};
use crate::sys::icmp::{Origin, Received};
use crate::sys::{self, IcmpSocket, Interrupts, Signal, StatusRequests, clock, poll};

/// Why a run of ping broke off.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine.
    #[error(transparent)]
    Sys(#[from] sys::Error),
    /// What is seen could not be told.
    #[error("cannot write what ping saw")]
    Output(#[from] io::Error),
    /// The kernel wants to be asked in another way (EACCES from the first request on).
    #[error(
        "the kernel refuses to send to {0}: it is a broadcast address, or a route or firewall of this machine prohibits \
         it; give the address of one host"
    )]
    Prohibited(IpAddr),
}

/// Is told what happens, while it happens.
pub trait Observer {
    /// A request was sent; so many are behind the newest one that was answered.
    ///
    /// # Errors
    /// It could not be told.
    fn sent(&mut self, in_flight: u64) -> io::Result<()>;

    /// Something happened.
    ///
    /// # Errors
    /// It could not be told.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Somebody asked how far it has come (Ctrl-\).
    ///
    /// # Errors
    /// It could not be told.
    fn status(&mut self, statistics: &Statistics) -> io::Result<()>;
}

/// Runs `ping` through `socket` to its end, or until somebody stops it: then the signal comes back. `scope_id` is the
/// interface index of a link-local destination, otherwise 0.
///
/// # Errors
/// [`Error`]; errors that the network reports are events.
pub fn run(
    ping: &mut Ping,
    socket: &IcmpSocket,
    scope_id: u32,
    observer: &mut dyn Observer,
) -> Result<Option<Signal>, Error> {
    let signals = Signals { interrupts: Interrupts::new()?, status: StatusRequests::new()? };
    let mut run = Run { ping, socket, scope_id, observer, began: Instant::now(), buffer: vec![0; BUFFER] };
    let mut signal = None;
    loop {
        if let Some(stop) = signals.interrupts.take() {
            signal = Some(stop);
            run.ping.stop();
        }
        if signals.status.take() {
            run.observer.status(run.ping.statistics())?;
        }
        run.receive()?;
        let now = run.now();
        match run.ping.step(now) {
            Step::Send => run.burst()?,
            Step::Tell(event) => run.observer.event(&event)?,
            Step::Wait(until) => signals.wait(socket, until.map(|until| until.saturating_sub(now.elapsed)))?,
            Step::Done => return Ok(signal),
        }
    }
}

/// Octets for one message: the largest IP packet.
const BUFFER: usize = 65_536;
/// Messages to take before it is looked at the clock again.
const BATCH: usize = 64;

/// What the person at the keyboard may want.
struct Signals {
    interrupts: Interrupts,
    status: StatusRequests,
}

impl Signals {
    fn wait(&self, socket: &IcmpSocket, timeout: Option<Duration>) -> sys::Result<()> {
        poll::wait(&[socket.as_fd(), self.interrupts.as_fd(), self.status.as_fd()], timeout).map(drop)
    }
}

struct Run<'a> {
    ping: &'a mut Ping,
    socket: &'a IcmpSocket,
    scope_id: u32,
    observer: &'a mut dyn Observer,
    began: Instant,
    buffer: Vec<u8>,
}

impl Run<'_> {
    fn now(&self) -> Now {
        // In this order an interval by the wall clock is never longer than by the other one.
        let elapsed = self.began.elapsed();
        Now { elapsed, time: clock::now() }
    }

    /// Sends what is due at once, and looks at replies only then: they would be late otherwise.
    fn burst(&mut self) -> Result<(), Error> {
        self.send()?;
        for _ in 1..self.ping.config().preload {
            if self.ping.step(self.now()) != Step::Send {
                break;
            }
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Error> {
        let destination = self.ping.config().destination;
        let request = self.ping.request(self.now());
        let Err(error) = self.socket.send(&request, destination, self.scope_id) else {
            self.ping.sent();
            return Ok(self.observer.sent(self.ping.in_flight())?);
        };
        if error.errno() == Some(libc::EACCES) {
            return Err(Error::Prohibited(destination));
        }
        let refusal = match () {
            () if error.is_transient() => Refusal::Transient,
            () if error.is_too_long() => Refusal::TooLong,
            () => Refusal::Other,
        };
        let event = self.ping.refused(self.now(), refusal, words(error.errno()));
        event.map_or(Ok(()), |event| Ok(self.observer.event(&event)?))
    }

    /// Takes what is waiting, but not for ever.
    fn receive(&mut self) -> Result<(), Error> {
        for _ in 0..BATCH {
            if self.ping.is_complete() {
                break;
            }
            let Some(received) = self.socket.recv(&mut self.buffer)? else { return Ok(()) };
            let now = Now { time: clock::now(), elapsed: self.began.elapsed() };
            let bytes = &self.buffer[..received.len];
            let words = words(errno(&received));
            let Some(arrival) = arrival(&received, bytes, &words) else {
                if let Origin::Departure { nth } = received.origin {
                    self.ping.departed(now, nth, received.time);
                }
                continue;
            };
            if let Some(event) = self.ping.arrived(now, &arrival) {
                self.observer.event(&event)?;
            }
        }
        Ok(())
    }
}

/// What arrived; none where it is a departure.
fn arrival<'a>(received: &'a Received, bytes: &'a [u8], reason: &'a str) -> Option<Arrival<'a>> {
    let Received { from, time, ttl, ref options, .. } = *received;
    Some(match received.origin {
        Origin::Network => Arrival::Message { time, from, ttl, options, bytes },
        Origin::Error { icmp: Some((kind, code)), info, .. } => {
            Arrival::Error { time, from, kind, code, info, request: bytes }
        }
        Origin::Error { icmp: None, .. } => Arrival::Local { time, reason, request: bytes },
        Origin::Departure { .. } => return None,
    })
}

fn errno(received: &Received) -> Option<i32> {
    match received.origin {
        Origin::Network | Origin::Departure { .. } => None,
        Origin::Error { errno, .. } => Some(errno),
    }
}

/// The system's words for an error number.
fn words(errno: Option<i32>) -> String {
    let Some(errno) = errno else { return String::new() };
    let text = io::Error::from_raw_os_error(errno).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
