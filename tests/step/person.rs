//! A person who steps through whole connections.

use crate::program::{Person, has_lab, scripted, typed};
use crate::wire::{self, ACK, FIN_ACK, PSH_ACK, SYN, SYN_ACK};

/// What our end sends to the echo server.
const WHOLE: [u16; 6] = [SYN, ACK, PSH_ACK, ACK, FIN_ACK, ACK];

#[test]
fn every_segment_is_shown_with_its_reason_before_it_leaves() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("--send hello --isn 1000");
    // What stands on the screen, from the head of the step to the prompt.
    let steps: [&[&str]; 6] = [
        &[
            "Segment  SYN seq 0 window 64240",
            "Why      connect(): ",
            "0, your initial number: 1000",
            "CLOSED -> SYN-SENT, with",
        ],
        &["SYN ACK  seq 0  ack 1", "Segment  ACK seq 1 ack 1", "completes the", "Ack      1 = 0 + 1: the server's SYN"],
        &["Segment  PSH ACK seq 1 ack 1 5 bytes", "send(5): your 5 bytes", "Ack      1 still"],
        &["Segment  ACK seq 6 ack 6", "5 bytes of the server came", "Ack      6 = 1 + 5: the server's 5 bytes"],
        &["Segment  FIN ACK seq 6 ack 6", "close(): you have no more to say", "ESTABLISHED -> FIN-WAIT-1"],
        &["Segment  ACK seq 7 ack 7", "the FIN of the server came", "FIN-WAIT-1 -> TIME-WAIT, by what"],
    ];
    for (at, words) in steps.iter().enumerate() {
        let screen = person.asked(at as u32 + 1);
        for word in *words {
            assert!(screen.contains(word), "{word}:\n{screen}");
        }
        person.types("");
    }
    let (code, all, screen) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    assert!(screen.is_styled && all.contains("You sent 6 segments as made, changed 0 and dropped 0."), "{all}");
    assert!(all.contains("Closed   four segments") || all.contains("Closed   three segments"), "{all}");
    if let Some(rows) = recording.rows() {
        assert_eq!(wire::ours(&rows), WHOLE);
        assert!(rows.iter().all(|row| row.is_sound), "{rows:?}");
    }
}

/// A kernel does not wait for who thinks: it repeats its SYN ACK, which has arrived, and is told so.
#[test]
fn who_thinks_for_long_is_told_why_the_other_end_repeats_itself() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("");
    person.sends(1, 1);
    let screen = person.told("forgets it after a minute.");
    assert!(screen.contains("again, 2nd time, after 1."), "{screen}");
    assert!(screen.contains("While you think the server goes on: its timer went off, since"), "{screen}");
    person.types("");
    person.told("Step 3");
    person.types("q");
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    let ladder = all.rsplit("you                                                       server").next().expect("it");
    assert!(!ladder.contains("?"), "what came here has arrived: {all}");
    if let Some(rows) = recording.rows() {
        assert_eq!(rows.iter().filter(|row| row.flags == SYN_ACK).count(), 2, "{rows:?}");
    }
}

#[test]
fn predictions_are_marked_before_the_segment_is_shown() {
    if !has_lab() {
        return;
    }
    let (mut person, _recording) = Person::in_lab("--predict --send hello");
    let rows = [
        ("S seq 0", "flags SYN: right\nseq 0: right\nSegment  SYN"),
        ("SA seq 5 ack 1", "flags SYN ACK: wrong, it is ACK\nseq 5: wrong, it is 1\nack 1: right\nSegment  ACK"),
        ("what", "That cannot be read here; type a prediction"),
    ];
    for (at, (guess, told)) in rows.iter().enumerate() {
        let screen = person.asked(at as u32 + 1);
        assert!(screen.contains("What is your next segment?"), "{screen}");
        let hidden = screen.rsplit("What is your next segment?").next().expect("the rest");
        assert!(!hidden.contains("Segment  "), "{screen}");
        person.types(guess);
        person.told(told);
        person.types("");
    }
    // The third was shown with Enter; then no more are predicted.
    person.told("Segment  PSH ACK");
    person.types("p");
    person.told("Segments are shown at once again.");
    person.types("");
    person.sends(4, 6);
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    assert!(all.contains("Predicted: 3 of 5 right."), "{all}");
}

#[test]
fn lines_of_a_pipe_are_what_is_typed_and_behind_their_end_nothing_is_asked() {
    if !has_lab() {
        return;
    }
    let said = scripted("--send hello --format json", "\np\n\nPA seq 1 ack 1\n\n");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("No more input: the rest is sent without asking."), "{}", said.err);
    assert!(said.err.contains("Predicted: 3 of 3 right."), "{}", said.err);
    // The result stays apart from the conversation.
    assert_eq!(said.verdict()["termination"], "four-segment", "{said:?}");
    assert!(said.err.lines().all(|line| line.chars().count() <= 80), "{}", said.err);
    let without = scripted("--send hello --format json", "");
    assert_eq!(without.segments(), said.segments());
}

#[test]
fn wide_narrow_and_without_colour() {
    if !has_lab() {
        return;
    }
    for columns in ["40", "120"] {
        let said = scripted(&format!("--send hello --width {columns}"), "\n\nseq +1\nu\n\n?\n\ne\n");
        assert_eq!(said.code, Some(0), "{said:?}");
        let most = columns.parse().expect("a number");
        assert!(said.err.lines().all(|line| line.chars().count() <= most), "{}", said.err);
        assert!(!said.err.contains('\x1b'));
    }
    let mut person = Person::at(24, 120, &["--color", "never", "trace", "--step", "--lab"]);
    person.sends(1, 4);
    let (code, all, screen) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    assert!(!screen.is_styled);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let rows: [(&[&str], &str); 4] = [
        (&["trace", "--step", "--lab", "--send-file", "-"], "--send-file wants a file"),
        (&["trace", "--step", "--lab", "--udp"], "cannot be used with"),
        (&["trace", "--step", "--lab", "--count", "3"], "cannot be used with"),
        (&["trace", "--predict", "--lab"], "--step"),
    ];
    for (arguments, told) in rows {
        let said = typed(arguments, "");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(told), "{}", said.err);
    }
}
