//! Before the SYNs have met: CLOSED, SYN-SENT, and what the two SYNs agree on (RFC 9293 section 3.10.7.3).

use super::endpoint::{Endpoint, LARGEST_SHIFT, Reset};
use super::{Open, Outcome};
use crate::tcp::{Seq, State};
use crate::wire::{Flags, Segment, Time};

/// MSS of a peer that offers none (RFC 9293 section 3.7.1).
const DEFAULT_MSS: (u16, u16) = (536, 1220);
/// Octets of the timestamps option in every segment, with padding.
const TIMESTAMPS_LEN: u32 = 12;

/// What matters of the peer's SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PeerSyn {
    /// IRS.
    pub(super) seq: Seq,
    /// SEG.ACK; of significance only in a SYN-ACK.
    pub(super) ack: Seq,
    pub(super) window: u16,
    pub(super) mss: Option<u16>,
    pub(super) window_scale: Option<u8>,
    pub(super) sack_permitted: bool,
    /// TSval.
    pub(super) timestamp: Option<u32>,
    /// It asks for ECN, or agrees to it.
    pub(super) ecn: bool,
}

impl PeerSyn {
    pub(super) fn of(segment: &Segment<'_>) -> Self {
        let options = segment.options.summary();
        let flags = segment.flags;
        Self {
            seq: Seq(segment.seq),
            ack: Seq(segment.ack),
            window: segment.window,
            mss: options.mss,
            window_scale: options.window_scale,
            sack_permitted: options.sack_permitted,
            timestamp: options.timestamps.map(|(value, _)| value),
            // RFC 3168 section 6.1.1: ECE and CWR ask, ECE alone agrees.
            ecn: flags.contains(Flags::ECE) && flags.contains(Flags::CWR) != flags.ack(),
        }
    }
}

/// Whether the segment opens a connection and does nothing else. What is a SYN and a FIN at once has no honest sender.
pub(super) fn is_only_syn(segment: &Segment<'_>) -> bool {
    segment.flags.syn() && !segment.flags.intersects(Flags::ACK | Flags::RST | Flags::FIN)
}

impl Endpoint {
    /// We have sent nothing yet: only a SYN that we wait for is of interest.
    pub(super) fn in_closed(&mut self, now: Time, segment: &Segment<'_>) {
        if !is_only_syn(segment) || self.due.syn {
            return;
        }
        match self.config.open {
            Open::Active => {}
            Open::Simultaneous => {
                self.synchronize(now, &PeerSyn::of(segment));
                self.due.syn = true;
            }
            // RFC 9293 section 3.10.7.2, third check.
            Open::Passive => {
                self.synchronize(now, &PeerSyn::of(segment));
                self.state = State::SynReceived;
                self.due.syn_ack = true;
            }
            Open::Split => self.due.syn = true,
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
        self.synchronize(now, &PeerSyn::of(segment));
        if flags.ack() {
            self.send.acknowledge(Seq(segment.ack), now);
            self.established(now);
            (self.due.ack, self.due.first_ack) = (true, true);
            self.text_and_fin(now, segment);
        } else {
            // Both SYNs are on their way: figure 7.
            self.state = State::SynReceived;
            self.due.syn_ack = true;
        }
    }

    /// Takes the peer's SYN: IRS, first window, and what both offer.
    pub(super) fn synchronize(&mut self, now: Time, syn: &PeerSyn) {
        self.receive.synchronize(syn.seq);
        self.send.first_window(syn.seq, syn.ack, syn.window);
        self.agree(now, syn);
        if self.config.offer.ecn && syn.ecn {
            self.ecn.agree();
        }
    }

    fn agree(&mut self, now: Time, peer: &PeerSyn) {
        let offer = &self.config.offer;
        self.sack = offer.sack && peer.sack_permitted;
        if let (true, Some(value)) = (offer.timestamps, peer.timestamp) {
            self.stamps.synchronize(value, peer.seq, now);
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
