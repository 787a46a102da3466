//! How far a connection got, whether its reset counts, and what it cut off.

use super::script::*;
use crate::trace::{CutOff, Mark, ResetNumber, Summary, Termination, TracerOptions};

const OPEN: &str = "C S 0 - ws=0; S SA 0 1 ws=0; C A 1 1";

fn tell(segments: &str) -> Summary {
    sent(&segments.replace("OPEN", OPEN))
}

#[test]
fn stages() {
    use crate::trace::Stage::{AfterAck, AfterFirstData, AfterSyn, Later};
    let rows = [
        ("C S 0 -", Some(AfterSyn)),
        ("C S 0 -; S RA 0 1", Some(AfterSyn)),
        ("C S 0 -; S SA 0 1", Some(AfterSyn)),
        ("C S 0 -; S SA 0 1; C R 1 -", Some(AfterSyn)),
        ("C S 0 -; S S 0 -; C R 1 -", Some(AfterSyn)),
        ("OPEN; C RA 1 1", Some(AfterAck)),
        ("OPEN; C PA 1 1 len=5; C PA 1 1 len=5; S RA 1 6", Some(AfterFirstData)),
        ("OPEN; C PA 1 1 len=5; S PA 1 6 len=5; C RA 6 6", Some(Later)),
        // What comes behind the reset is no part of it.
        ("OPEN; S R 1 -; C PA 1 1 len=5; C PA 6 1 len=5", Some(AfterAck)),
        // A handshake that is completed after a reset of what was there before.
        ("C S 0 -; S A 500 90; C R 90 -; +1000 C S 0 -; S SA 0 1; C A 1 1; C RA 1 1", Some(AfterAck)),
        ("C S 0 -; S A 500 90; C R 90 -; +1000 C S 0 -; S SA 0 1; C A 1 1", None),
        // No end, an orderly one, and resets that change nothing.
        ("OPEN", None),
        ("OPEN; C FA 1 1; S FA 1 2; C A 2 2", None),
        ("OPEN; C FA 1 1; S FA 1 2; C A 2 2; C R 2 -", None),
        ("OPEN; C R 9000 -", None),
        // How much came before the capture is unknown, until it is enough.
        ("C PA 1 1 len=5; S A 1 6; C RA 6 1", None),
        ("C PA 1 1 len=5; C PA 6 1 len=5; S A 1 11; C RA 11 1", Some(Later)),
    ];
    for (segments, stage) in rows {
        assert_eq!(tell(segments).stage, stage, "{segments}");
    }
}

#[test]
fn numbers_of_resets() {
    use ResetNumber::{Exact, InWindow, Outside};
    let rows = [
        ("OPEN", None),
        ("OPEN; C R 1 -", Some(Exact)),
        ("OPEN; C R 2 -", Some(InWindow)),
        ("OPEN; C R 500 -", Some(InWindow)),
        ("OPEN; C R 501 -", Some(Outside)),
        ("OPEN; C R 0 -", Some(Outside)),
        ("OPEN; C PA 1 1 len=5; S A 1 6; C R 6 -", Some(Exact)),
        ("OPEN; C PA 1 1 len=5; S A 1 6; C R 1 -", Some(Outside)),
        // Whether the octets arrived before the reset, nobody knows.
        ("OPEN; C PA 1 1 len=5; C R 1 -", None),
        ("OPEN; C PA 1 1 len=5; C R 6 -", Some(Exact)),
        // The receiver acknowledges no more, and nobody knows whether more had arrived.
        ("OPEN; C PA 1 1 len=5; S A 1 1; C R 1 -", None),
        ("OPEN; C PA 1 1 len=5; +300 S A 1 1; C R 1 -", Some(Exact)),
        // Its own acknowledgment tells what the capture lacks, before the reset or behind it.
        ("OPEN; C PA 1 1 len=5; S A 1 101; C R 101 -", Some(Exact)),
        ("OPEN; C PA 1 1 len=5; S A 1 9001; C R 9001 -", Some(Exact)),
        ("OPEN; C PA 1 1 len=5; C R 101 -; S A 1 101", Some(Exact)),
        ("OPEN; C PA 1 1 len=5; C R 101 -; S A 1 6", Some(InWindow)),
        ("OPEN; C PA 1 1 len=5; S A 1 9001; C R 9002 -", Some(Outside)),
        // In SYN-SENT the acknowledgment decides.
        ("C S 0 -; S RA 0 1", Some(Exact)),
        ("C S 0 -; S RA 0 2", Some(Outside)),
        ("C S 0 -; S R 0 -", Some(Outside)),
        // A window that nobody saw; numbers that nobody saw; nobody there.
        ("S PA 1 1 len=5; S R 9 -", None),
        ("S PA 1 1 len=5; S R 6 -", Some(Exact)),
        ("C R 1 -", None),
        ("OPEN; S R 1 -; C R 1 -", Some(Exact)),
        // The one that ended it counts, or else the last.
        ("OPEN; C R 9000 -; C R 2 -", Some(InWindow)),
        ("OPEN; C R 9000 -; C R 1 -", Some(Exact)),
        ("OPEN; C R 1 -; C R 9000 -", Some(Exact)),
    ];
    for (segments, number) in rows {
        assert_eq!(tell(segments).reset_number, number, "{segments}");
    }
}

#[test]
fn a_reset_that_an_acknowledgment_proves_is_not_called_inexact() {
    for segments in [
        "OPEN; C PA 1 1 len=5; S A 1 1; C R 1 -",
        "OPEN; C PA 1 1 len=5; C PA 6 1 len=5; S A 1 6; C R 6 -",
        "OPEN; C PA 1 1 len=5; S A 1 9001; C R 9001 -",
        "OPEN; C PA 1 1 len=5; C R 101 -; S A 1 101",
    ] {
        let summary = tell(segments);
        let doubted = [Mark::ResetInexact, Mark::ResetOutsideWindow, Mark::UnacceptableAck, Mark::ChallengeAck];
        assert_eq!(summary.termination, Termination::Reset, "{segments}");
        assert!(!doubted.into_iter().any(|mark| summary.marks.has(mark)), "{segments}: {:?}", summary.marks);
    }
}

#[test]
fn each_reset_tells_its_number() {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(HANDSHAKE);
    stage.play("C R 2 - | ESTABLISHED ESTABLISHED | reset-inexact\n C R 1 - | CLOSED CLOSED | abort");
    let numbers: Vec<_> = stage.segments().iter().map(|segment| segment.reset_number).collect();
    assert_eq!(numbers[3..], [Some(ResetNumber::InWindow), Some(ResetNumber::Exact)]);
    assert_eq!(numbers[..3], [None; 3]);
}

#[test]
fn what_a_reset_cuts_off() {
    let rows = [
        ("OPEN; C RA 1 1", Some((0, 0, 0))),
        // Acknowledged before: read or not, nobody knows.
        ("OPEN; C PA 1 1 len=5; S A 1 6; S RA 1 6", Some((0, 0, 5))),
        // Acknowledged by the reset alone, in part, not at all.
        ("OPEN; C PA 1 1 len=5; S RA 1 6", Some((5, 0, 5))),
        ("OPEN; C PA 1 1 len=5; C PA 6 1 len=7; S RA 1 6", Some((5, 7, 12))),
        ("OPEN; C PA 1 1 len=5; S R 1 -", Some((0, 5, 5))),
        ("OPEN; C FPA 1 1 len=5; S RA 1 7", Some((5, 0, 5))),
        // An acknowledgment of what was never sent is none.
        ("OPEN; C PA 1 1 len=5; S RA 1 600", Some((0, 5, 5))),
        // Answered.
        ("OPEN; C PA 1 1 len=5; S PA 1 6 len=9; S RA 10 6", Some((0, 0, 0))),
        ("OPEN; C PA 1 1 len=5; S PA 1 6 len=9; C A 6 10; C RA 6 10", Some((0, 0, 9))),
        ("OPEN; C R 9000 -", None),
        ("C S 0 -; S RA 0 1", Some((0, 0, 0))),
    ];
    for (segments, expected) in rows {
        let expected =
            expected.map(|(unread, unacknowledged, unanswered)| CutOff { unread, unacknowledged, unanswered });
        assert_eq!(tell(segments).cut_off, expected, "{segments}");
    }
}
