//! An end whose caller decides: what a program does with a socket, as far as a hand-made end needs it.

use super::endpoint::Endpoint;
use super::send::Fin;
use super::{Close, Outcome};
use crate::tcp::{Seq, State};
use crate::wire::{Segment, Time};

impl Endpoint {
    /// Whether the caller says when to close.
    pub(super) fn is_told(&self) -> bool {
        self.config.close == Close::Told
    }

    /// `recv()`: what the peer sent since the last call, in order.
    pub fn take_octets(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.octets)
    }

    /// Whether `recv()` would return 0: the peer's FIN has arrived, and everything before it.
    #[must_use]
    pub const fn peer_is_done(&self) -> bool {
        self.receive.has_fin()
    }

    /// Whether the peer has acknowledged all that was said.
    #[must_use]
    pub fn is_all_acknowledged(&self) -> bool {
        self.send.data_acked()
    }

    /// Octets that were said and are held, because they are not acknowledged, or were not let go yet.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.send.held()
    }

    /// `send()`. What is not acknowledged takes room from the window that the peer is offered, so that an end that
    /// answers does not grow without bound.
    pub fn say(&mut self, octets: &[u8]) {
        self.send.say(octets);
        self.measure_room();
    }

    /// `close()`: our FIN, behind all that was said. Does nothing where there is nothing to close.
    pub fn shut(&mut self, now: Time) {
        if self.state.may_send() && !self.send.is_closing() {
            self.close(now, Fin::Alone);
        }
    }

    /// `close()` with SO_LINGER on and 0 seconds: a reset.
    pub fn reset(&mut self) {
        if self.outcome.is_none() && self.due.reset.is_none() {
            self.abort(Outcome::Aborted);
        }
    }

    /// Whether a new SYN may take the place of this connection, which is in TIME-WAIT (RFC 9293 section 3.10.7.4, RFC
    /// 6191).
    pub(super) fn yields_to(&self, segment: &Segment<'_>) -> bool {
        self.state == State::TimeWait && super::open::is_only_syn(segment) && Seq(segment.seq).after(self.receive.nxt())
    }

    /// Keeps `len` octets of a payload behind the first `skip`.
    pub(super) fn keep(&mut self, payload: &[u8], skip: u32, len: u32) {
        if self.is_told() {
            let octets = payload.iter().skip(skip as usize).take(len as usize);
            self.octets.extend(octets);
        }
    }

    /// What is acknowledged need not be kept.
    pub(super) fn let_go(&mut self) {
        if self.is_told() {
            self.send.release();
            self.measure_room();
        }
    }

    fn measure_room(&mut self) {
        let held = u32::try_from(self.send.held()).unwrap_or(u32::MAX);
        let most = self.config.window;
        self.due.ack |= self.receive.set_capacity(most.saturating_sub(held), most);
    }
}
