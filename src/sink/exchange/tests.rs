//! Exchanges in every output, to the octet.

use crate::ladder::Settings;
use crate::sink::tests::{Shared, connection, named, stripped};
use crate::sink::{Format, ListSettings, Sink, open, open_list, open_within};
use crate::trace::exchange::ExchangeEvent;
use crate::trace::exchange::fixture::*;
use crate::trace::{Event, SCHEMA};

/// A question and its answer, one that is refused, and a ping of which one request is lost.
fn events() -> Vec<ExchangeEvent> {
    let refused = udp(CLIENT, "192.0.2.2:81", b"anybody?");
    let mut stage = Stage::new();
    stage.pass(&udp(CLIENT, SERVER, b"hello")).pass(&request(1)).pass(&udp(SERVER, CLIENT, b"hello"));
    stage.pass(&refused).pass(&error("192.0.2.2", 3, 3, &refused)).pass(&reply(1)).pass(&request(2));
    stage.pass(&icmp("2001:db8::1", "2001:db8::2", 128, 0, [7, 1], b"six")).pass(&reply(1)).end();
    stage.events
}

fn write(sink: &mut dyn Sink, events: &[ExchangeEvent]) {
    colored::control::set_override(true);
    events.iter().for_each(|event| sink.exchange(event).unwrap());
    sink.finish().unwrap();
}

fn written(format: Format, events: &[ExchangeEvent]) -> String {
    let out = Shared::default();
    write(&mut *open(format, &Settings::default(), Box::new(out.clone())), events);
    out.text()
}

#[test]
fn ladders_in_colour() {
    insta::assert_snapshot!(named(&written(Format::Ladder, &events())));
}

#[test]
fn lines() {
    insta::assert_snapshot!(written(Format::Lines, &events()));
}

#[test]
fn json_is_one_object_a_line() {
    let text = written(Format::Json, &events());
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), events().len());
    for object in &objects {
        assert_eq!(object["schema"], SCHEMA);
        assert!(object["exchange"].is_u64() && object.get("connection").is_none());
    }
    insta::assert_snapshot!("json", text);
}

/// The list of `events`, with a connection before them or none.
fn listed(format: Format, settings: &ListSettings, connections: &[Event]) -> String {
    let out = Shared::default();
    let mut sink = open_list(format, settings, Box::new(out.clone()));
    connections.iter().for_each(|event| sink.event(event).unwrap());
    write(&mut *sink, &events());
    stripped(&out.text())
}

#[test]
fn lists() {
    let settings = ListSettings { width: Some(80), ..ListSettings::default() };
    insta::assert_snapshot!("list", listed(Format::Ladder, &settings, &[]));
    insta::assert_snapshot!("list-of-both", listed(Format::Ladder, &settings, &connection(1)));
    let wide = ListSettings { width: None, ascii: true, ..settings.clone() };
    let text = listed(Format::Ladder, &wide, &connection(1));
    assert!(text.is_ascii() && text.contains("lasted"), "{text}");
    insta::assert_snapshot!("list-json", listed(Format::Json, &settings, &[]));
    assert_eq!(listed(Format::Csv, &settings, &[]).lines().count(), 1, "the names of the columns");
}

#[test]
fn a_list_of_exchanges_alone_is_shown_when_packets_are_waited_for() {
    let out = Shared::default();
    let mut sink = open_list(Format::Ladder, &ListSettings::default(), Box::new(out.clone()));
    let events = events();
    events.iter().for_each(|event| sink.exchange(event).unwrap());
    sink.flush().unwrap();
    let shown = stripped(&out.text());
    assert_eq!(shown.lines().count(), 5, "{shown}");
    write(&mut *sink, &events);
    assert_eq!(stripped(&out.text()).lines().count(), 9);
}

#[test]
fn an_exchange_that_takes_too_much_room_is_shown_early_and_continued() {
    let mut stage = Stage::new();
    for seq in 1..=30 {
        stage.pass(&request(seq)).pass(&reply(seq));
    }
    stage.end();
    let out = Shared::default();
    write(&mut *open_within(50, Format::Ladder, &Settings::default(), Box::new(out.clone())), &stage.events);
    let text = stripped(&out.text());
    let headings: Vec<_> = text.lines().filter(|line| line.contains("exchange")).collect();
    let heading = "ICMP echo exchange 1  192.0.2.1 > 192.0.2.2";
    assert_eq!(headings, [heading.to_owned(), format!("{heading}, continued")]);
}
