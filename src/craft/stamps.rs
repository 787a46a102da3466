//! Timestamps (RFC 7323): ours, the peer's, and protection against wrapped sequence numbers.

use crate::tcp::Seq;
use crate::wire::Time;

/// RFC 7323 section 5.5: after this long without news, a smaller stamp may be the clock that wrapped.
const OUTDATED: std::time::Duration = std::time::Duration::from_secs(24 * 24 * 3600);

/// TS.Recent and our clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamps {
    /// Whether both SYNs carried the option.
    pub(super) agreed: bool,
    base: u32,
    started: Time,
    recent: u32,
    recent_at: Time,
    last_ack_sent: Seq,
}

impl Stamps {
    pub(super) const fn new(base: u32, started: Time) -> Self {
        Self { agreed: false, base, started, recent: 0, recent_at: started, last_ack_sent: Seq(0) }
    }

    /// TSval: a tick a millisecond.
    pub(super) fn value(&self, now: Time) -> u32 {
        self.base.wrapping_add(now.since(self.started).as_millis() as u32)
    }

    /// TSecr.
    pub(super) const fn echo(&self) -> u32 {
        self.recent
    }

    /// The stamp of the peer's SYN.
    pub(super) fn synchronize(&mut self, value: u32, irs: Seq, now: Time) {
        (self.agreed, self.recent, self.recent_at, self.last_ack_sent) = (true, value, now, irs);
    }

    /// An acknowledgment of ours leaves.
    pub(super) const fn ack_sent(&mut self, ack: Seq) {
        self.last_ack_sent = ack;
    }

    /// Whether a segment with this stamp is older than what we already have (RFC 7323 section 5.3, R1).
    pub(super) fn is_old(&self, value: u32, now: Time) -> bool {
        (value.wrapping_sub(self.recent) as i32) < 0 && now.since(self.recent_at) < OUTDATED
    }

    /// Takes the stamp of an acceptable segment (RFC 7323 section 4.3, 2).
    pub(super) fn take(&mut self, value: u32, seq: Seq, now: Time) {
        if !self.is_old(value, now) && !seq.after(self.last_ack_sent) {
            (self.recent, self.recent_at) = (value, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_old_stamp_is_told_from_a_wrapped_clock() {
        let start = Time::default();
        let mut stamps = Stamps::new(7, start);
        assert_eq!(stamps.value(start + Duration::from_millis(5)), 12);
        stamps.synchronize(u32::MAX, Seq(1), start);
        assert!(!stamps.is_old(0, start) && stamps.is_old(u32::MAX - 1, start));
        assert!(!stamps.is_old(u32::MAX - 1, start + OUTDATED));
        stamps.ack_sent(Seq(2));
        stamps.take(4, Seq(3), start);
        assert_eq!(stamps.echo(), u32::MAX, "a stamp from beyond the last acknowledgment would skip a round trip");
        stamps.take(4, Seq(2), start);
        assert_eq!(stamps.echo(), 4);
    }
}
