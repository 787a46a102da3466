//! Marks of what a segment brings about: how a connection opens and closes.

use std::net::SocketAddr;

use super::connection::{Connection, Step};
use super::end::Facts;
use super::late::TIME_WAIT;
use super::progress::Closing;
use super::{Handshake, Mark, Marks, Side};
use crate::tcp::{Reply, Seq, State};
use crate::wire::Time;

/// How far a connection was before a segment.
#[derive(Clone, Copy)]
pub(super) struct Before {
    complete: bool,
    /// The server has sent a SYN.
    answered: bool,
    closing: Closing,
}

impl Connection {
    pub(super) const fn so_far(&self) -> Before {
        let answered = self.ends.server.iss.is_some();
        Before { complete: self.opening.is_complete(), answered, closing: self.closing }
    }

    /// Whether the server has answered the SYN, and the answer is neither acknowledged nor refused.
    pub(super) fn is_waited_for(&self) -> bool {
        self.ends.server.iss.is_some() && !self.opening.is_complete() && !self.is_over()
    }

    /// The same, where the server, at `source`, has said so with this number before.
    pub(super) fn waits_with(&self, source: SocketAddr, seq: Seq) -> bool {
        self.side_of(source) == Side::Server && self.ends.server.iss == Some(seq) && self.is_waited_for()
    }

    /// What the segment of `from` with `facts` brought about.
    pub(super) fn milestones(&self, from: Side, facts: &Facts, step: &Step, before: &Before) -> Marks {
        let segment = &facts.arriving;
        let mut marks = Marks::default();
        marks.extend(self.opening_mark(from, facts, step, before));
        if segment.flags.rst() {
            marks.extend(self.reset_mark(from, facts, step));
        }
        if !before.closing.has_crossed() && self.closing.has_crossed() {
            marks.set(Mark::SimultaneousClose);
        }
        let half = step.reading.new_octets > 0 && self.closing.is_acknowledged(from.other());
        marks.extend(self.after_close(from, facts, step).or(half.then_some(Mark::HalfClose)));
        marks
    }

    /// Marks of what completes the opening, or answers a SYN.
    fn opening_mark(&self, from: Side, facts: &Facts, step: &Step, before: &Before) -> Option<Mark> {
        let segment = &facts.arriving;
        let first = segment.flags.syn() && segment.flags.ack() && from == Side::Server && !before.answered;
        if first && self.opening.syns > 1 && self.ends.server.passive && !self.marks.has(Mark::HalfOpen) {
            return Some(Mark::LateAnswer);
        }
        if before.complete || !self.opening.is_complete() {
            return None;
        }
        match self.opening.verdict() {
            Handshake::SimultaneousOpen => Some(Mark::SimultaneousOpen),
            Handshake::Split => Some(Mark::SplitHandshake),
            _ => (from == Side::Client && step.reading.new_octets > 0).then_some(Mark::AckWithData),
        }
    }

    /// Octets for an end that is gone, or the reset that they get.
    fn after_close(&self, from: Side, facts: &Facts, step: &Step) -> Option<Mark> {
        let segment = &facts.arriving;
        let gone = step.before[from.other()].state == Some(State::Closed) && self.opening.is_complete();
        let half_gone = matches!(step.before[from].state, Some(State::FinWait1 | State::FinWait2));
        let answers = segment.flags.rst() && half_gone && step.expected == Reply::Ack;
        let late = segment.len > 0 && !segment.flags.rst() && gone;
        (answers || late).then_some(Mark::DataAfterClose)
    }

    /// All that [`Self::succession`] may give.
    pub(super) const SUCCESSION: Marks = Marks::of(&[Mark::PortReuse, Mark::OldDuplicateSyn, Mark::TimeWaitReuse]);

    /// Whether its own client refused its handshake, which an old duplicate of a SYN began.
    pub(super) fn is_vetoed(&self) -> bool {
        self.opening.verdict() == Handshake::Aborted && self.closing.reset_by == Some(Side::Client)
    }

    /// Marks of a SYN that follows this connection at `now`, between the same sockets.
    pub(super) fn succession(&self, now: Time) -> Marks {
        let recent = now.since(self.last) <= TIME_WAIT;
        let waits = recent && Side::BOTH.into_iter().any(|side| self.ends[side].is(State::TimeWait));
        let rows = [(true, Mark::PortReuse), (self.is_vetoed(), Mark::OldDuplicateSyn), (waits, Mark::TimeWaitReuse)];
        rows.into_iter().filter_map(|(holds, mark)| holds.then_some(mark)).collect()
    }
}
