//! The numbers of one end (RFC 9293 section 3.3.1), and the tests that use them.

use super::Seq;

/// The variables of one end of a connection, in absolute numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variables {
    /// Initial send sequence number.
    pub iss: Seq,
    /// Oldest number sent and not acknowledged.
    pub snd_una: Seq,
    /// Next number to be sent.
    pub snd_nxt: Seq,
    /// The largest window that the peer has ever offered, in octets (MAX.SND.WND of RFC 5961 section 5).
    pub max_snd_wnd: u32,
    /// Initial receive sequence number: the peer's ISS.
    pub irs: Seq,
    /// Next number expected.
    pub rcv_nxt: Seq,
    /// Window offered to the peer, in octets.
    pub rcv_wnd: u32,
    /// The connection began in LISTEN.
    pub passive: bool,
}

impl Variables {
    /// Whether a segment of `len` numbers from `seq` on has any number in the window: the four cases of table 6 in
    /// section 3.4.
    #[must_use]
    pub const fn in_window(&self, seq: Seq, len: u32) -> bool {
        match (len, self.rcv_wnd) {
            (0, 0) => seq.0 == self.rcv_nxt.0,
            (0, window) => seq.within(self.rcv_nxt, window),
            (_, 0) => false,
            (len, window) => {
                let last = Seq(seq.0.wrapping_add(len - 1));
                seq.within(self.rcv_nxt, window) || last.within(self.rcv_nxt, window)
            }
        }
    }

    /// Whether `ack` acknowledges something new: SND.UNA < SEG.ACK =< SND.NXT (section 3.4).
    #[must_use]
    pub const fn acknowledges_new(&self, ack: Seq) -> bool {
        ack.after(self.snd_una) && !ack.after(self.snd_nxt)
    }

    /// Whether `ack` may be believed in a synchronized state: (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT
    /// (RFC 5961 section 5).
    #[must_use]
    pub fn acceptable_ack(&self, ack: Seq) -> bool {
        !ack.before(self.snd_una - self.max_snd_wnd) && !ack.after(self.snd_nxt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expecting(rcv_nxt: u32, rcv_wnd: u32) -> Variables {
        Variables {
            iss: Seq(0),
            snd_una: Seq(100),
            snd_nxt: Seq(200),
            max_snd_wnd: 50,
            irs: Seq(0),
            rcv_nxt: Seq(rcv_nxt),
            rcv_wnd,
            passive: false,
        }
    }

    #[test]
    fn the_four_cases_of_acceptability() {
        let rows = [
            // expected, window, sequence number, length, acceptable
            (1000, 0, 1000, 0, true),
            (1000, 0, 1001, 0, false),
            (1000, 10, 999, 0, false),
            (1000, 10, 1000, 0, true),
            (1000, 10, 1009, 0, true),
            (1000, 10, 1010, 0, false),
            (1000, 0, 1000, 1, false),
            (1000, 10, 995, 5, false),
            (1000, 10, 995, 6, true),
            (1000, 10, 1009, 5, true),
            (1000, 10, 1010, 5, false),
            (u32::MAX, 10, u32::MAX - 2, 4, true),
        ];
        for (rcv_nxt, window, seq, len, acceptable) in rows {
            assert_eq!(expecting(rcv_nxt, window).in_window(Seq(seq), len), acceptable, "{seq}+{len} of {rcv_nxt}");
        }
    }

    #[test]
    fn acknowledgments_old_new_and_impossible() {
        let rows = [
            (49, false, false),
            (50, true, false),
            (100, true, false),
            (101, true, true),
            (200, true, true),
            (201, false, false),
        ];
        for (ack, acceptable, new) in rows {
            let variables = expecting(0, 10);
            assert_eq!(variables.acceptable_ack(Seq(ack)), acceptable, "{ack}");
            assert_eq!(variables.acknowledges_new(Seq(ack)), new, "{ack}");
        }
    }
}
