//! What expressions mean, and what is wrong with those that mean nothing.

use std::time::Duration;

use proptest::prelude::*;

use super::Expression;
use crate::ladder::fixture::Script;
use crate::sink::fields::Row;
use crate::trace::{EventKind, Handshake, Mark, Millis, Pair, Summary, Termination};
use crate::wire::Time;

fn summary() -> Summary {
    let mut script = Script::new("192.0.2.1:40000", "[2001:db8::2]:443");
    let events = script.handshake().end(|summary| {
        summary.first = Time::from_parts(1_700_000_000, 0);
        summary.last = Time::from_parts(1_700_000_002, 0);
        summary.segments = 1500;
        (summary.handshake, summary.termination) = (Handshake::ThreeWay, Termination::None);
        (summary.closed_first, summary.time_wait) = (None, Pair { client: true, server: false });
        summary.handshake_time = Some(Millis(Duration::from_micros(2500)));
        summary.termination_time = None;
        summary.syns = 2;
        summary.marks = [Mark::SynRetransmission, Mark::ZeroWindow].into_iter().collect();
    });
    let verdict = events.into_iter().find_map(|event| match event.kind {
        EventKind::Ended(summary) => Some(summary),
        _ => None,
    });
    verdict.expect("an end")
}

fn holds(text: &str) -> bool {
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{error}"));
    expression.holds(&Row { number: 7, summary: &summary() })
}

#[test]
fn comparisons() {
    for text in [
        "handshake = three-way",
        "opened == 'three-way'",
        "handshake != refused",
        "connection = 7",
        "segments >= 1.5k",
        "segments < 1M and segments > 1499",
        "handshake_ms = 2.5",
        "handshake_ms > 2.4ms",
        "handshake_ms >= 2500us",
        "setup < 1s",
        "duration = 2s",
        "duration <= 1min",
        "first < 1700000000.5",
        "last > 1700000001",
        "client.ip = 192.0.2.1",
        "client ~ 192.0.2.",
        "client !~ 10.",
        "server = [2001:db8::2]:443",
        "server.port=443",
        "server ~ DB8",
        "closed_first = none",
        "time_wait != none",
        "closed = none",
        "half_close = false",
        "marks = zero-window",
        "marks != keep-alive",
        "marks ~ window",
        "marks and syns",
        "not half_close",
        "time_wait = client",
        "conn_state = SF",
        "conn_state != REJ",
        "history = ShADadFf",
        "history ~ DadF",
        "history !~ dADF",
        "history",
    ] {
        assert!(holds(text), "{text}");
        assert!(!holds(&format!("not ({text})")), "{text}");
    }
}

#[test]
fn what_is_not_there_is_neither_more_nor_less() {
    assert!(!holds("termination_ms < 1") && !holds("termination_ms >= 0") && !holds("termination_ms"));
    assert!(holds("termination_ms = none") && holds("termination_ms != 3"));
}

#[test]
fn and_binds_more_tightly_than_or() {
    assert!(holds("syns or syns and half_close"));
    assert!(!holds("(syns or syns) and half_close"));
    assert!(holds("half_close and half_close OR syns"));
    assert!(holds("NOT half_close And syns"));
}

/// The message and the column of what is wrong.
fn wrong(text: &str) -> (usize, String) {
    let error = Expression::parse(text).expect_err(text);
    (error.column(), error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[test]
fn errors_have_a_place() {
    for (text, column, start) in [
        ("", 0, "a field should stand here"),
        ("handshake = three-way and", 25, "a field should stand here"),
        ("foo > 1", 0, "no field is called \"foo\"; there are: connection, client"),
        ("handshake = threeway", 12, "handshake is never \"threeway\", but one of: three-way, "),
        ("handshake > refused", 12, "handshake has no order"),
        ("segments > 3ms", 11, "segments is compared with a number"),
        ("duration > 3x", 11, "duration_ms is compared with milliseconds"),
        ("segments > -1", 11, "segments is compared with a number"),
        ("segments > 1e3", 11, "segments is compared with a number"),
        ("segments > .", 11, "segments is compared with a number"),
        ("segments > none", 11, "segments is compared with a number"),
        ("segments >", 10, "a value for segments should stand here"),
        ("half_close = yes", 13, "half_close is true or false"),
        ("client = 192.0.2.1", 9, "client is address:port; client.ip"),
        ("client.ip = 192.0.2", 12, "client.ip is an address"),
        ("(syns", 0, "this parenthesis is never closed"),
        ("syns)", 4, "\"and\", \"or\" or the end"),
        ("syns syns", 5, "\"and\", \"or\" or the end"),
        ("client ~ 'abc", 9, "this quote has no end"),
        ("! syns", 0, "\"!\" alone is no operator"),
    ] {
        let (found, message) = wrong(text);
        assert_eq!(found, column, "{text}: {message}");
        assert!(message.starts_with(start), "{text}: {message}");
    }
}

#[test]
fn the_caret_stands_below_its_place() {
    let error = Expression::parse("syns and \u{1b}[31mx = 1").expect_err("no such field").to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines[1..], ["  syns and \\u{1b}[31mx = 1", "           ^"]);
    let long = format!("{}foo", "syns and ".repeat(100));
    let error = Expression::parse(&long).expect_err("no such field").to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines[2].find('^'), lines[1].find("foo"));
}

#[test]
fn depth_and_length_are_bounded() {
    assert!(wrong(&format!("{}syns", "(".repeat(1000))).1.starts_with("more than 50"));
    assert!(wrong(&format!("{}syns", "not ".repeat(1000))).1.starts_with("more than 50"));
    assert!(Expression::parse(&"syns and ".repeat(1000)).is_err());
    assert!(holds(&format!("{}syns", "syns and ".repeat(400))));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        if let Err(error) = Expression::parse(&text) {
            let shown = error.to_string();
            prop_assert!(!shown.chars().any(|char| char.is_control() && char != '\n'));
        }
    }

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(
        prop::sample::select(vec!["and", "or", "not", "(", ")", "syns", "handshake", "=", "<", "~", "5", "'x'", "refused"]),
        0..20,
    )) {
        if let Ok(expression) = Expression::parse(&words.join(" ")) {
            expression.holds(&Row { number: 1, summary: &summary() });
        }
    }
}
