//! What goes otherwise than asked, each with its own words and exit code.

use crate::program::{Said, command_of, has_lab, trace};

/// Arguments, exit code, and words on standard output (the ladder's verdict) or standard error.
const CASES: [(&str, i32, &str); 8] = [
    ("--lab-server refuses", 1, "Refused"),
    ("-6 --lab-server refuses", 1, "Refused"),
    ("--lab-server refuses -q", 1, "192.0.2.2:81 refused the connection"),
    ("--lab-server silent --timeout 0.05 --retries 2", 1, "3 SYNs to port 8082 of 192.0.2.2"),
    ("--lab-server silent --timeout 0.05 --retries 2 -q", 1, "no answer from 192.0.2.2:8082: 3 SYNs went unanswered"),
    ("-6 silent --timeout 0.05 --retries 0 --format lines", 1, "1 SYN went unanswered"),
    (
        "--lab-server never-closes --deadline 0.4",
        1,
        "192.0.2.2:8081 sent no FIN within 0.4 s; we are left in FIN-WAIT-2",
    ),
    ("--close passive --lab-server echo --deadline 0.4", 1, "sent no FIN within 0.4 s; we are left in ESTABLISHED"),
];

#[test]
fn each_failure_has_its_own_words() {
    if !has_lab() {
        return;
    }
    for (arguments, code, words) in CASES {
        let said = trace(&format!("--lab {arguments}"));
        assert_eq!(said.code, Some(code), "{arguments}: {said:?}");
        assert!(format!("{}{}", said.out, said.err).contains(words), "{arguments}: {said:?}");
    }
}

#[test]
fn syns_are_repeated_with_back_off() {
    if !has_lab() {
        return;
    }
    let said = trace("--lab --lab-server silent --timeout 0.05 --retries 3 --format json");
    let events = said.events();
    let copies: Vec<_> =
        events.iter().filter(|event| event["event"] == "segment").map(|event| &event["copy"]).collect();
    assert_eq!(copies, [1, 2, 3, 4]);
    let verdict = said.verdict();
    assert_eq!((&verdict["handshake"], &verdict["syns"]), (&"unanswered".into(), &4.into()), "{verdict}");
}

#[test]
fn without_the_guard_our_own_kernel_resets() {
    if !has_lab() {
        return;
    }
    for version in ["-4", "-6"] {
        let said = trace(&format!("--lab {version} --rst-guard off --format json -v"));
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains("RST guard: off"), "{}", said.err);
        let events = said.events();
        let reset = events.iter().find(|event| event["origin"] == "own-kernel").expect("the kernel's own reset");
        assert_eq!((&reset["from"], &reset["flags"]), (&"client".into(), &serde_json::json!(["RST"])));
    }
    let said = trace("--lab --send x -v --format json");
    assert!(said.err.contains("RST guard: a listening socket"), "{}", said.err);
    assert!(!said.out.contains("own-kernel"));
}

#[test]
fn an_address_of_our_own_is_reached_through_lo() {
    if !has_lab() {
        return;
    }
    for host in ["you:9999", "-6 you:9999"] {
        let said = trace(&format!("--lab {host} --timeout 0.2"));
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains("Refused"), "{said:?}");
    }
}

#[test]
fn every_command_with_a_lab_has_its_wire() {
    if !has_lab() {
        return;
    }
    let run = |command, arguments: &str| Said::of(command_of(command, arguments).output().expect("the program"));
    let said = run("trace", "--lab --wire drop=1 --timeout 0.2 --format json");
    assert_eq!(said.segments()[..3], ["client SYN", "client SYN", "server SYN ACK"], "{said:?}");
    // The client's SYN comes twice.
    let said = run("listen", "--lab --lab-wire dup=1 --format json");
    let syns = said.segments().iter().filter(|segment| *segment == "client SYN").count();
    assert_eq!((said.code, syns), (Some(0), 2), "{said:?}");
    let said = run("send", "--lab server:7 --lab-wire drop=1 --timeout 0.2");
    assert_eq!(said.code, Some(1), "{said:?}");
    let said = run("send", "--lab server:7");
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = run("trace", "localhost --lab-wire drop=1");
    assert!(said.code == Some(2) && said.err.contains("--lab"), "{said:?}");
}

#[test]
fn a_neighbour_that_is_not_there_is_told_from_silence() {
    if !has_lab() {
        return;
    }
    for host in ["192.0.2.77", "2001:db8::77"] {
        let said = trace(&format!("--lab {host} --timeout 0.1 --retries 1"));
        assert_eq!(said.code, Some(1), "{said:?}");
        assert_eq!(said.out.matches("SYN").count().min(2), 2, "{said:?}");
        let words = format!("no neighbour answers for {host}");
        assert!(said.err.starts_with("2 SYNs, none left ") && said.err.contains(&words), "{said:?}");
        assert!(said.err.lines().all(|line| line.chars().count() <= 80), "{said:?}");
        let said = trace(&format!("--lab {host} --timeout 0.1 --retries 1 --format json"));
        assert_eq!(said.segments(), ["client SYN", "client SYN"]);
        assert!(said.events().iter().all(|event| event["event"] != "segment" || event["origin"] == "hand-made"));
    }
}

#[test]
fn nothing_to_find_is_an_error() {
    if !has_lab() {
        return;
    }
    let said = trace("--lab example.org");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("there is no host example.org in the lab"), "{}", said.err);
    let said = trace("--lab 198.51.100.1");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("no route to 198.51.100.1"), "{}", said.err);
}

#[test]
fn a_capture_file_that_cannot_be_written_ends_in_a_reset_and_is_told() {
    if !has_lab() {
        return;
    }
    let said = trace("--lab --send hello --pcap /dev/full --force --format json");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("cannot write to \"/dev/full\""), "{said:?}");
    assert_eq!(said.segments().first().map(String::as_str), Some("client SYN"), "{said:?}");
    assert!(said.segments().last().is_some_and(|last| last.starts_with("client RST")), "{said:?}");
}
