//! `replay --step`: the segments of a capture, one at a time.

use crate::common::support::program::Said;
use crate::program::{Person, typed};

fn capture(name: &str) -> String {
    format!("{}/captures/{name}.pcap", env!("CARGO_MANIFEST_DIR"))
}

fn replay(arguments: &[&str], input: &str) -> Said {
    typed(&[&["replay", "--step"], arguments].concat(), input)
}

#[test]
fn a_person_predicts_goes_back_and_reads_on_at_80_by_24() {
    let mut person = Person::at(24, 80, &["replay", "--step", &capture("four-segment")]);
    let screen = person.asked(1);
    assert!(screen.contains("Step 1 of 11: The next segment is from the client. What is it?"), "{screen}");
    person.types("SYN seq 0 SYN-SENT");
    person.asked(2);
    person.told("flags SYN: right\nseq 0: right\nstate SYN-SENT: right");
    person.types("SA seq 0 ack 0");
    person.asked(3);
    let screen = person.told("flags SYN ACK: right\nseq 0: right\nack 0: wrong, it is 1");
    assert!(screen.contains("SYN ACK  seq 0  ack 1") && screen.contains("ack 1 = the client's seq 0 + 1"), "{screen}");
    person.types("b");
    // The second is hidden again, the first is there.
    let screen = person.terminal.until(|screen| {
        screen.ends_with("\n>") && screen.split_once("> b\n").is_some_and(|(_, rest)| rest.contains("Step 2 of 11"))
    });
    let again = screen.rsplit("> b\n").next().expect("the rest");
    assert!(again.contains("SYN  seq 0") && !again.contains("SYN ACK  seq 0"), "{again}");
    for _ in 2..=11 {
        person.types("");
    }
    let (code, all, screen) = person.ends();
    assert_eq!(code, Some(0), "{all}");
    assert!(all.contains("Predicted: 5 of 6 right.") && all.contains("Closed   four segments"), "{all}");
    assert!(screen.is_styled);
}

#[test]
fn all_that_the_ladder_shows_is_shown() {
    for name in ["four-segment", "icmp-error", "mid-stream"] {
        let whole = typed(&["replay", "-v", &capture(name)], "");
        let stepped = replay(&["-v", &capture(name)], "");
        assert_eq!(stepped.code, whole.code, "{stepped:?}");
        let rows = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.contains('|') || line.contains(':')).map(str::to_owned).collect()
        };
        let shown = rows(&stepped.out);
        for row in rows(&whole.out) {
            assert!(shown.contains(&row), "{name}: {row}\n{}", stepped.out);
        }
        assert!(stepped.out.contains("No more input: the rest is shown without asking."), "{}", stepped.out);
    }
}

#[test]
fn one_connection_is_chosen_and_q_ends() {
    let file = capture("four-segment");
    let said = replay(&[&file, "-n", "1", "--width", "120"], "\nq\n");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("Step 2 of 11") && !said.out.contains("Step 3 of 11"), "{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 120) && !said.out.contains('\x1b'));
    let none = replay(&[&file, "-n", "7"], "");
    assert_eq!(none.code, Some(2), "{none:?}");
}

#[test]
fn ctrl_c_and_a_closed_terminal_end_it() {
    let mut person = Person::at(24, 80, &["replay", "--step", &capture("four-segment")]);
    person.asked(1);
    person.types("");
    person.asked(2);
    person.terminal.type_in("\x03");
    let (code, all, _) = person.ends();
    assert_eq!(code, Some(130), "{all}");
    let person = Person::at(24, 80, &["replay", "--step", &capture("four-segment")]);
    person.asked(1);
    let code = person.hangs_up();
    assert!(matches!(code, Some(2 | 129)), "{code:?}");
}

#[test]
fn what_is_no_ladder_to_step_through_is_refused() {
    let file = capture("four-segment");
    let rows: [(&[&str], &str); 6] = [
        (&[&file, "--format", "json"], "leave out --format"),
        (&[&file, "--list"], "--list"),
        (&[&file, "--only", "refused"], "--only"),
        (&[&file, "--lab"], "--lab"),
        (&["-"], "name a file"),
        (&["no-such-file.pcap"], "no-such-file.pcap"),
    ];
    for (arguments, told) in rows {
        let said = replay(arguments, "");
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(told) && !said.out.contains("Step"), "{said:?}");
    }
}
