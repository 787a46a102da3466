//! Before the SYNs have met: CLOSED, SYN-SENT, and what the two SYNs agree on (RFC 9293 section 3.10.7.3).

use super::endpoint::{Endpoint, LARGEST_SHIFT, Reset};
use super::{Open, Outcome};
use crate::tcp::{Seq, State};
use crate::wire::{Flags, OptionSummary, Segment, Time};

/// MSS of a peer that offers none (RFC 9293 section 3.7.1).
const DEFAULT_MSS: (u16, u16) = (536, 1220);
/// Octets of the timestamps option in every segment, with padding.
const TIMESTAMPS_LEN: u32 = 12;

impl Endpoint {
    /// We have sent nothing yet: only a SYN that we wait for is of interest.
    pub(super) fn in_closed(&mut self, now: Time, segment: &Segment<'_>) {
        let only_syn = segment.flags.syn() && !segment.flags.intersects(Flags::ACK | Flags::RST | Flags::FIN);
        if self.config.open == Open::Simultaneous && only_syn && !self.due.syn {
            self.synchronize(now, segment);
            self.due.syn = true;
        }
    }

    /// RFC 9293 section 3.10.7.3.
    pub(super) fn in_syn_sent(&mut self, now: Time, segment: &Segment<'_>) {
        let flags = segment.flags;
        // First: an acknowledgment of anything but our SYN is from an older connection.
        if flags.ack() && Seq(segment.ack) != self.send.max() {
            if !flags.rst() {
                self.due.reset = Some(Reset { seq: Seq(segment.ack), ack: None, outcome: None });
            }
            return;
        }
        // Second: a reset counts only where it acknowledges our SYN (RFC 5961 section 3.2).
        if flags.rst() {
            if flags.ack() {
                self.end(Outcome::Refused);
            }
            return;
        }
        // Fourth: the SYN.
        if !flags.syn() {
            return;
        }
        self.synchronize(now, segment);
        if flags.ack() {
            self.send.acknowledge(Seq(segment.ack), now);
            self.established(now);
            self.due.ack = true;
            self.text_and_fin(now, segment);
        } else {
            // Both SYNs are on their way: figure 7.
            self.state = State::SynReceived;
            self.due.syn_ack = true;
        }
    }

    /// Takes the peer's SYN: IRS, first window, and what both offer.
    fn synchronize(&mut self, now: Time, segment: &Segment<'_>) {
        let irs = Seq(segment.seq);
        self.receive.synchronize(irs);
        self.send.first_window(irs, Seq(segment.ack), segment.window);
        self.agree(now, irs, &segment.options.summary());
        let offered = segment.flags.contains(Flags::ECE);
        // RFC 3168 section 6.1.1: ECE and CWR ask, ECE alone agrees.
        if self.config.offer.ecn && offered && segment.flags.contains(Flags::CWR) != segment.flags.ack() {
            self.ecn.agree();
        }
    }

    fn agree(&mut self, now: Time, irs: Seq, peer: &OptionSummary) {
        let offer = &self.config.offer;
        self.sack = offer.sack && peer.sack_permitted;
        if let (true, Some((value, _))) = (offer.timestamps, peer.timestamps) {
            self.stamps.synchronize(value, irs, now);
        }
        let shifts = offer.window_scale.zip(peer.window_scale);
        let (ours, theirs) = shifts.map_or((0, 0), |(ours, theirs)| (ours, theirs.min(LARGEST_SHIFT)));
        self.receive.set_shift(ours);
        self.scaled = shifts.is_some();
        let default = if self.config.remote.is_ipv4() { DEFAULT_MSS.0 } else { DEFAULT_MSS.1 };
        let mss = u32::from(peer.mss.unwrap_or(default).min(self.config.room));
        self.send.agree(self.without_options(mss), theirs);
    }

    /// What is left of an MSS for payload: it does not count options (RFC 6691).
    pub(super) const fn without_options(&self, mss: u32) -> u32 {
        mss.saturating_sub(if self.stamps.agreed { TIMESTAMPS_LEN } else { 0 })
    }

    /// The handshake is complete.
    pub(super) fn established(&mut self, now: Time) {
        self.state = State::Established;
        self.complaint = None;
        self.program.talk(now, self.config.timing.deadline);
    }
}
