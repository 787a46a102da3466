//! The thread that sends: each packet at its time, counted from one fixed start.

use std::ops::Range;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender as Return, TryRecvError};
use std::time::Duration;

use super::course::Course;
use super::reader::Filled;
use super::{End, Error, Outcome, Plan, SoFar, Watcher};
use crate::craft::lateness::Lateness;
use crate::craft::pace::Rate;
use crate::sys::transmit::{Block, Outgoing, Refusal, Transmitter};
use crate::sys::{Interrupts, clock, poll};
use crate::wire::{Packet, Time};

/// Waits that are longer are not slept through: somebody may press Ctrl-C.
const LONG: Duration = Duration::from_millis(5);
/// poll(2) may come back so much too late, which is then waited for more precisely.
const MARGIN: Duration = Duration::from_millis(3);
/// Between two looks at Ctrl-C, and two words to the watcher.
const BEAT: Duration = Duration::from_millis(100);
/// Between two looks at the carrier, which take as long as sending some packets.
const CARRIER: Duration = Duration::from_secs(1);
/// A queue that is full has room again after about so long.
const FULL: Duration = Duration::from_micros(20);
/// Stamps of the last departures come within so long, if at all.
const STAMPS: Duration = Duration::from_millis(20);

/// Sends, and keeps the books.
pub(super) struct Sender<'a> {
    plan: &'a Plan,
    transmitter: &'a mut Transmitter,
    stop: BorrowedFd<'a>,
    course: Course,
    /// The packet of the block that is next, and when it is due.
    next: (usize, Duration),
    /// The start, by CLOCK_MONOTONIC, from which all times count; set when the first packet is there.
    start: Option<Duration>,
    /// When Ctrl-C was looked for last.
    beat: Duration,
    /// When the carrier was looked for last, and how many packets had been sent at the last beat.
    carrier: (Duration, u64),
    outcome: Outcome,
}

/// The way back for blocks that were sent. They go together, as many as half of all: whoever fills them sleeps until then,
/// and waking a thread takes as long as sending some packets.
pub(super) struct Returned {
    way: Return<Block>,
    blocks: Vec<Block>,
    together: usize,
}

impl Returned {
    pub(super) const fn new(way: Return<Block>, together: usize) -> Self {
        Self { way, blocks: Vec::new(), together }
    }

    fn add(&mut self, mut block: Block) {
        block.clear();
        self.blocks.push(block);
        if self.blocks.len() >= self.together {
            self.give_back();
        }
    }

    /// Nobody waits for a block that is here.
    fn give_back(&mut self) {
        for block in self.blocks.drain(..) {
            let _ = self.way.send(block);
        }
    }
}

/// Why no more is sent.
enum Stop {
    End(End),
    Error(Error),
}

impl<'a> Sender<'a> {
    pub(super) fn new(plan: &'a Plan, transmitter: &'a mut Transmitter, stop: &'a Interrupts) -> Self {
        let outcome = Outcome {
            end: End::Complete,
            sent: 0,
            octets: 0,
            took: Duration::ZERO,
            too_long: 0,
            full: 0,
            lateness: Lateness::default(),
            read: 0,
            left_out: 0,
        };
        let (stop, start, beat, next) = (stop.as_fd(), None, Duration::ZERO, (0, Duration::ZERO));
        Self { plan, transmitter, stop, course: Course::default(), next, start, beat, carrier: (beat, 0), outcome }
    }

    /// Sends the blocks that come, and gives them back.
    pub(super) fn run(
        mut self,
        to_send: &Receiver<Filled>,
        mut empty: Returned,
        watcher: &mut dyn Watcher,
    ) -> Result<Outcome, Error> {
        clock::wake_precisely();
        let ended = loop {
            let next = match to_send.try_recv() {
                Err(TryRecvError::Empty) => {
                    empty.give_back();
                    to_send.recv_timeout(BEAT)
                }
                Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
                Ok(filled) => Ok(filled),
            };
            match next {
                Ok(Filled { block, read }) => {
                    let until = block.packets().last().map_or(self.next.1, |last| last.due);
                    self.course.enter(block.packets().len(), until, read);
                    if let Err(stop) = self.block(&block, watcher) {
                        break stop;
                    }
                    self.next = (block.packets().len(), until);
                    empty.add(block);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(stop) = self.look_around(watcher) {
                        break stop;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    break self.look_for_carrier().err().unwrap_or(Stop::End(End::Complete));
                }
            }
        };
        self.last_departures();
        match ended {
            Stop::End(end) => Ok(Outcome { end, ..self.outcome }),
            Stop::Error(error) => Err(error),
        }
    }

    fn block(&mut self, block: &Block, watcher: &mut dyn Watcher) -> Result<(), Stop> {
        let packets = block.packets();
        let mut next = 0;
        while next < packets.len() {
            self.next = (next, packets[next].due);
            let now = self.now();
            if now.saturating_sub(self.beat) >= BEAT {
                self.look_around(watcher)?;
            }
            let first = &packets[next];
            if self.plan.duration.is_some_and(|most| first.due.max(now) > most) {
                return Err(Stop::End(End::Timeout));
            }
            if self.plan.one_at_a_time {
                self.ask(block, first, watcher)?;
            } else if first.due > now {
                self.wait(first.due, watcher)?;
            }
            let last = self.due_until(packets, next);
            next += self.send(block, next..last)?;
        }
        Ok(())
    }

    /// How many packets, from `next` on, are to go now: those that are due, up to what goes at once.
    fn due_until(&mut self, packets: &[Outgoing], next: usize) -> usize {
        let most = packets.len().min(next + self.transmitter.at_once());
        let (now, has_schedule) = (self.now(), self.has_schedule());
        let is_due = |packet: &&Outgoing| !has_schedule || packet.due <= now;
        match self.plan.one_at_a_time {
            true => next + 1,
            false => next + packets[next..most].iter().take_while(is_due).count().max(1),
        }
    }

    fn has_schedule(&self) -> bool {
        self.plan.rate != Rate::TopSpeed && !self.plan.one_at_a_time
    }

    /// Sends some packets; answers how many are done with.
    fn send(&mut self, block: &Block, packets: Range<usize>) -> Result<usize, Stop> {
        let at = self.now();
        match self.transmitter.send(block, packets.clone()) {
            Ok(count) => {
                let sent = &block.packets()[packets][..count];
                self.outcome.sent += count as u64;
                self.outcome.octets += sent.iter().map(|packet| packet.len() as u64).sum::<u64>();
                self.outcome.took = self.now();
                if self.has_schedule() {
                    let stamped = self.transmitter.stamps();
                    sent.iter().for_each(|packet| self.outcome.lateness.handed(packet.due, at, stamped));
                }
                Ok(count)
            }
            Err(Refusal::TooLong) => {
                self.outcome.too_long += 1;
                Ok(1)
            }
            Err(Refusal::Full) => {
                self.outcome.full += 1;
                if self.has_schedule() && self.transmitter.stamps() {
                    self.outcome.lateness.refused(at);
                }
                clock::wait_until(clock::monotonic() + FULL);
                Ok(0)
            }
            Err(refusal) => Err(Stop::End(End::Refused(refusal))),
        }
    }

    /// Time since the start, which is the first time that it is asked for.
    fn now(&mut self) -> Duration {
        let now = clock::monotonic();
        now.saturating_sub(*self.start.get_or_insert(now))
    }

    /// Waits until a packet is due.
    fn wait(&mut self, due: Duration, watcher: &mut dyn Watcher) -> Result<(), Stop> {
        loop {
            self.departures();
            let left = due.saturating_sub(self.now());
            if left <= LONG {
                break;
            }
            let nap = (left - MARGIN).min(BEAT);
            let ready = poll::wait(&[self.stop], Some(nap)).map_err(|error| Stop::Error(error.into()))?;
            if !ready.is_empty() || nap == BEAT {
                self.look_around(watcher)?;
            }
        }
        clock::wait_until(self.start.unwrap_or_default().saturating_add(due));
        Ok(())
    }

    /// Looks for Ctrl-C, and says how far it has come.
    fn look_around(&mut self, watcher: &mut dyn Watcher) -> Result<(), Stop> {
        let ready = poll::wait(&[self.stop], Some(Duration::ZERO)).map_err(|error| Stop::Error(error.into()))?;
        if !ready.is_empty() {
            return Err(Stop::End(End::Stopped));
        }
        let Some(start) = self.start else { return Ok(()) };
        self.beat = clock::monotonic().saturating_sub(start);
        if self.plan.duration.is_some_and(|most| self.beat > most) {
            return Err(Stop::End(End::Timeout));
        }
        let (sent, octets) = (self.outcome.sent, self.outcome.octets);
        let is_stuck = self.outcome.full > 0 && sent == self.carrier.1;
        self.carrier.1 = sent;
        if is_stuck || self.beat.saturating_sub(self.carrier.0) >= CARRIER {
            self.carrier.0 = self.beat;
            self.look_for_carrier()?;
        }
        let (done, due) = self.next;
        let fraction = self.course.fraction(self.plan, done, (self.beat, due), sent);
        let so_far = SoFar { sent, octets, took: self.beat, fraction };
        watcher.so_far(&so_far).map_err(|error| Stop::Error(error.into()))
    }

    fn look_for_carrier(&self) -> Result<(), Stop> {
        if self.transmitter.has_carrier() { Ok(()) } else { Err(Stop::End(End::Refused(Refusal::NoCarrier))) }
    }

    fn ask(&mut self, block: &Block, packet: &Outgoing, watcher: &mut dyn Watcher) -> Result<(), Stop> {
        let original_len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        let shown =
            Packet { time: packet.time, link: self.plan.rewriter.link, original_len, bytes: block.bytes(packet) };
        match watcher.may_go(&shown) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Stop::End(End::Stopped)),
            Err(error) => Err(Stop::Error(error.into())),
        }
    }

    /// Takes the kernel's stamps.
    fn departures(&mut self) {
        let Some(start) = self.start.filter(|_| self.transmitter.stamps()) else { return };
        let (began, now) = (clock::wall(start), clock::monotonic().saturating_sub(start));
        let lateness = &mut self.outcome.lateness;
        self.transmitter.departures(&mut |nth, time: Time| lateness.stamp(nth, time.since(began), now));
    }

    /// Stamps of packets that have just left.
    fn last_departures(&mut self) {
        self.departures();
        while self.outcome.lateness.waiting() > 0 && self.transmitter.wait_for_departures(STAMPS) {
            self.departures();
        }
        self.outcome.lateness.finish();
    }
}
