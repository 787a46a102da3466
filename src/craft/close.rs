//! What the program above TCP does: talk until the peer is quiet, then close in the way that was asked for.

use std::time::Duration;

use super::endpoint::{Endpoint, Reset};
use super::send::Fin;
use super::{Close, Outcome};
use crate::tcp::State;
use crate::wire::Time;

/// How long an interrupted connection may take to be closed by both sides, before it is reset.
const GRACE: Duration = Duration::from_secs(1);

/// Times that matter to the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program {
    /// Something new last happened.
    heard: Time,
    /// The end of talking, or of closing.
    ends: Time,
    /// The end of TIME-WAIT.
    linger: Option<Time>,
    /// Interrupted; the end of patience.
    interrupted: Option<Time>,
    /// Whatever is heard puts the end off.
    renews: bool,
}

impl Program {
    pub(super) fn new(now: Time, deadline: Duration, renews: bool) -> Self {
        let ends = now + deadline;
        Self { heard: ends, ends, linger: None, interrupted: None, renews }
    }

    /// The handshake is complete: talking begins.
    pub(super) fn talk(&mut self, now: Time, deadline: Duration) {
        (self.heard, self.ends) = (now, now + deadline);
    }

    /// The peer sent or acknowledged something new.
    pub(super) fn heard(&mut self, now: Time, deadline: Duration) {
        self.heard = now;
        if self.renews {
            self.ends = now + deadline;
        }
    }

    pub(super) const fn is_interrupted(&self) -> bool {
        self.interrupted.is_some()
    }

    /// TIME-WAIT begins, or begins again.
    pub(super) fn linger(&mut self, now: Time, linger: Duration) {
        self.linger = Some(now + linger);
    }
}

impl Endpoint {
    /// The user has had enough. Established, it closes with a FIN where the way of closing has one, and resets a second later
    /// where the peer does not close; a second interruption, or one in any other state that the peer holds open, sends a reset at
    /// once. Only [`Close::None`] leaves a connection open, as was asked for. A caller that [closes when it
    /// wants](Close::Told) is told [`Outcome::Closed`] of what closed in good order all the same.
    pub fn interrupt(&mut self, now: Time) {
        let patient = self.program.interrupted.is_none();
        let closes_by_fin = !matches!(self.config.close, Close::Reset | Close::None);
        match self.state {
            State::Established | State::CloseWait if patient && self.config.close == Close::None => {
                self.end(Outcome::Interrupted);
            }
            State::Established | State::CloseWait if patient && closes_by_fin => {
                self.program.interrupted = Some(now + GRACE);
                self.close(now, Fin::Alone);
            }
            // A server hears the last acknowledgment out.
            State::Closing | State::LastAck | State::TimeWait if patient && self.is_told() => {
                self.program.interrupted = Some(now + GRACE);
            }
            _ => self.abandon(),
        }
    }

    /// Nobody can watch any longer: a connection that the peer holds open is reset, and any other forgotten.
    pub fn abandon(&mut self) {
        match self.state {
            State::SynSent
            | State::SynReceived
            | State::Established
            | State::CloseWait
            | State::FinWait1
            | State::FinWait2 => self.abort(Outcome::Interrupted),
            State::Closed | State::Listen | State::Closing | State::LastAck | State::TimeWait => {
                self.end(Outcome::Interrupted);
            }
        }
    }

    /// What the program does now.
    pub(super) fn run_program(&mut self, now: Time) {
        match self.state {
            State::SynSent | State::SynReceived => {}
            State::Closed | State::Listen if now < self.program.ends => {}
            State::Closed | State::Listen => self.end(Outcome::Unanswered { syns: self.syns }),
            State::Established | State::CloseWait if !self.send.is_closing() => self.talking(now),
            _ => self.closing(now),
        }
    }

    /// ABORT (RFC 9293 section 3.10.5): a reset, with an acknowledgment where there is something to acknowledge.
    pub(super) fn abort(&mut self, outcome: Outcome) {
        let ack = (self.state != State::SynSent).then(|| self.receive.nxt());
        self.due.reset = Some(Reset { seq: self.send.acceptable(), ack, outcome: Some(outcome) });
    }

    /// CLOSE (RFC 9293 section 3.10.4): the FIN is queued behind all data, and closing has its own deadline.
    pub(super) fn close(&mut self, now: Time, fin: Fin) {
        self.send.close(fin);
        self.program.ends = now + self.config.timing.deadline;
    }

    /// The peer's FIN is here: ours leaves without acknowledging it.
    pub(super) fn close_as_if_crossing(&mut self, now: Time) {
        if !self.send.is_closing() {
            self.close(now, Fin::Alone);
        }
    }

    /// Whether the peer closes or has gone quiet, and all of ours is acknowledged.
    fn has_heard_all(&self, now: Time) -> bool {
        self.send.data_acked() && (self.receive.has_fin() || now >= self.program.heard + self.config.timing.wait)
    }

    fn talking(&mut self, now: Time) {
        let late = now >= self.program.ends;
        let done = late || self.has_heard_all(now);
        let peer_closed = self.receive.has_fin() && self.send.data_acked();
        match self.config.close {
            Close::Half => self.close(now, Fin::WithData),
            Close::Active if done => self.close(now, Fin::Alone),
            // Else the peer would hear of the reset before it knows that the connection is open.
            Close::Reset if self.due.first_ack => {}
            Close::Reset if done && self.due.reset.is_none() => self.abort(Outcome::Aborted),
            Close::None if done && self.send.data_acked() => self.end(Outcome::LeftOpen),
            Close::Passive if peer_closed => self.close(now, Fin::Alone),
            Close::None | Close::Passive | Close::Simultaneous | Close::Told if late => self.too_late(now),
            _ => {}
        }
    }

    fn closing(&mut self, now: Time) {
        let impatient = self.program.interrupted.is_some_and(|until| now >= until);
        if self.program.linger.is_some_and(|until| now >= until) {
            self.end(Outcome::Closed);
        } else if impatient {
            // A peer that does not close in its turn shall not be left with half a connection.
            self.abandon();
        } else if now >= self.program.ends {
            self.too_late(now);
        }
    }

    /// A deadline has passed.
    fn too_late(&mut self, now: Time) {
        match self.state {
            State::TimeWait => self.end(Outcome::Closed),
            // A client that has been silent for so long shall learn that nobody serves it any longer.
            state if self.is_told() && state.is_synchronized() => self.abort(Outcome::PeerNeverClosed { state }),
            state @ (State::Established | State::FinWait2) if self.send.data_acked() => {
                self.end(Outcome::PeerNeverClosed { state });
            }
            _ => match self.delay(now) {
                Some(outcome) if self.config.close == Close::None => self.end(outcome),
                Some(outcome) if self.due.reset.is_none() => self.abort(outcome),
                Some(_) => {}
                None => self.give_up(),
            },
        }
    }

    /// What keeps a peer that is there from having everything; none where it is silent.
    fn delay(&self, now: Time) -> Option<Outcome> {
        let (acked, total) = (self.send.acked_len(), self.send.payload_len());
        // A probe may just have left, so that its answer is not due yet.
        match (self.send.closed_since(), self.send.timer.tries) {
            (Some(since), ..=1) => Some(Outcome::WindowClosed { lasted: now.since(since), acked, total }),
            (None, 0) if !self.send.data_acked() => Some(Outcome::TooSlow { acked, total }),
            _ => None,
        }
    }

    /// When the program has to be asked again; while opening, only the retransmission timer counts.
    pub(super) fn program_wakes(&self, opening: bool) -> Option<Time> {
        if opening {
            return None;
        }
        let talking = matches!(self.state, State::Established | State::CloseWait) && !self.send.is_closing();
        let listens_for_silence = matches!(self.config.close, Close::Active | Close::Reset | Close::None);
        let silence = (talking && listens_for_silence && self.send.data_acked())
            .then(|| self.program.heard + self.config.timing.wait);
        [Some(self.program.ends), self.program.linger, self.program.interrupted, silence].into_iter().flatten().min()
    }
}
