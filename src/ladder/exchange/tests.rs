//! The ladder of exchanges as it looks.

use proptest::prelude::*;

use super::ExchangeBuilder;
use crate::ladder::{Settings, Verbosity, layout};
use crate::trace::exchange::fixture::*;
use crate::trace::exchange::{ExchangeEvent, ExchangeKind};
use crate::trace::{CallEvent, KernelEvent, KernelKind, Process, Side, Teller, Text};

/// The text, with a guard against lines that are too wide and characters that a terminal would obey.
fn text(events: &[ExchangeEvent], settings: &Settings) -> String {
    let mut builder = ExchangeBuilder::new(settings);
    events.iter().for_each(|event| builder.push(event));
    let lines = layout(&builder.finish(), settings);
    lines.iter().for_each(|line| assert!(line.width() <= settings.width, "{}", line.plain()));
    let text: String = lines.iter().map(|line| line.plain() + "\n").collect();
    assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{text:?}");
    text
}

fn played(packets: &[Vec<u8>]) -> Vec<ExchangeEvent> {
    let mut stage = Stage::new();
    for packet in packets {
        stage.pass(packet);
    }
    stage.end();
    stage.events
}

fn answered() -> Vec<ExchangeEvent> {
    played(&[udp(CLIENT, SERVER, b"hello"), udp(SERVER, CLIENT, b"hello"), udp(CLIENT, SERVER, b"bye\x1b[31m")])
}

/// Doubled on the way there, so that the server answers twice; or on the way back.
fn doubled() -> Vec<ExchangeEvent> {
    played(&[udp(CLIENT, SERVER, b"hello"), udp(SERVER, CLIENT, b"hello"), udp(SERVER, CLIENT, b"hello")])
}

fn refused() -> Vec<ExchangeEvent> {
    let asked = udp(CLIENT, SERVER, b"hello");
    played(&[asked.clone(), error("192.0.2.2", 3, 3, &asked)])
}

fn unanswered() -> Vec<ExchangeEvent> {
    played(&[udp(CLIENT, SERVER, b"who?"), udp(CLIENT, SERVER, b"who?"), udp(CLIENT, SERVER, b"nobody?")])
}

fn pings() -> Vec<ExchangeEvent> {
    let other_data = icmp("192.0.2.2", "192.0.2.1", 0, 0, [77, 3], b"abcdefgX");
    played(&[request(1), reply(1), reply(1), request(2), request(3), other_data, reply(9)])
}

fn expired() -> Vec<ExchangeEvent> {
    played(&[request(1), error("192.0.2.254", 11, 0, &request(1)), request(2), error("192.0.2.254", 5, 1, &request(2))])
}

fn unseen() -> Vec<ExchangeEvent> {
    let asked = udp(CLIENT, SERVER, &[0; 600]);
    let mut damaged = udp(CLIENT, SERVER, b"hello");
    damaged[26] ^= 0xff;
    played(&[error("192.0.2.254", 3, 4, &asked), damaged])
}

fn group() -> Vec<ExchangeEvent> {
    played(&[udp("192.0.2.1:5353", "224.0.0.251:5353", b"who?"), udp("192.0.2.1:5353", "224.0.0.251:5353", b"who?")])
}

#[test]
fn every_kind_of_exchange_at_80_columns() {
    let exchanges = [
        ("answered", answered()),
        ("doubled", doubled()),
        ("refused", refused()),
        ("unanswered", unanswered()),
        ("pings", pings()),
        ("expired", expired()),
        ("unseen", unseen()),
        ("group", group()),
    ];
    for (name, events) in exchanges {
        insta::assert_snapshot!(name, text(&events, &Settings::default()));
    }
}

#[test]
fn other_settings() {
    for width in [40, 60, 120] {
        insta::assert_snapshot!(
            format!("pings-at-{width}"),
            text(&pings(), &Settings { width, ..Settings::default() })
        );
    }
    let settings = |verbosity| Settings { verbosity, ..Settings::default() };
    insta::assert_snapshot!("answered-quiet", text(&answered(), &settings(Verbosity::Quiet)));
    insta::assert_snapshot!("answered-verbose", text(&answered(), &settings(Verbosity::Verbose)));
    for events in [answered(), refused(), unanswered(), pings(), expired(), unseen(), group()] {
        assert!(text(&events, &Settings { ascii: true, ..settings(Verbosity::Verbose) }).is_ascii());
    }
}

fn many(pings: u16) -> Vec<ExchangeEvent> {
    played(&(1..=pings).flat_map(|seq| [request(seq), reply(seq)]).collect::<Vec<_>>())
}

#[test]
fn what_is_alike_is_folded() {
    insta::assert_snapshot!("many-pings", text(&many(20), &Settings::default()));
    assert_eq!(text(&many(4), &Settings::default()).matches("echo request ").count(), 4);
    let verbose = Settings { verbosity: Verbosity::Verbose, ..Settings::default() };
    assert_eq!(text(&many(300), &verbose).matches("echo request ").count(), 300);
}

#[test]
fn what_is_lost_is_not_folded() {
    let mut packets: Vec<_> = (1..=20).flat_map(|seq| [request(seq), reply(seq)]).collect();
    packets.remove(21);
    let text = text(&played(&packets), &Settings::default());
    assert!(text.contains("echo request  seq 11") && text.contains("┈ ?"), "{text}");
}

#[test]
fn a_long_exchange_takes_the_room_of_a_short_one() {
    let settings = Settings::default();
    let mut builder = ExchangeBuilder::new(&settings);
    let events = many(30_000);
    events.iter().for_each(|event| {
        builder.push(event);
        assert!(builder.kept() <= 200);
    });
    let lines = layout(&builder.finish(), &settings);
    assert!(lines.len() < 40, "{} lines", lines.len());
    assert!(lines.iter().any(|line| line.plain().contains("29,997 echo requests")));
}

/// The same with a call of the client around each datagram that it sends, and one of the server's before all and behind.
fn called(events: &[ExchangeEvent]) -> Vec<ExchangeEvent> {
    let process = Process { process: 7, thread: 7, name: Text::of(b"evil\x1b[1m") };
    let call = |name, descriptor| CallEvent { call: name, descriptor, detail: None, process };
    let with = |event: &ExchangeEvent, side, kind| {
        let kind = ExchangeKind::Kernel(KernelEvent { side, teller: Teller::Tracepoint, kind });
        ExchangeEvent { kind, ..*event }
    };
    let (sendto, recv, close) = (call("sendto", Some(3)), call("recvfrom", Some(4)), call("close", Some(4)));
    let returned = |call, result| KernelKind::Returned { call, result, errno: None };
    let around = |event: &ExchangeEvent| match event.kind {
        ExchangeKind::Began(_) => vec![*event, with(event, Side::Server, KernelKind::Called(recv))],
        ExchangeKind::Message(message) if message.from == Side::Client => vec![
            with(event, Side::Client, KernelKind::Called(sendto)),
            *event,
            with(event, Side::Client, returned(sendto, 5)),
        ],
        ExchangeKind::Ended(_) => vec![
            with(event, Side::Server, KernelKind::Called(close)),
            with(event, Side::Server, returned(close, 0)),
            *event,
        ],
        _ => vec![*event],
    };
    events.iter().flat_map(around).collect()
}

#[test]
fn calls_stand_at_the_end_whose_program_made_them() {
    let text = text(&called(&answered()), &Settings::default());
    insta::assert_snapshot!("called", text);
    assert!(text.contains("◆ told by the kernel: observed"), "{text}");
}

#[test]
fn many_calls_are_folded_with_their_datagrams() {
    let text = text(&called(&many(300)), &Settings::default());
    assert!(text.lines().count() < 80 && text.contains(" calls"), "{text}");
    let few = super::tests::text(&called(&many(9)), &Settings::default());
    assert!(!few.contains('⋮'), "{few}");
}

proptest! {
    #[test]
    fn any_payload_is_shown_as_it_may_be(
        payloads in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)), 1..30),
        width in 0_usize..140,
    ) {
        let packets: Vec<_> = payloads.iter().map(|(turned, payload)| {
            let (source, destination) = if *turned { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
            udp(source, destination, payload)
        }).collect();
        let width = width.max(40);
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            text(&played(&packets), &Settings { width, verbosity, ..Settings::default() });
        }
    }
}
