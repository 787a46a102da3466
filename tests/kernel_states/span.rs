//! The time during which a belief about an end may have been true. Let P be the place of the capture and E the end.
//!
//! - The span begins when the last segment of E that P has seen left E: what a segment proves of its sender held when it
//!   left. Where P has seen none, it begins with the connection.
//! - It ends when E sends the next segment that tells that E has taken everything that P has seen on its way to E, for
//!   that segment proves the next state. Between two segments nobody outside can see when E moves.
//! - New numbers are taken when E acknowledges them. Before, they may have to wait in E's host (a socket has a backlog),
//!   something before them may be missing, or they are lost and will be repeated: the belief may be one that comes true
//!   only then.
//! - Nothing that E sends tells that it has taken a segment without new numbers: a bare ACK, a RST, a repetition. It has
//!   when E sends the second segment afterwards, that which answers what came earlier not counted: one may have been
//!   under way in E's host. If it was lost, the span has no end until something arrives that acknowledges as much, or E
//!   repeats what it acknowledged, so that everyone knows; after a RST until another RST arrives. The first SYN,ACK of an
//!   end that has sent a SYN is no repetition: it answers the SYN that it crossed.

use rawshake::tcp::{Seq, State};
use rawshake::trace::{Pair, Side};
use rawshake::wire::{Flags, Time};

use super::kernel::{EVER, NEVER};

/// A segment that the tracer has seen, in terms of the case: which end is whose is not the tracer's word.
pub(crate) struct Step {
    /// Index of the packet in the capture.
    pub(crate) packet: usize,
    pub(crate) time: Time,
    pub(crate) from: Side,
    pub(crate) before: Pair<Option<State>>,
    pub(crate) after: Pair<Option<State>>,
    pub(crate) flags: Flags,
    /// How many sequence numbers it takes, and the number behind the last of them.
    pub(crate) numbers: u32,
    pub(crate) end: Seq,
    pub(crate) ack: Option<Seq>,
    pub(crate) text: String,
}

impl Step {
    /// Whether it takes sequence numbers, so that an acknowledgment tells of its arrival.
    pub(crate) fn has_numbers(&self) -> bool {
        self.numbers > 0 && !self.flags.rst()
    }

    /// Whether it acknowledges all numbers before `end`.
    pub(crate) fn has_taken(&self, end: Seq) -> bool {
        self.ack.is_some_and(|ack| !ack.before(end))
    }
}

/// What the end's own interface shows of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Interface<'a> {
    pub(crate) end: Side,
    pub(crate) steps: &'a [Step],
}

impl Interface<'_> {
    /// When the end sends its next segment after that time that acknowledges all numbers before `taken`, or is a RST.
    fn departure(self, after: Time, taken: Option<Seq>) -> Time {
        let mut own = self.steps.iter().filter(|step| step.from == self.end && step.time > after);
        own.find(|step| step.flags.rst() || taken.is_none_or(|taken| step.has_taken(taken)))
            .map_or(NEVER, |step| step.time)
    }

    /// What the end had received until then, and acknowledged in nothing that it had sent.
    fn owed(self, time: Time) -> Option<Seq> {
        let until_then = || self.steps.iter().filter(move |step| step.time <= time);
        let arrived = until_then().filter(|step| step.from != self.end && step.has_numbers()).map(|step| step.end);
        let acknowledged =
            until_then().filter(|step| step.from == self.end).filter_map(|step| step.ack).reduce(Seq::max);
        arrived.reduce(Seq::max).filter(|arrived| acknowledged.is_none_or(|ack| ack.before(*arrived)))
    }

    /// When a segment without new numbers that arrived at that time has been taken.
    fn taken(self, arrived: Time) -> Time {
        self.departure(self.departure(arrived, self.owed(arrived)), None)
    }
}

/// What the place has seen on its way to the end.
#[derive(Default)]
pub(crate) struct Way {
    /// When the last segment of the end that the place has seen left it.
    left: Option<Time>,
    /// When the last one got there.
    arrived: Option<Time>,
    /// The number behind all that were on the way.
    highest: Option<Seq>,
    /// The end is not known to have acknowledged all of them.
    owed: bool,
    /// When the last one got there that has no new numbers.
    bare: Option<Time>,
    /// The acknowledgment of the last segment without new numbers, if it was lost.
    lost_ack: Option<Seq>,
    /// The last RST was lost.
    lost_reset: bool,
    /// The end has sent a SYN,ACK.
    syn_ack: bool,
}

impl Way {
    /// The end has sent a segment, which left at that time.
    pub(crate) fn leave(&mut self, step: &Step, now: Time) {
        self.left = self.left.max(Some(now));
        // The first SYN,ACK repeats the number of a SYN where both ends opened, but it answers the peer's SYN.
        let answers = step.flags.syn() && step.ack.is_some() && !std::mem::replace(&mut self.syn_ack, true);
        if step.has_numbers() && !answers && self.lost_ack.is_some_and(|ack| (step.end - step.numbers).before(ack)) {
            self.lost_ack = None;
        }
        self.owed &= !self.highest.is_some_and(|highest| step.has_taken(highest));
    }

    /// A segment went to the end, and got there at that time, if it did.
    pub(crate) fn enter(&mut self, step: &Step, arrived: Option<Time>) {
        self.arrived = self.arrived.max(arrived);
        if arrived.is_some() && self.lost_ack.is_some_and(|ack| step.has_taken(ack)) {
            self.lost_ack = None;
        }
        if step.has_numbers() && self.highest.is_none_or(|highest| highest.before(step.end)) {
            (self.highest, self.owed) = (Some(step.end), true);
            return;
        }
        self.bare = self.bare.max(arrived);
        if step.flags.rst() {
            self.lost_reset = arrived.is_none();
        } else if arrived.is_none() {
            self.lost_ack = step.ack;
        }
    }

    /// The span of a belief after all this.
    pub(crate) fn span(&self, own: Interface<'_>) -> (Time, Time) {
        let left = self.left.unwrap_or(EVER);
        let taken = self.highest.filter(|_| self.owed);
        let until = own.departure(left.max(self.arrived.unwrap_or(EVER)), taken);
        (left, until.max(self.bare_taken(own)))
    }

    /// Whether a segment that left the end later than at `now` was seen.
    pub(crate) fn has_overtaken(&self, now: Time) -> bool {
        self.left.is_some_and(|left| left > now)
    }

    /// The span of a belief about the state in which the end sent a segment that left at `now`.
    pub(crate) fn span_before(&self, now: Time, own: Interface<'_>) -> (Time, Time) {
        let left = self.left.unwrap_or(EVER);
        (left.min(now), left.max(now).max(self.bare_taken(own)))
    }

    fn bare_taken(&self, own: Interface<'_>) -> Time {
        match self.bare {
            _ if self.lost_reset || self.lost_ack.is_some() => NEVER,
            Some(arrived) => own.taken(arrived),
            None => EVER,
        }
    }
}
