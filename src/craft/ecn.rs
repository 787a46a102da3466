//! Explicit congestion notification (RFC 3168), as an endpoint sees it.

use crate::tcp::Seq;
use crate::wire::Flags;

/// ECN field of the IP header: the sender understands ECN.
const ECT_0: u8 = 0b10;
/// ECN field of the IP header: congestion experienced.
const CE: u8 = 0b11;

/// Whether ECN is in force, and what is to be echoed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ecn {
    agreed: bool,
    echo: bool,
    /// We slowed down, and shall say so on the next new data.
    reduced: bool,
    /// Everything up to here left before we slowed down: one answer a round trip is enough.
    until: Option<Seq>,
}

impl Ecn {
    pub(super) const fn agree(&mut self) {
        self.agreed = true;
    }

    /// A segment arrived. True where we must slow down (RFC 3168 section 6.1.2); `una` and `max` are ours.
    pub(super) fn arrived(&mut self, tos: u8, flags: Flags, una: Seq, max: Seq) -> bool {
        if !self.agreed {
            return false;
        }
        if flags.contains(Flags::CWR) {
            self.echo = false;
        }
        self.echo |= tos & CE == CE;
        let told = flags.contains(Flags::ECE) && una.before(max) && self.until.is_none_or(|until| !una.before(until));
        if told {
            (self.reduced, self.until) = (true, Some(max));
        }
        told
    }

    /// RFC 3168 section 6.1.1: ECE alone on a SYN, ACK agrees.
    pub(super) const fn on_syn_ack(&self) -> Flags {
        if self.agreed { Flags::ECE } else { Flags::NONE }
    }

    /// Flags for a segment; CWR only on new data (RFC 3168 section 6.1.2).
    pub(super) fn flags(&mut self, new_data: bool) -> Flags {
        let mut flags = if self.echo { Flags::ECE } else { Flags::NONE };
        if new_data && std::mem::take(&mut self.reduced) {
            flags |= Flags::CWR;
        }
        flags
    }

    /// Type of service for a segment: ECT(0) on new data only (RFC 3168 sections 6.1.4 and 6.1.5).
    pub(super) const fn tos(&self, tos: u8, new_data: bool) -> u8 {
        if self.agreed && new_data { tos & !CE | ECT_0 } else { tos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn congestion_is_echoed_until_the_peer_says_it_slowed_down() {
        let mut ecn = Ecn::default();
        let at = Seq(5);
        ecn.arrived(CE, Flags::ACK, at, at);
        assert_eq!(ecn.flags(false), Flags::NONE);
        ecn.agree();
        ecn.arrived(CE, Flags::ACK, at, at);
        assert_eq!((ecn.flags(false), ecn.flags(true)), (Flags::ECE, Flags::ECE));
        ecn.arrived(ECT_0, Flags::CWR, at, at);
        assert_eq!(ecn.flags(false), Flags::NONE);
    }

    #[test]
    fn an_echo_slows_us_down_once_a_round_trip() {
        let mut ecn = Ecn::default();
        ecn.agree();
        assert!(ecn.arrived(0, Flags::ECE, Seq(1), Seq(9)));
        assert!(!ecn.arrived(0, Flags::ECE, Seq(4), Seq(12)));
        assert!(ecn.arrived(0, Flags::ECE, Seq(9), Seq(12)));
        assert_eq!((ecn.flags(false), ecn.flags(true), ecn.flags(true)), (Flags::NONE, Flags::CWR, Flags::NONE));
        assert_eq!((ecn.tos(0xb8, true), ecn.tos(0xb8, false)), (0xba, 0xb8));
    }
}
