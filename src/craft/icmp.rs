//! An ICMP error arrives (RFC 9293 section 3.9.2.2, RFC 5927).

use super::endpoint::Endpoint;
use super::{Outcome, Unreachable};
use crate::tcp::{Seq, State};
use crate::wire::icmp::kind;
use crate::wire::{Icmp, Ip, Time};

/// Smallest next-hop MTU that is believed (RFC 791, RFC 8200 section 5).
const SMALLEST_MTU: (u32, u32) = (68, 1280);
/// Octets of IP and TCP header without options.
const HEADERS: (u32, u32) = (40, 60);

impl Endpoint {
    /// An error that quotes a segment of ours which is in flight. Any other is a guess or too late.
    pub(super) fn icmp_arrives(&mut self, _now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        if !self.is_about_us(icmp) {
            return;
        }
        if let Some(mtu) = icmp.mtu() {
            return self.packet_too_big(mtu);
        }
        if !is_failure(icmp) {
            return;
        }
        let complaint = Unreachable { from: ip.source, v6: icmp.v6, kind: icmp.kind, code: icmp.code };
        match self.state {
            State::SynSent | State::SynReceived => self.end(Outcome::Unreachable(complaint)),
            // RFC 5927 section 5.2: an established connection goes on; if nothing gets through, this was the reason.
            _ => self.complaint = Some(complaint),
        }
    }

    /// RFC 5927 section 4.1: both sockets, and a sequence number between SND.UNA and SND.NXT.
    fn is_about_us(&self, icmp: &Icmp<'_>) -> bool {
        let Some(quote) = icmp.quote() else { return false };
        let in_flight = |seq| Seq(seq).within(self.send.una(), self.send.max() - self.send.una());
        quote.sockets() == Some((self.config.local, self.config.remote)) && quote.tcp_seq().is_some_and(in_flight)
    }

    /// Path MTU discovery (RFC 1191, RFC 8201): send it again in smaller pieces.
    fn packet_too_big(&mut self, mtu: u32) {
        let (smallest, headers) = match self.config.remote.is_ipv4() {
            true => (SMALLEST_MTU.0, HEADERS.0),
            false => (SMALLEST_MTU.1, HEADERS.1),
        };
        if mtu >= smallest {
            self.send.shrink(self.without_options(mtu - headers));
        }
    }
}

/// Whether the message says that the segment did not arrive; redirects and source quench (RFC 6633) do not.
const fn is_failure(icmp: &Icmp<'_>) -> bool {
    if icmp.v6 {
        matches!(icmp.kind, kind::V6_DESTINATION_UNREACHABLE | kind::V6_TIME_EXCEEDED | kind::V6_PARAMETER_PROBLEM)
    } else {
        matches!(icmp.kind, kind::DESTINATION_UNREACHABLE | kind::TIME_EXCEEDED | kind::PARAMETER_PROBLEM)
    }
}
