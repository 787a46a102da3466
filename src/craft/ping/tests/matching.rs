//! What is sent, and which messages count.

use proptest::prelude::*;

use super::*;
use crate::craft::ping::{Departure, Pattern, QuotedRequest, Reply, max_size};

fn reply(event: Option<Event>) -> Reply {
    match event {
        Some(Event::Reply(reply)) => reply,
        other => panic!("no reply: {other:?}"),
    }
}

#[test]
fn a_request_is_what_iputils_sends() {
    let request = Run::to(THERE).send();
    assert_eq!(request.len(), 64);
    assert_eq!(request[..2], [8, 0]);
    assert_eq!(request[4..8], [0x12, 0x34, 0, 1]);
    assert_eq!(request[8..16], 1_700_000_000_i64.to_ne_bytes());
    assert_eq!(request[16..24], 123_456_i64.to_ne_bytes());
    assert_eq!(request[24..], (16..56).collect::<Vec<u8>>());
    let header = Icmpv4Header::from_slice(&request).unwrap().0;
    assert_eq!(header.checksum, header.icmp_type.calc_checksum(&request[8..]));
}

#[test]
fn the_checksum_of_icmpv6_is_the_kernels() {
    assert_eq!(Run::to(THERE_V6).send()[..8], [128, 0, 0, 0, 0x12, 0x34, 0, 1]);
}

#[test]
fn data_without_room_for_a_time_is_all_pattern() {
    let pattern: Pattern = "abc".parse().unwrap();
    let request = |size| Run::new(Config { size, pattern: pattern.clone(), ..config(THERE) }).send();
    assert_eq!(request(0).len(), 8);
    assert_eq!(request(15)[8..], [0xab, 0x0c].repeat(8)[..15]);
    assert_eq!(request(19)[24..], [0xab, 0x0c, 0xab]);
}

#[test]
fn patterns_have_1_to_16_octets() {
    assert_eq!("fF".parse::<Pattern>().unwrap().to_string(), "ff");
    assert_eq!("f".repeat(32).parse::<Pattern>().unwrap().fill(17), [0xff; 17]);
    for wrong in ["", "0g", "é", &"f".repeat(33)] {
        assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
    }
}

#[test]
fn the_largest_request_fills_a_packet() {
    assert_eq!([max_size(ip(THERE)), max_size(ip(THERE_V6))], [65_507, 65_527]);
}

#[test]
fn a_reply_is_matched_and_measured() {
    for there in [THERE, THERE_V6] {
        let mut run = Run::to(there);
        let request = run.send();
        run.pass(7);
        let reply = reply(run.arrives(&reply_to(&request)));
        assert_eq!((reply.seq, reply.bytes, reply.ttl, reply.rtt), (1, 64, Some(64), ms(7)), "{there}");
        assert!(!reply.duplicate && !reply.truncated && !reply.bad_checksum && reply.wrong_data.is_none());
        assert_eq!(run.ping.statistics().received, 1);
    }
}

#[test]
fn what_is_not_ours_is_not_counted() {
    let mut run = Run::to(THERE);
    let request = run.send();
    let echo = |id, seq| v4(Icmpv4Type::EchoReply(IcmpEchoHeader { id, seq }), &request[8..]);
    assert_eq!(run.arrives(&request), None, "our own request, as loopback shows it");
    assert_eq!(run.arrives(&echo(ID + 1, 1)), None, "another identifier");
    assert_eq!(run.arrives(&echo(ID, 2)), None, "never sent");
    assert_eq!(run.arrives(&echo(ID, 0)), None, "never sent");
    assert_eq!(run.arrives_from(ip("192.0.2.3"), &reply_to(&request)), None, "from another host");
    let numbers = run.ping.statistics();
    assert_eq!((numbers.received, numbers.duplicates, numbers.errors, numbers.corrupted), (0, 0, 0, 0));
}

#[test]
fn anybody_may_answer_a_group() {
    let mut run = Run::to("ff02::1");
    let request = run.send();
    assert!(!reply(run.arrives_from(ip("fe80::1"), &reply_to(&request))).duplicate);
    assert!(reply(run.arrives_from(ip("fe80::2"), &reply_to(&request))).duplicate);
}

#[test]
fn a_second_reply_is_a_duplicate() {
    let mut run = Run::to(THERE);
    let request = run.send();
    run.arrives(&reply_to(&request));
    run.pass(4);
    assert!(reply(run.arrives(&reply_to(&request))).duplicate);
    let numbers = run.ping.statistics();
    assert_eq!((numbers.received, numbers.duplicates, numbers.rtt.max), (1, 1, ms(4)));
}

#[test]
fn a_wrong_checksum_is_named_and_not_counted_as_received() {
    let mut run = Run::to(THERE);
    let mut bytes = reply_to(&run.send());
    bytes[2] ^= 0x55;
    assert!(reply(run.arrives(&bytes)).bad_checksum);
    let numbers = run.ping.statistics();
    assert_eq!((numbers.received, numbers.corrupted), (0, 1));
    bytes[2] ^= 0x55;
    assert!(!reply(run.arrives(&bytes)).duplicate, "the good one is the first");
}

#[test]
fn data_that_changed_or_is_missing_is_named() {
    let mut run = Run::to(THERE);
    let request = run.send();
    let echo = Icmpv4Type::EchoReply(IcmpEchoHeader { id: ID, seq: 1 });
    let mut data = request[8..].to_vec();
    data[0] ^= 0x21;
    assert_eq!(reply(run.arrives(&v4(echo.clone(), &data))).wrong_data, None, "the time is not compared");
    data[44] ^= 0x21;
    let wrong = reply(run.arrives(&v4(echo.clone(), &data))).wrong_data.unwrap();
    assert_eq!((wrong.offset, wrong.expected, wrong.found, wrong.data.len()), (44, 0x2c, 0x0d, 40));
    let short = reply(run.arrives(&v4(echo.clone(), &request[8..40])));
    assert!(short.truncated && short.wrong_data.is_none());
    let long = reply(run.arrives(&v4(echo, &[&request[8..], b"xyz"].concat())));
    assert!(!long.truncated && long.wrong_data.is_none());
    assert_eq!(long.bytes, 67);
}

#[test]
fn an_error_is_matched_by_the_request_that_it_quotes() {
    let mut run = Run::to(THERE);
    let request = run.send();
    let packet = packet(THERE, &request);
    let router = ip("192.0.2.254");
    let Some(Event::Error(error)) = run.arrives_from(router, &error(11, 0, [0; 4], &packet)) else {
        panic!("an error")
    };
    assert_eq!((error.seq, error.from, error.kind, error.code, error.lost), (1, router, 11, 0, true));
    assert_eq!(run.ping.statistics().errors, 1);
    assert!(run.arrives(&super::error(3, 1, [0; 4], &packet[..28])).is_some(), "eight octets are enough");
}

#[test]
fn an_error_about_something_else_is_ignored() {
    let mut run = Run::to(THERE);
    let request = run.send();
    let packet = packet(THERE, &request);
    let changed = |at: usize, value: u8| {
        let mut packet = packet.clone();
        packet[at] = value;
        error(3, 1, [0; 4], &packet)
    };
    let cases = [
        ("another identifier", changed(25, 0)),
        ("never sent", changed(27, 9)),
        ("a reply of ours", changed(20, 0)),
        ("a code that we never send", changed(21, 1)),
        ("another destination", changed(19, 9)),
        ("UDP", changed(9, 17)),
        ("a later fragment", changed(7, 1)),
        ("not IP", changed(0, 0x15)),
    ];
    for (why, bytes) in cases {
        assert_eq!(run.arrives(&bytes), None, "{why}");
    }
    let mut damaged = error(3, 1, [0; 4], &packet);
    damaged[3] ^= 1;
    assert_eq!(run.arrives(&damaged), None, "a wrong checksum");
    assert_eq!(run.ping.statistics().errors, 0);
}

#[test]
fn an_icmpv6_error_is_matched_too() {
    let mut run = Run::to(THERE_V6);
    let request = run.send();
    let quoted = packet(THERE_V6, &request);
    let Some(Event::Error(error)) = run.arrives(&error_v6(2, 0, 1280_u32.to_be_bytes(), &quoted)) else {
        panic!("an error")
    };
    assert_eq!((error.kind, error.info, error.v6), (2, 1280, true));
    let other = packet("2001:db8::3", &request);
    assert_eq!(run.arrives(&error_v6(1, 3, [0; 4], &other)), None, "another destination");
    assert_eq!(run.arrives(&error_v6(137, 0, [0; 4], &quoted)), None, "not an error");
}

#[test]
fn advice_is_told_and_loses_nothing() {
    let mut run = Run::to(THERE);
    let packet = packet(THERE, &run.send());
    let Some(Event::Error(error)) = run.arrives(&error(5, 1, [192, 0, 2, 99], &packet)) else { panic!("a redirect") };
    assert!(!error.lost);
    assert_eq!(run.ping.statistics().errors, 0);
}

#[test]
fn the_kernels_error_queue_speaks_of_our_request() {
    let mut run = Run::new(Config { identifier: None, ..config(THERE) });
    let request = run.send();
    let (time, from) = (run.now().time, ip(HERE));
    let queued = |request| Arrival::Error { time, from, kind: 3, code: 1, info: 0, request };
    assert!(matches!(run.ping.arrived(run.now(), &queued(&request)), Some(Event::Error(_))));
    assert_eq!(run.ping.arrived(run.now(), &queued(&request[..7])), None);
    let local = Arrival::Local { time, reason: "Message too long", request: &request };
    assert!(matches!(run.ping.arrived(run.now(), &local), Some(Event::Local(error)) if error.seq == 1));
    assert_eq!(run.ping.statistics().errors, 2);
}

#[test]
fn a_reply_after_an_error_still_counts() {
    let mut run = Run::to(THERE);
    let request = run.send();
    run.arrives(&error(3, 1, [0; 4], &packet(THERE, &request)));
    assert!(!reply(run.arrives(&reply_to(&request))).duplicate);
    let numbers = run.ping.statistics();
    assert_eq!((numbers.received, numbers.errors), (1, 1));
}

/// Somebody sets the clock of this machine between request and reply.
#[test]
fn a_clock_that_is_set_does_not_spoil_the_round_trip() {
    for step in [-3_600_000_000_000_i64, 3_600_000_000_000] {
        let mut run = Run::to(THERE);
        let request = run.send();
        run.pass(5);
        let mut now = run.now();
        now.time = Time::from_nanos(now.time.as_nanos() + step);
        let bytes = reply_to(&request);
        let arrival = Arrival::Message { time: now.time, from: ip(THERE), ttl: None, options: &[], bytes: &bytes };
        assert_eq!(reply(run.ping.arrived(now, &arrival)).rtt, ms(5));
    }
}

#[test]
fn sequence_numbers_begin_again_after_65535() {
    let mut run = Run::new(Config { interval: Duration::ZERO, ..config(THERE) });
    for _ in 0..=65_536 {
        let request = run.send();
        run.arrives(&reply_to(&request));
    }
    let last = run.send();
    assert_eq!(last[6..8], [0, 2]);
    assert!(!reply(run.arrives(&reply_to(&last))).duplicate);
    assert_eq!(run.ping.statistics().received, 65_538);
}

#[test]
fn a_message_cut_anywhere_does_no_harm() {
    for (there, whole) in [
        (THERE, error(3, 1, [0; 4], &packet(THERE, &Run::to(THERE).send()))),
        (THERE_V6, error_v6(1, 3, [0; 4], &packet(THERE_V6, &Run::to(THERE_V6).send()))),
    ] {
        for length in 0..whole.len() {
            let mut run = Run::to(there);
            run.send();
            run.arrives(&whole[..length]);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..200), v6 in any::<bool>()) {
        let mut run = Run::to(if v6 { THERE_V6 } else { THERE });
        run.send();
        run.arrives(&bytes);
        let (time, from) = (run.now().time, ip(THERE));
        run.ping.arrived(run.now(), &Arrival::Error { time, from, kind: 3, code: 1, info: 0, request: &bytes });
        prop_assert!(run.ping.statistics().transmitted == 1);
    }
}

/// A request that leaves two milliseconds after it was handed over, and is answered three later.
fn stamped(nth: u32, at: i64) -> Reply {
    let mut run = Run::to(THERE);
    let request = run.send();
    let handed_over = run.now().time;
    run.pass(5);
    run.ping.departed(run.now(), nth, Time::from_nanos(handed_over.as_nanos() + at));
    reply(run.arrives(&reply_to(&request)))
}

#[test]
fn a_round_trip_begins_with_the_kernels_stamp() {
    let with = stamped(0, 2_000_000);
    assert_eq!((with.rtt, with.departure), (ms(3), Departure::Kernel));
    for (nth, at) in [(0, -1), (0, 5_000_001), (1, 2_000_000), (u32::MAX, 2_000_000)] {
        let without = stamped(nth, at);
        assert_eq!((without.rtt, without.departure), (ms(5), Departure::Program), "{nth} {at}");
    }
}

#[test]
fn a_request_that_never_left_has_no_stamp() {
    let mut run = Run::to(THERE);
    run.step();
    run.ping.request(run.now());
    run.ping.refused(run.now(), Refusal::Other, "no".into());
    run.pass(1_000);
    let request = run.send();
    let stamp = run.now().time;
    run.pass(4);
    run.ping.departed(run.now(), 0, stamp);
    assert_eq!(
        reply(run.arrives(&reply_to(&request))).departure,
        Departure::Kernel,
        "the first that left is the second"
    );
}

#[test]
fn a_quote_is_told() {
    let mut run = Run::to(THERE);
    let packet = packet(THERE, &run.send());
    let Some(Event::Error(error)) = run.arrives(&error(11, 0, [0; 4], &packet)) else { panic!("no error") };
    let quoted = error.quoted.expect("what it quotes");
    assert_eq!((quoted.source, quoted.destination, quoted.ttl), (ip(HERE), ip(THERE), 64));
    assert_eq!((quoted.len, quoted.kept, quoted.request), (84, 64, QuotedRequest::Echo { echo_id: ID }));
}
