//! A run: when the next packet is due, what is waited for, and what came of all.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::matching::{Key, Matcher};
use super::{Answer, Course, Reply, Series, Times};
use crate::craft::packet::{PacketSpec, SpecError, build};
use crate::wire::{Decoded, Time};

/// After the last awaited reply: how long a further one is listened for.
const LINGER: Duration = Duration::from_millis(20);
/// Packets that are waited for at most.
const MOST: usize = 1 << 16;
/// How far behind its rate a run may fall and still catch up.
const CATCH_UP: Duration = Duration::from_millis(100);

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From one packet to the next.
    pub interval: Duration,
    /// How long a reply is waited for.
    pub timeout: Duration,
    /// The next packet waits for the reply to the one before, or the timeout: the interval does not count.
    pub in_turn: bool,
}

/// A packet to send: more than one where it is sent in fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Its number, from 0.
    pub index: u64,
    /// What was asked for.
    pub spec: PacketSpec,
    /// The bytes.
    pub packets: Vec<Vec<u8>>,
    /// The same in one packet, where it is sent in fragments.
    pub whole: Option<Vec<u8>>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this now, and ask again.
    Send(Box<Shot>),
    /// Nothing to do before this time, unless something arrives.
    WaitUntil(Time),
    /// It is over.
    Done,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Packets that were sent; one in fragments counts once.
    pub sent: u64,
    /// How many of them were answered, by whatever.
    pub answered: u64,
    /// Replies beyond the first to the same packet.
    pub extra: u64,
    /// How many were answered by an ICMP error.
    pub errors: u64,
}

/// A packet that is waited for.
#[derive(Clone, Copy, Debug)]
struct Sent {
    index: u64,
    key: Key,
    at: Time,
    answered: bool,
}

/// A run under way.
#[derive(Debug)]
pub struct Session {
    series: Series,
    pace: Pace,
    matcher: Matcher,
    next: u64,
    due: Option<Time>,
    last_reply: Option<Time>,
    waiting: VecDeque<Sent>,
    unanswered: usize,
    stopped: bool,
    tally: Tally,
    times: Times,
}

impl Session {
    /// A run that has sent nothing yet.
    ///
    /// # Errors
    /// The first packet cannot be built.
    pub fn new(series: Series, pace: Pace) -> Result<Self, SpecError> {
        build(&series.spec(0))?;
        let matcher = Matcher::new(&series.template, !series.keep_id);
        Ok(Self {
            series,
            pace,
            matcher,
            next: 0,
            due: None,
            last_reply: None,
            waiting: VecDeque::new(),
            unanswered: 0,
            stopped: false,
            tally: Tally::default(),
            times: Times::default(),
        })
    }

    fn shoot(&mut self, now: Time, due: Time) -> Result<Shot, SpecError> {
        let index = self.next;
        let spec = self.series.spec(index);
        let packets = build(&spec)?;
        let whole = if packets.len() > 1 { whole(&spec)? } else { None };
        let key = Key::of(&spec);
        self.next += 1;
        self.due = Some(if self.pace.in_turn { now } else { due.max(now - CATCH_UP) + self.pace.interval });
        self.matcher.sent(&spec, index);
        if self.waiting.len() == MOST {
            self.drop_first();
        }
        self.waiting.push_back(Sent { index, key, at: now, answered: false });
        self.unanswered += 1;
        self.tally.sent += 1;
        Ok(Shot { index, spec, packets, whole })
    }

    /// The destination was reached: packets that would go further are not sent.
    fn skip_hops(&mut self, index: u64) {
        let hops = self.series.hops();
        if hops > 1 && self.next > 0 && (self.next - 1) / hops == index / hops {
            self.next = (index / hops + 1) * hops;
        }
    }

    /// What came of it up to now.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Reply times up to now.
    pub fn times(&mut self) -> &mut Times {
        &mut self.times
    }

    /// What is sent.
    #[must_use]
    pub const fn series(&self) -> &Series {
        &self.series
    }

    fn sent(&mut self, index: u64) -> Option<&mut Sent> {
        let place = self.waiting.binary_search_by_key(&index, |sent| sent.index).ok()?;
        self.waiting.get_mut(place)
    }

    fn is_all_sent(&self) -> bool {
        self.stopped || self.series.len().is_some_and(|len| self.next >= len)
    }

    fn ending(&self, now: Time) -> Step {
        if self.stopped {
            return Step::Done;
        }
        let until = match (self.unanswered, self.last_reply) {
            (0, Some(reply)) => reply + LINGER,
            (0, None) => now,
            _ => self.deadline(now),
        };
        if until > now { Step::WaitUntil(until) } else { Step::Done }
    }

    /// When the first packet that is waited for is given up.
    fn deadline(&self, now: Time) -> Time {
        let first = self.waiting.iter().find(|sent| !sent.answered);
        first.map_or(now, |sent| sent.at + self.pace.timeout)
    }

    fn expire(&mut self, now: Time) {
        while self.waiting.front().is_some_and(|sent| now.since(sent.at) >= self.pace.timeout) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(sent) = self.waiting.pop_front() {
            self.unanswered -= usize::from(!sent.answered);
            self.matcher.forget(sent.key, sent.index);
        }
    }
}

impl Course for Session {
    fn step(&mut self, now: Time) -> Result<Step, SpecError> {
        self.expire(now);
        if self.is_all_sent() {
            return Ok(self.ending(now));
        }
        let due = self.due.unwrap_or(now);
        if self.pace.in_turn && self.unanswered > 0 && !self.stopped {
            return Ok(Step::WaitUntil(self.deadline(now)));
        }
        if due > now {
            return Ok(Step::WaitUntil(due));
        }
        self.shoot(now, due).map(|shot| Step::Send(Box::new(shot)))
    }

    fn left(&mut self, index: u64, time: Time) {
        if let Some(sent) = self.sent(index) {
            sent.at = time;
        }
    }

    fn arrive(&mut self, time: Time, decoded: &Decoded<'_>) -> Option<Reply> {
        let about = self.matcher.about(decoded, self.next.checked_sub(1)?)?;
        let ip = decoded.ip.as_ref()?;
        let sent = self.sent(about.index)?;
        // Advice about a packet that was passed on is no answer to it.
        let is_advice = about.answer.is_advice();
        let (first, rtt) = (!sent.answered && !is_advice, time.since(sent.at));
        sent.answered |= first;
        self.last_reply = Some(time);
        let is_error = matches!(about.answer, Answer::Error { .. });
        if first {
            self.unanswered -= 1;
            self.tally.answered += 1;
            self.tally.errors += u64::from(is_error);
            self.times.add(rtt);
        } else {
            self.tally.extra += 1;
        }
        if !is_error || !is_advice && ip.source == self.series.template.destination {
            self.skip_hops(about.index);
        }
        Some(Reply { index: about.index, time, rtt, from: ip.source, ttl: ip.ttl, answer: about.answer, first })
    }

    fn is_in_our_name(&self, decoded: &Decoded<'_>) -> bool {
        self.matcher.is_in_our_name(decoded)
    }

    fn stop(&mut self) {
        self.stopped = true;
    }
}

/// The packet of `spec` before it is cut into fragments.
fn whole(spec: &PacketSpec) -> Result<Option<Vec<u8>>, SpecError> {
    let mut spec = spec.clone();
    spec.ip.fragment_size = None;
    Ok(build(&spec)?.pop())
}
