//! What needs an explanation in a table of many connections.

use super::report::Report;
use crate::drive::many::Shortage;
use crate::explain::{count, grouped};

/// A paragraph for each thing that went otherwise than it should.
pub(super) fn remarks(report: &Report) -> Vec<String> {
    let symptoms: Vec<String> = symptoms(report).into_iter().flatten().collect();
    let cause = (!symptoms.is_empty()).then(|| cause(report.overflows));
    symptoms.into_iter().chain(cause).chain(limited(report)).chain(not_captured(report)).collect()
}

/// What was sent again.
fn symptoms(report: &Report) -> [Option<String>; 3] {
    let tally = &report.tally;
    let others = tally.retransmitted.saturating_sub(tally.syns_again + tally.syn_acks_again);
    let told = |number: u64, words: &str| (number > 0).then(|| format!("{} {words}", count(number, "connection")));
    [
        told(tally.syns_again, "opened only with another SYN: nothing answered the first."),
        told(
            tally.syn_acks_again,
            "got the SYN-ACK again: the server had not taken our ACK, so it was in SYN-RECEIVED while we were in \
             ESTABLISHED.",
        ),
        told(others, "had another segment sent again: its acknowledgment was late, or missing."),
    ]
}

/// Why, as far as it is known. A queue shows only when it is full: what is dropped comes again, a second and more later.
fn cause(overflows: Option<u64>) -> String {
    match overflows {
        Some(0) => {
            "The server's kernel dropped nothing for a full backlog: it was late, or segments were lost.".to_owned()
        }
        Some(dropped) => format!(
            "The server's queue of connections that wait for accept() was full: its kernel dropped SYNs, and ACKs that \
             would have ended a handshake, {} times (ListenOverflows). {REMEDY}",
            grouped(dropped)
        ),
        None => format!(
            "One reason is a full queue of connections that wait for accept(): then a kernel drops SYNs, and ACKs that \
             would end a handshake. {REMEDY} There, nstat -az TcpExtListenOverflows counts what was dropped."
        ),
    }
}

/// What bounds the queue, and what leaves it time.
const REMEDY: &str = "listen(2)'s backlog sets its length, net.core.somaxconn the most; ss -ltn on the server shows it \
                      (Recv-Q of Send-Q). A smaller --parallel, or --rate, leaves it time.";

fn limited(report: &Report) -> Option<String> {
    let (most, shortage) = report.tally.limited?;
    let reason = match shortage {
        Shortage::Files => {
            "each needs an open file for its RST guard. prlimit --nofile, or ulimit -Hn before the start, allows more"
        }
        Shortage::Ports => "there are no more free source ports. net.ipv4.ip_local_port_range says how many there are",
    };
    Some(format!("No more than {} at once: {reason}.", count(most as u64, "connection")))
}

fn not_captured(report: &Report) -> Option<String> {
    let lost = report.not_captured;
    (lost > 0).then(|| {
        let lost = count(lost, "packet");
        format!("{lost} lost by the capture, since they came too fast: a smaller --parallel, or --rate, helps.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::trace::many::report::tests::report;

    #[test]
    fn nothing_is_explained_where_nothing_went_wrong() {
        assert!(remarks(&report()).is_empty());
    }

    #[test]
    fn what_is_sent_again_has_a_cause_as_far_as_it_is_known() {
        let mut report = report();
        report.tally.syns_again = 3;
        (report.tally.syn_acks_again, report.tally.retransmitted) = (1, 9);
        for (overflows, words) in [
            (None, "One reason is a full queue"),
            (Some(4), "dropped SYNs, and ACKs that would have ended a handshake, 4 times"),
            (Some(0), "dropped nothing for a full backlog"),
        ] {
            report.overflows = overflows;
            let all = remarks(&report);
            let starts = ["3 connections opened only with another SYN", "1 connection got the SYN-ACK again"];
            assert!(all.iter().zip(starts).all(|(told, start)| told.starts_with(start)), "{all:?}");
            assert!(all[2].starts_with("5 connections had another segment") && all[3].contains(words), "{all:?}");
            assert_eq!((all.len(), all[3].contains("net.core.somaxconn")), (4, overflows != Some(0)));
        }
    }

    #[test]
    fn what_runs_out_is_named() {
        let mut report = report();
        report.not_captured = 7;
        for (shortage, words) in [(Shortage::Files, "ulimit -Hn"), (Shortage::Ports, "ip_local_port_range")] {
            report.tally.limited = Some((960, shortage));
            let all = remarks(&report);
            assert!(all[0].starts_with("No more than 960 connections at once") && all[0].contains(words), "{all:?}");
            assert!(all[1].starts_with("7 packets lost by the capture"), "{all:?}");
        }
    }
}
