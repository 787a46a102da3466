//! `rawshake trace --kernel-client`: the same by hand and by connect().

use serde_json::Value;

use crate::common::support::program::segment;
use crate::program::{Said, command_of, has_lab, trace};

/// What differs, and the flags of the segments of one of the two, without those that have nothing but an ACK.
fn segments(said: &Said, run: &str) -> Vec<String> {
    let events = said.events();
    let of_run = events.iter().filter(|event| event["run"] == run && event["event"] == "segment").map(segment);
    of_run.filter(|words| !words.ends_with(" ACK") || words.split(' ').count() > 2).collect()
}

fn comparison(said: &Said) -> Value {
    said.events().into_iter().find(|event| event["event"] == "comparison").unwrap_or_else(|| panic!("{said:?}"))
}

#[test]
fn the_kernel_does_what_was_done_by_hand() {
    if !has_lab() {
        return;
    }
    // The window scale of this kernel; everything else is the same by default.
    let first = comparison(&trace("--lab --kernel-client --format json --send hello"));
    let scale = first["differences"][0]["kernel"].as_str().and_then(|words| words.strip_prefix("window scale "));
    let scale = scale.unwrap_or("7").to_owned();
    for (arguments, code) in [
        ("--send hello", 0),
        ("-6 --send hello", 0),
        ("--http", 0),
        ("--close passive --send hello", 0),
        ("--close half --send hello", 0),
        ("--close reset --send hello", 0),
        ("--close none --send hello", 0),
        ("--lab-server refuses", 1),
        ("silent --timeout 0.2 --retries 0", 1),
        ("--wire delay=10ms --send hello", 0),
    ] {
        let said = trace(&format!("--lab --kernel-client --format json --wscale {scale} {arguments}"));
        assert_eq!(said.code, Some(code), "{arguments}: {said:?}");
        let comparison = comparison(&said);
        assert_eq!(
            (&comparison["same"], &comparison["differences"]),
            (&true.into(), &Value::Array(vec![])),
            "{said:?}"
        );
        let (hand, kernel) = (segments(&said, "by hand"), segments(&said, "kernel"));
        assert!(!hand.is_empty(), "{said:?}");
        // A FIN may go with the last octets, or alone; that is decided by clocks.
        let split = |words: &str| words.replace("PSH FIN", "FIN").replace("FIN PSH", "FIN");
        let last = |of: &[String]| of.last().map(|words| split(words));
        assert_eq!((hand.first(), last(&hand)), (kernel.first(), last(&kernel)), "{arguments}: {said:?}");
    }
}

#[test]
fn what_differs_is_marked_in_both_ladders() {
    if !has_lab() {
        return;
    }
    for (width, headings) in [(130, 1), (80, 2)] {
        let said = trace(&format!("--lab --kernel-client --send x --no-options --ecn --width {width}"));
        assert_eq!(said.code, Some(0), "{said:?}");
        let lines = said.out.lines().filter(|line| line.contains("raw socket") || line.contains("By the kernel"));
        assert_eq!(lines.count(), headings, "{}", said.out);
        for words in ["≠ kernel: mss 1460", "≠ by hand: no mss", "Flags    by hand: ECE, for ECN; kernel: no ECE"] {
            assert!(said.out.contains(words), "{words}: {}", said.out);
        }
        assert!(said.out.lines().all(|line| line.chars().count() <= width), "{}", said.out);
    }
}

#[test]
fn both_are_in_the_capture_file() {
    if !has_lab() {
        return;
    }
    let path = std::env::temp_dir().join(format!("rawshake-both-{}.pcap", std::process::id()));
    let file = path.to_str().expect("UTF-8");
    assert_eq!(trace(&format!("--lab --kernel-client --send x -q --pcap {file}")).code, Some(0));
    let list = Said::of(command_of("replay", &format!("{file} --format csv")).output().expect("the program"));
    std::fs::remove_file(&path).expect("the capture");
    assert_eq!(list.out.lines().count(), 3, "{list:?}");
}

#[test]
fn what_the_kernel_cannot_do_is_refused_in_a_line() {
    for (arguments, complaint) in [
        ("--close simultaneous", "cannot make two SYNs or FINs cross"),
        ("--open simultaneous", "cannot make two SYNs or FINs cross"),
        ("--udp", "cannot be used with"),
        ("--count 3", "cannot be used with"),
    ] {
        let said = trace(&format!("--lab --kernel-client {arguments}"));
        assert!(said.code == Some(2) && said.err.contains(complaint), "{arguments}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{arguments}: {said:?}");
    }
}
