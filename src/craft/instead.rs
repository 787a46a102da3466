//! What leaves in the place of a segment that this end made: somebody held it up, and changed it.
//!
//! This end takes it for its own: a reset ends it, a FIN closes its direction, and the number of a SYN is its initial one.
//! Whatever of its own segment is missing is to it as if lost on the way, so its timer sends that again.

use super::Outcome;
use super::endpoint::{Due, Endpoint};
use super::send::{Chunk, Fin};
use crate::tcp::{Seq, State};
use crate::wire::{Segment, Time};

impl Endpoint {
    /// `sent` left in the place of `own`, the segment that the last [`poll`](Self::poll) gave.
    pub fn sent_instead(&mut self, now: Time, own: &Segment<'_>, sent: &Segment<'_>) {
        if sent.flags.rst() {
            if !own.flags.rst() && self.outcome.is_none() {
                self.state = State::Closed;
                self.due = Due::default();
                self.end(Outcome::Aborted);
            }
            return;
        }
        if own.flags.syn() && sent.flags.syn() && own.seq != sent.seq && !self.state.is_synchronized() {
            self.send.begin_at(Seq(sent.seq));
        }
        let behind = Seq(sent.seq) + sent.payload_len;
        if sent.flags.fin() && !own.flags.fin() && self.state.may_send() && self.send.may_end_at(behind) {
            self.close(now, Fin::Alone);
            self.send.sent(&Chunk { seq: behind, fin: true, new: true, ..self.send.nothing() }, now);
            self.fin_left();
        }
    }
}
