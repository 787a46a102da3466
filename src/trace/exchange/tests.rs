//! Exchanges from the bytes of whole packets.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::*;
use super::*;
use crate::trace::Side::{self, Client, Server};
use crate::wire::{Checksum, ip::protocol};

fn names(oddities: Oddities) -> Vec<&'static str> {
    oddities.iter().map(Oddity::name).collect()
}

fn millis(number: u64) -> Option<crate::trace::Millis> {
    Some(crate::trace::Millis(Duration::from_millis(number)))
}

#[test]
fn a_datagram_is_answered_by_the_next_the_other_way() {
    let mut stage = Stage::new();
    stage.pass(&udp(CLIENT, SERVER, b"one")).pass(&udp(CLIENT, SERVER, b"two"));
    stage.pass(&udp(SERVER, CLIENT, b"answer")).pass(&udp(SERVER, CLIENT, b"more"));
    let messages = stage.messages();
    assert_eq!(messages.iter().map(|message| message.from).collect::<Vec<Side>>(), [Client, Client, Server, Server]);
    assert_eq!(messages.iter().map(|message| message.len).collect::<Vec<_>>(), [3, 3, 6, 4]);
    assert_eq!(messages.iter().map(|message| message.answers).collect::<Vec<_>>(), [None, None, Some(1), None]);
    assert_eq!((messages[2].response, messages[2].checksum), (millis(2), Checksum::Good));
    let [summary] = stage.end()[..] else { panic!("one exchange") };
    assert_eq!(summary.outcome, Outcome::Answered);
    assert_eq!((summary.messages.client, summary.messages.server), (2, 2));
    assert_eq!((summary.octets.client, summary.octets.server), (6, 10));
    assert_eq!(summary.responses.map(|times| times.count), Some(1));
    assert!(summary.oddities.is_empty());
}

#[test]
fn the_same_again_is_counted_until_something_answers() {
    let mut stage = Stage::new();
    for copy in 1..=3 {
        assert_eq!(stage.pass(&udp(CLIENT, SERVER, b"who?")).last().copy, copy);
    }
    assert_eq!(names(stage.last().oddities), ["again"]);
    stage.pass(&udp(SERVER, CLIENT, b"me"));
    assert_eq!((stage.last().answers, stage.last().response), (Some(1), millis(3)));
    assert_eq!(stage.pass(&udp(CLIENT, SERVER, b"who?")).last().copy, 1);
}

#[test]
fn the_ports_tell_who_answers() {
    for (source, destination, client) in [
        ("192.0.2.2:53", "192.0.2.1:40000", "192.0.2.1:40000"),
        ("192.0.2.1:123", "192.0.2.2:123", "192.0.2.1:123"),
        ("192.0.2.1:40000", "192.0.2.2:53", "192.0.2.1:40000"),
        ("[2001:db8::2]:53", "[2001:db8::1]:40000", "[2001:db8::1]:40000"),
    ] {
        let mut stage = Stage::new();
        stage.pass(&udp(source, destination, b"x"));
        let ExchangeKind::Began(began) = stage.events[0].kind else { panic!("it begins") };
        assert_eq!(began.client.to_string(), client, "{source} > {destination}");
        let outcome = if client == source { Outcome::Unanswered } else { Outcome::Unasked };
        assert_eq!(stage.end()[0].outcome, outcome);
    }
}

#[test]
fn silence_ends_an_exchange_and_the_ports_begin_another() {
    let mut stage = Stage::new();
    stage.pass(&udp(CLIENT, SERVER, b"x")).wait(119_999).pass(&udp(CLIENT, SERVER, b"x"));
    stage.wait(120_000).pass(&udp(CLIENT, SERVER, b"x"));
    let numbers: Vec<_> = stage.events.iter().map(|event| event.exchange).collect();
    assert_eq!(numbers, [1, 1, 1, 1, 2, 2]);
    assert!(matches!(stage.events[3].kind, ExchangeKind::Ended(summary) if summary.messages.client == 2));
    assert_eq!(stage.last().copy, 1);
    assert_eq!(stage.end().len(), 2);
}

#[test]
fn a_group_answers_elsewhere() {
    for group in ["224.0.0.251:5353", "255.255.255.255:67"] {
        let mut stage = Stage::new();
        stage.pass(&udp("192.0.2.1:5353", group, b"who?"));
        assert_eq!(stage.end()[0].outcome, Outcome::OneWay, "{group}");
    }
}

#[test]
fn an_unreachable_port_refuses() {
    let asked = udp(CLIENT, SERVER, b"hello");
    let mut stage = Stage::new();
    stage.pass(&asked).pass(&error("192.0.2.2", 3, 3, &asked));
    let [told] = stage.errors()[..] else { panic!("one error") };
    assert_eq!((told.about, told.answers, told.response, told.plausible), (Client, Some(1), millis(1), true));
    let [summary] = stage.end()[..] else { panic!("one exchange") };
    assert_eq!((summary.outcome, summary.errors, summary.messages.server), (Outcome::Refused, 1, 0));
}

#[test]
fn what_an_error_means() {
    let asked = udp(CLIENT, SERVER, b"hello");
    for (kind, code, outcome) in [
        (3, 1, Outcome::Unreachable),
        (3, 4, Outcome::Unanswered),
        (4, 0, Outcome::Unanswered),
        (5, 1, Outcome::Unanswered),
        (11, 0, Outcome::Unreachable),
        (11, 1, Outcome::Unanswered),
    ] {
        let mut stage = Stage::new();
        stage.pass(&asked).pass(&error("192.0.2.254", kind, code, &asked));
        assert_eq!(stage.end()[0].outcome, outcome, "type {kind}, code {code}");
    }
}

#[test]
fn an_answer_counts_more_than_an_error() {
    let asked = udp(CLIENT, SERVER, b"hello");
    let mut stage = Stage::new();
    stage.pass(&asked).pass(&udp(SERVER, CLIENT, b"hello")).pass(&error("192.0.2.2", 3, 3, &asked));
    assert_eq!(stage.end()[0].outcome, Outcome::Answered);
}

#[test]
fn an_error_with_a_wrong_checksum_means_nothing() {
    let asked = udp(CLIENT, SERVER, b"hello");
    let mut damaged = error("192.0.2.2", 3, 3, &asked);
    *damaged.last_mut().unwrap() ^= 1;
    let mut stage = Stage::new();
    stage.pass(&asked).pass(&damaged);
    assert!(!stage.errors()[0].plausible);
    assert_eq!(stage.end()[0].outcome, Outcome::Unanswered);
}

#[test]
fn an_error_begins_the_exchange_that_was_not_seen() {
    for (quoted, named) in [(udp(CLIENT, SERVER, b"hello"), CLIENT), (request(1), "192.0.2.1")] {
        let mut stage = Stage::new();
        stage.pass(&error("192.0.2.2", 3, 3, &quoted));
        assert_eq!((stage.errors()[0].about, stage.errors()[0].answers), (Client, None));
        let [summary] = stage.end()[..] else { panic!("one exchange") };
        assert_eq!(summary.client.to_string(), named);
        assert_eq!((summary.outcome, summary.messages.client), (Outcome::Refused, 0));
    }
}

#[test]
fn errors_about_segments_and_about_errors_are_no_exchange() {
    let mut tcp = udp(CLIENT, SERVER, &[0; 32]);
    tcp[9] = protocol::TCP;
    let unreachable = error("192.0.2.2", 3, 3, &udp(CLIENT, SERVER, b"x"));
    let mut stage = Stage::new();
    stage.pass(&error("192.0.2.2", 3, 3, &tcp)).pass(&error("192.0.2.1", 3, 3, &unreachable));
    assert!(stage.events.is_empty());
}

#[test]
fn a_reply_answers_the_request_of_its_number() {
    let mut stage = Stage::new();
    stage.pass(&request(1)).pass(&request(2)).pass(&request(3)).pass(&reply(2)).pass(&reply(1));
    let answers: Vec<_> = stage.messages().iter().map(|message| (message.seq, message.answers)).collect();
    assert_eq!(answers[3..], [(Some(2), Some(2)), (Some(1), Some(1))]);
    assert_eq!(stage.last().response, millis(4));
    let [summary] = stage.end()[..] else { panic!("one exchange") };
    assert_eq!((summary.id, summary.unanswered, summary.outcome), (Some(77), Some(1), Outcome::Answered));
    let times = summary.responses.expect("answers");
    assert_eq!((times.count, Some(times.min), Some(times.mean), Some(times.max)), (2, millis(2), millis(3), millis(4)));
}

#[test]
fn what_is_odd_about_replies() {
    let mut stage = Stage::new();
    stage.pass(&request(1)).pass(&reply(1));
    assert_eq!(names(stage.pass(&reply(1)).last().oddities), ["second-reply"]);
    assert_eq!(names(stage.pass(&reply(9)).last().oddities), ["request-unseen"]);
    let other = icmp("192.0.2.2", "192.0.2.1", 0, 0, [77, 2], b"abcdefgX");
    assert_eq!(names(stage.pass(&request(2)).pass(&other).last().oddities), ["data-differs"]);
    assert_eq!(names(stage.pass(&request(3)).pass(&request(3)).last().oddities), ["again"]);
    assert_eq!(stage.end()[0].unanswered, Some(1));
}

#[test]
fn forgotten_requests_are_not_called_unseen() {
    let mut stage = Stage::new();
    for packet in (0..100).map(request).chain((0..100).map(reply)) {
        stage.pass(&packet);
    }
    let [summary] = stage.end()[..] else { panic!("one exchange") };
    assert_eq!((summary.unanswered, names(summary.oddities)), (Some(0), vec![]));
    assert_eq!(summary.responses.map(|times| times.count), Some(16));
}

#[test]
fn each_kind_of_query_is_an_exchange_of_its_own() {
    let mut stage = Stage::new();
    for (ask, answer) in [(8, 0), (13, 14), (15, 16), (17, 18)] {
        stage.pass(&icmp("192.0.2.1", "192.0.2.2", ask, 0, [77, 1], &[0; 12]));
        stage.pass(&icmp("192.0.2.2", "192.0.2.1", answer, 0, [77, 1], &[0; 12]));
    }
    stage.pass(&icmp("192.0.2.2", "192.0.2.1", 8, 0, [77, 1], b"the other way"));
    stage.pass(&icmp("2001:db8::1", "2001:db8::2", 128, 0, [77, 1], b"six"));
    let began = stage.events.iter().filter(|event| matches!(event.kind, ExchangeKind::Began(_)));
    let protocols: Vec<_> = began.map(|event| event.protocol.name()).collect();
    let expected = ["icmp-echo", "icmp-timestamp", "icmp-information", "icmp-address-mask", "icmp-echo", "icmp-echo"];
    assert_eq!(protocols, expected);
    let outcomes: Vec<_> = stage.end().iter().map(|summary| summary.outcome).collect();
    assert_eq!(outcomes[..4], [Outcome::Answered; 4]);
    assert_eq!(outcomes[4..], [Outcome::Unanswered; 2]);
}

#[test]
fn other_icmp_messages_are_no_exchange() {
    let mut stage = Stage::new();
    stage.pass(&icmp("2001:db8::1", "ff02::1:ff00:2", 135, 0, [0, 0], &[0; 16]));
    stage.pass(&icmp("192.0.2.254", "224.0.0.1", 9, 0, [0, 0], &[0; 8]));
    assert!(stage.events.is_empty());
}

#[test]
fn lengths_and_checksums_that_are_wrong_are_said() {
    let sound = udp(CLIENT, SERVER, b"hello");
    let with = |at: usize, octets: [u8; 2]| {
        let mut bytes = sound.clone();
        bytes[at..at + 2].copy_from_slice(&octets);
        bytes
    };
    let mut stage = Stage::new();
    let read = |stage: &mut Stage, bytes: &[u8]| {
        let message = stage.pass(bytes).last();
        (message.len, names(message.oddities))
    };
    assert_eq!(read(&mut stage, &with(24, [0, 4])), (0, vec!["bad-checksum", "malformed"]));
    assert_eq!(read(&mut stage, &with(24, [0, 99])), (5, vec!["bad-checksum", "malformed"]));
    assert_eq!(read(&mut stage, &with(26, [0xab, 0xcd])), (5, vec!["again", "bad-checksum"]));
    assert_eq!(read(&mut stage, &with(26, [0, 0])), (5, vec!["again"]));
}

#[test]
fn a_table_that_is_full_ends_the_exchange_silent_longest() {
    let mut stage = Stage::with(Exchanges::new(2));
    for port in [1001, 1002, 1001, 1003] {
        stage.pass(&udp(&format!("192.0.2.1:{port}"), SERVER, b"x"));
    }
    let ended = |event: &&ExchangeEvent| matches!(event.kind, ExchangeKind::Ended(_));
    let ended: Vec<_> = stage.events.iter().filter(ended).map(|event| event.exchange).collect();
    assert_eq!((ended, stage.exchanges.evicted()), (vec![2], 1));
    assert_eq!(stage.end().len(), 3);
}

#[test]
fn an_exchange_takes_no_more_than_was_said() {
    assert!(size_of::<super::record::Exchange>() <= 1024, "{}", size_of::<super::record::Exchange>());
    assert!(size_of::<ExchangeEvent>() <= 384, "{}", size_of::<ExchangeEvent>());
}

/// A packet that is likely to begin or to continue an exchange, and may be damaged.
fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    let sockets = prop::sample::select(vec![CLIENT, SERVER, "192.0.2.3:53", "224.0.0.1:40000"]);
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let datagram = (sockets.clone(), sockets, payload.clone())
        .prop_map(|(source, destination, payload)| udp(source, destination, &payload));
    let query = (0_u8..20, any::<u8>(), any::<[bool; 2]>(), 0_u16..3, payload).prop_map(
        |(kind, code, [turned, id], seq, body)| {
            let (source, destination) = if turned { ("192.0.2.2", "192.0.2.1") } else { ("192.0.2.1", "192.0.2.2") };
            icmp(source, destination, kind, code, [u16::from(id), seq], &body)
        },
    );
    let plain = prop_oneof![datagram, query];
    let quoting = (plain.clone(), 0_u8..20, 0_u8..16, 0_usize..60).prop_map(|(quoted, kind, code, cut)| {
        icmp("192.0.2.254", "192.0.2.1", kind, code, [0, 0], &quoted[..quoted.len().min(cut)])
    });
    let damaged = (prop_oneof![plain, quoting], any::<Option<(usize, u8)>>(), 0_usize..80);
    damaged.prop_map(|(mut bytes, damage, cut)| {
        if let Some((at, octet)) = damage {
            let at = at % bytes.len();
            bytes[at] = octet;
        }
        bytes.truncate(bytes.len().max(20).min(20 + cut));
        bytes
    })
}

proptest! {
    /// Each exchange begins once, ends once, and its verdict counts what was told of it.
    #[test]
    fn events_of_an_exchange_are_in_order(
        packets in prop::collection::vec((any_packet(), 0_u64..150_000), 0..60),
        room in 1_usize..5,
    ) {
        let mut stage = Stage::with(Exchanges::new(room));
        for (bytes, pause) in &packets {
            stage.wait(pause * pause / 150_000).pass(bytes);
        }
        stage.end();
        let mut open = std::collections::BTreeMap::<u32, (u64, u64)>::new();
        let mut begun = 0;
        for event in &stage.events {
            match event.kind {
                ExchangeKind::Began(_) => {
                    begun += 1;
                    prop_assert_eq!(event.exchange, begun);
                    open.insert(event.exchange, (0, 0));
                    prop_assert!(open.len() <= room);
                }
                ExchangeKind::Message(message) => {
                    open.get_mut(&event.exchange).expect("it has begun").0 += 1;
                    prop_assert!(message.answers.is_none_or(|number| number < message.number));
                }
                ExchangeKind::Error(error) => {
                    open.get_mut(&event.exchange).expect("it has begun").1 += 1;
                    prop_assert!(error.answers.is_none_or(|number| number < error.number));
                }
                ExchangeKind::Kernel(_) => prop_assert!(false, "no packet tells that"),
                ExchangeKind::Ended(summary) => {
                    let told = open.remove(&event.exchange).expect("it has begun");
                    prop_assert_eq!((summary.messages.client + summary.messages.server, summary.errors), told);
                }
            }
        }
        prop_assert!(open.is_empty());
    }
}
