//! ESTABLISHED: data both ways.

use super::bench::{Bench, MS};
use crate::craft::{Close, Outcome, Timing};
use crate::tcp::{Call, Seq, State};
use crate::wire::{Flags, TcpOption};

fn sending(octets: usize) -> Bench {
    let mut bench = Bench::established(|config| config.payload = (0..octets).map(|index| index as u8).collect());
    assert_eq!(bench.sent().remove(0).line, "ACK 1:1");
    bench
}

#[test]
fn data_is_cut_by_the_mss_of_the_peer() {
    let mut bench = Bench::established(|config| config.payload = vec![1; 250]);
    let sent = bench.sent();
    let lines: Vec<_> = sent.iter().map(|sent| sent.line.as_str()).collect();
    assert_eq!(lines, ["ACK 1:1", "ACK 1:1 +100", "ACK 101:1 +100", "PSH ACK 201:1 +50"]);
    assert_eq!(sent[1].emit.calls, [Some(Call::Send(250)), None]);
    assert_eq!(sent[2].emit.calls, [None, None]);
}

#[test]
fn options_take_room_from_the_payload() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 250]);
    bench.syn_ack(&[TcpOption::Mss(100), TcpOption::Timestamps { value: 1, echo: 0 }]);
    assert_eq!(bench.sent()[1].payload.len(), 88);
}

#[test]
fn the_window_of_the_peer_is_kept() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 350]);
    bench.window = 150;
    bench.syn_ack(&[TcpOption::Mss(100)]);
    bench.expect(&["ACK 1:1", "ACK 1:1 +100"]); // 50 more would be silly: wait for the acknowledgment
    bench.ack(1, 101);
    bench.expect(&["ACK 101:1 +100"]);
    bench.window = 0;
    bench.ack(1, 201);
    bench.expect(&[]);
    bench.window = 1000;
    bench.ack(1, 201);
    bench.expect(&["ACK 201:1 +100", "PSH ACK 301:1 +50"]);
}

#[test]
fn a_zero_window_is_probed_with_one_octet_for_as_long_as_the_peer_answers() {
    let mut bench = Bench::syn_sent(|config| {
        config.payload = vec![1; 20];
        config.timing = Timing { retries: 1, deadline: MS * 100_000, ..Timing::default() };
    });
    bench.window = 0;
    bench.syn_ack(&[]);
    bench.expect(&["ACK 1:1"]);
    for wait in [1, 2, 4, 8] {
        bench.pass(MS * 1000 * wait);
        bench.expect(&["ACK 1:1 +1"]);
        bench.ack(1, 1);
        bench.expect(&[]);
    }
    bench.window = 100;
    bench.ack(1, 1);
    bench.expect(&["PSH ACK 1:1 +20"]);
}

#[test]
fn what_carries_no_text_keeps_to_the_closed_window() {
    let mut bench = Bench::syn_sent(|config| {
        config.payload = vec![1; 20];
        config.close = Close::Reset;
    });
    bench.window = 0;
    bench.syn_ack(&[]);
    bench.expect(&["ACK 1:1"]);
    bench.pass(MS * 1000);
    bench.expect(&["ACK 1:1 +1"]);
    bench.ack(1, 1);
    // The octet of the probe was not taken: the peer would believe no number behind its window.
    bench.say(Flags::ACK, 1, 1, b"hello");
    bench.expect(&["ACK 1:6"]);
    bench.endpoint.interrupt(bench.now);
    bench.expect(&["RST ACK 1:6"]);
}

#[test]
fn a_window_drawn_back_over_what_is_in_flight_moves_the_reset_back() {
    let mut bench = sending(300);
    bench.window = 50;
    bench.ack(1, 101);
    bench.endpoint.interrupt(bench.now);
    bench.endpoint.interrupt(bench.now);
    bench.expect(&["RST ACK 151:1"]);
}

#[test]
fn a_window_that_stays_closed_is_no_silence() {
    let mut bench = Bench::syn_sent(|config| {
        config.payload = vec![1; 20];
        config.close = Close::Passive;
        config.timing.deadline = MS * 3500;
    });
    bench.window = 0;
    bench.syn_ack(&[]);
    bench.expect(&["ACK 1:1"]);
    for wait in [1, 2] {
        bench.pass(MS * 1000 * wait);
        bench.expect(&["ACK 1:1 +1"]);
        bench.ack(1, 1);
        bench.expect(&[]);
    }
    let (lines, outcome) = bench.run_out();
    assert_eq!(lines, ["500: RST ACK 1:1"]);
    assert_eq!(outcome, Outcome::WindowClosed { lasted: MS * 3500, acked: 0, total: 20 });
}

#[test]
fn a_peer_that_takes_its_time_is_told_from_a_silent_one() {
    let mut bench = Bench::established(|config| {
        config.payload = vec![1; 20_000];
        config.timing.deadline = MS * 1000;
    });
    bench.sent();
    // Talking and closing have a deadline each.
    for round in 1..=2 {
        bench.pass(MS * 900);
        bench.ack(1, 1 + round * 100);
        bench.sent();
    }
    let (lines, outcome) = bench.run_out();
    assert!(lines.last().is_some_and(|line| line.contains(": RST ACK")), "{lines:?}");
    assert_eq!(outcome, Outcome::TooSlow { acked: 200, total: 20_000 });
}

#[test]
fn a_probe_that_is_taken_moves_us_on() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 20]);
    bench.window = 0;
    bench.syn_ack(&[]);
    bench.expect(&["ACK 1:1"]);
    bench.pass(MS * 1000);
    bench.expect(&["ACK 1:1 +1"]);
    bench.window = 100;
    bench.ack(1, 2);
    bench.expect(&["PSH ACK 2:1 +19"]);
}

#[test]
fn what_is_not_acknowledged_is_sent_again_with_back_off() {
    let mut bench = Bench::established(|config| {
        config.payload = b"hello".to_vec();
        config.timing.deadline = MS * 60_000;
    });
    let (lines, outcome) = bench.run_out();
    let expected =
        ["0: ACK 1:1", "0: PSH ACK 1:1 +5", "1000: PSH ACK 1:1 +5", "3000: PSH ACK 1:1 +5", "7000: PSH ACK 1:1 +5"];
    assert_eq!(lines, expected);
    assert_eq!(outcome, Outcome::Unacknowledged { state: State::Established });
}

#[test]
fn after_a_timeout_one_segment_goes_first() {
    let mut bench = sending(300);
    bench.pass(MS * 1000);
    bench.expect(&["ACK 1:1 +100"]);
    bench.ack(1, 101);
    bench.expect(&["ACK 101:1 +100", "PSH ACK 201:1 +100"]);
    bench.ack(1, 301);
    bench.expect(&[]);
}

#[test]
fn the_third_duplicate_acknowledgment_resends_at_once() {
    let mut bench = sending(400);
    bench.ack(1, 1);
    bench.ack(1, 1);
    bench.expect(&[]);
    bench.ack(1, 1);
    bench.expect(&["ACK 1:1 +100"]);
    bench.ack(1, 401);
    bench.expect(&[]);
}

#[test]
fn data_is_acknowledged_and_out_of_order_data_kept() {
    let mut bench = sending(0);
    bench.say(Flags::ACK, 6, 1, b"world");
    bench.expect(&["ACK 1:1"]);
    bench.say(Flags::ACK, 1, 1, b"hello");
    bench.expect(&["ACK 1:11"]);
    bench.say(Flags::ACK, 6, 1, b"world");
    bench.expect(&["ACK 1:11"]);
    bench.say(Flags::ACK, 8, 1, b"rld and more");
    bench.expect(&["ACK 1:20"]);
}

#[test]
fn blocks_tell_what_has_arrived_ahead_of_order() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.syn_ack(&[TcpOption::SackPermitted]);
    bench.sent();
    bench.say(Flags::ACK, 11, 1, b"0123456789");
    bench.say(Flags::ACK, 31, 1, b"0123456789");
    let sent = bench.sent();
    let at = |number| super::bench::IRS + number;
    assert_eq!(sent[0].options.sack.as_slice(), [(at(31), at(41)), (at(11), at(21))]);
}

#[test]
fn timestamps_echo_what_the_next_number_brought() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.stamp = Some((100, 0));
    bench.syn_ack(&[TcpOption::Timestamps { value: 100, echo: 0 }]);
    assert_eq!(bench.sent()[0].options.timestamps, Some((0, 100)));
    bench.pass(MS * 7);
    bench.stamp = Some((105, 0));
    bench.say(Flags::ACK, 5, 1, b"late");
    assert_eq!(bench.sent()[0].options.timestamps, Some((7, 100)), "a gap: the stamp of what is missing counts");
    bench.stamp = Some((103, 0));
    bench.say(Flags::ACK, 1, 1, b"miss");
    assert_eq!(bench.sent()[0].options.timestamps, Some((7, 103)));
}

#[test]
fn a_segment_with_an_old_stamp_or_none_is_not_taken() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.stamp = Some((100, 0));
    bench.syn_ack(&[TcpOption::Timestamps { value: 100, echo: 0 }]);
    bench.sent();
    bench.stamp = Some((99, 0));
    bench.say(Flags::ACK, 1, 1, b"old");
    bench.expect(&["ACK 1:1"]);
    bench.stamp = None;
    bench.say(Flags::ACK, 1, 1, b"none");
    bench.expect(&[]);
}

#[test]
fn silence_ends_talking_and_news_prolong_it() {
    let mut bench = sending(5);
    bench.pass(MS * 500);
    bench.expect(&[]); // not acknowledged yet, so this is not silence
    bench.ack(1, 6);
    bench.pass(MS * 299);
    bench.say(Flags::PSH | Flags::ACK, 1, 6, b"hello");
    bench.expect(&["ACK 6:6"]);
    bench.pass(MS * 299);
    bench.expect(&[]);
    bench.pass(MS);
    bench.expect(&["FIN ACK 6:6"]);
}

#[test]
fn a_peer_that_never_stops_talking_is_closed_at_the_deadline() {
    let mut bench = sending(0);
    let mut at = 1;
    for _ in 0..100 {
        bench.pass(MS * 100);
        bench.say(Flags::ACK, at, 1, b"more");
        at += 4;
        if bench.sent().iter().any(|sent| sent.line.starts_with("FIN")) {
            break;
        }
    }
    assert_eq!(bench.state(), State::FinWait1);
}

#[test]
fn an_exact_reset_is_believed_and_one_in_the_window_challenged() {
    let mut bench = sending(0);
    bench.say(Flags::RST, 2000, 0, b"");
    bench.expect(&["ACK 1:1"]);
    bench.say(Flags::RST, 70_000, 0, b"");
    bench.expect(&[]);
    bench.say(Flags::RST, 1, 0, b"");
    assert_eq!(bench.outcome(), Some(Outcome::ResetByPeer { state: State::Established }));
}

#[test]
fn challenges_are_limited() {
    let mut bench = sending(0);
    bench.say(Flags::SYN, 0, 0, b"");
    bench.expect(&["ACK 1:1"]);
    bench.say(Flags::RST, 9, 0, b"");
    bench.ack(1, 9); // of what was never sent
    bench.ack(0, 1); // a number too low, and nothing in it
    bench.expect(&[]);
    bench.pass(MS * 500);
    // The quiet time is over by now, so that the FIN goes out too.
    bench.ack(0, 1);
    bench.expect(&["ACK 1:1", "FIN ACK 1:1"]);
}

#[test]
fn without_a_way_of_closing_the_connection_is_left() {
    let mut bench = Bench::established(|config| {
        config.close = Close::None;
        config.payload = b"hello".to_vec();
    });
    bench.expect(&["ACK 1:1", "PSH ACK 1:1 +5"]);
    bench.ack(1, 6);
    let (lines, outcome) = bench.run_out();
    assert_eq!((lines.len(), outcome, bench.state()), (0, Outcome::LeftOpen, State::Established));
}

#[test]
fn congestion_is_echoed_and_answered() {
    let mut bench = Bench::new(|config| {
        config.offer.ecn = true;
        config.payload = vec![0; 1500];
    });
    bench.sent();
    bench.say(Flags::SYN | Flags::ACK | Flags::ECE, 0, 1, b"");
    assert_eq!(bench.sent().len(), 4, "ACK and three segments of 536");
    bench.say(Flags::ACK | Flags::ECE, 1, 537, b"");
    bench.ack(1, 1501);
    assert!(bench.endpoint.send.believes(Seq(super::bench::ISS) + 1501));
    let (local, remote) = super::bench::sockets();
    let fields = bench.fields(Flags::ACK, 1, 1501, b"marked");
    let ip = crate::wire::IpFields { tos: 0b11, ..Default::default() };
    let packet = crate::wire::emit::segment(remote, local, &ip, &fields).unwrap();
    bench.arrive_bytes(&packet);
    bench.expect(&["ACK ECE 1501:7"]);
    bench.say(Flags::ACK | Flags::CWR, 7, 1501, b"slower");
    bench.expect(&["ACK 1501:13"]);
}
