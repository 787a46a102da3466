//! LISTEN and SYN-RECEIVED.

use super::bench::{Bench, IRS, MS};
use crate::craft::Open;
use crate::craft::listen::{Note, SynFate};
use crate::tcp::State;
use crate::wire::{Flags, SegmentFields};

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const RST: Flags = Flags::RST;

#[test]
fn a_handshake_goes_from_listen_to_established() {
    let mut bench = Bench::new(|_| {});
    bench.syn(1);
    let sent = bench.expect(&["1: SYN ACK :1"]);
    assert_eq!((sent[0].mss, sent[0].bare), (Some(1460), false));
    assert_eq!(bench.listener.rows(9).iter().map(|row| row.state).collect::<Vec<_>>(), [State::SynReceived]);
    bench.say(1, ACK, 1, sent[0].seq.wrapping_add(1), b"");
    bench.expect(&[]);
    assert_eq!(bench.listener.rows(9).iter().map(|row| row.state).collect::<Vec<_>>(), [State::Established]);
    assert!(matches!(bench.notes[..], [Note::Established(sockets)] if sockets.remote().port() == 1));
    assert_eq!((bench.listener.half_open(), bench.listener.connections()), (0, 1));
}

#[test]
fn what_is_no_syn_is_reset_or_passed_over() {
    let mut bench = Bench::new(|_| {});
    bench.say(1, ACK, 1, 77, b"x");
    assert_eq!(bench.expect(&["1: RST"])[0].seq, 77);
    for flags in [RST, RST | ACK, Flags::FIN, SYN | Flags::FIN, SYN | RST, Flags::NONE, Flags::PSH] {
        bench.say(1, flags, 0, 77, b"");
        bench.expect(&[]);
    }
    bench.say(1, SYN | ACK, 0, 77, b"");
    bench.expect(&["1: RST"]);
    assert_eq!((bench.listener.half_open(), bench.listener.stats().strays_reset), (0, 2));
}

#[test]
fn another_address_or_a_damaged_segment_is_not_for_us() {
    let mut bench = Bench::new(|config| config.room = Box::new(|_| None));
    bench.syn(1);
    bench.expect(&[]);
}

#[test]
fn an_unanswered_syn_ack_is_repeated_with_back_off_and_then_given_up() {
    let mut bench = Bench::new(|_| {});
    bench.syn(1);
    let first = bench.expect(&["1: SYN ACK :1"])[0].seq;
    for wait in [1000, 2000] {
        bench.pass(MS * (wait - 1));
        bench.expect(&[]);
        bench.pass(MS);
        assert_eq!(bench.expect(&["1: SYN ACK :1"])[0].seq, first);
    }
    bench.pass(MS * 4000);
    bench.expect(&[]);
    assert_eq!((bench.listener.half_open(), bench.listener.stats().half_open_expired), (0, 1));
    assert!(matches!(bench.notes[..], [Note::Ended(_, None)]));
}

#[test]
fn a_repeated_syn_gets_the_same_syn_ack() {
    let mut bench = Bench::new(|_| {});
    bench.syn(1);
    let first = bench.expect(&["1: SYN ACK :1"])[0].seq;
    bench.syn(1);
    assert_eq!(bench.expect(&["1: SYN ACK :1"])[0].seq, first);
    assert_eq!((bench.listener.half_open(), bench.listener.stats().duplicate_syns), (1, 1));
}

#[test]
fn a_reset_in_syn_received_goes_back_to_listen_and_only_the_exact_one() {
    let mut bench = Bench::new(|_| {});
    bench.syn(1);
    bench.sent();
    bench.say(1, RST, 50, 0, b"");
    bench.expect(&["1: ACK :1"]); // RFC 5961 section 3.2: it might be forged
    bench.say(1, RST, 60, 0, b"");
    bench.expect(&[]); // RFC 5961 section 7: not for each of them
    assert_eq!(bench.listener.half_open(), 1);
    bench.say(1, RST, 1, 0, b"");
    bench.expect(&[]);
    assert_eq!((bench.listener.half_open(), bench.listener.stats().half_open_reset), (0, 1));
}

#[test]
fn another_syn_in_the_window_goes_back_to_listen() {
    let mut bench = Bench::new(|_| {});
    bench.syn(1);
    bench.sent();
    bench.say(1, SYN, 20, 0, b"");
    bench.expect(&[]);
    assert_eq!(bench.listener.half_open(), 0);
}

#[test]
fn a_wrong_acknowledgment_of_our_syn_is_reset() {
    let mut bench = Bench::new(|_| {});
    bench.syn(1);
    let first = bench.expect(&["1: SYN ACK :1"])[0].seq;
    bench.say(1, ACK, 1, first.wrapping_add(5), b"");
    assert_eq!(bench.expect(&["1: RST"])[0].seq, first.wrapping_add(5));
    assert_eq!(bench.listener.half_open(), 1, "RFC 9293 section 3.10.7.4: the connection stays");
    bench.say(1, ACK, 1, first.wrapping_add(1), b"");
    assert_eq!(bench.listener.connections(), 1);
}

#[test]
fn a_syn_ack_that_is_held_back_leaves_later_and_once() {
    let mut bench = Bench::new(|config| config.syn_ack_delay = MS * 700);
    bench.syn(1);
    bench.pass(MS * 300);
    bench.syn(1);
    bench.expect(&[]);
    bench.pass(MS * 400);
    bench.expect(&["1: SYN ACK :1"]);
    assert!(matches!(bench.notes[..], [Note::Syn(_, SynFate::Held)]));
}

#[test]
fn the_first_syns_can_be_lost() {
    let mut bench = Bench::new(|config| config.lose = 2);
    for _ in 0..2 {
        bench.syn(1);
        bench.expect(&[]);
    }
    bench.syn(1);
    bench.expect(&["1: SYN ACK :1"]);
    assert_eq!((bench.listener.stats().lost, bench.listener.stats().syns), (2, 1));
    assert!(matches!(bench.notes[..], [Note::Syn(_, SynFate::Lost), Note::Syn(_, SynFate::Lost)]));
}

#[test]
fn a_split_handshake_answers_with_a_syn() {
    let mut bench = Bench::new(|config| config.open = Open::Split);
    bench.syn(1);
    let first = bench.expect(&["1: SYN"])[0].seq.wrapping_add(1);
    assert_eq!((bench.listener.half_open(), bench.listener.connections()), (1, 0));
    bench.say(1, SYN | ACK, 0, first, b"");
    bench.expect(&["1: ACK :1"]);
    assert_eq!((bench.listener.half_open(), bench.listener.connections()), (0, 1));
}

#[test]
fn a_simultaneous_open_answers_with_a_syn_and_a_syn_ack() {
    let mut bench = Bench::new(|config| config.open = Open::Simultaneous);
    bench.syn(1);
    let first = bench.expect(&["1: SYN", "1: SYN ACK :1"])[0].seq.wrapping_add(1);
    bench.say(1, SYN | ACK, 0, first, b"");
    bench.expect(&[]);
    assert_eq!(bench.listener.connections(), 1);
}

#[test]
fn the_window_of_the_client_counts_from_its_syn_on() {
    let mut bench = Bench::new(|_| {});
    let fields = SegmentFields { seq: IRS, flags: SYN, window: 3, ..SegmentFields::default() };
    bench.arrive(1, &fields);
    let first = bench.expect(&["1: SYN ACK :1"])[0].seq.wrapping_add(1);
    let fields =
        SegmentFields { seq: IRS + 1, ack: first, flags: ACK, window: 3, payload: b"hello".to_vec(), ..fields };
    bench.arrive(1, &fields);
    bench.expect(&["1: ACK :6", "1: ACK :6 +3"]);
}
