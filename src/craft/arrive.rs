//! A segment arrives (RFC 9293 section 3.10.7).

use std::time::Duration;

use super::endpoint::{Due, Endpoint, Reset};
use super::open::is_only_syn;
use super::{Close, Open, Outcome};
use crate::tcp::{Seq, State};
use crate::wire::{Flags, Ip, Segment, Time};

/// Between two answers to segments that anybody could have forged (RFC 5961 section 7; as often as Linux).
const CHALLENGE_SPACING: Duration = Duration::from_millis(500);

impl Endpoint {
    /// A segment of this connection, whole and undamaged.
    pub(super) fn segment_arrives(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        match self.state {
            State::Closed | State::Listen => self.in_closed(now, segment),
            State::SynSent => self.in_syn_sent(now, segment),
            _ => self.otherwise(now, ip, segment),
        }
    }

    /// RFC 9293 section 3.10.7.4: all states from SYN-RECEIVED on.
    fn otherwise(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let flags = segment.flags;
        if self.state == State::SynReceived && self.is_crossing_syn_ack(segment) {
            return self.acknowledged(now, segment);
        }
        if self.is_repeated_syn(segment) {
            self.due.syn_ack = true;
            return;
        }
        if !self.sequence_check(now, segment) {
            return;
        }
        if flags.rst() {
            self.reset_arrives(now, Seq(segment.seq));
        } else if flags.syn() && self.is_half_open() {
            // RFC 9293 section 3.10.7.4, fourth check: back to LISTEN.
            self.end(Outcome::ResetByPeer { state: self.state });
        } else if flags.syn() {
            self.challenge(now); // RFC 5961 section 4.2
        } else if flags.ack() && self.ack_check(now, segment) {
            if self.ecn.arrived(ip.tos, flags, self.send.una(), self.send.max()) {
                self.send.slow_down();
            }
            self.acknowledged(now, segment);
            self.text_and_fin(now, segment);
        }
    }

    /// The second SYN of figure 7, with the acknowledgment of ours: its own SYN has been received already, so it is
    /// outside the window, yet it is what completes the handshake.
    fn is_crossing_syn_ack(&self, segment: &Segment<'_>) -> bool {
        segment.flags.contains(Flags::SYN | Flags::ACK)
            && !segment.flags.intersects(Flags::RST | Flags::FIN)
            && segment.payload_len == 0
            && Seq(segment.seq) + 1 == self.receive.nxt()
            && Seq(segment.ack) == self.send.max()
    }

    /// Passively opened, and not yet acknowledged.
    fn is_half_open(&self) -> bool {
        self.state == State::SynReceived && self.config.open == Open::Passive
    }

    /// The peer's SYN once more: it has not had our answer. The ACK that section 3.10.7.4 asks for, first check, would
    /// mean nothing to a peer in SYN-SENT; SYN-ACK acknowledges as much, and completes the handshake.
    fn is_repeated_syn(&self, segment: &Segment<'_>) -> bool {
        self.is_half_open() && is_only_syn(segment) && Seq(segment.seq) + 1 == self.receive.nxt()
    }

    /// First check: timestamp (RFC 7323 section 5.3) and sequence number. False where the segment goes no further.
    fn sequence_check(&mut self, now: Time, segment: &Segment<'_>) -> bool {
        let (seq, len) = (Seq(segment.seq), segment.sequence_len());
        let text = segment.payload_len > 0 || segment.flags.fin();
        let stamp = segment.options.summary().timestamps.filter(|_| self.stamps.agreed);
        let rst = segment.flags.rst();
        if self.stamps.agreed && !rst && stamp.is_none() {
            return false; // RFC 7323 section 3.2
        }
        let old = !rst && stamp.is_some_and(|(value, _)| self.stamps.is_old(value, now));
        if old || !self.receive.acceptable(seq, len) {
            if !rst {
                self.answer_unacceptable(now, text);
            }
            return false;
        }
        if let Some((value, _)) = stamp {
            self.stamps.take(value, seq, now);
        }
        true
    }

    /// An unacceptable segment is answered with an ACK. Data or a FIN is (or looks like) a retransmission: our ACK was
    /// lost. A bare ACK could be an answer to our own, so that the two ends would go on for ever.
    fn answer_unacceptable(&mut self, now: Time, text: bool) {
        if !text {
            return self.challenge(now);
        }
        self.due.ack = true;
        if self.state == State::TimeWait {
            // Section 3.10.7.4, eighth check: restart the timeout.
            self.program.linger(now, self.config.timing.linger);
        }
    }

    /// An ACK with our current numbers, so that an honest peer can tell what is so (RFC 5961).
    fn challenge(&mut self, now: Time) {
        if self.quiet_until.is_none_or(|until| now >= until) {
            self.due.ack = true;
            self.quiet_until = Some(now + CHALLENGE_SPACING);
        }
    }

    /// Second check, for a reset inside the window (RFC 5961 section 3.2): only the exact number is believed.
    fn reset_arrives(&mut self, now: Time, seq: Seq) {
        match self.state {
            State::TimeWait => {} // RFC 1337: a reset must not cut TIME-WAIT short
            _ if seq != self.receive.nxt() => self.challenge(now),
            state => {
                self.due = Due::default();
                let refused = state == State::SynReceived && self.config.open != Open::Passive;
                self.end(if refused { Outcome::Refused } else { Outcome::ResetByPeer { state } });
            }
        }
    }

    /// Fifth check, the part that can end processing.
    fn ack_check(&mut self, now: Time, segment: &Segment<'_>) -> bool {
        let ack = Seq(segment.ack);
        if self.state == State::SynReceived {
            let covers_syn = ack == self.send.max();
            if !covers_syn {
                self.due.reset = Some(Reset { seq: ack, ack: None, outcome: None });
            }
            return covers_syn;
        }
        let believable = self.send.believes(ack);
        if !believable {
            self.challenge(now); // RFC 5961 section 5.2
        }
        believable
    }

    /// Fifth check, the part that moves us on.
    fn acknowledged(&mut self, now: Time, segment: &Segment<'_>) {
        let (seq, ack) = (Seq(segment.seq), Seq(segment.ack));
        if self.state == State::SynReceived {
            self.established(now);
        }
        let new = self.send.acknowledge(ack, now);
        self.let_go();
        // RFC 7323 section 2.2: the window of a SYN is never scaled.
        let moved = self.send.update_window(seq, ack, segment.window, !segment.flags.syn());
        if new {
            self.program.heard(now, self.config.timing.deadline);
        } else if ack == self.send.una() && segment.sequence_len() == 0 && !moved {
            self.send.duplicate_ack();
        }
        if !self.send.fin_acked() {
            return;
        }
        match self.state {
            State::FinWait1 => self.state = State::FinWait2,
            State::Closing => self.enter_time_wait(now),
            State::LastAck => {
                self.state = State::Closed;
                self.end(Outcome::Closed);
            }
            _ => {}
        }
    }

    /// Seventh and eighth check: data and FIN.
    pub(super) fn text_and_fin(&mut self, now: Time, segment: &Segment<'_>) {
        let receiving = matches!(self.state, State::Established | State::FinWait1 | State::FinWait2);
        let (len, fin) = (segment.payload_len, segment.flags.fin());
        if !receiving || len == 0 && !fin {
            return;
        }
        let first = Seq(segment.seq) + u32::from(segment.flags.syn());
        if self.is_told() && first.after(self.receive.nxt()) {
            self.due.ack = true; // in order only: it will be sent again
            return;
        }
        let before = self.receive.nxt();
        if self.receive.take(first, len, fin) {
            self.program.heard(now, self.config.timing.deadline);
            self.keep(segment.payload, before - first, self.receive.nxt() - before);
        }
        if self.receive.fin_waits() && self.config.close == Close::Simultaneous && !self.send.fin_sent() {
            // Our FIN goes first, and does not acknowledge this one.
            self.close_as_if_crossing(now);
            self.due.ack |= len > 0;
        } else {
            self.due.ack = true;
            self.take_fin(now);
        }
    }

    /// Eighth check: the peer's FIN, once everything before it has arrived.
    pub(super) fn take_fin(&mut self, now: Time) {
        if !self.receive.fin_waits() {
            return;
        }
        self.receive.take_fin();
        self.due.ack = true;
        match self.state {
            State::Established => self.state = State::CloseWait,
            State::FinWait1 => self.state = State::Closing,
            State::FinWait2 => self.enter_time_wait(now),
            _ => {}
        }
    }

    fn enter_time_wait(&mut self, now: Time) {
        self.state = State::TimeWait;
        self.program.linger(now, self.config.timing.linger);
    }
}
