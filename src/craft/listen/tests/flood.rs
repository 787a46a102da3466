//! More than there is place for.

use super::bench::{Bench, IRS, MS};
use crate::craft::listen::{Cookies, Overflow};
use crate::wire::{Flags, SegmentFields, TcpOption};

const ACK: Flags = Flags::ACK;

#[test]
fn a_syn_beyond_the_backlog_is_dropped_and_taken_when_there_is_place_again() {
    let mut bench = Bench::new(|config| config.backlog = 1);
    bench.syn(1);
    let first = bench.expect(&["1: SYN ACK :1"])[0].seq.wrapping_add(1);
    bench.syn(2);
    bench.expect(&[]);
    bench.say(1, ACK, 1, first, b"");
    bench.syn(2);
    bench.expect(&["2: SYN ACK :1"]);
    assert_eq!(bench.listener.stats().overflow_dropped, 1);
}

#[test]
fn a_syn_beyond_the_backlog_is_refused_where_that_is_asked_for() {
    let mut bench = Bench::new(|config| {
        config.backlog = 0;
        config.overflow = Overflow::Refuse;
    });
    bench.syn(1);
    assert_eq!(bench.expect(&["1: RST ACK :1"])[0].seq, 0);
    assert_eq!(bench.listener.stats().overflow_refused, 1);
}

#[test]
fn a_handshake_that_finds_no_place_waits_or_is_refused() {
    for (overflow, lines) in [(Overflow::Drop, &[][..]), (Overflow::Refuse, &["2: RST"])] {
        let mut bench = Bench::new(|config| {
            config.connections = 1;
            config.overflow = overflow;
        });
        bench.syn(1);
        bench.syn(2);
        let firsts: Vec<u32> = bench.sent().iter().map(|sent| sent.seq.wrapping_add(1)).collect();
        bench.say(1, ACK, 1, firsts[0], b"");
        bench.say(2, ACK, 1, firsts[1], b"");
        bench.expect(lines);
        assert_eq!(bench.listener.connections(), 1);
        if overflow == Overflow::Drop {
            bench.say(1, Flags::RST, 1, 0, b"");
            bench.sent();
            bench.say(2, ACK, 1, firsts[1], b"");
            bench.expect(&[]);
            assert_eq!(bench.listener.stats().accepted, 2);
        }
    }
}

#[test]
fn a_cookie_is_all_that_is_kept() {
    for (cookies, backlog) in [(Cookies::Always, 9), (Cookies::Full, 0)] {
        let mut bench = Bench::new(|config| (config.cookies, config.backlog) = (cookies, backlog));
        bench.syn(1);
        let sent = bench.expect(&["1: SYN ACK :1"]);
        assert!(sent[0].bare, "a cookie has no room for options");
        assert_eq!(bench.listener.half_open(), 0);
        bench.pass(MS * 60_000);
        bench.say(1, ACK, 1, sent[0].seq.wrapping_add(1), &[b'x'; 1000]);
        // The client's MSS of 1000 came back with its cookie, as the largest of the table that is not above it.
        bench.expect(&["1: ACK :1001", "1: ACK :1001 +940", "1: PSH ACK :1001 +60"]);
        assert_eq!((bench.listener.connections(), bench.listener.stats().cookies_taken), (1, 1));
    }
}

#[test]
fn a_cookie_is_good_for_its_owner_and_its_time_only() {
    let mut bench = Bench::new(|config| config.cookies = Cookies::Always);
    bench.syn(1);
    let cookie = bench.sent()[0].seq.wrapping_add(1);
    for (port, seq, ack) in [(2, 1, cookie), (1, 2, cookie), (1, 1, cookie.wrapping_add(1)), (1, 1, cookie ^ 1 << 24)] {
        bench.say(port, ACK, seq, ack, b"");
        bench.expect(&[&format!("{port}: RST")]);
    }
    bench.pass(MS * 128_000);
    bench.say(1, ACK, 1, cookie, b"");
    bench.expect(&["1: RST"]);
    assert_eq!(bench.listener.connections(), 0);
}

#[test]
fn every_size_of_the_table_survives_its_cookie() {
    for (offered, kept) in [(100, 216), (536, 536), (1219, 940), (1460, 1460), (9000, 1460)] {
        let mut bench = Bench::new(|config| (config.cookies, config.window) = (Cookies::Always, 4000));
        let mut fields = SegmentFields { seq: IRS, flags: Flags::SYN, window: 8000, ..SegmentFields::default() };
        fields.push_option(TcpOption::Mss(offered));
        bench.arrive(1, &fields);
        let first = bench.sent()[0].seq.wrapping_add(1);
        bench.say(1, ACK, 1, first, &[b'x'; 1460]);
        assert_eq!(bench.sent()[1].payload.len(), kept, "{offered}");
    }
}

#[test]
fn a_flood_takes_no_more_than_its_places() {
    let mut bench = Bench::new(|config| config.cookies = Cookies::Full);
    for port in 1..=50_000 {
        bench.syn(port);
        assert_eq!(bench.sent().len(), 1);
    }
    let stats = *bench.listener.stats();
    assert_eq!((bench.listener.half_open(), stats.cookies_sent), (4, 49_996));
    let first = bench.connect(60_000);
    bench.say(60_000, ACK, 1, first, b"x");
    bench.expect(&["60000: ACK :2", "60000: PSH ACK :2 +1"]);
}

#[test]
fn a_half_open_connection_is_small() {
    assert!(size_of::<super::super::half_open::HalfOpen>() <= 80);
    assert!(size_of::<crate::craft::Endpoint>() > 5 * size_of::<super::super::half_open::HalfOpen>());
}
