//! When segments were first sent, for as long as somebody may send them again.

use std::num::NonZeroU16;
use std::time::Duration;

use crate::tcp::Seq;
use crate::wire::Time;

/// How many segments of one direction are remembered: the oldest that are not acknowledged.
const CAPACITY: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Sent {
    seq: Seq,
    end: Seq,
    time: Time,
    copies: NonZeroU16,
}

/// The oldest segments of one direction that are not acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    sent: [Option<Sent>; CAPACITY],
}

impl Recent {
    /// Notes a segment that was sent for the first time. `una` is the oldest number not acknowledged.
    pub(super) fn first(&mut self, seq: Seq, end: Seq, time: Time, una: Seq) {
        let acknowledged = |sent: &Sent| !sent.end.after(una);
        let place = (self.sent.iter().position(Option::is_none))
            .or_else(|| self.sent.iter().position(|sent| sent.as_ref().is_some_and(acknowledged)));
        if let Some(place) = place {
            self.sent[place] = Some(Sent { seq, end, time, copies: NonZeroU16::MIN });
        }
    }

    /// Whether the segment that ended here was sent once only, as far as is remembered.
    pub(super) fn ended_once(&self, end: Seq) -> bool {
        self.sent.iter().flatten().all(|sent| sent.end != end || sent.copies == NonZeroU16::MIN)
    }

    /// The same of the one that began here.
    pub(super) fn began_once(&self, seq: Seq) -> bool {
        self.sent.iter().flatten().all(|sent| sent.seq != seq || sent.copies == NonZeroU16::MIN)
    }

    /// Notes that the numbers from `seq` up to `end` were sent again; says which sending it is, and how long after the
    /// first. Where the first is not remembered, it is the second, after no time.
    pub(super) fn again(&mut self, seq: Seq, end: Seq, time: Time) -> (u16, Duration) {
        let begins = |sent: &&mut Sent| sent.seq == seq;
        if let Some(sent) = self.sent.iter_mut().flatten().find(begins) {
            sent.copies = sent.copies.saturating_add(1);
            return (sent.copies.get(), time.since(sent.time));
        }
        // A later piece of what was cut smaller is of the same sending as its first.
        let covers = |sent: &&Sent| sent.end == end || seq.after(sent.seq) && seq.before(sent.end);
        match self.sent.iter().flatten().find(covers) {
            Some(sent) => (sent.copies.get().max(2), time.since(sent.time)),
            None => (2, Duration::ZERO),
        }
    }
}
