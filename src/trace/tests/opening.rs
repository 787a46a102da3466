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
    let summary = verdict(
        "C S 0 -        | SYN-SENT SYN-RECEIVED
         +1000 C S 0 -  | SYN-SENT - | syn-retransmission
         S SA 0 1       | ESTABLISHED SYN-RECEIVED | late-answer
         C A 1 1        | ESTABLISHED ESTABLISHED",
    );
    assert_eq!((summary.handshake, summary.completeness), (Handshake::ThreeWay, 7));
    assert_eq!(summary.handshake_rtt.unwrap().0, Duration::from_millis(1001));
}

#[test]
fn lost_syn_ack() {
    let summary = verdict(
        "C S 0 -          | SYN-SENT SYN-RECEIVED
         S SA 0 1         | ESTABLISHED SYN-RECEIVED
         +1000 C S 0 -    | SYN-SENT SYN-RECEIVED | syn-retransmission
         S SA 0 1         | ESTABLISHED SYN-RECEIVED | syn-ack-retransmission
         C A 1 1          | ESTABLISHED ESTABLISHED",
    );
    assert_eq!((summary.handshake, summary.retransmissions), (Handshake::ThreeWay, Pair { client: 1, server: 1 }));
}

#[test]
fn lost_last_acknowledgment() {
    let summary = verdict(&format!(
        "{HANDSHAKE}
         +1000 S SA 0 1 ws=7 | ESTABLISHED SYN-RECEIVED | syn-ack-retransmission backlog-overflow
         C A 1 1             | ESTABLISHED ESTABLISHED"
    ));
    assert_eq!(summary.handshake, Handshake::ThreeWay);
}

#[test]
fn refused() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play("C S 0 - | SYN-SENT SYN-RECEIVED");
    stage.play("S RA 0 1 raw=0 | CLOSED CLOSED | refused");
    assert_eq!(stage.segments()[1].before.server.state, Some(State::Closed), "it never was anything else");
    assert_eq!(stage.segments()[1].relative_seq, 0);
    assert_eq!(stage.calls(), "");
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.termination), (Handshake::Refused, Termination::None));
    assert_eq!((summary.closed_first, summary.reset_by), (None, Some(Side::Server)));
    assert_eq!(summary.completeness, 37);
}

#[test]
fn a_reset_that_acknowledges_another_syn_is_not_believed() {
    let summary = verdict(
        "C S 0 -  | SYN-SENT SYN-RECEIVED
         S RA 0 7 | SYN-SENT SYN-RECEIVED | unacceptable-ack
         S R 0 -  | SYN-SENT SYN-RECEIVED | reset-outside-window",
    );
    assert_eq!((summary.handshake, summary.reset_by), (Handshake::Unanswered, None));
}

#[test]
fn unreachable() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play("C S 0 - | SYN-SENT SYN-RECEIVED");
    let event = stage.icmp(3, 1, "C S 5 -");
    assert!(!event.plausible);
    assert_eq!(event.after.client.state, Some(State::SynSent), "it quotes another number");
    let event = stage.icmp(3, 4, "C S 0 -");
    assert_eq!((event.plausible, event.after.client.state), (true, Some(State::SynSent)), "the next MTU is no failure");
    let event = stage.icmp(3, 1, "C S 0 -");
    assert_eq!(
        (event.about, event.after.client.state, event.after.server.state),
        (Side::Client, Some(State::Closed), None)
    );
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.icmp), (Handshake::Unreachable, Some(event)));
    assert!(summary.handshake_rtt.is_some());
}

#[test]
fn an_icmp_error_does_not_end_an_open_connection() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C PA 1 1 len=5 | ESTABLISHED ESTABLISHED");
    let event = stage.icmp(3, 1, "C PA 1 1");
    assert_eq!((event.plausible, event.after.client.state), (true, Some(State::Established)));
    assert_eq!(stage.end()[0].handshake, Handshake::ThreeWay);
}

#[test]
fn syn_received_and_aborted() {
    let half = "C S 0 -  | SYN-SENT SYN-RECEIVED
                S SA 0 1 | ESTABLISHED SYN-RECEIVED";
    let summary = verdict(half);
    assert_eq!((summary.handshake, summary.completeness), (Handshake::SynReceived, 3));
    let summary = verdict(&format!("{half}\n C R 1 - | CLOSED LISTEN | handshake-reset"));
    assert_eq!((summary.handshake, summary.termination), (Handshake::Aborted, Termination::Reset));
    assert_eq!((summary.reset_by, summary.closed_first), (Some(Side::Client), Some(Side::Client)));
}

#[test]
fn the_reset_of_our_own_kernel() {
    let mut stage = Stage::new(TracerOptions { ours: Some(socket(Side::Client)), ..TracerOptions::default() });
    stage.play(
        "C S 0 -         | SYN-SENT SYN-RECEIVED
         S SA 0 1        | ESTABLISHED SYN-RECEIVED
         C R 1 - kernel  | ESTABLISHED LISTEN | own-kernel-reset
         C A 1 1         | ESTABLISHED LISTEN
         S R 1 -         | CLOSED LISTEN",
    );
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.reset_by), (Handshake::Aborted, Some(Side::Client)));
}

#[test]
fn what_we_send_first_is_a_clients_unless_we_listen() {
    let ours = Some(socket(Side::Server));
    for (flags, listens, sender) in
        [("SA", false, Side::Client), ("A", false, Side::Client), ("SA", true, Side::Server), ("A", true, Side::Server)]
    {
        let mut stage = Stage::new(TracerOptions { ours, listens, ..TracerOptions::default() });
        stage.packet(&stage.raw(&format!("S {flags} 0 1")), crate::trace::Hint::default());
        assert_eq!(stage.segments()[0].from, sender, "{flags} {listens}");
        assert_eq!(stage.end()[0].client == socket(Side::Server), sender == Side::Client, "{flags} {listens}");
    }
    // What comes first from the other end tells by its flags, as ever.
    let mut stage = Stage::new(TracerOptions { ours: Some(socket(Side::Client)), ..TracerOptions::default() });
    stage.packet(&stage.raw("S SA 0 1"), crate::trace::Hint::default());
    assert_eq!(stage.segments()[0].from, Side::Server);
}

#[test]
fn simultaneous_open() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C S 0 -   | SYN-SENT SYN-RECEIVED
         S S 0 -   | SYN-RECEIVED SYN-SENT
         C SA 0 1  | SYN-RECEIVED ESTABLISHED
         S SA 0 1  | ESTABLISHED ESTABLISHED | simultaneous-open",
    );
    assert_eq!(stage.calls(), "", "nobody listens, so nobody accepts");
    assert_eq!(stage.end()[0].handshake, Handshake::SimultaneousOpen);
}

#[test]
fn split_handshake() {
    let summary = verdict(
        "C S 0 -   | SYN-SENT SYN-RECEIVED
         S S 0 -   | SYN-RECEIVED SYN-SENT
         C SA 0 1  | SYN-RECEIVED ESTABLISHED
         S A 1 1   | ESTABLISHED ESTABLISHED | split-handshake",
    );
    assert_eq!(summary.handshake, Handshake::Split);
}

#[test]
fn fast_open() {
    let summary = verdict(
        "C S 0 - tfo len=5 | SYN-SENT SYN-RECEIVED | syn-with-data fast-open
         S SA 0 6          | ESTABLISHED SYN-RECEIVED
         C A 6 1           | ESTABLISHED ESTABLISHED",
    );
    assert_eq!((summary.handshake, summary.bytes_client), (Handshake::FastOpen, 5));
    let plain = verdict(
        "C S 0 - len=5  | SYN-SENT SYN-RECEIVED | syn-with-data
         S SA 0 1       | ESTABLISHED SYN-RECEIVED
         C PA 1 1 len=5 | ESTABLISHED ESTABLISHED | retransmission",
    );
    assert_eq!(plain.handshake, Handshake::ThreeWay);
}

#[test]
fn old_duplicate_syn() {
    // Figure 8: the client vetoes the answer to a ghost, and then its own SYN comes.
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C S 0 -          | SYN-SENT SYN-RECEIVED
         S SA 0 1         | ESTABLISHED SYN-RECEIVED
         C R 1 -          | CLOSED LISTEN | handshake-reset
         C S 0 - isn=10   | SYN-SENT SYN-RECEIVED | old-duplicate-syn port-reuse
         S SA 40 11       | ESTABLISHED SYN-RECEIVED
         C A 11 41        | ESTABLISHED ESTABLISHED",
    );
    assert_eq!(stage.segments()[2].before.client.state, Some(State::Closed), "it knows of no such connection");
    let verdicts = stage.end().iter().map(|summary| summary.handshake).collect::<Vec<_>>();
    assert_eq!(verdicts, [Handshake::Aborted, Handshake::ThreeWay]);
}

#[test]
fn half_open_discovery() {
    // Figure 9: the server still holds an older connection.
    let summary = verdict(
        "C S 0 -    | SYN-SENT SYN-RECEIVED
         S A 300 400 | SYN-SENT ESTABLISHED? | half-open challenge-ack unacceptable-ack
         C R 400 -   | SYN-SENT CLOSED
         C S 0 -     | SYN-SENT SYN-RECEIVED | syn-retransmission
         S SA 0 1    | ESTABLISHED SYN-RECEIVED
         C A 1 1     | ESTABLISHED ESTABLISHED",
    );
    assert_eq!((summary.handshake, summary.termination), (Handshake::ThreeWay, Termination::None));
}

#[test]
fn numbers_from_before_those_that_count_are_told_apart() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C S 900 -          | SYN-SENT SYN-RECEIVED
         S A 300 400        | SYN-SENT ESTABLISHED? | half-open challenge-ack unacceptable-ack
         C PA 400 300 len=5 | SYN-SENT ESTABLISHED? | half-open",
    );
    let older: Vec<_> = stage.segments().iter().map(|segment| (segment.is_seq_older, segment.is_ack_older)).collect();
    assert_eq!(older, [(false, false), (false, true), (true, false)]);
    // Three gigabytes on, the same distance says nothing.
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C S 0 - ws=14             | SYN-SENT SYN-RECEIVED
         S SA 0 1 ws=14            | ESTABLISHED SYN-RECEIVED
         C A 1 1                   | ESTABLISHED ESTABLISHED
         S A 1 1 win=65535         | ESTABLISHED ESTABLISHED | window-update",
    );
    for at in 1..=3_u32 {
        let next = at * 1_000_000_000;
        stage.play(&format!(
            "C PA {next} 1 len=5          | ESTABLISHED ESTABLISHED | gap
             S A 1 {} win=65535           | ESTABLISHED ESTABLISHED | gap-in-capture",
            next + 5
        ));
    }
    let segments = stage.segments();
    assert_eq!(segments.last().map(|segment| segment.relative_ack), Some(Some(3_000_000_005)));
    assert!(segments.iter().all(|segment| !segment.is_seq_older && !segment.is_ack_older));
}

#[test]
fn a_syn_into_a_connection_that_lives() {
    // Whoever sent the SYN, the client goes on where it was.
    let summary = verdict(
        "C S 900 -   | SYN-SENT SYN-RECEIVED
         S A 300 400 | SYN-SENT ESTABLISHED? | half-open challenge-ack unacceptable-ack
         C PA 400 300 len=5 | SYN-SENT ESTABLISHED? | half-open
         S A 300 405 | SYN-SENT ESTABLISHED? | half-open challenge-ack unacceptable-ack",
    );
    assert_eq!((summary.handshake, summary.bytes_client), (Handshake::Unanswered, 0));
}

#[test]
fn another_isn_is_another_connection() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C S 0 - isn=9000 | SYN-SENT SYN-RECEIVED | port-reuse");
    let ids = stage.events.iter().map(|event| event.connection).collect::<Vec<_>>();
    assert_eq!(ids, [1, 1, 1, 1, 1, 2, 2], "the first is ended before the second is opened");
    let verdicts = stage.end().iter().map(|summary| summary.handshake).collect::<Vec<_>>();
    assert_eq!(verdicts, [Handshake::ThreeWay, Handshake::Unanswered]);
}

#[test]
fn mid_stream() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C PA 100 200 len=5 | ESTABLISHED? ESTABLISHED?
         S A 200 105        | ESTABLISHED? ESTABLISHED?
         S PA 200 105 len=7 | ESTABLISHED ESTABLISHED
         C A 105 207        | ESTABLISHED ESTABLISHED",
    );
    let segments = stage.segments();
    assert_eq!((segments[0].window_shift, segments[0].scaled_window), (None, None));
    assert_eq!((segments[3].relative_seq, segments[3].relative_ack), (5, Some(7)));
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.completeness), (Handshake::MidStream, 12));
    assert_eq!((summary.bytes_client, summary.bytes_server), (5, 7));
}

#[test]
fn one_direction_only() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(
        "C S 0 -         | SYN-SENT SYN-RECEIVED
         C A 1 1         | ESTABLISHED ESTABLISHED
         C PA 1 1 len=5  | ESTABLISHED ESTABLISHED
         C A 6 401       | ESTABLISHED ESTABLISHED",
    );
    let segments = stage.segments();
    assert_eq!((segments[1].relative_ack, segments[3].relative_ack), (Some(1), Some(401)));
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.completeness), (Handshake::OneWay, 13));
    assert_eq!((summary.handshake_rtt, summary.bytes_server), (None, 0));
    assert_eq!(summary.states.server, crate::trace::Belief::default());
}

#[test]
fn of_an_end_that_was_not_captured_nothing_is_told() {
    use Handshake::*;
    let client = Some(Side::Client);
    let rows = [
        ("C S 0 -; C A 1 1; C PA 1 1 len=5; C FA 6 9; C R 6 -", OneWay, client),
        ("S SA 0 1; S A 1 6; S FA 1 6", OneWay, Some(Side::Server)),
        ("C PA 1 1 len=5; C A 6 90", MidStream, client),
        // Silence is no proof that there was an answer; a reset is one of its sender's packets.
        ("C S 0 -; +1000 C S 0 -", Unanswered, None),
        ("C S 0 -; S RA 0 1", Refused, None),
        ("C PA 1 1 len=5; S R 1 -", MidStream, None),
        // What the capture lacks of an end that was heard.
        ("C S 0 -; C A 1 1; S PA 1 1 len=5", ThreeWay, None),
        ("S SA 0 1; C A 1 1", MidStream, None),
    ];
    for (segments, handshake, one_way) in rows {
        let summary = sent(segments);
        assert_eq!((summary.handshake, summary.one_way), (handshake, one_way), "{segments}");
        let other = one_way.map(|side| summary.states[side.other()].state);
        assert!(other.is_none_or(|state| state.is_none()), "{segments}");
    }
}

#[test]
fn the_ports_tell_who_the_server_is() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play("S PA 100 200 len=5 | ESTABLISHED? ESTABLISHED?");
    assert_eq!(stage.segments()[0].from, Side::Server);
    let mut stage = Stage::new(TracerOptions::default());
    stage.play("S SA 0 1 | - SYN-RECEIVED\n C A 1 1 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.end()[0].handshake, Handshake::MidStream);
}

/// A SYN,ACK for another SYN is answered with a reset, and the SYN waits on: also where the two cross a repetition, or where
/// two of them come before the first is answered.
#[test]
fn resets_that_refuse_an_answer_do_not_end_the_opening() {
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
