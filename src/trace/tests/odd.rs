//! Segments that no ordinary program sends: they are shown, and believed only as far as RFC 9293 and RFC 5961 allow.

use super::script::*;
use crate::trace::{Handshake, Mark, Side, Termination, TracerOptions};

#[test]
fn resets_that_are_not_believed() {
    let summary = opened(
        "S PA 1 1 len=5 | ESTABLISHED ESTABLISHED
         S R 500000 -   | ESTABLISHED ESTABLISHED | reset-outside-window
         S R 100 -      | ESTABLISHED ESTABLISHED | reset-inexact
         C A 1 6        | ESTABLISHED ESTABLISHED | challenge-ack
         S R 6 -        | CLOSED CLOSED | half-open",
    );
    assert_eq!(summary.termination, Termination::Reset);
}

#[test]
fn flags_that_do_not_go_together() {
    let summary = opened(
        "C 0 1 -         | ESTABLISHED ESTABLISHED | no-flags
         C F 1 -         | ESTABLISHED ESTABLISHED | bare-fin
         C FPU 1 -       | ESTABLISHED ESTABLISHED | xmas
         C P 1 - len=5   | ESTABLISHED ESTABLISHED | without-ack
         C P 1 -         | ESTABLISHED ESTABLISHED | odd-flags",
    );
    assert_eq!((summary.termination, summary.bytes_client), (Termination::None, 0));
}

#[test]
fn an_acknowledgment_of_the_far_future() {
    opened(
        "C A 1 500000 | ESTABLISHED ESTABLISHED | unacceptable-ack
         S A 1 1      | ESTABLISHED ESTABLISHED | challenge-ack",
    );
}

/// The acknowledgment is no duplicate ACK, though something waits for one: it answers what could not be accepted.
#[test]
fn an_ack_that_says_again_what_is_expected() {
    let restated = |script: &str| {
        let mut stage = Stage::new(TracerOptions::default());
        stage.play(HANDSHAKE);
        stage.play(script);
        stage.segments()[3..].iter().map(|segment| segment.restates).collect::<Vec<_>>()
    };
    let far = "C PA 1 1 len=5       | ESTABLISHED ESTABLISHED
               C PA 9000001 1 len=5 | ESTABLISHED ESTABLISHED | outside-window";
    assert_eq!(restated(&format!("{far}\n S A 1 1 | ESTABLISHED ESTABLISHED")), [false, false, true]);
    let inexact = "C PA 1 1 len=5 | ESTABLISHED ESTABLISHED
                   C R 100 -      | ESTABLISHED ESTABLISHED | reset-inexact
                   S A 1 1        | ESTABLISHED ESTABLISHED | challenge-ack";
    assert_eq!(restated(inexact), [false, false, true]);
    // What acknowledges something new says more, and the second of two answers nothing.
    assert_eq!(restated(&format!("{far}\n S A 1 6 | ESTABLISHED ESTABLISHED")), [false, false, false]);
    let twice = "S A 1 1 | ESTABLISHED ESTABLISHED\n S A 1 1 | ESTABLISHED ESTABLISHED | duplicate-ack";
    assert_eq!(restated(&format!("{far}\n {twice}")), [false, false, true, false]);
    // Ahead of order, but within the window: something is missing.
    let ahead = "C PA 11 1 len=5 | ESTABLISHED ESTABLISHED | gap
                 S A 1 1         | ESTABLISHED ESTABLISHED | duplicate-ack";
    assert_eq!(restated(ahead), [false, false]);
}

#[test]
fn bad_checksum() {
    let summary = opened(
        "C FA 1 1 corrupt | ESTABLISHED ESTABLISHED | bad-checksum
         C R 1 - corrupt  | ESTABLISHED ESTABLISHED | bad-checksum",
    );
    assert_eq!((summary.termination, summary.segments), (Termination::None, 5));
}

#[test]
fn a_bad_checksum_that_the_peer_did_not_see() {
    let summary = verdict(
        "C S 0 - ws=7 corrupt  | CLOSED LISTEN | bad-checksum
         S SA 0 1 ws=7         | ESTABLISHED SYN-RECEIVED
         C A 1 1 corrupt       | ESTABLISHED ESTABLISHED | offloaded-checksum",
    );
    assert_eq!((summary.handshake, summary.syns), (Handshake::ThreeWay, 1));
}

#[test]
fn a_syn_that_was_dropped_is_unanswered() {
    let summary = verdict("C S 0 - corrupt | CLOSED LISTEN | bad-checksum");
    assert_eq!((summary.handshake, summary.syns), (Handshake::Unanswered, 0));
}

#[test]
fn checksums_that_are_wrong_on_both_sides() {
    // A capture whose addresses were changed afterwards.
    let summary = verdict(
        "C S 0 - corrupt  | CLOSED LISTEN | bad-checksum
         S SA 0 1 corrupt | SYN-SENT SYN-RECEIVED | bad-checksum
         C A 1 1 corrupt  | ESTABLISHED ESTABLISHED | offloaded-checksum
         S FA 1 1 corrupt | CLOSE-WAIT FIN-WAIT-1 | offloaded-checksum",
    );
    assert_eq!((summary.handshake, summary.termination), (Handshake::ThreeWay, Termination::OneSided));
}

#[test]
fn far_ahead_and_acknowledged_all_the_same() {
    let summary = opened(
        "S FPA 9000001 1 len=5 | ESTABLISHED ESTABLISHED | fin-with-data outside-window
         C A 1 9000007         | CLOSE-WAIT FIN-WAIT-2",
    );
    assert_eq!((summary.bytes_server, summary.marks.has(Mark::Gap)), (5, true));
}

#[test]
fn a_reset_from_an_end_that_is_gone() {
    // The octets and the FIN were still under way when the peer's answer left, so the reset quotes an old number.
    let summary = opened(
        "C FPA 1 1 len=31 | FIN-WAIT-1 CLOSE-WAIT | fin-with-data
         S PA 1 1 len=9   | FIN-WAIT-1 ESTABLISHED
         C R 1 -          | CLOSED CLOSE-WAIT | data-after-close",
    );
    assert_eq!((summary.termination, summary.reset_by), (Termination::Reset, Some(Side::Client)));
}

#[test]
fn a_header_that_contradicts_itself() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    let before = stage.events.len();
    let good = stage.raw("C FA 1 1");
    let mut bytes = good.clone();
    bytes[32] = 0x40; // data offset of four words
    stage.packet(&bytes, crate::trace::Hint::default());
    let segment = stage.segments()[3];
    assert_eq!(stage.events.len(), before + 1);
    assert!(segment.marks.has(Mark::Malformed));
    assert_eq!(segment.after, segment.before);
    stage.packet(&good[..30], crate::trace::Hint::default());
    assert_eq!(stage.events.len(), before + 1, "half a header is no segment");
}

#[test]
fn evicted_when_the_table_is_full() {
    let mut stage = Stage::new(TracerOptions { max_connections: 1, ..TracerOptions::default() });
    stage.play(HANDSHAKE);
    let mut other = stage.raw("C S 0 -");
    other[21] ^= 1; // another source port; the checksum is wrong now, which ends nothing
    stage.packet(&other, crate::trace::Hint::default());
    let ids = stage.events.iter().map(|event| event.connection).collect::<Vec<_>>();
    assert_eq!(ids, [1, 1, 1, 1, 1, 2, 2]);
    assert_eq!(stage.end().len(), 2);
}

/// A host with the same address, a load balancer that lost track, or a forgery: the first answer counts, or else the one
/// that is acknowledged.
#[test]
fn a_second_answer_to_a_syn() {
    let syn = "C S 0 - ws=7 | SYN-SENT SYN-RECEIVED";
    let first = "S SA 0 1 ws=7 | ESTABLISHED SYN-RECEIVED";
    // What completes the handshake is no challenge.
    verdict(&format!(
        "{syn}
         {first}
         S SA 500000 1 ws=7 | ESTABLISHED SYN-RECEIVED | second-syn-ack
         C A 1 1            | ESTABLISHED ESTABLISHED"
    ));
    opened(
        "S SA 500000 1 ws=7 | ESTABLISHED ESTABLISHED | second-syn-ack
         C A 1 1            | ESTABLISHED ESTABLISHED | challenge-ack",
    );
    // The client never took the first: it repeats its SYN.
    verdict(&format!(
        "{syn}
         {first}
         +1000 C S 0 - ws=7  | SYN-SENT SYN-RECEIVED    | syn-retransmission
         S SA 500000 1 ws=7  | ESTABLISHED SYN-RECEIVED | second-syn-ack
         C A 1 500001        | ESTABLISHED ESTABLISHED
         C PA 1 500001 len=5 | ESTABLISHED ESTABLISHED
         S A 500001 6        | ESTABLISHED ESTABLISHED"
    ));
}
