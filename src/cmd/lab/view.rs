//! The wire of the lab, shown while something happens on it.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use super::{Files, WireArgs};
use crate::cmd::kernel::{Kernel, Whose};
use crate::cmd::show::Show;
use crate::cmd::sight::Sight;
use crate::lab::{self, Lab, Process};
use crate::sys::{Interrupts, Signal, pending, poll};
use crate::trace::TracerOptions;

/// How long nothing must come until the end of a connection that is over is told. What is late comes sooner as a rule.
const QUIET: Duration = Duration::from_millis(300);

/// How long nothing must come, beyond the time that frames are on the wire, until nothing more is waited for.
const STILL: Duration = Duration::from_millis(100);

/// How long kernels may try to end what programs have left behind: long enough for a segment that is lost twice.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everything that IP carries: hosts tell each other their hardware addresses beforehand, so there is little else. That a host
/// listens to a group of IPv6 (MLDv2, RFC 3810), its kernel tells whether anybody asks or not.
const FILTER: &str = "ip or (ip6 and not (ip6[6] = 0 and ip6[48] = 143))";

/// What ended a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// A process.
    Ended,
    /// A signal.
    Signal(Signal),
    /// The time.
    Time,
}

impl Woken {
    pub(super) const fn signal(self) -> Option<Signal> {
        match self {
            Self::Signal(signal) => Some(signal),
            Self::Ended | Self::Time => None,
        }
    }
}

/// What passes on the wire, seen from the near host.
pub(super) struct View<'a> {
    sight: Sight<'a>,
    interrupts: Interrupts,
    /// How long a frame and its answer are on the wire.
    round_trip: Duration,
}

impl<'a> View<'a> {
    /// Shows on `out` what comes from now on. To be called by the thread that is in the lab.
    pub(super) fn open(
        (args, files): (&WireArgs, Files),
        kernel: Option<(Kernel, &Lab)>,
        out: &'a mut dyn io::Write,
    ) -> anyhow::Result<Self> {
        let interrupts = Interrupts::new()?;
        let mut sink = args.sink(out, files.out);
        if let Some((kernel, lab)) = kernel {
            sink = kernel.in_lab(lab, Whose::Both)?.beside(sink, args.output.format);
        }
        let show = Show::new(TracerOptions::default(), sink, files.pcap, None).with_exchanges();
        let sight = Sight::open(lab::INTERFACE, FILTER, show)?;
        let round_trip = args.wire.as_ref().map_or(Duration::ZERO, |wire| wire.delay * 2);
        Ok(Self { sight, interrupts, round_trip })
    }

    /// Shows what passes until one of the processes has ended, a signal comes, or the time is over.
    pub(super) fn watch(&mut self, processes: &[&Process], at_most: Option<Duration>) -> anyhow::Result<Woken> {
        let began = Instant::now();
        loop {
            self.sight.take()?;
            let left = at_most.map(|time| time.saturating_sub(began.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(Woken::Time);
            }
            let until = if self.sight.show().is_settled() { None } else { Some(QUIET) };
            let fds: Vec<BorrowedFd<'_>> = [self.sight.as_fd(), self.interrupts.as_fd()]
                .into_iter()
                .chain(processes.iter().map(|process| process.as_fd()))
                .collect();
            let ready = poll::wait(&fds, left.into_iter().chain(until).min())?;
            let has_ended = (2..fds.len()).any(|index| ready.contains(index));
            if ready.is_empty() && until.is_some() {
                self.sight.show().settle()?;
            }
            if ready.contains(1)
                && let Some(signal) = self.interrupts.take()
            {
                return Ok(Woken::Signal(signal));
            }
            if has_ended {
                return Ok(Woken::Ended);
            }
        }
    }

    /// Shows what kernels still have to say for programs that have ended, until nothing more comes.
    pub(super) fn settle(&mut self, lab: &Lab) -> anyhow::Result<()> {
        let began = Instant::now();
        let still = STILL + self.round_trip;
        while began.elapsed() < PATIENCE + self.round_trip {
            if self.watch(&[], Some(still))? != Woken::Time {
                break;
            }
            let is_still = self.sight.silence() >= still;
            if is_still && pending::tcp()? + lab.on_server(pending::tcp)?? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Whether nothing has passed.
    pub(super) fn is_empty(&self) -> bool {
        self.sight.packets() == 0
    }

    /// The end: what was held back.
    pub(super) fn finish(self, err: &mut dyn io::Write) -> anyhow::Result<()> {
        self.sight.finish(err)
    }
}
