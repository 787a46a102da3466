//! FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK.

use super::bench::{Bench, MS};
use crate::craft::{Close, Outcome};
use crate::tcp::{Call, State};
use crate::wire::Flags;

fn talked(close: Close) -> Bench {
    let mut bench = Bench::established(|config| {
        config.close = close;
        config.payload = b"hello".to_vec();
    });
    bench.sent();
    bench.ack(1, 6);
    bench
}

/// In FIN-WAIT-1, nothing from the peer yet.
fn fin_wait_1() -> Bench {
    let mut bench = talked(Close::Active);
    bench.pass(MS * 300);
    let sent = bench.sent();
    assert_eq!((sent[0].line.as_str(), sent[0].emit.state), ("FIN ACK 6:1", State::FinWait1));
    assert_eq!(sent[0].emit.calls, [None, Some(Call::Close)]);
    bench
}

#[test]
fn active_with_four_segments() {
    let mut bench = fin_wait_1();
    bench.ack(1, 7);
    assert_eq!(bench.state(), State::FinWait2);
    bench.fin(1, 7);
    assert_eq!(bench.state(), State::TimeWait);
    bench.expect(&["ACK 7:2"]);
    assert_eq!(bench.run_out(), (vec![], Outcome::Closed));
}

#[test]
fn active_with_three_segments() {
    let mut bench = fin_wait_1();
    bench.fin(1, 7);
    assert_eq!(bench.state(), State::TimeWait);
    bench.expect(&["ACK 7:2"]);
}

#[test]
fn data_still_flows_after_our_fin() {
    let mut bench = fin_wait_1();
    bench.say(Flags::PSH | Flags::ACK, 1, 7, b"bye");
    bench.expect(&["ACK 7:4"]);
    bench.say(Flags::FIN | Flags::PSH | Flags::ACK, 4, 7, b"bye");
    bench.expect(&["ACK 7:8"]);
    assert_eq!(bench.state(), State::TimeWait);
}

#[test]
fn fins_that_really_cross() {
    let mut bench = fin_wait_1();
    bench.fin(1, 6);
    assert_eq!(bench.state(), State::Closing);
    bench.expect(&["ACK 7:2"]);
    bench.ack(2, 7);
    assert_eq!(bench.state(), State::TimeWait);
}

#[test]
fn our_fin_is_repeated() {
    let mut bench = fin_wait_1();
    let (lines, outcome) = bench.run_out();
    assert_eq!(lines, ["1000: FIN ACK 6:1", "3000: FIN ACK 6:1", "7000: FIN ACK 6:1"]);
    assert_eq!(outcome, Outcome::Unacknowledged { state: State::FinWait1 });
}

#[test]
fn a_peer_that_never_closes_is_left_at_the_deadline() {
    let mut bench = fin_wait_1();
    bench.ack(1, 7);
    assert_eq!(bench.run_out(), (vec![], Outcome::PeerNeverClosed { state: State::FinWait2 }));
}

#[test]
fn passive_waits_for_the_fin_of_the_peer() {
    let mut bench = talked(Close::Passive);
    bench.pass(MS * 5000);
    bench.expect(&[]);
    bench.fin(1, 6);
    assert_eq!(bench.state(), State::CloseWait);
    let sent = bench.sent();
    let lines: Vec<_> = sent.iter().map(|sent| (sent.line.as_str(), sent.emit.state)).collect();
    assert_eq!(lines, [("ACK 6:2", State::CloseWait), ("FIN ACK 6:2", State::LastAck)]);
    assert_eq!(sent[1].emit.calls, [None, Some(Call::Close)]);
    bench.ack(2, 7);
    assert_eq!((bench.state(), bench.outcome()), (State::Closed, Some(Outcome::Closed)));
}

#[test]
fn passive_gives_up_where_no_fin_comes() {
    let mut bench = talked(Close::Passive);
    assert_eq!(bench.run_out(), (vec![], Outcome::PeerNeverClosed { state: State::Established }));
}

#[test]
fn active_answers_a_peer_that_closes_first() {
    let mut bench = talked(Close::Active);
    bench.fin(1, 6);
    bench.expect(&["ACK 6:2", "FIN ACK 6:2"]);
    assert_eq!(bench.state(), State::LastAck);
}

#[test]
fn half_shuts_down_with_the_last_data_and_goes_on_receiving() {
    let mut bench = Bench::established(|config| {
        config.close = Close::Half;
        config.payload = vec![1; 150];
    });
    let sent = bench.sent();
    let lines: Vec<_> = sent.iter().map(|sent| sent.line.as_str()).collect();
    assert_eq!(lines, ["ACK 1:1", "ACK 1:1 +100", "FIN PSH ACK 101:1 +50"]);
    assert_eq!(sent[2].emit.calls, [None, Some(Call::ShutdownWrite)]);
    bench.ack(1, 152);
    bench.say(Flags::ACK, 1, 152, b"answer");
    bench.expect(&["ACK 152:7"]);
    assert_eq!(bench.state(), State::FinWait2);
    bench.pass(MS * 5000);
    bench.fin(7, 152);
    bench.expect(&["ACK 152:8"]);
    assert_eq!(bench.run_out().1, Outcome::Closed);
}

#[test]
fn half_without_data_sends_the_fin_alone() {
    let mut bench = Bench::established(|config| config.close = Close::Half);
    bench.expect(&["ACK 1:1", "FIN ACK 1:1"]);
}

#[test]
fn half_tells_both_calls_where_one_segment_carries_both() {
    let mut bench = Bench::established(|config| {
        config.close = Close::Half;
        config.payload = b"hello".to_vec();
    });
    let sent = bench.sent();
    assert_eq!(sent[1].line, "FIN PSH ACK 1:1 +5");
    assert_eq!(sent[1].emit.calls, [Some(Call::Send(5)), Some(Call::ShutdownWrite)]);
}

#[test]
fn reset_aborts_after_the_talk() {
    let mut bench = talked(Close::Reset);
    bench.pass(MS * 300);
    let sent = bench.sent();
    assert_eq!((sent[0].line.as_str(), sent[0].emit.state), ("RST ACK 6:1", State::Closed));
    assert_eq!(sent[0].emit.calls, [Some(Call::Abort), None]);
    assert_eq!(bench.outcome(), Some(Outcome::Aborted));
}

#[test]
fn a_reset_lets_the_acknowledgment_of_the_handshake_go_first() {
    let mut bench = Bench::established(|config| config.close = Close::Reset);
    bench.pass(MS * 300);
    bench.expect(&["ACK 1:1", "RST ACK 1:1"]);
    assert_eq!(bench.outcome(), Some(Outcome::Aborted));
}

#[test]
fn simultaneous_sends_a_fin_that_does_not_know_of_the_other() {
    let mut bench = talked(Close::Simultaneous);
    bench.say(Flags::FIN | Flags::PSH | Flags::ACK, 1, 6, b"bye");
    let sent = bench.sent();
    let lines: Vec<_> = sent.iter().map(|sent| (sent.line.as_str(), sent.emit.state)).collect();
    let expected = [("ACK 6:4", State::Established), ("FIN ACK 6:4", State::FinWait1), ("ACK 7:5", State::Closing)];
    assert_eq!(lines, expected);
    bench.ack(5, 7);
    assert_eq!(bench.state(), State::TimeWait);
    assert_eq!(bench.run_out().1, Outcome::Closed);
}

#[test]
fn simultaneous_gives_up_where_no_fin_comes() {
    let mut bench = talked(Close::Simultaneous);
    assert_eq!(bench.run_out(), (vec![], Outcome::PeerNeverClosed { state: State::Established }));
}

#[test]
fn a_fin_ahead_of_order_closes_only_when_the_rest_is_here() {
    let mut bench = talked(Close::Passive);
    bench.say(Flags::FIN | Flags::ACK, 4, 6, b"end");
    bench.expect(&["ACK 6:1"]);
    assert_eq!(bench.state(), State::Established);
    bench.say(Flags::ACK, 1, 6, b"the");
    bench.expect(&["ACK 6:8", "FIN ACK 6:8"]);
}

#[test]
fn a_reset_in_fin_wait_is_named_with_its_state() {
    let mut bench = fin_wait_1();
    bench.ack(1, 7);
    bench.say(Flags::RST | Flags::ACK, 1, 7, b"");
    assert_eq!(bench.outcome(), Some(Outcome::ResetByPeer { state: State::FinWait2 }));
}

#[test]
fn no_window_means_no_fin_but_a_probe() {
    let mut bench = talked(Close::Active);
    bench.window = 0;
    bench.ack(1, 6);
    bench.pass(MS * 300);
    bench.expect(&[]);
    bench.pass(MS * 1000);
    bench.expect(&["FIN ACK 6:1"]);
}
