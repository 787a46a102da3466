//! Marks of what a segment brings about: how a connection opens and closes, and who refuses what.

use super::connection::{Connection, Step};
use super::end::Facts;
use super::progress::Closing;
use super::{Handshake, Mark, Marks, Side};
use crate::tcp::{Reply, Seq, State};

/// How far a connection was before a segment.
#[derive(Clone, Copy)]
pub(super) struct Before {
    complete: bool,
    closing: Closing,
}

impl Connection {
    pub(super) const fn so_far(&self) -> Before {
        Before { complete: self.opening.is_complete(), closing: self.closing }
    }

    /// What the segment of `from` with `facts` brought about.
    pub(super) fn milestones(&self, from: Side, facts: &Facts, step: &Step, before: &Before) -> Marks {
        let segment = &facts.arriving;
        let mut marks = Marks::default();
        if !before.complete && self.opening.is_complete() {
            marks.extend(match self.opening.verdict() {
                Handshake::SimultaneousOpen => Some(Mark::SimultaneousOpen),
                Handshake::Split => Some(Mark::SplitHandshake),
                _ => None,
            });
        }
        if segment.flags.rst() {
            marks.extend(self.reset_marks(from, segment.seq, facts, step));
        }
        if !before.closing.has_crossed() && self.closing.has_crossed() {
            marks.set(Mark::SimultaneousClose);
        }
        let half = step.reading.new_octets > 0 && self.closing.is_acknowledged(from.other());
        marks.extend(self.after_close(from, facts, step).or(half.then_some(Mark::HalfClose)));
        marks
    }

    fn reset_marks(&self, from: Side, seq: Seq, facts: &Facts, step: &Step) -> Option<Mark> {
        if !step.judgement.resets {
            return self.is_stranger(from, seq, facts).then_some(Mark::HalfOpen);
        }
        let receiver = step.before[from.other()].state;
        match (self.opening.verdict(), from) {
            (Handshake::Refused, Side::Server) => Some(Mark::Refused),
            (Handshake::Aborted, Side::Client) => Some(Mark::HandshakeReset),
            _ if receiver == Some(State::TimeWait) => Some(Mark::TimeWaitAssassination),
            _ => self.is_stranger(from, seq, facts).then_some(Mark::HalfOpen),
        }
    }

    /// Whether a reset comes from an end that was never heard and quotes what its peer acknowledged: it knows of no
    /// connection (RFC 9293 section 3.5.1, figure 10).
    fn is_stranger(&self, from: Side, seq: Seq, facts: &Facts) -> bool {
        let (end, peer) = (&self.ends[from], &self.ends[from.other()]);
        let mid_stream = self.opening.verdict() == Handshake::MidStream;
        mid_stream && !facts.arriving.flags.ack() && !end.was_heard() && peer.last_ack == Some(seq)
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

    /// Marks of a SYN that follows this connection between the same sockets.
    pub(super) fn succession(&self) -> Marks {
        let waits = Side::BOTH.into_iter().any(|side| self.ends[side].is(State::TimeWait));
        let rows = [(true, Mark::PortReuse), (self.is_vetoed(), Mark::OldDuplicateSyn), (waits, Mark::TimeWaitReuse)];
        rows.into_iter().filter_map(|(holds, mark)| holds.then_some(mark)).collect()
    }
}
