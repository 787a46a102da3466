//! Segments that are changed or dropped, and what the kernel of the lab makes of them.

use crate::program::{Person, has_lab};
use crate::wire::{self, ACK, FIN_ACK, PSH_ACK, RST, Row, SYN, SYN_ACK};

/// A run in the lab: what is typed at each step before Enter; what the screen has to say then, if anything. The rest is sent.
fn run(arguments: &str, typed: &[(&str, &str)]) -> (Option<i32>, String, Option<Vec<Row>>) {
    let (mut person, recording) = Person::in_lab(arguments);
    for (at, (line, told)) in typed.iter().enumerate() {
        person.asked(at as u32 + 1);
        if !line.is_empty() {
            person.types(line);
        }
        if *line != "d" {
            person.told(told);
            person.types("");
        }
    }
    // The end of the input.
    person.asked(typed.len() as u32 + 1);
    person.terminal.type_in("\x04");
    let (code, all, _) = person.ends();
    (code, all, recording.rows())
}

fn contains(all: &str, words: &[&str]) {
    for word in words {
        assert!(all.contains(word), "{word}:\n{all}");
    }
}

#[test]
fn a_wrong_acknowledgment_in_the_handshake_is_answered_with_rst() {
    if !has_lab() {
        return;
    }
    let typed = [("", "Segment  SYN"), ("ack 5", "Changed  ack 1 -> 5")];
    let (code, all, rows) = run("--send hello", &typed);
    contains(
        &all,
        &[
            "ACK  seq 1  ack 5",
            "RST  seq 5",
            "To        SYN-RECEIVED",
            "Expected  RST seq=SEG.ACK",
            "Verdict   as RFC 9293 asks",
            "changed 1 and dropped 0",
        ],
    );
    // Our end goes on: its data completes the handshake.
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = rows else { return };
    let iss = rows[1].seq;
    assert_eq!((rows[1].flags, rows[2].flags, rows[3].flags), (SYN_ACK, ACK, RST));
    assert_eq!((rows[2].is_ours, rows[2].ack, rows[3].is_ours, rows[3].seq), (true, iss + 5, false, iss + 5));
    assert!(rows.iter().all(|row| row.is_sound), "checksums follow what was changed");
}

/// Of what was changed nothing is told that holds only for segments as TCP makes them.
#[test]
fn nothing_is_said_to_have_arrived_that_was_never_sent() {
    if !has_lab() {
        return;
    }
    let typed = [("", ""), ("", ""), ("ack 99", "Changed  ack 1 -> 99"), ("", ""), ("flags SR", "ACK -> SYN RST")];
    let (mut person, recording) = Person::in_lab("--send hello");
    for (at, (line, told)) in typed.iter().enumerate() {
        person.asked(at as u32 + 1);
        if !line.is_empty() {
            person.types(line);
            person.told(told);
        }
        person.types("");
    }
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    contains(&all, &["never sent", "challenge ACK", "SYN and RST: the reset alone counts", "changed 2 and dropped 0"]);
    for wrong in ["98 bytes arrived", "later ones came", "no such connection here", "half-open", "SYN RST  seq 0"] {
        assert!(!all.contains(wrong), "{wrong}:\n{all}");
    }
    let ladder = all.rsplit("your states and calls").next().expect("the ladder");
    assert!(ladder.contains("--)|"), "it was answered: {all}");
    let Some(rows) = recording.rows() else { return };
    assert!(rows.iter().any(|row| row.is_ours && row.len == 5 && row.ack == rows[1].seq.wrapping_add(99)), "{rows:?}");
}

#[test]
fn a_number_outside_the_window_brings_a_challenge() {
    if !has_lab() {
        return;
    }
    let typed = [("", "SYN"), ("", "ACK"), ("", "PSH"), ("seq +100000", "Changed  seq 6 -> 100006")];
    let (code, all, rows) = run("--send hello", &typed);
    contains(
        &all,
        &[
            "Sent      ACK seq=RCV.NXT+100000",
            "To        ESTABLISHED",
            "Expected  ACK seq=SND.NXT ack=RCV.NXT; it stays in ESTABLISHED",
            "Verdict   as RFC 9293 asks",
        ],
    );
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = rows else { return };
    let isn = rows[0].seq;
    let at = rows.iter().position(|row| row.is_ours && row.seq - isn > 60_000).expect("the changed segment");
    let answer = &rows[at + 1];
    assert_eq!((answer.is_ours, answer.flags, answer.ack), (false, ACK, isn + 6), "{rows:?}");
}

#[test]
fn a_dropped_syn_never_leaves_and_is_sent_again_by_the_timer() {
    if !has_lab() {
        return;
    }
    let (code, all, rows) = run("--timeout 0.2 --send hello", &[("d", ""), ("d", ""), ("", "once more: nothing")]);
    contains(&all, &["Dropped: it never left", "SYN-SENT, and stays so", "You sent 1 segment as made", "dropped 2."]);
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = rows else { return };
    assert_eq!(wire::ours(&rows), [SYN, ACK, PSH_ACK, ACK, FIN_ACK, ACK]);
    assert_eq!(
        all.matches("connect() ").count(),
        2,
        "the call stands beside the SYN that left, here and in the ladder"
    );
}

#[test]
fn a_dropped_fin_is_sent_again_by_the_timer() {
    if !has_lab() {
        return;
    }
    let typed = [("", "SYN"), ("", "ACK"), ("d", ""), ("", "Segment  FIN ACK")];
    let (code, all, rows) = run("--timeout 0.2", &typed);
    contains(&all, &["FIN-WAIT-1, and stays so", "once more: nothing acknowledged it"]);
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = rows else { return };
    assert_eq!(wire::ours(&rows), [SYN, ACK, FIN_ACK, ACK]);
}

#[test]
fn a_reset_in_place_of_data_ends_both_ends() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("--send hello");
    person.sends(1, 2);
    person.asked(3);
    person.types("flags R");
    person.told("Changed  flags PSH ACK -> RST");
    person.types("");
    let (code, all, _) = person.ends();
    contains(&all, &["To        ESTABLISHED", "Expected  no answer; it goes to CLOSED", "Observed  no answer"]);
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = recording.rows() else { return };
    assert_eq!(wire::ours(&rows), [SYN, ACK, RST]);
    assert_eq!(wire::theirs(&rows), [SYN_ACK]);
}

#[test]
fn another_initial_number_is_the_one_that_counts() {
    if !has_lab() {
        return;
    }
    let (code, all, rows) =
        run("--isn 1000", &[("seq +5000", "Changed  seq 0 -> 5000"), ("window 17", "window 502 -> 17")]);
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = rows else { return };
    assert_eq!(wire::ours(&rows), [SYN, ACK, FIN_ACK, ACK]);
    let numbers: Vec<(u32, u16)> = rows.iter().filter(|row| row.is_ours).map(|row| (row.seq, row.window)).collect();
    assert_eq!(numbers[..3], [(6000, 64_240), (6001, 17), (6001, 502)]);
    assert!(rows.iter().all(|row| row.len == 0));
}
