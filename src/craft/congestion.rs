//! How much may be in flight before the network has to be asked (RFC 5681).

/// Segments in the first flight (RFC 6928).
const INITIAL_SEGMENTS: u32 = 10;

/// Slow start, congestion avoidance, and the third duplicate acknowledgment.
#[derive(Clone, Debug)]
pub(super) struct Congestion {
    mss: u32,
    window: u32,
    threshold: u32,
    duplicates: u8,
}

impl Congestion {
    pub(super) const fn new(mss: u32) -> Self {
        Self { mss, window: mss.saturating_mul(INITIAL_SEGMENTS), threshold: u32::MAX, duplicates: 0 }
    }

    /// cwnd, in octets.
    pub(super) const fn window(&self) -> u32 {
        self.window
    }

    /// `octets` were acknowledged for the first time (RFC 5681 section 3.1).
    pub(super) fn acknowledged(&mut self, octets: u32) {
        self.duplicates = 0;
        let grown = if self.window < self.threshold {
            octets.min(self.mss)
        } else {
            (u64::from(self.mss) * u64::from(self.mss) / u64::from(self.window.max(1))).max(1) as u32
        };
        self.window = self.window.saturating_add(grown);
    }

    /// Another acknowledgment of the same; true on the third (RFC 5681 section 3.2: retransmit at once).
    pub(super) fn duplicate(&mut self, in_flight: u32) -> bool {
        self.duplicates = self.duplicates.saturating_add(1);
        let third = self.duplicates == 3;
        if third {
            self.halve(in_flight);
        }
        third
    }

    /// Loss seen by duplicates, or congestion told by ECN (RFC 3168 section 6.1.2).
    pub(super) fn halve(&mut self, in_flight: u32) {
        self.threshold = (in_flight / 2).max(2 * self.mss);
        self.window = self.threshold;
    }

    /// The retransmission timer went off (RFC 5681 section 3.1, equation 4).
    pub(super) fn timed_out(&mut self, in_flight: u32) {
        self.threshold = (in_flight / 2).max(2 * self.mss);
        self.window = self.mss;
        self.duplicates = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_start_adds_what_is_acknowledged_and_avoidance_a_segment_a_round_trip() {
        let mut congestion = Congestion::new(1000);
        congestion.acknowledged(1000);
        assert_eq!(congestion.window(), 11_000);
        congestion.timed_out(8000);
        assert_eq!(congestion.window(), 1000);
        (0..3).for_each(|_| congestion.acknowledged(1000));
        assert_eq!(congestion.window(), 4000);
        congestion.acknowledged(1000);
        assert_eq!(congestion.window(), 4250);
    }

    #[test]
    fn the_third_duplicate_halves() {
        let mut congestion = Congestion::new(1000);
        let thirds: Vec<bool> = (0..5).map(|_| congestion.duplicate(10_000)).collect();
        assert_eq!(thirds, [false, false, true, false, false]);
        assert_eq!(congestion.window(), 5000);
    }
}
