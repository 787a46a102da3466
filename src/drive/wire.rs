//! What the loop needs of the outside world. Tests put bytes in its place.

use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::craft::packet::SpecError;
use crate::sys::Signal;
use crate::wire::{Packet, Time};
use crate::{source, sys};

/// How long the capture may take to show the last packet that we sent.
pub(super) const SETTLE: Duration = Duration::from_millis(200);

/// Why the peer's side of a trial, which others reach, cannot go on.
pub type FarError = Box<dyn std::error::Error + Send + Sync>;

/// Why a run broke off.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine.
    #[error(transparent)]
    Sys(#[from] sys::Error),
    /// The capture.
    #[error(transparent)]
    Capture(#[from] source::Error),
    /// A packet that its description has no room for.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The peer's side of a trial.
    #[error("{0}")]
    Far(FarError),
    /// The kernel refuses to send there from the first packet on (EACCES).
    #[error(
        "the kernel refuses to send to {0}: it is a broadcast address, or a route or firewall of this machine prohibits \
         it; give the address of one host"
    )]
    Prohibited(IpAddr),
    /// What is seen could not be told.
    #[error("cannot write what was seen: {0}")]
    Output(#[source] io::Error),
}

/// Of who writes what a capture sees, it may be the capture that broke off.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        error.downcast::<source::Error>().map_or_else(Self::Output, Self::Capture)
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Packets may be there, or the time has come.
    Look,
    /// Somebody wants the run to stop.
    Stop(Signal),
}

/// A wire with a clock: packets go out by hand, and what passes is captured.
pub trait Wire {
    /// The time now. It never goes back, whatever happens to the wall clock.
    fn now(&self) -> Time;

    /// Sends an IP packet. False where it was lost on this machine, as it may be anywhere on its way.
    ///
    /// # Errors
    /// It cannot be sent, now or later.
    fn send(&mut self, packet: &[u8]) -> Result<bool, Error>;

    /// The next captured packet, if one is there: ours as they left, and all that came in.
    ///
    /// # Errors
    /// The capture broke off.
    fn next(&mut self) -> Result<Option<Packet<'_>>, Error>;

    /// Waits until a packet is there, somebody interrupts, or `until` has come.
    ///
    /// # Errors
    /// The machine cannot wait.
    fn wait(&mut self, until: Time) -> Result<Woken, Error>;

    /// The same, but it ends when `other` becomes readable, too. A wire without descriptors only looks for packets.
    ///
    /// # Errors
    /// The machine cannot wait.
    fn wait_beside(&mut self, other: BorrowedFd<'_>, until: Time) -> Result<Woken, Error> {
        let _ = other;
        self.wait(until)
    }
}

/// What [`Wire::send`] says of this: a queue that is full loses the packet, as any host on its way may.
///
/// # Errors
/// It cannot be sent, now or later.
pub(super) fn was_sent(sent: sys::Result<()>) -> Result<bool, Error> {
    match sent {
        Ok(()) => Ok(true),
        Err(error) if error.is_transient() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The word of pcap-filter(7) for the ICMP of an address's version.
#[must_use]
pub const fn icmp_filter(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "icmp" } else { "icmp6" }
}
