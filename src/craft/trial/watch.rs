//! Listening for the answer.

use std::time::Duration;

use super::approach::Past;
use crate::craft::Unreachable;
use crate::tcp::{Arriving, Heard, Seq};
use crate::wire::{Flags, Segment, Time};

/// Once an answer has come: how long to wait for the peer to come to rest.
const SETTLE: Duration = Duration::from_millis(50);

/// The least time after which a kernel repeats an unanswered SYN,ACK by itself (RFC 6298 section 2.1 asks for 1 s).
const LEAST_TIMEOUT: Duration = Duration::from_millis(900);

/// What is heard after a crafted segment.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    history: Vec<Past>,
    segment: Option<Arriving>,
    patience: Duration,
    until: Time,
    heard: Option<Heard>,
    complaint: Option<Unreachable>,
}

impl Watch {
    pub(super) fn new(now: Time, patience: Duration, history: Vec<Past>, segment: Option<Arriving>) -> Self {
        Self { history, segment, patience, until: now + patience, heard: None, complaint: None }
    }

    /// The whole of the patience again, from now on.
    pub(super) fn restart(&mut self, now: Time) {
        self.until = now + self.patience;
    }

    pub(super) fn stop(&mut self, now: Time) {
        self.until = now;
    }

    pub(super) const fn until(&self) -> Time {
        self.until
    }

    pub(super) fn is_over(&self, now: Time) -> bool {
        now >= self.until
    }

    pub(super) const fn heard(&self) -> Option<Heard> {
        self.heard
    }

    pub(super) fn complaint(&self) -> Option<Unreachable> {
        self.complaint.filter(|_| self.heard == Some(Heard::Error))
    }

    pub(super) fn arrive(&mut self, now: Time, segment: &Segment<'_>) {
        if self.is_repetition(now, segment) {
            return;
        }
        self.hear(now, Heard::Segment { flags: segment.flags, seq: Seq(segment.seq), ack: Seq(segment.ack) });
    }

    pub(super) fn icmp(&mut self, now: Time, error: Unreachable) {
        self.hear(now, Heard::Error);
        self.complaint.get_or_insert(error);
    }

    fn hear(&mut self, now: Time, heard: Heard) {
        if self.heard.is_none() {
            self.heard = Some(heard);
            self.until = self.until.min(now + SETTLE);
        }
    }

    /// Whether the peer sends again what it sent before, because nobody acknowledged it: that is no answer. Only a
    /// SYN,ACK may be one, to a SYN, where no timer can have caused it yet.
    fn is_repetition(&self, now: Time, segment: &Segment<'_>) -> bool {
        let len = segment.sequence_len();
        let covers = |past: &&Past| past.covers(Seq(segment.seq), segment.flags, len);
        let Some(past) = self.history.iter().rev().find(covers) else { return false };
        let asked_for = self.segment.is_some_and(|segment| segment.flags.syn());
        let answers = segment.flags.contains(Flags::SYN | Flags::ACK);
        len > 0 && !(answers && asked_for && now.since(past.time) < LEAST_TIMEOUT)
    }
}
