//! Interruption by the user, in every state.

use super::bench::{Bench, MS};
use crate::craft::{Close, Open, Outcome};
use crate::tcp::State;
use crate::wire::Flags;

fn interrupted(bench: &mut Bench, lines: &[&str]) {
    bench.endpoint.interrupt(bench.now);
    bench.expect(lines);
}

#[test]
fn before_anything_was_sent_nothing_is() {
    let mut bench = Bench::new(|config| config.open = Open::Simultaneous);
    interrupted(&mut bench, &[]);
    assert_eq!(bench.outcome(), Some(Outcome::Interrupted));
}

#[test]
fn in_syn_sent_a_reset_follows_the_syn() {
    let mut bench = Bench::syn_sent(|_| {});
    interrupted(&mut bench, &["RST 1"]);
    assert_eq!(bench.outcome(), Some(Outcome::Interrupted));
}

#[test]
fn established_it_closes_in_the_way_that_was_asked_for() {
    for close in [Close::Active, Close::Passive, Close::Simultaneous] {
        let mut bench = Bench::established(|config| config.close = close);
        bench.sent();
        interrupted(&mut bench, &["FIN ACK 1:1"]);
        bench.fin(1, 2);
        bench.expect(&["ACK 2:2"]);
        assert_eq!(bench.run_out().1, Outcome::Interrupted);
    }
    let mut bench = Bench::established(|config| config.close = Close::Reset);
    bench.sent();
    interrupted(&mut bench, &["RST ACK 1:1"]);
    let mut bench = Bench::established(|config| config.close = Close::None);
    bench.sent();
    interrupted(&mut bench, &[]);
    assert_eq!(bench.outcome(), Some(Outcome::Interrupted));
}

#[test]
fn a_second_interruption_resets() {
    let mut bench = Bench::established(|_| {});
    bench.sent();
    interrupted(&mut bench, &["FIN ACK 1:1"]);
    interrupted(&mut bench, &["RST ACK 2:1"]);
    assert_eq!(bench.outcome(), Some(Outcome::Interrupted));
}

#[test]
fn a_fin_that_nobody_acknowledges_is_not_waited_for_long() {
    let mut bench = Bench::established(|_| {});
    bench.sent();
    interrupted(&mut bench, &["FIN ACK 1:1"]);
    let (lines, outcome) = bench.run_out();
    assert_eq!((lines.last().map(String::as_str), outcome), (Some("1000: RST ACK 2:1"), Outcome::Interrupted));
}

#[test]
fn a_peer_that_does_not_close_is_reset() {
    let mut bench = Bench::established(|_| {});
    bench.sent();
    interrupted(&mut bench, &["FIN ACK 1:1"]);
    bench.ack(1, 2);
    assert_eq!(bench.state(), State::FinWait2);
    let (lines, outcome) = bench.run_out();
    assert_eq!((lines.last().map(String::as_str), outcome), (Some("1000: RST ACK 2:1"), Outcome::Interrupted));
}

#[test]
fn data_that_cannot_leave_ends_in_a_reset() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 50]);
    bench.window = 0;
    bench.syn_ack(&[]);
    bench.expect(&["ACK 1:1"]);
    interrupted(&mut bench, &[]);
    let (lines, outcome) = bench.run_out();
    assert_eq!(lines.last().map(String::as_str), Some("1000: RST ACK 1:1"));
    assert_eq!(outcome, Outcome::Interrupted);
}

#[test]
fn in_fin_wait_it_resets_and_in_time_wait_it_just_goes() {
    let mut bench = Bench::established(|_| {});
    bench.sent();
    bench.pass(MS * 300);
    bench.expect(&["FIN ACK 1:1"]);
    bench.ack(1, 2);
    assert_eq!(bench.state(), State::FinWait2);
    let mut other = Bench { endpoint: bench.endpoint.clone(), ..bench };
    interrupted(&mut other, &["RST ACK 2:1"]);
    bench = other;
    bench.say(Flags::ACK, 1, 2, b"");
    assert_eq!(bench.outcome(), Some(Outcome::Interrupted));
}
