//! How connections open, and how they fail to (section 3.5 of RFC 9293).

use std::time::Duration;

use super::script::*;
use crate::tcp::State;
use crate::trace::{Certainty, EventKind, Handshake, Pair, Side, Termination, TracerOptions};

#[test]
fn three_way() {
    let summary = verdict(HANDSHAKE);
    assert_eq!((summary.handshake, summary.termination), (Handshake::ThreeWay, Termination::None));
    assert_eq!((summary.completeness, summary.syns), (7, 1));
    assert_eq!(summary.handshake_rtt.unwrap().0, Duration::from_millis(1));
    assert_eq!(summary.handshake_time.unwrap().0, Duration::from_millis(2));
    assert_eq!(summary.offered.client.unwrap().window_scale, Some(7));
}

#[test]
fn before_the_first_segment() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play("C S 0 - | SYN-SENT SYN-RECEIVED");
    let EventKind::Opened(opened) = stage.events[0].kind else { panic!("{:?}", stage.events[0]) };
    assert_eq!((opened.client, opened.server), (socket(Side::Client), socket(Side::Server)));
    assert_eq!(opened.states.client.state, Some(State::Closed));
    assert_eq!(opened.states.server.state, Some(State::Listen));
}

#[test]
fn calls_and_numbers() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play("C S 0 - ws=7 win=500 | SYN-SENT SYN-RECEIVED");
    assert_eq!(stage.calls(), "C connect()");
    stage.play("S SA 0 1 ws=3 | ESTABLISHED SYN-RECEIVED");
    assert_eq!(stage.calls(), "");
    stage.play("C A 1 1 win=10 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.calls(), "S accept()✓");
    let segments = stage.segments();
    let numbers = segments.iter().map(|s| (s.relative_seq, s.relative_ack)).collect::<Vec<_>>();
    assert_eq!(numbers, [(0, None), (0, Some(1)), (1, Some(1))]);
    let windows = segments.iter().map(|s| (s.window_shift, s.scaled_window)).collect::<Vec<_>>();
    assert_eq!(windows, [(Some(0), Some(500)), (Some(0), Some(4000)), (Some(7), Some(1280))]);
    let sections = segments.iter().map(|s| s.rfc_section).collect::<Vec<_>>();
    assert_eq!(sections, ["3.10.7.2", "3.10.7.3", "3.10.7.4"]);
    assert!(segments[1].acked.syn && segments[2].acked.syn);
}

#[test]
fn our_own_end_is_observed() {
    let mut stage = Stage::new(TracerOptions { ours: Some(socket(Side::Client)), ..TracerOptions::default() });
    stage.play(HANDSHAKE);
    let after = stage.segments()[2].after;
    assert_eq!((after.client.certainty, after.server.certainty), (Certainty::Observed, Certainty::Inferred));
    stage.play("C PA 1 1 len=5 by-hand send=5 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.calls(), "C send(5)!");
    stage.play("C PA 6 1 len=5 by-hand | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.calls(), "", "we know that no call stands behind it");
    stage.play("C FPA 11 1 len=5 by-hand send=5 shutdown | FIN-WAIT-1 CLOSE-WAIT | fin-with-data");
    assert_eq!(stage.calls(), "C send(5)!, C shutdown(WR)!");
}

#[test]
fn unanswered() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C S 0 -        | SYN-SENT SYN-RECEIVED
         +1000 C S 0 -  | SYN-SENT - | syn-retransmission
         +2000 C S 0 -  | SYN-SENT - | syn-retransmission",
    );
    let last = stage.segments()[2];
    assert_eq!((last.copy, last.since_first), (3, Duration::from_secs(3)));
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.termination), (Handshake::Unanswered, Termination::None));
    assert_eq!((summary.syns, summary.retransmissions, summary.completeness), (3, Pair { client: 2, server: 0 }, 1));
    assert_eq!((summary.states.server.state, summary.handshake_rtt), (None, None));
}

#[test]
fn late_answer_to_a_repeated_syn() {
    let crossing = "C S 0 -   | SYN-SENT SYN-RECEIVED
                    S SA 0 78 | SYN-SENT SYN-RECEIVED | unacceptable-ack
                    C S 0 -   | SYN-SENT - | syn-retransmission
                    C R 78 -  | SYN-SENT -";
    let two = "C S 0 -   | SYN-SENT SYN-RECEIVED
               S SA 0 78 | SYN-SENT SYN-RECEIVED | unacceptable-ack
               S SA 0 79 | SYN-SENT SYN-RECEIVED | unacceptable-ack
               C R 78 -  | SYN-SENT SYN-RECEIVED | reset-inexact
               C R 79 -  | SYN-SENT SYN-RECEIVED | reset-inexact";
    for script in [crossing, two] {
        let summary = verdict(script);
        assert_eq!((summary.handshake, summary.termination), (Handshake::Unanswered, Termination::None));
    }
    // With a number of its own it gives up.
    let summary = verdict("C S 0 - | SYN-SENT SYN-RECEIVED\n C R 1 - | CLOSED LISTEN");
    assert_eq!(summary.states.client.state, Some(State::Closed));
}
