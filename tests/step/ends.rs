//! Who ends it before it is over leaves nothing behind.

use crate::program::{Person, has_lab};
use crate::wire::{self, ACK, FIN_ACK, PSH_ACK, SYN};

#[test]
fn who_quits_closes_behind_the_segment_that_waits() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("--send hello");
    person.sends(1, 2);
    person.asked(3);
    person.types("q");
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    let Some(rows) = recording.rows() else { return };
    let ours = wire::ours(&rows);
    assert_eq!(ours[..3], [SYN, ACK, PSH_ACK][..], "{all}");
    assert!(ours.contains(&FIN_ACK) && !ours.iter().any(|flags| flags & wire::RST != 0), "{all}");
}

#[test]
fn who_quits_before_the_first_segment_sends_none() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("");
    person.asked(1);
    person.types("q");
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    assert!(recording.rows().is_none_or(|rows| rows.is_empty()));
}

#[test]
fn ctrl_c_closes_and_tells_the_signal() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("--send hello");
    person.sends(1, 1);
    person.asked(2);
    person.terminal.type_in("\x03");
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(130), "{all}");
    let Some(rows) = recording.rows() else { return };
    assert!(wire::ours(&rows).contains(&FIN_ACK), "{rows:?}");
}

#[test]
fn a_closed_terminal_leaves_no_connection() {
    if !has_lab() {
        return;
    }
    let (mut person, recording) = Person::in_lab("--send hello");
    person.sends(1, 2);
    person.asked(3);
    let code = person.hangs_up();
    assert!(matches!(code, Some(2 | 129)), "{code:?}");
    let Some(rows) = recording.rows() else { return };
    let last = wire::ours(&rows).pop().expect("a segment of ours");
    assert!(last & 0x05 != 0 || wire::ours(&rows).contains(&FIN_ACK), "FIN or RST: {rows:?}");
}
