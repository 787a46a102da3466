//! Segments of no connection: what is sent by hand, one by one, and the answers to it. No TCP stands behind them, so they
//! tell nothing of states, but for one answer.

use super::connection::{Connection, Step};
use super::end::Facts;
use super::judgement::Judgement;
use super::reading::Reading;
use super::{Pair, Side};
use crate::tcp::{Reply, State};

impl Connection {
    /// Takes one segment of `from`: its numbers, and who answers with a reset.
    pub(super) fn probe(&mut self, from: Side, facts: &Facts) -> Step {
        let before = self.beliefs();
        let (segment, flags) = (&facts.arriving, facts.arriving.flags);
        let resets = flags.rst() && !self.ends[from].ours;
        // A reset has the number of what it answers, or none.
        if !flags.rst() || self.ends[from].ours {
            self.number(from, facts);
        }
        // RFC 9293 section 3.10.7.1: number 0 answers what had no ACK, and only an end without a socket answers that.
        if resets && flags.ack() && segment.seq.0 == 0 {
            self.ends[from].state = Some(State::Closed);
        }
        let step = Step {
            before,
            reading: Reading { copy: 1, new_octets: segment.len, ..Reading::default() },
            judgement: Judgement { resets, ..Judgement::default() },
            response: None,
            expected: Reply::Nothing,
            mid_burst: false,
        };
        self.record(from, facts, &step);
        step
    }

    /// Numbers count on screen from the first that either end is seen to have.
    fn number(&mut self, from: Side, facts: &Facts) {
        let (segment, flags) = (&facts.arriving, facts.arriving.flags);
        let ends: &mut Pair<_> = &mut self.ends;
        if ends[from].base.is_none() {
            ends[from].start(segment.seq);
        }
        if flags.ack() && !flags.rst() && ends[from.other()].base.is_none() {
            // A SYN,ACK acknowledges a SYN, which has the number before.
            ends[from.other()].start(if flags.syn() { segment.ack - 1 } else { segment.ack });
        }
    }
}
