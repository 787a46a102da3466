//! Every way to open and to close, over both IP versions.

use serde_json::json;

use crate::common;
use crate::program::{Said, has_lab, trace};
use crate::tshark;

/// A run: what is asked for, and what must come of it.
struct Case {
    arguments: &'static str,
    handshake: &'static str,
    termination: &'static str,
    /// Who closed first, seen from the client.
    closed_first: Option<&'static str>,
    half_close: bool,
    completeness: u64,
    segments: &'static [&'static str],
}

const OPENING: [&str; 3] = ["client SYN", "server SYN ACK", "client ACK"];
/// Data, its acknowledgment, an answer, and the acknowledgment of that.
const TALK: [&str; 4] = ["client PSH ACK", "server ACK", "server PSH ACK", "client ACK"];

const CASES: [Case; 6] = [
    Case {
        arguments: "--close active",
        handshake: "three-way",
        termination: "four-segment",
        closed_first: Some("client"),
        half_close: false,
        completeness: 31,
        segments: &["client FIN ACK", "server ACK", "server FIN ACK", "client ACK"],
    },
    Case {
        arguments: "--close passive",
        handshake: "three-way",
        termination: "four-segment",
        closed_first: Some("server"),
        half_close: false,
        completeness: 31,
        segments: &["server FIN ACK", "client ACK", "client FIN ACK", "server ACK"],
    },
    Case {
        arguments: "--close half",
        handshake: "three-way",
        termination: "four-segment",
        closed_first: Some("client"),
        half_close: true,
        completeness: 31,
        segments: &[],
    },
    Case {
        arguments: "--close reset --lab-server echo",
        handshake: "three-way",
        termination: "reset",
        closed_first: Some("client"),
        half_close: false,
        completeness: 47,
        segments: &["client RST ACK"],
    },
    Case {
        arguments: "--close simultaneous",
        handshake: "three-way",
        termination: "simultaneous-close",
        closed_first: Some("server"),
        half_close: false,
        completeness: 31,
        segments: &["server FIN ACK", "client FIN ACK", "server ACK", "client ACK"],
    },
    Case {
        arguments: "--close none",
        handshake: "three-way",
        termination: "none",
        closed_first: None,
        half_close: false,
        completeness: 15,
        segments: &[],
    },
];

/// Marks that a way of closing may leave.
const ORDINARY: [&str; 6] =
    ["delayed-ack", "fin-with-data", "half-close", "simultaneous-close", "abort", "abort-unread"];

/// Runs of a case at most, where others were disturbed.
const RUNS: usize = 10;

/// How late our end answers at most, in milliseconds, where it gets its turn: kernels send again after 200.
const PROMPT: f64 = 100.0;

/// Whether our end did not get its turn for so long that the server sent something again, or could have. A lab without a
/// wire of ours loses nothing: so that is the only cause, and says nothing of the way to close.
fn is_disturbed(said: &Said) -> bool {
    let again = &said.verdict()["retransmissions"];
    let segments: Vec<_> = said.events().into_iter().filter(|event| event["event"] == "segment").collect();
    let at = |index: usize| segments[index]["since_start_ms"].as_f64().expect("a time");
    let late = (1..segments.len()).any(|index| {
        let answers = segments[index]["from"] == "client" && segments[index - 1]["from"] == "server";
        answers && at(index) - at(index - 1) > PROMPT
    });
    late || [&again["client"], &again["server"]].into_iter().any(|count| *count != 0)
}

/// Runs a case and checks what it said, and what its capture holds.
fn run(case: &Case, version: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = folder.path().join("run.pcap");
    let run = || {
        // Long enough that the kernel acknowledges our FIN by itself first, also on a busy machine.
        let said = trace(&format!(
            "--lab {version} --send hello {} --lab-think 0.25 --format json --force --pcap {}",
            case.arguments,
            capture.display()
        ));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{} {version}: {said:?}", case.arguments);
        said
    };
    let undisturbed = (0..RUNS).map(|_| run()).find(|said| !is_disturbed(said));
    let said = undisturbed.unwrap_or_else(|| panic!("{} {version}: late in each of {RUNS} runs", case.arguments));
    check_verdict(case, &said);
    check_segments(case, &said);
    tshark::check(&capture, said.segments().len(), case.completeness);
}

fn check_verdict(case: &Case, said: &Said) {
    let verdict = said.verdict();
    assert_eq!(verdict["handshake"], case.handshake, "{verdict}");
    assert_eq!(verdict["termination"], case.termination, "{verdict}");
    assert_eq!(verdict["closed_first"], json!(case.closed_first), "{verdict}");
    assert_eq!(verdict["half_close"], case.half_close, "{verdict}");
    assert_eq!(verdict["completeness"], case.completeness, "{verdict}");
    let marks: Vec<_> = verdict["marks"].as_array().expect("marks").iter().collect();
    let unusual: Vec<_> = marks.iter().filter(|mark| !ORDINARY.iter().any(|name| **mark == name)).collect();
    assert!(unusual.is_empty(), "{verdict}");
}

fn check_segments(case: &Case, said: &Said) {
    let segments = said.segments();
    assert_eq!(segments[..3], OPENING);
    if !case.segments.is_empty() {
        // An answer can be quick enough to carry the acknowledgment of the request.
        let talk: Vec<_> = segments[3..segments.len() - case.segments.len()].to_vec();
        let quick: Vec<_> = TALK.into_iter().filter(|segment| *segment != "server ACK").collect();
        assert!(talk == TALK || talk == quick, "{talk:?}");
        assert_eq!(segments[segments.len() - case.segments.len()..], *case.segments);
    }
    let resets: Vec<_> = segments.iter().filter(|segment| segment.contains("RST")).collect();
    let asked_for = case.arguments.contains("reset");
    assert_eq!(resets, if asked_for { vec!["client RST ACK"] } else { vec![] }, "no reset unless asked for");
}

fn both_versions(index: usize) {
    if has_lab() {
        run(&CASES[index], "-4");
        if rawshake::sys::Version::V6.is_supported() {
            run(&CASES[index], "-6");
        } else {
            common::impossible("this kernel has no IPv6");
        }
    }
}

#[test]
fn active() {
    both_versions(0);
}

#[test]
fn passive() {
    both_versions(1);
}

#[test]
fn half() {
    both_versions(2);
}

#[test]
fn reset() {
    both_versions(3);
}

#[test]
fn simultaneous() {
    both_versions(4);
}

#[test]
fn none() {
    both_versions(5);
}

#[test]
fn three_segments_where_the_server_does_not_think() {
    if !has_lab() {
        return;
    }
    // On a busy machine the kernel's own acknowledgment can be faster than the server's close().
    let terminations: Vec<_> = (0..5)
        .map(|_| trace("--lab --lab-think 0 --format json").verdict()["termination"].clone())
        .take_while(|termination| termination != "three-segment")
        .collect();
    assert!(terminations.len() < 5, "{terminations:?}");
}

#[test]
fn a_simultaneous_open() {
    if !has_lab() {
        return;
    }
    for version in ["-4", "-6"] {
        let said = trace(&format!("--lab {version} --open simultaneous --send hello --format json"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        let verdict = said.verdict();
        assert_eq!(verdict["handshake"], "simultaneous-open", "{verdict}");
        assert_eq!(verdict["termination"], "four-segment", "{verdict}");
        let opening: Vec<_> = said.segments().into_iter().take(4).collect();
        let syns = opening.iter().filter(|segment| segment.ends_with("SYN")).count();
        let syn_acks = opening.iter().filter(|segment| segment.ends_with("SYN ACK")).count();
        assert_eq!((syns, syn_acks), (2, 2), "{opening:?}");
    }
}

#[test]
fn options_are_on_the_wire_as_asked_for() {
    if !has_lab() {
        return;
    }
    let arguments =
        "--isn 0xfffffffe --source-port 4242 --mss 700 --wscale 3 --window 40000 --no-timestamps --ecn --ttl 9";
    let said = trace(&format!("--lab --send hello --format json {arguments}"));
    assert_eq!(said.code, Some(0), "{said:?}");
    let events = said.events();
    let syn = events.iter().find(|event| event["event"] == "segment").expect("a SYN");
    assert_eq!(syn["seq"], 0xffff_fffe_u32);
    assert_eq!(syn["flags"], json!(["SYN", "ECE", "CWR"]));
    assert_eq!(syn["options"], json!({"mss": 700, "window_scale": 3, "sack_permitted": true}));
    assert_eq!((&syn["window"], &syn["ttl"]), (&json!(40000), &json!(9)));
    assert_eq!(said.verdict()["client"], "192.0.2.1:4242");
    let bare = trace("--lab --no-options --format json");
    let events = bare.events();
    let syn = events.iter().find(|event| event["event"] == "segment").expect("a SYN");
    assert_eq!((bare.code, &syn["options"]), (Some(0), &json!({})));
}

#[test]
fn a_long_payload_arrives_and_comes_back() {
    if !has_lab() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (file, capture) = (folder.path().join("payload"), folder.path().join("run.pcapng"));
    let octets: Vec<u8> = (0..300_000_u32).map(|index| (index / 7) as u8).collect();
    std::fs::write(&file, &octets).expect("a file");
    let said =
        trace(&format!("--lab --send-file {} --format json --pcap {} --wait 1", file.display(), capture.display()));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let verdict = said.verdict();
    assert_eq!((&verdict["bytes_client"], &verdict["bytes_server"]), (&json!(300_000), &json!(300_000)));
    assert_eq!(verdict["termination"], "four-segment", "{verdict}");
    let rows = tshark::read(&capture).unwrap_or_default();
    assert!(rows.iter().all(|row| row.checksum == "1" && row.malformed.is_empty()), "{rows:?}");
}
