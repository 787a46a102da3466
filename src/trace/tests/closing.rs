//! How connections end (section 3.6 of RFC 9293).

use super::script::*;
use crate::tcp::State;
use crate::trace::{Mark, Pair, Side, Termination, TracerOptions};

const CLIENT_ONLY: Pair<bool> = Pair { client: true, server: false };
const SERVER_ONLY: Pair<bool> = Pair { client: false, server: true };

#[test]
fn four_segments() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT");
    assert_eq!(stage.calls(), "C close()");
    stage.play("S A 1 2  | FIN-WAIT-2 CLOSE-WAIT\n S FA 1 2 | TIME-WAIT LAST-ACK");
    assert_eq!(stage.calls(), "S close()");
    stage.play("C A 2 2  | TIME-WAIT CLOSED");
    let summary = stage.end()[0];
    assert_eq!((summary.termination, summary.half_close), (Termination::FourSegment, false));
    assert_eq!((summary.closed_first, summary.time_wait), (Some(Side::Client), CLIENT_ONLY));
    assert_eq!(summary.completeness, 23);
    assert_eq!(summary.termination_time.unwrap().0, std::time::Duration::from_millis(3));
}

#[test]
fn three_segments() {
    let summary = opened(
        "S FA 1 1 | CLOSE-WAIT FIN-WAIT-1
         C FA 1 2 | LAST-ACK TIME-WAIT
         S A 2 2  | CLOSED TIME-WAIT",
    );
    assert_eq!(summary.termination, Termination::ThreeSegment);
    assert_eq!((summary.closed_first, summary.time_wait), (Some(Side::Server), SERVER_ONLY));
}

#[test]
fn simultaneous_close() {
    let summary = opened(
        "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 1 | CLOSING FIN-WAIT-1 | simultaneous-close
         C A 2 2  | CLOSING TIME-WAIT
         S A 2 2  | TIME-WAIT TIME-WAIT",
    );
    assert_eq!((summary.termination, summary.closed_first), (Termination::SimultaneousClose, Some(Side::Client)));
    assert_eq!(summary.time_wait, Pair::both(true));
    let json = serde_json::to_value(summary).unwrap();
    assert_eq!(json["time_wait"], "both");
}

#[test]
fn simultaneous_close_as_the_other_side_sees_it() {
    let summary = opened(
        "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 1 | CLOSING FIN-WAIT-1 | simultaneous-close
         S A 2 2  | TIME-WAIT CLOSING
         C A 2 2  | TIME-WAIT TIME-WAIT",
    );
    assert_eq!(summary.termination, Termination::SimultaneousClose);
}

#[test]
fn half_close() {
    let summary = opened(
        "C FA 1 1        | FIN-WAIT-1 CLOSE-WAIT
         S A 1 2         | FIN-WAIT-2 CLOSE-WAIT
         S PA 1 2 len=9  | FIN-WAIT-2 CLOSE-WAIT | half-close
         C A 2 10        | FIN-WAIT-2 CLOSE-WAIT
         S FA 10 2       | TIME-WAIT LAST-ACK
         C A 2 11        | TIME-WAIT CLOSED",
    );
    assert_eq!((summary.termination, summary.half_close), (Termination::FourSegment, true));
    assert_eq!((summary.bytes_client, summary.bytes_server), (0, 9));
}

#[test]
fn data_that_was_under_way_is_no_half_close() {
    let summary = opened(
        "C FA 1 1        | FIN-WAIT-1 CLOSE-WAIT
         S PA 1 1 len=9  | FIN-WAIT-1 ESTABLISHED
         S A 10 2        | FIN-WAIT-2 CLOSE-WAIT",
    );
    assert_eq!((summary.termination, summary.half_close), (Termination::OneSided, false));
}

#[test]
fn fin_with_data() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C FPA 1 1 len=5 | FIN-WAIT-1 CLOSE-WAIT | fin-with-data\n S A 1 7 | FIN-WAIT-2 CLOSE-WAIT");
    let acked = stage.segments()[4].acked;
    assert_eq!((acked.octets, acked.fin, acked.syn), (5, true, false));
}

#[test]
fn lost_fin() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play(
        "C FA 1 1       | FIN-WAIT-1 CLOSE-WAIT
         +200 C FA 1 1  | FIN-WAIT-1 CLOSE-WAIT | fin-retransmission
         +400 C FA 1 1  | FIN-WAIT-1 CLOSE-WAIT | fin-retransmission",
    );
    assert_eq!(stage.segments()[5].copy, 3);
    assert_eq!(stage.end()[0].termination, Termination::OneSided);
}

#[test]
fn lost_last_acknowledgment() {
    let summary = opened(
        "C FA 1 1      | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 2      | TIME-WAIT LAST-ACK
         C A 2 2       | TIME-WAIT CLOSED
         +200 S FA 1 2 | TIME-WAIT LAST-ACK | fin-retransmission
         C A 2 2       | TIME-WAIT CLOSED",
    );
    assert_eq!((summary.termination, summary.time_wait), (Termination::ThreeSegment, CLIENT_ONLY));
}

#[test]
fn reset_ends_a_connection() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C RA 1 1 | CLOSED CLOSED | abort");
    assert_eq!(stage.calls(), "C abort");
    let summary = stage.end()[0];
    assert_eq!((summary.termination, summary.reset_by), (Termination::Reset, Some(Side::Client)));
    assert_eq!(summary.completeness, 7 + 32);
}

/// A kernel resets by itself what nobody can read, and what nobody answers.
#[test]
fn a_reset_that_nobody_asked_for_has_no_call() {
    for script in [
        "S FA 1 1       | CLOSE-WAIT FIN-WAIT-1
         C A 1 2        | CLOSE-WAIT FIN-WAIT-2
         C PA 1 2 len=5 | CLOSE-WAIT FIN-WAIT-2 | half-close
         S R 2 -        | CLOSED CLOSED | data-after-close",
        "C A 0 1  | ESTABLISHED ESTABLISHED | keep-alive
         C RA 1 1 | CLOSED CLOSED | gave-up",
        "S R 1 -  | CLOSED CLOSED | late-refusal",
    ] {
        let mut stage = Stage::new(TracerOptions::default());
        stage.play(HANDSHAKE);
        stage.play(script);
        assert_eq!(stage.calls(), "", "{script}");
    }
}

#[test]
fn what_a_reset_tells() {
    for script in [
        "S RA 1 1 | CLOSED CLOSED | listener-closed",
        "S R 1 - | CLOSED CLOSED | late-refusal",
        "C PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         S R 1 - | CLOSED CLOSED | half-open",
        "C PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         S A 1 6 | ESTABLISHED ESTABLISHED
         S RA 1 6 | CLOSED CLOSED | abort-unread",
        "C PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         S PA 1 6 len=5 | ESTABLISHED ESTABLISHED
         S RA 6 6 | CLOSED CLOSED | abort",
        "C A 0 1 | ESTABLISHED ESTABLISHED | keep-alive
         C RA 1 1 | CLOSED CLOSED | gave-up",
        "C A 0 1 | ESTABLISHED ESTABLISHED | keep-alive
         S A 1 1 | ESTABLISHED ESTABLISHED | keep-alive-ack
         C RA 1 1 | CLOSED CLOSED | abort",
        // What was sent so long ago, and is not acknowledged, has not arrived.
        "S PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         +1000 C PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         S R 1 - | CLOSED CLOSED | half-open",
    ] {
        assert_eq!(opened(script).termination, Termination::Reset, "{script}");
    }
}

#[test]
fn reset_after_the_close_changes_nothing() {
    let summary = opened(
        "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 2 | TIME-WAIT LAST-ACK
         C A 2 2  | TIME-WAIT CLOSED
         C R 2 -  | CLOSED CLOSED",
    );
    assert_eq!((summary.termination, summary.reset_by), (Termination::ThreeSegment, None));
}

#[test]
fn data_after_the_peer_closed() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play(
        "S FA 1 1        | CLOSE-WAIT FIN-WAIT-1
         C A 1 2         | CLOSE-WAIT FIN-WAIT-2
         C PA 1 2 len=5  | CLOSE-WAIT FIN-WAIT-2 | half-close
         S R 2 -         | CLOSED CLOSED | data-after-close
         C PA 6 2 len=5  | CLOSED CLOSED | data-after-close",
    );
    assert!(stage.segments()[6].marks.has(Mark::DataAfterClose), "the reset tells why");
    let summary = stage.end()[0];
    assert_eq!((summary.termination, summary.marks.has(Mark::DataAfterClose)), (Termination::Reset, true));
}

#[test]
fn fin_seen_before_what_comes_first() {
    let summary = opened(
        "C FA 6 1      | FIN-WAIT-1 ESTABLISHED | gap
         C PA 1 1 len=5 | FIN-WAIT-1 CLOSE-WAIT | out-of-order
         S A 1 7       | FIN-WAIT-2 CLOSE-WAIT",
    );
    assert_eq!(summary.bytes_client, 5);
}

#[test]
fn fin_whose_data_the_capture_lacks() {
    let summary = opened(
        "C FA 6 1 | FIN-WAIT-1 ESTABLISHED | gap
         S A 1 7  | FIN-WAIT-2 CLOSE-WAIT | gap-in-capture",
    );
    assert_eq!(summary.states.server.state, Some(State::CloseWait));
}

#[test]
fn who_repeats_octets_without_acknowledging_a_fin_has_not_seen_it() {
    opened(
        "S PA 1 1 len=5      | ESTABLISHED ESTABLISHED
         C FA 1 1            | FIN-WAIT-1 CLOSE-WAIT
         +300 S PA 1 1 len=5 | FIN-WAIT-1 ESTABLISHED | retransmission
         C A 2 6             | FIN-WAIT-1 CLOSE-WAIT",
    );
}

#[test]
fn who_repeats_a_fin_has_not_seen_it_acknowledged() {
    opened(
        "C FA 1 1      | FIN-WAIT-1 CLOSE-WAIT
         S A 1 2       | FIN-WAIT-2 CLOSE-WAIT
         +300 C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT | fin-retransmission
         S A 1 2       | FIN-WAIT-2 CLOSE-WAIT",
    );
}

#[test]
fn the_acknowledgment_of_a_repeated_fin_counts() {
    opened(
        "C FA 1 1      | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 1      | CLOSING FIN-WAIT-1 | simultaneous-close
         +300 S FA 1 2 | TIME-WAIT CLOSING | fin-retransmission",
    );
}

#[test]
fn an_acknowledgment_of_a_fin_that_was_still_under_way() {
    opened(
        "C FA 1 1        | FIN-WAIT-1 CLOSE-WAIT
         S PA 1 2 len=5  | FIN-WAIT-2 CLOSE-WAIT | half-close
         C A 2 1         | FIN-WAIT-1 CLOSE-WAIT | duplicate-ack
         C A 2 6         | FIN-WAIT-2 CLOSE-WAIT",
    );
    // It lacks the octets before those that carried the acknowledgment.
    opened(
        "C FA 1 1               | FIN-WAIT-1 CLOSE-WAIT
         S PA 1 1 len=5         | FIN-WAIT-1 ESTABLISHED
         S PA 6 2 len=5         | FIN-WAIT-2 CLOSE-WAIT | half-close
         C A 2 1 sack=6-11      | FIN-WAIT-2 CLOSE-WAIT | duplicate-ack sack",
    );
    opened(
        "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 2 | TIME-WAIT LAST-ACK
         C A 2 1  | FIN-WAIT-1 LAST-ACK | duplicate-ack
         C A 2 2  | TIME-WAIT CLOSED",
    );
}

#[test]
fn a_fin_that_left_before_the_peers_arrived() {
    opened(
        "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
         S A 2 2  | FIN-WAIT-2 CLOSE-WAIT | gap
         S FA 1 1 | TIME-WAIT CLOSING | retransmission lost-segment
         C A 2 2  | TIME-WAIT TIME-WAIT",
    );
}

#[test]
fn what_comes_after_the_end_left_before_it() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C RA 1 1 | CLOSED CLOSED | abort\n C A 1 1 | CLOSED CLOSED");
    let before = stage.segments().last().unwrap().before;
    assert_eq!(before.client.state, Some(State::Established));
    stage.play("S SA 0 1 ws=7 | CLOSED CLOSED | syn-ack-retransmission backlog-overflow");
}

#[test]
fn time_wait_passes() {
    let reused = |pause: u32| {
        let mut stage = Stage::new(TracerOptions::default());
        stage.play(HANDSHAKE);
        stage.play(
            "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
             S FA 1 2 | TIME-WAIT LAST-ACK
             C A 2 2  | TIME-WAIT CLOSED",
        );
        let reuse = if pause > 240_000 { "port-reuse" } else { "port-reuse time-wait-reuse" };
        stage.play(&format!("+{pause} C S 0 - isn=9000 | SYN-SENT SYN-RECEIVED | {reuse}"));
    };
    reused(239_000);
    reused(241_000);
}
