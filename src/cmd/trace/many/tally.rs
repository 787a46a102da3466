//! What became of many connections, in a few counts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::craft::Outcome;
use crate::drive::many::Shortage;
use crate::measure::Histogram;
use crate::trace::{Handshake, Mark, Summary};

/// How often each of several things happened, by its name.
pub(super) type Counts = BTreeMap<&'static str, u64>;

/// Counts, and distributions of times.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// How the hand-made ends ended.
    pub(super) outcomes: Counts,
    /// How the tracer saw them open.
    pub(super) handshakes: Counts,
    /// How it saw them close.
    pub(super) terminations: Counts,
    /// From the SYN to the end of the handshake.
    pub(super) opening: Histogram,
    /// From the first FIN to the last acknowledgment of one.
    pub(super) closing: Histogram,
    /// Connections that opened, and not with their first SYN.
    pub(super) syns_again: u64,
    /// Those whose SYN-ACK came more than once.
    pub(super) syn_acks_again: u64,
    /// Those in which anything was sent again.
    pub(super) retransmitted: u64,
    /// No more than so many at once were possible.
    pub(super) limited: Option<(usize, Shortage)>,
    /// The first end that was not asked for.
    pub(super) failure: Option<Outcome>,
    successes: u64,
}

impl Tally {
    /// A hand-made end is over.
    pub(super) fn outcome(&mut self, outcome: Outcome) {
        *self.outcomes.entry(name(outcome)).or_default() += 1;
        if outcome.is_success() {
            self.successes += 1;
        } else if outcome != Outcome::Interrupted {
            self.failure.get_or_insert(outcome);
        }
    }

    /// The tracer's verdict on a connection.
    pub(super) fn verdict(&mut self, summary: &Summary) {
        *self.handshakes.entry(summary.handshake.name()).or_default() += 1;
        *self.terminations.entry(summary.termination.name()).or_default() += 1;
        add(&mut self.opening, summary.handshake_time.map(|time| time.0));
        add(&mut self.closing, summary.termination_time.map(|time| time.0));
        let opened = summary.handshake == Handshake::ThreeWay;
        self.syns_again += u64::from(opened && summary.syns > 1);
        self.syn_acks_again += u64::from(opened && summary.marks.has(Mark::SynAckRetransmission));
        let again = summary.retransmissions;
        self.retransmitted += u64::from(opened && (again.client > 0 || again.server > 0));
    }

    /// Connections of which happened what was asked for.
    pub(super) const fn successes(&self) -> u64 {
        self.successes
    }

    /// Connections that are over.
    pub(super) fn ended(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

fn add(times: &mut Histogram, time: Option<Duration>) {
    if let Some(time) = time {
        times.add(time);
    }
}

const fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Closed => "closed",
        Outcome::LeftOpen => "left-open",
        Outcome::Aborted => "aborted",
        Outcome::Refused => "refused",
        Outcome::Unanswered { .. } => "unanswered",
        Outcome::Unreachable(_) => "unreachable",
        Outcome::ResetByPeer { .. } => "reset-by-peer",
        Outcome::Unacknowledged { .. } => "unacknowledged",
        Outcome::WindowClosed { .. } => "window-closed",
        Outcome::TooSlow { .. } => "too-slow",
        Outcome::PeerNeverClosed { .. } => "peer-never-closed",
        Outcome::Interrupted => "interrupted",
    }
}
