//! Connections beyond the handshake: the program answers, and closes.

use super::bench::{Bench, MS};
use crate::craft::Outcome;
use crate::craft::listen::{Next, Note, ServerClose, Service, Text};
use crate::wire::Flags;

const ACK: Flags = Flags::ACK;
const FIN_ACK: Flags = Flags::FIN.with(ACK);

fn outcomes(bench: &Bench) -> Vec<Option<Outcome>> {
    let ended =
        bench.notes.iter().filter_map(|note| if let Note::Ended(_, outcome) = note { Some(*outcome) } else { None });
    ended.collect()
}

#[test]
fn an_echo_comes_back_and_the_fin_answers_that_of_the_client() {
    let mut bench = Bench::new(|_| {});
    let first = bench.connect(1);
    bench.say(1, ACK, 1, first, b"hello");
    let sent = bench.expect(&["1: ACK :6", "1: PSH ACK :6 +5"]);
    assert_eq!((sent[1].payload.as_slice(), sent[1].seq), (&b"hello"[..], first));
    bench.say(1, FIN_ACK, 6, first.wrapping_add(5), b"");
    bench.expect(&["1: ACK :7", "1: FIN ACK :7"]);
    bench.say(1, ACK, 7, first.wrapping_add(6), b"");
    bench.expect(&[]);
    assert_eq!(outcomes(&bench), [Some(Outcome::Closed)]);
    assert_eq!((bench.listener.connections(), bench.listener.stats().ended), (0, 1));
}

#[test]
fn two_clients_do_not_hear_each_other() {
    let mut bench = Bench::new(|_| {});
    let firsts = [1, 2].map(|port| bench.connect(port));
    bench.say(2, ACK, 1, firsts[1], b"two");
    bench.say(1, ACK, 1, firsts[0], b"one");
    let mut sent = bench.sent();
    sent.sort_by(|one, other| one.line.cmp(&other.line));
    let said: Vec<_> = sent
        .iter()
        .filter(|sent| !sent.payload.is_empty())
        .map(|sent| (sent.line.as_str(), sent.payload.as_slice()))
        .collect();
    assert_eq!(said, [("1: PSH ACK :4 +3", &b"one"[..]), ("2: PSH ACK :4 +3", b"two")]);
}

#[test]
fn what_comes_ahead_of_order_or_twice_is_read_once_and_in_order() {
    let mut bench = Bench::new(|_| {});
    let first = bench.connect(1);
    bench.say(1, ACK, 4, first, b"def");
    bench.expect(&["1: ACK :1"]);
    bench.say(1, ACK, 1, first, b"abc");
    assert_eq!(bench.expect(&["1: ACK :4", "1: PSH ACK :4 +3"])[1].payload, b"abc");
    bench.say(1, ACK, 2, first.wrapping_add(3), b"bcdef");
    assert_eq!(bench.expect(&["1: ACK :7", "1: PSH ACK :7 +3"])[1].payload, b"def");
}

#[test]
fn closing_first_follows_the_first_answer() {
    let mut bench = Bench::new(|config| {
        config.close = ServerClose::First;
        config.service = Box::new(|| Box::new(Text::new(b"bye".to_vec())));
    });
    let first = bench.connect(1);
    bench.say(1, ACK, 1, first, b"x");
    bench.expect(&["1: ACK :2", "1: PSH ACK :2 +3", "1: FIN ACK :2"]);
    bench.say(1, FIN_ACK, 2, first.wrapping_add(4), b"");
    bench.expect(&["1: ACK :3"]);
    bench.pass(MS * 300);
    bench.expect(&[]);
    assert_eq!(outcomes(&bench), [Some(Outcome::Closed)]);
}

#[test]
fn closing_first_does_not_wait_for_ever_for_a_question() {
    let mut bench = Bench::new(|config| config.close = ServerClose::First);
    bench.connect(1);
    bench.pass(MS * 299);
    bench.expect(&[]);
    bench.pass(MS);
    bench.expect(&["1: FIN ACK :1"]);
}

#[test]
fn a_reset_waits_until_the_answer_is_acknowledged() {
    let mut bench = Bench::new(|config| config.close = ServerClose::Reset);
    let first = bench.connect(1);
    bench.say(1, ACK, 1, first, b"x");
    bench.expect(&["1: ACK :2", "1: PSH ACK :2 +1"]);
    bench.say(1, ACK, 2, first.wrapping_add(1), b"");
    bench.expect(&["1: RST ACK :2"]);
    assert_eq!(outcomes(&bench), [Some(Outcome::Aborted)]);
    assert_eq!((bench.listener.stats().ended, bench.listener.stats().aborted), (1, 1));
}

#[test]
fn never_closing_leaves_the_client_in_fin_wait_2_until_it_is_silent_for_too_long() {
    let mut bench = Bench::new(|config| config.close = ServerClose::Never);
    let first = bench.connect(1);
    bench.say(1, FIN_ACK, 1, first, b"");
    bench.expect(&["1: ACK :2"]);
    bench.pass(MS * 9_999);
    bench.expect(&[]);
    bench.pass(MS);
    bench.expect(&["1: RST ACK :2"]);
    assert_eq!(bench.listener.stats().broken, 1);
}

#[test]
fn a_client_that_talks_is_not_too_silent() {
    let mut bench = Bench::new(|config| config.close = ServerClose::Never);
    let first = bench.connect(1);
    for said in 0..4 {
        bench.pass(MS * 8_000);
        bench.say(1, ACK, 1 + said, first.wrapping_add(said), b"x");
        assert_eq!(bench.sent().len(), 2);
        bench.say(1, ACK, 2 + said, first.wrapping_add(said + 1), b"");
    }
    assert_eq!(bench.listener.connections(), 1);
}

#[test]
fn a_client_that_does_not_read_gets_no_more_window() {
    let mut bench = Bench::new(|_| {});
    let first = bench.connect(1);
    let mut said = 0;
    let window = loop {
        bench.say(1, ACK, 1 + said, first, &[b'x'; 100]);
        said += 100;
        let Some(last) = bench.sent().pop() else { panic!("no answer") };
        if last.window < 100 || said > 5000 {
            break last.window;
        }
    };
    assert_eq!((window, said), (0, 1000), "the window is all that is kept");
    bench.say(1, ACK, 1 + said, first.wrapping_add(1000), b"");
    assert_eq!(bench.sent().last().map(|sent| sent.window), Some(1000), "and it opens again");
}

/// Closes behind its first answer.
struct Once;

impl Service for Once {
    fn read(&mut self, octets: &[u8], answer: &mut Vec<u8>) -> Next {
        answer.extend_from_slice(octets);
        Next::Close
    }
}

#[test]
fn a_program_may_close_by_itself() {
    let mut bench = Bench::new(|config| config.service = Box::new(|| Box::new(Once)));
    let first = bench.connect(1);
    bench.say(1, ACK, 1, first, b"x");
    bench.expect(&["1: ACK :2", "1: PSH ACK :2 +1", "1: FIN ACK :2"]);
}

#[test]
fn after_the_last_connection_that_was_asked_for_it_is_done() {
    let mut bench = Bench::new(|config| config.count = Some(1));
    let first = bench.connect(1);
    bench.syn(2);
    bench.expect(&[]);
    assert!(!bench.is_done());
    bench.say(1, Flags::RST, 1, first, b"");
    bench.sent();
    assert!(bench.is_done());
    assert_eq!(outcomes(&bench).len(), 1);
}

#[test]
fn an_interrupt_closes_by_fin_and_a_second_by_reset() {
    let mut bench = Bench::new(|_| {});
    bench.connect(1);
    bench.connect(2);
    bench.syn(3);
    bench.sent();
    bench.listener.interrupt(bench.now);
    let mut lines: Vec<String> = bench.sent().into_iter().map(|sent| sent.line).collect();
    lines.sort();
    assert_eq!(lines, ["1: FIN ACK :1", "2: FIN ACK :1"]);
    bench.listener.interrupt(bench.now);
    let mut lines: Vec<String> = bench.sent().into_iter().map(|sent| sent.line).collect();
    lines.sort();
    assert_eq!(lines, ["1: RST ACK :1", "2: RST ACK :1"]);
    assert!(bench.is_done());
}

#[test]
fn what_closes_in_good_order_after_an_interrupt_is_not_broken_off() {
    let mut bench = Bench::new(|_| {});
    let first = bench.connect(1);
    bench.sent();
    bench.listener.interrupt(bench.now);
    bench.sent();
    bench.say(1, FIN_ACK, 1, first.wrapping_add(1), b"");
    bench.expect(&["1: ACK :2"]);
    bench.pass(MS * 2000);
    bench.sent();
    assert!(bench.is_done());
    assert_eq!(outcomes(&bench), [Some(Outcome::Closed)]);
    assert_eq!((bench.listener.stats().ended, bench.listener.stats().broken), (1, 0));
}
