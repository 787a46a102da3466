//! Octets: again, late, lost, and windows (sections 3.8 and 3.10.7.4 of RFC 9293).

use std::time::Duration;

use super::script::*;
use crate::trace::{Mark, TracerOptions};

#[test]
fn send_and_acknowledge() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C PA 1 1 len=5 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.calls(), "C send(5)");
    stage.play("S A 1 6 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.segments()[4].acked.octets, 5);
    stage.play("C A 6 1 len=100 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.calls(), "", "how much was sent is not known yet");
    stage.play("C PA 106 1 len=9 | ESTABLISHED ESTABLISHED");
    assert_eq!(stage.calls(), "", "it belongs to the burst before");
    assert_eq!(stage.segments()[3].preview.octets(), b"xxxxx");
}

#[test]
fn retransmission() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play(
        "C PA 1 1 len=5      | ESTABLISHED ESTABLISHED
         +200 C PA 1 1 len=5 | ESTABLISHED ESTABLISHED | retransmission
         +400 C PA 1 1 len=5 | ESTABLISHED ESTABLISHED | retransmission
         S A 1 6             | ESTABLISHED ESTABLISHED
         C PA 1 1 len=5      | ESTABLISHED ESTABLISHED | retransmission spurious-retransmission",
    );
    assert_eq!(stage.calls(), "");
    let last = stage.segments()[7];
    assert_eq!((last.copy, last.since_first), (4, Duration::from_millis(602)));
    assert_eq!(stage.end()[0].bytes_client, 5);
}

#[test]
fn fast_retransmission_fills_a_hole() {
    let summary = opened(
        "C A 101 1 len=100 | ESTABLISHED ESTABLISHED | gap
         S A 1 1           | ESTABLISHED ESTABLISHED | duplicate-ack
         S A 1 1           | ESTABLISHED ESTABLISHED | duplicate-ack
         S A 1 1           | ESTABLISHED ESTABLISHED | duplicate-ack
         C A 1 1 len=100   | ESTABLISHED ESTABLISHED | retransmission fast-retransmission lost-segment
         S A 1 201         | ESTABLISHED ESTABLISHED",
    );
    assert_eq!((summary.bytes_client, summary.retransmissions.client), (200, 1));
}

#[test]
fn out_of_order() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play(
        "C A 101 1 len=100 | ESTABLISHED ESTABLISHED | gap
         C A 1 1 len=100   | ESTABLISHED ESTABLISHED | out-of-order",
    );
    assert_eq!(stage.segments()[3].gap, 100);
    assert_eq!(stage.end()[0].bytes_client, 200);
}

#[test]
fn acknowledged_but_not_captured() {
    let summary = opened(
        "S A 1 501        | ESTABLISHED ESTABLISHED | ack-of-unseen-segment
         C PA 501 1 len=5 | ESTABLISHED ESTABLISHED",
    );
    assert_eq!(summary.bytes_client, 5);
}

#[test]
fn our_own_end_sends_nothing_unseen() {
    let mut stage =
        Stage::new(TracerOptions { ours: Some(socket(crate::trace::Side::Client)), ..TracerOptions::default() });
    stage.play(HANDSHAKE);
    stage.play("S A 1 501 | ESTABLISHED ESTABLISHED | unacceptable-ack");
}

#[test]
fn keep_alive() {
    opened(
        "C PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         S A 1 6        | ESTABLISHED ESTABLISHED
         C A 5 1        | ESTABLISHED ESTABLISHED | keep-alive
         S A 1 6        | ESTABLISHED ESTABLISHED | keep-alive-ack
         C A 5 1 len=1  | ESTABLISHED ESTABLISHED | keep-alive
         S A 1 6        | ESTABLISHED ESTABLISHED | keep-alive-ack",
    );
}

#[test]
fn zero_window() {
    let summary = opened(
        "C PA 1 1 len=5   | ESTABLISHED ESTABLISHED
         S A 1 6 win=0    | ESTABLISHED ESTABLISHED | zero-window
         C A 5 1          | ESTABLISHED ESTABLISHED | zero-window-probe
         S A 1 6 win=0    | ESTABLISHED ESTABLISHED | zero-window zero-window-probe-ack
         S A 1 6          | ESTABLISHED ESTABLISHED | window-update
         C PA 6 1 len=5   | ESTABLISHED ESTABLISHED",
    );
    assert!(summary.marks.has(Mark::ZeroWindowProbe));
    assert_eq!(summary.bytes_client, 10);
}

#[test]
fn outside_the_window() {
    let summary = opened("C PA 500000 1 len=5 | ESTABLISHED ESTABLISHED | outside-window");
    assert_eq!(summary.bytes_client, 0);
}

#[test]
fn the_window_of_a_syn_is_not_scaled() {
    // 63950 octets on the SYN,ACK are 500 units of 128 in the next segment, but for what the scale cuts off.
    let syns = "C S 0 - ws=7 | SYN-SENT SYN-RECEIVED\n S SA 0 1 ws=7 win=63950 | ESTABLISHED SYN-RECEIVED";
    let open = "C A 1 1 | ESTABLISHED ESTABLISHED\n C PA 1 1 len=5 | ESTABLISHED ESTABLISHED";
    for (window, marks) in [("500", "duplicate-ack"), ("499", "duplicate-ack"), ("501", "window-update")] {
        verdict(&format!("{syns}\n {open}\n S A 1 1 win={window} | ESTABLISHED ESTABLISHED | {marks}"));
    }
    // Without the client's SYN nobody knows whether windows are scaled.
    verdict(
        "S SA 0 1 ws=7   | - SYN-RECEIVED
         C A 1 1         | ESTABLISHED ESTABLISHED
         C PA 1 1 len=5  | ESTABLISHED ESTABLISHED
         S A 1 1         | ESTABLISHED ESTABLISHED",
    );
}

#[test]
fn octets_from_before_the_capture_may_come_late() {
    verdict(
        "C A 101 1 len=100 | ESTABLISHED? ESTABLISHED?
         C A 1 1 len=100   | ESTABLISHED? ESTABLISHED? | out-of-order
         S A 1 201         | ESTABLISHED? ESTABLISHED?
         C A 1 1 len=100   | ESTABLISHED? ESTABLISHED? | retransmission spurious-retransmission",
    );
}

#[test]
fn octets_from_before_the_capture_need_not_have_been_acknowledged() {
    verdict(
        "C A 101 1 len=100      | ESTABLISHED? ESTABLISHED?
         +300 C A 1 1 len=100   | ESTABLISHED? ESTABLISHED? | retransmission
         S A 1 101              | ESTABLISHED? ESTABLISHED?
         +300 C A 1 1 len=100   | ESTABLISHED? ESTABLISHED? | retransmission spurious-retransmission",
    );
}
