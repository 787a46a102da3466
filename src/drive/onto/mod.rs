//! Puts the packets of a capture onto an interface: one thread reads ahead, and this one sends at the scheduled time.
//!
//! Blocks of memory go round between the two, so that a packet is written once, where the kernel takes it from, and
//! memory does not depend on the length of the capture.

mod course;
mod reader;
mod sender;

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::craft::lateness::Lateness;
use crate::craft::pace::Rate;
use crate::craft::rewrite::{Rewriter, Unfit};
use crate::source::{self, Source};
use crate::sys::transmit::{Refusal, Transmitter};
use crate::sys::{self, Interrupts};
use crate::wire::Packet;

use reader::Reader;
use sender::{Returned, Sender};

/// Opens the capture, once for each round, and lends it; what it reads ends when the stream is readable.
pub type Open<'a> = dyn Fn(&UnixStream, &mut dyn FnMut(&mut dyn Source)) -> Result<(), source::Error> + Sync + 'a;

/// What is sent, and when.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When packets depart.
    pub rate: Rate,
    /// What becomes of them.
    pub rewriter: Rewriter,
    /// How often the capture is played; without, until somebody ends it.
    pub rounds: Option<u64>,
    /// Packets that are sent at most.
    pub limit: Option<u64>,
    /// How long it takes at most.
    pub duration: Option<Duration>,
    /// Whether packets to broadcast and multicast addresses are sent, too; otherwise they are left out.
    pub allow_broadcast: bool,
    /// Each packet waits for [`Watcher::may_go`].
    pub one_at_a_time: bool,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SoFar {
    /// Packets that the kernel took.
    pub sent: u64,
    /// Octets in them.
    pub octets: u64,
    /// Since the first was due.
    pub took: Duration,
    /// The part of the run that is over: of the capture in all its rounds, of the limit or of the time, whatever comes first.
    /// None where nobody knows.
    pub fraction: Option<f64>,
}

/// Watches a run.
pub trait Watcher {
    /// It has come so far; told ten times a second at most.
    ///
    /// # Errors
    /// Nothing can be shown: the run ends.
    fn so_far(&mut self, so_far: &SoFar) -> io::Result<()>;

    /// Whether the next packet may go, where each waits for its own word. Returns when somebody has decided.
    ///
    /// # Errors
    /// Nobody can be asked: the run ends.
    fn may_go(&mut self, packet: &Packet<'_>) -> io::Result<bool>;
}

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// All that was to be sent is.
    Complete,
    /// Its time was over.
    Timeout,
    /// Ctrl-C, or nobody let the next packet go.
    Stopped,
    /// The kernel takes no more packets.
    Refused(Refusal),
    /// A packet of the capture, by its number, cannot be sent.
    Unfit(u64, Unfit),
}

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Packets that the kernel took.
    pub sent: u64,
    /// Octets in them, link-layer header included.
    pub octets: u64,
    /// From the first departure to the end of the last.
    pub took: Duration,
    /// Packets that are longer than the interface allows.
    pub too_long: u64,
    /// How often the interface's queue was full, so that a packet was offered again.
    pub full: u64,
    /// Scheduled against actual departures; empty where there is no schedule.
    pub lateness: Lateness,
    /// Packets of the capture that were read, in the last round.
    pub read: u64,
    /// Packets to broadcast or multicast addresses that were left out.
    pub left_out: u64,
}

/// Why a run could not even begin, or be watched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused something.
    #[error(transparent)]
    Sys(#[from] sys::Error),
    /// The watcher failed.
    #[error(transparent)]
    Watcher(#[from] io::Error),
}

/// Runs a plan. Errors of the capture go to `faults`; what can be read
/// behind them is sent.
///
/// # Errors
/// See [`Error`]; what the kernel says of packets is in the [`Outcome`].
pub fn run(
    plan: &Plan,
    open: &Open<'_>,
    faults: &mut (dyn FnMut(source::Error) + Send),
    transmitter: &mut Transmitter,
    (watcher, stop): (&mut dyn Watcher, &Interrupts),
) -> Result<Outcome, Error> {
    let (empty, to_fill) = channel();
    let (filled, to_send) = channel();
    let blocks = transmitter.take_blocks();
    let together = blocks.len() / 2;
    for block in blocks {
        let _ = empty.send(block);
    }
    let failed = |source| sys::Error::os("start a thread that reads ahead", source);
    let (over, ended) = UnixStream::pair().map_err(failed)?;
    let reader = Reader::new(plan, (to_fill, filled));
    thread::scope(|scope| {
        let body = || reader.run(open, &ended, faults);
        let thread = thread::Builder::new().name("read ahead".to_owned()).spawn_scoped(scope, body).map_err(failed)?;
        let sender = Sender::new(plan, transmitter, stop);
        let outcome = sender.run(&to_send, Returned::new(empty, together), watcher);
        // Whoever waits for an empty block gets none any more; whoever waits for the capture waits no longer, either.
        drop((over, to_send));
        let reading = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut outcome = outcome?;
        (outcome.read, outcome.left_out) = (reading.read, reading.left_out);
        if let (End::Complete, Some((number, unfit))) = (&outcome.end, reading.unfit) {
            outcome.end = End::Unfit(number, unfit);
        }
        Ok(outcome)
    })
}
