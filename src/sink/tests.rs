//! What the sinks write, to the octet.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use super::{Format, open, open_within};
use crate::ladder::Settings;
use crate::ladder::fixture::*;
use crate::ladder::tests::kernel;
use crate::trace::{CallEvent, Event, Handshake, KernelKind, Mark, Process, SCHEMA, Termination, Text};
use crate::wire::Time;

/// A destination that can be looked at from outside.
#[derive(Clone, Default)]
pub(super) struct Shared(Rc<RefCell<Vec<u8>>>);

impl Shared {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(format: Format, settings: &Settings, events: &[Event]) -> String {
    colored::control::set_override(true);
    let out = Shared::default();
    let mut sink = open(format, settings, Box::new(out.clone()));
    events.iter().for_each(|event| sink.event(event).unwrap());
    sink.finish().unwrap();
    out.text()
}

/// Escape sequences by name, so that a snapshot can be read.
pub(super) fn named(text: &str) -> String {
    let names = [
        ("\x1b[0m", "⟩"),
        ("\x1b[1m", "bold⟨"),
        ("\x1b[2m", "dim⟨"),
        ("\x1b[31m", "red⟨"),
        ("\x1b[32m", "green⟨"),
        ("\x1b[33m", "yellow⟨"),
        ("\x1b[34m", "blue⟨"),
        ("\x1b[35m", "magenta⟨"),
        ("\x1b[36m", "cyan⟨"),
    ];
    let text = names.iter().fold(text.to_owned(), |text, (code, name)| text.replace(code, name));
    assert!(!text.contains('\x1b'), "{text:?}");
    text
}

/// Without its escape sequences.
pub(super) fn stripped(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

pub(super) fn connection(number: u32) -> Vec<Event> {
    let mut script = Script::new(&format!("192.0.2.1:{}", 40_000 + number), "192.0.2.2:80");
    script.handshake().data(micros(40), Client, b"hello").ack(micros(29), Server).four_segments();
    numbered(script.end(|_| ()), number)
}

fn numbered(mut events: Vec<Event>, number: u32) -> Vec<Event> {
    events.iter_mut().for_each(|event| event.connection = number);
    events
}

fn reset() -> Vec<Event> {
    let mut script = Script::new("192.0.2.1:40001", "192.0.2.2:80");
    script
        .handshake()
        .segment(micros(5), Server, ACK, 0, [None, None], |segment| marked(segment, Mark::BadChecksum))
        .segment(micros(5), Server, RST, 0, [None, None], |segment| segment.gap = 5);
    script.end(|summary| {
        summary.handshake = Handshake::ThreeWay;
        summary.termination = Termination::Reset;
        summary.reset_by = Some(Server);
    })
}

fn ours() -> Settings {
    Settings { ours: Some("192.0.2.1:40001".parse().unwrap()), ..Settings::default() }
}

#[test]
fn the_ladder_in_colour() {
    insta::assert_snapshot!("whole-in-colour", named(&written(Format::Ladder, &ours(), &connection(1))));
    insta::assert_snapshot!("kernel-in-colour", named(&written(Format::Ladder, &ours(), &kernel::served())));
    insta::assert_snapshot!("reset-in-colour", named(&written(Format::Ladder, &ours(), &reset())));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let text = stripped(&written(Format::Ladder, &ours(), &connection(1)));
    assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
    assert!(text.contains(" 0.000000              │─────────────────────────────────────────▶│ SYN-RECEIVED\n"));
}

#[test]
fn connections_are_kept_apart_however_they_interleave() {
    let (one, two) = (connection(1), connection(2));
    let mixed: Vec<_> = one.iter().zip(&two).flat_map(|(one, two)| [*one, *two]).collect();
    let text = stripped(&written(Format::Ladder, &Settings::default(), &mixed));
    let alone = |events: &[Event]| stripped(&written(Format::Ladder, &Settings::default(), events));
    let (first, second) = text.split_once("\n\nConnection 2  192.0.2.1:40002 > 192.0.2.2:80\n\n").unwrap();
    assert_eq!(first.strip_prefix("Connection 1  192.0.2.1:40001 > 192.0.2.2:80\n\n").unwrap(), alone(&one).trim_end());
    assert!(alone(&two).ends_with(second), "{second}");
}

#[test]
fn a_connection_is_shown_as_soon_as_it_has_ended() {
    let out = Shared::default();
    let mut sink = open(Format::Ladder, &Settings::default(), Box::new(out.clone()));
    let (last, rest) = connection(1).split_last().map(|(last, rest)| (*last, rest.to_vec())).unwrap();
    rest.iter().for_each(|event| sink.event(event).unwrap());
    assert_eq!(out.text(), "");
    sink.event(&last).unwrap();
    assert!(out.text().contains("Closed"));
}

#[test]
fn one_that_never_ended_is_shown_in_the_end() {
    let events = connection(1);
    let text = stripped(&written(Format::Ladder, &Settings::default(), &events[..4]));
    assert!(text.contains("ESTABLISHED") && !text.contains("Opened"), "{text}");
}

#[test]
fn what_takes_too_much_room_is_shown_early_and_continued() {
    colored::control::set_override(true);
    let out = Shared::default();
    let mut sink = open_within(40, Format::Ladder, &Settings::default(), Box::new(out.clone()));
    for event in connection(1).iter().chain(&connection(2)[..5]).chain(&connection(3)).chain(&connection(2)[5..]) {
        sink.event(event).unwrap();
    }
    sink.finish().unwrap();
    let text = stripped(&out.text());
    let headings: Vec<_> = text.lines().filter(|line| line.starts_with("Connection")).collect();
    assert_eq!(
        headings,
        [
            "Connection 3  192.0.2.1:40003 > 192.0.2.2:80",
            "Connection 3  192.0.2.1:40003 > 192.0.2.2:80, continued",
            "Connection 2  192.0.2.1:40002 > 192.0.2.2:80",
        ]
    );
}

#[test]
fn lines() {
    let mut events = connection(1);
    events.extend(numbered(reset(), 2));
    insta::assert_snapshot!("lines-kernel", written(Format::Lines, &Settings::default(), &kernel::served()));
    insta::assert_snapshot!(written(Format::Lines, &Settings::default(), &events));
    let absolute = Settings { absolute: true, ..Settings::default() };
    insta::assert_snapshot!("lines-absolute", written(Format::Lines, &absolute, &events));
}

#[test]
fn json_is_one_object_a_line() {
    let events = connection(1);
    let text = written(Format::Json, &Settings::default(), &events);
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), events.len());
    for object in &objects {
        assert_eq!(object["schema"], SCHEMA);
        assert_eq!(object["connection"], 1);
        assert_eq!(object["event"] == "segment", object["rfc_section"].is_string());
    }
    assert_eq!(objects[0]["event"], "opened");
    assert_eq!(objects[1]["flags"], serde_json::json!(["SYN"]));
    assert_eq!(objects[1]["after"]["client"], serde_json::json!({"state": "SYN-SENT", "certainty": "observed"}));
    assert_eq!(objects[4]["preview"], "hello");
    assert_eq!(objects.last().unwrap()["termination"], "four-segment");
    insta::assert_snapshot!("json", text);
}

#[test]
fn every_format_is_found_by_its_name() {
    for (format, name, help) in Format::all() {
        assert_eq!(Format::from_name(name), Some(format));
        assert!(!help.is_empty());
    }
    assert_eq!(Format::from_name("xml"), None);
}

#[test]
fn a_heading_keeps_the_width() {
    let script = |host: u16| {
        let client = format!("[2001:db8:1111:2222:3333:4444:5555:{host}]:40001");
        let mut script = Script::new(&client, "[2001:db8:1111:2222:3333:4444:5555:6666]:80");
        script.handshake();
        script.end(|_| ())
    };
    let events: Vec<_> = [numbered(script(1), 1), numbered(script(2), 2)].concat();
    let text = stripped(&written(Format::Ladder, &Settings::default(), &events));
    assert!(text.contains("Connection 2"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// A bind() that fails, of a process whose name is not to be trusted.
fn failed_bind() -> [KernelKind; 2] {
    let process = Process { process: 7, thread: 7, name: Text::of(b"a\x1bb") };
    let call = CallEvent { call: "bind", descriptor: Some(3), detail: None, process };
    [KernelKind::Called(call), KernelKind::Returned { call, result: -98, errno: Some("EADDRINUSE") }]
}

#[test]
fn calls_of_no_connection_are_shown_apart() {
    let shown = |format| {
        let out = Shared::default();
        let mut sink = open(format, &Settings::default(), Box::new(out.clone()));
        failed_bind().iter().for_each(|call| sink.apart(Time::from_nanos(1_500_000_000), call).unwrap());
        sink.finish().unwrap();
        stripped(&out.text())
    };
    assert_eq!(
        shown(Format::Ladder),
        "Calls of which nothing came on the wire, told by the kernel: observed\n  bind(3) = -1 EADDRINUSE, a\\x1bb 7\n"
    );
    let lines = shown(Format::Lines);
    assert_eq!(lines.lines().last(), Some(r"1.500000 KERNEL no connection: … bind(3) = -1 EADDRINUSE, a\x1bb 7"));
    let json: Vec<serde_json::Value> =
        shown(Format::Json).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!((json.len(), &json[1]["errno"], &json[1]["time"]), (2, &"EADDRINUSE".into(), &"1.500000000".into()));
    assert!(
        json.iter().all(|call| call["event"] == "kernel" && call["connection"].is_null() && call["side"].is_null())
    );
    assert_eq!(shown(Format::Csv).lines().count(), 1);
}

/// As many SYNs as connections are followed by default wait for their verdicts, each in little memory.
#[test]
fn a_flood_waits_whole_for_its_verdicts() {
    let out = Shared::default();
    let mut sink = open(Format::Ladder, &Settings::default(), Box::new(out.clone()));
    let syn = connection(1)[..2].to_vec();
    for number in 1..=100_000 {
        for event in numbered(syn.clone(), number) {
            sink.event(&event).unwrap();
        }
    }
    assert_eq!(out.text(), "", "none had to be shown before its end");
    for event in numbered(syn, 100_001) {
        sink.event(&event).unwrap();
    }
    let first = stripped(&out.text());
    assert!(first.contains("Connection 1 ") && !first.contains("Connection 2 "), "the oldest makes room: {first}");
}
