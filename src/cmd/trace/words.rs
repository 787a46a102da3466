//! How a run that did not go as asked is told in one line.

use std::net::SocketAddr;
use std::time::Duration;

use crate::craft::{Outcome, Unreachable};
use crate::drive::Ended;
use crate::explain;

/// Whether the verdict under the ladder says it already, where the ladder has anything to show.
pub(super) const fn is_in_verdict(ended: &Ended) -> bool {
    let said = matches!(
        ended.outcome,
        Outcome::Refused | Outcome::Unanswered { .. } | Outcome::Unreachable(_) | Outcome::ResetByPeer { .. }
    );
    said && ended.packets > 0
}

/// What went otherwise than asked; none where nothing did.
pub(in crate::cmd) fn complaint(
    ended: &Ended,
    peer: SocketAddr,
    interface: &str,
    deadline: Duration,
) -> Option<String> {
    let never_left = ended.packets == 0 && ended.unseen > 0;
    if never_left {
        let address = peer.ip();
        let syns = ended.syns;
        return Some(format!(
            "{syns} SYN{}, none left {interface}: no neighbour answers for {address}, or for its router",
            if syns == 1 { "" } else { "s" }
        ));
    }
    Some(match ended.outcome {
        Outcome::Closed | Outcome::LeftOpen | Outcome::Aborted => return None,
        Outcome::Refused => format!("{peer} refused the connection: connect() would fail with ECONNREFUSED"),
        Outcome::Unanswered { syns: 0 } => format!("no SYN came from {peer} within {}", seconds(deadline)),
        Outcome::Unanswered { syns } => {
            format!("no answer from {peer}: {syns} SYN{} went unanswered", if syns == 1 { "" } else { "s" })
        }
        Outcome::Unreachable(error) => unreachable(&error, peer),
        Outcome::ResetByPeer { state } => format!("{peer} reset the connection; we were in {state}"),
        Outcome::Unacknowledged { state } => {
            format!("{peer} stopped answering: what we sent last, in {state}, was never acknowledged")
        }
        Outcome::WindowClosed { lasted, acked, total } => format!(
            "{peer} answers, but kept its window closed for {:.1} s: it took {acked} of {total} octets; reset by us",
            lasted.as_secs_f64()
        ),
        Outcome::TooSlow { acked, total } => {
            let most = seconds(deadline);
            format!(
                "{peer} was too slow: it acknowledged {acked} of {total} octets before --deadline {most}; reset by us"
            )
        }
        Outcome::PeerNeverClosed { state } => {
            format!("{peer} sent no FIN within {}; we are left in {state}", seconds(deadline))
        }
        Outcome::Interrupted => "interrupted".to_owned(),
    })
}

/// The line with its likely cause, where our own kernel was free to answer: its RST ended the connection at the peer, which
/// then knows nothing of what we send.
pub(super) fn with_cause(line: String, outcome: Outcome, is_guarded: bool) -> String {
    let is_after_syn_ack = matches!(outcome, Outcome::ResetByPeer { .. } | Outcome::Unacknowledged { .. });
    if is_guarded || !is_after_syn_ack {
        return line;
    }
    line + "; the RST guard is off, so our own kernel answered the SYN-ACK with RST, and the peer knows of no connection"
}

fn unreachable(error: &Unreachable, peer: SocketAddr) -> String {
    let words = explain::icmp_words(error.v6, error.kind, error.code);
    format!("{peer} cannot be reached: {} from {} (type {}, code {})", words.says, error.from, error.kind, error.code)
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::State;

    fn told(outcome: Outcome) -> Option<String> {
        let ended = Ended { outcome, signal: None, packets: 9, unseen: 0, syns: 1 };
        complaint(&ended, "192.0.2.2:80".parse().unwrap(), "eth0", Duration::from_millis(1500))
    }

    #[test]
    fn success_needs_no_words() {
        for outcome in [Outcome::Closed, Outcome::LeftOpen, Outcome::Aborted] {
            assert_eq!(told(outcome), None);
        }
    }

    #[test]
    fn every_other_end_has_its_own() {
        let from = "192.0.2.9".parse().unwrap();
        let table = [
            (Outcome::Refused, "192.0.2.2:80 refused the connection"),
            (Outcome::Unanswered { syns: 0 }, "no SYN came from 192.0.2.2:80 within 1.5 s"),
            (Outcome::Unanswered { syns: 1 }, "no answer from 192.0.2.2:80: 1 SYN went unanswered"),
            (Outcome::Unanswered { syns: 4 }, "no answer from 192.0.2.2:80: 4 SYNs went unanswered"),
            (Outcome::Unreachable(Unreachable { from, v6: false, kind: 3, code: 1 }), "192.0.2.2:80 cannot be reached"),
            (
                Outcome::ResetByPeer { state: State::FinWait2 },
                "192.0.2.2:80 reset the connection; we were in FIN-WAIT-2",
            ),
            (Outcome::Unacknowledged { state: State::Established }, "192.0.2.2:80 stopped answering"),
            (
                Outcome::WindowClosed { lasted: Duration::from_millis(2940), acked: 9, total: 20 },
                "192.0.2.2:80 answers, but kept its window closed for 2.9 s: it took 9 of 20 octets",
            ),
            (
                Outcome::TooSlow { acked: 9, total: 20 },
                "192.0.2.2:80 was too slow: it acknowledged 9 of 20 octets before --deadline 1.5 s",
            ),
            (Outcome::PeerNeverClosed { state: State::FinWait2 }, "192.0.2.2:80 sent no FIN within 1.5 s"),
            (Outcome::Interrupted, "interrupted"),
        ];
        for (outcome, words) in table {
            let line = told(outcome).unwrap();
            assert!(line.starts_with(words) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_missing_guard_is_named_as_the_cause_of_what_it_causes() {
        let cause = "; the RST guard is off, so our own kernel answered the SYN-ACK with RST";
        let state = State::FinWait1;
        for (outcome, is_guarded, is_told) in [
            (Outcome::ResetByPeer { state }, false, true),
            (Outcome::Unacknowledged { state }, false, true),
            (Outcome::ResetByPeer { state }, true, false),
            (Outcome::Refused, false, false),
            (Outcome::Unanswered { syns: 4 }, false, false),
        ] {
            let line = with_cause("line".to_owned(), outcome, is_guarded);
            assert_eq!(line.starts_with(&format!("line{cause}")), is_told, "{line}");
            assert!(is_told || line == "line");
        }
    }

    #[test]
    fn a_neighbour_that_is_not_there_is_told_from_silence() {
        let outcome = Outcome::Unanswered { syns: 4 };
        let ended = Ended { outcome, signal: None, packets: 0, unseen: 4, syns: 4 };
        let line = complaint(&ended, "192.0.2.2:80".parse().unwrap(), "eth0", Duration::from_secs(1)).unwrap();
        assert!(line.starts_with("4 SYNs, none left eth0: no neighbour answers for 192.0.2.2"), "{line}");
    }
}
