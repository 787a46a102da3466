//! What the captured numbers say of a segment by themselves. The tracer's marks are not asked, but for segments that
//! their receiver drops, which count for nothing.

use std::collections::HashMap;

use rawshake::tcp::Seq;
use rawshake::trace::{Mark, Pair, SegmentEvent};

use super::kinds::DROPPED;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// It is the first segment of its end in the capture.
    First,
    /// Its first number was captured before.
    Repeats,
    /// Its first number was not captured before.
    New,
    /// It begins no later than what was captured of its end, or acknowledged by the other, goes.
    Continues,
    /// What it acknowledges was captured, or acknowledged before.
    AcksKnown,
    /// It acknowledges numbers that were not captured.
    AcksMissing,
    /// Nothing was captured behind its acknowledgment.
    NothingWaits,
    /// The other end has repeated an acknowledgment that is no higher than its number, twice or more.
    AskedFor,
    /// The other end has not repeated its last acknowledgment.
    NotAskedFor,
    /// The segment of its end before this one was a SYN.
    AfterSyn,
}

/// What was captured of an end.
#[derive(Debug, Default)]
struct End {
    heard: bool,
    syn: bool,
    /// Runs of numbers, from the first one to the one behind the last.
    runs: Vec<(Seq, Seq)>,
    /// The number behind the highest one, and behind the highest of those with a wrong checksum: their receiver may have
    /// taken them all the same.
    next: Option<Seq>,
    doubtful: Option<Seq>,
    /// Its highest acknowledgment, and how often it came again with nothing else.
    ack: Option<Seq>,
    repeated: u32,
}

fn highest(one: Option<Seq>, other: Option<Seq>) -> Option<Seq> {
    one.zip(other).map(|(one, other)| one.max(other)).or(one).or(other)
}

impl End {
    fn has(&self, number: Seq) -> bool {
        self.runs.iter().any(|(from, to)| !number.before(*from) && number.before(*to))
    }

    /// Whether all numbers from one to before the other were captured.
    fn has_all(&self, from: Seq, to: Seq) -> bool {
        let mut at = from;
        while at.before(to) {
            match self.runs.iter().find(|(from, to)| !at.before(*from) && at.before(*to)) {
                Some((_, end)) => at = *end,
                None => return false,
            }
        }
        true
    }

    fn note(&mut self, segment: &SegmentEvent, numbers: u32) {
        self.heard = true;
        self.syn = segment.flags.syn();
        if segment.marks.has(Mark::BadChecksum) {
            self.doubtful = highest(self.doubtful, Some(segment.seq + numbers));
        }
        if DROPPED.iter().any(|mark| segment.marks.has(*mark)) {
            return;
        }
        let end = segment.seq + numbers;
        if numbers > 0 {
            match self.runs.iter_mut().find(|(_, to)| *to == segment.seq) {
                Some(run) => run.1 = end,
                None => self.runs.push((segment.seq, end)),
            }
        }
        if !segment.flags.rst() {
            self.next = highest(self.next, Some(end));
        }
        if segment.flags.ack() {
            let again = self.ack == Some(segment.ack) && numbers == 0;
            self.repeated = if again { self.repeated + 1 } else { 0 };
            self.ack = highest(self.ack, Some(segment.ack));
        }
    }
}

/// The numbers of all connections so far.
#[derive(Debug, Default)]
pub(crate) struct Numbers(HashMap<u32, Pair<End>>);

impl Numbers {
    /// What is true of a segment, which counts from then on.
    pub(crate) fn note(&mut self, connection: u32, segment: &SegmentEvent) -> Vec<Fact> {
        let ends = self.0.entry(connection).or_default();
        let (own, other) = (&ends[segment.from], &ends[segment.from.other()]);
        let numbers = segment.len + segment.flags.sequence_len();
        let reaches = |known: Option<Seq>, number: Seq| known.is_some_and(|known| !number.after(known));
        let acks = |known: Option<Seq>| segment.flags.ack() && reaches(known, segment.ack);
        let asked = other.repeated > 1 && reaches(Some(segment.seq), other.ack.unwrap_or(segment.seq + 1));
        let facts = [
            (Fact::First, !own.heard),
            (Fact::Repeats, own.has(segment.seq)),
            (Fact::New, !own.has(segment.seq)),
            (Fact::Continues, reaches(highest(own.next, other.ack), segment.seq)),
            (Fact::AcksKnown, acks(highest(highest(other.next, other.doubtful), own.ack))),
            (Fact::AcksMissing, own.ack.is_some_and(|known| !other.has_all(known, segment.ack))),
            (Fact::NothingWaits, other.next.is_none_or(|next| !next.after(segment.ack))),
            (Fact::AskedFor, asked),
            (Fact::NotAskedFor, other.repeated == 0),
            (Fact::AfterSyn, own.syn),
        ];
        ends[segment.from].note(segment, numbers);
        facts.into_iter().filter(|(_, holds)| *holds).map(|(fact, _)| fact).collect()
    }
}
