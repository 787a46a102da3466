//! What the pictures hold, to the octet, and what untrusted octets become in them.

use crate::ladder::tests::scripts;
use crate::ladder::{Settings, tests::kernel};
use crate::sink::tests::{Shared, connection};
use crate::sink::{Format, Picture, open};
use crate::trace::{Event, EventKind, Preview};

const KINDS: [(&str, Picture); 5] = [
    ("markdown", Picture::Markdown),
    ("mermaid", Picture::Mermaid),
    ("plantuml", Picture::PlantUml),
    ("svg", Picture::Svg),
    ("html", Picture::Html),
];

fn ours() -> Settings {
    Settings { ours: Some(scripts::CLIENT.parse().unwrap()), ..Settings::default() }
}

fn written(kind: Picture, settings: &Settings, events: &[Event]) -> String {
    let out = Shared::default();
    let mut sink = open(Format::Picture(kind), settings, Box::new(out.clone()));
    events.iter().for_each(|event| sink.event(event).unwrap());
    sink.finish().unwrap();
    out.text()
}

#[test]
fn every_kind_of_picture() {
    for (name, kind) in KINDS {
        insta::assert_snapshot!(format!("{name}-whole"), written(kind, &ours(), &scripts::whole()));
        insta::assert_snapshot!(format!("{name}-unanswered"), written(kind, &ours(), &scripts::unanswered()));
        insta::assert_snapshot!(format!("{name}-unreachable"), written(kind, &ours(), &scripts::unreachable()));
        insta::assert_snapshot!(format!("{name}-kernel"), written(kind, &Settings::default(), &kernel::served()));
        let two = [connection(1), connection(2)].concat();
        insta::assert_snapshot!(format!("{name}-two"), written(kind, &Settings::default(), &two));
    }
}

/// The same events give the same octets, and with --ascii nothing else.
#[test]
fn pictures_are_deterministic_and_ascii_is_ascii() {
    for (name, kind) in KINDS {
        for events in [scripts::whole(), scripts::every_mark(), scripts::bulk(), scripts::mid_stream()] {
            assert_eq!(written(kind, &ours(), &events), written(kind, &ours(), &events), "{name}");
            let plain = written(kind, &Settings { ascii: true, ..ours() }, &events);
            assert!(plain.is_ascii(), "{name}: {plain}");
        }
    }
}

/// A connection whose first data are `payload`.
pub(super) fn saying(payload: &[u8]) -> Vec<Event> {
    let mut events = scripts::whole();
    for event in &mut events {
        if let EventKind::Segment(segment) = &mut event.kind
            && segment.len > 0
        {
            (segment.preview, segment.len) = (Preview::of(payload), payload.len() as u32);
        }
    }
    events
}

#[test]
fn nothing_that_was_sent_is_an_order() {
    let payloads: [&[u8]; 7] = [
        b"<script>alert(1)</script>",
        b"\x1b[2J\x1b]0;x\x07",
        b"\n@enduml\n!include /etc",
        b"end\nparticipant evil",
        b"|`*_[x](y)|#;%%{init}",
        b"]]>--><!-- &amp; \"'",
        "\u{202e}\u{feff}\u{fffe}".as_bytes(),
    ];
    let lines = |text: &str| text.lines().count();
    for (name, kind) in KINDS {
        let usual = written(kind, &ours(), &saying(b"some words of text"));
        let orders: &[&str] = match kind {
            Picture::Markdown => &["!include", "|`", "*_", "_[", "x]"],
            Picture::Mermaid => &["%%", "<!", "\"", "\nend", "`", ";%"],
            Picture::Svg | Picture::Html => &["\"'", "]]>", "&a&"],
            Picture::PlantUml => &["!include", "\n@end /", "`", "**", "\"'", "%%"],
        };
        for payload in payloads {
            let text = written(kind, &ours(), &saying(payload));
            // A page has one script, which is ours.
            let text = if kind == Picture::Html { text.replacen("<script>", "", 1) } else { text };
            let says = text.contains("script&gt;") || kind != Picture::Html && text.contains("script");
            assert!(says == payload.starts_with(b"<script"), "{name}: {text}");
            assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{name}: {text:?}");
            for order in ["<script", "<!--", "-->", "\u{202e}"].iter().chain(orders) {
                assert!(!text.contains(order), "{name}: {order:?} in {text}");
            }
            // What is wrapped may take a line more or less within a line, but never begins one.
            assert_eq!(lines(&text), lines(&usual), "{name}: {text}");
        }
    }
}

/// The browser compares the script with the hash that the page tells; python3 knows SHA-256.
#[test]
fn the_script_is_the_one_that_the_page_allows() {
    let page = written(Picture::Html, &ours(), &scripts::whole());
    let between =
        |start: &str, end: &str| page.split(start).nth(1).and_then(|rest| rest.split(end).next()).unwrap().to_owned();
    let (told, script) = (between("'sha256-", "'"), between("<script>", "</script>"));
    let hash =
        "import base64, hashlib, sys\nprint(base64.b64encode(hashlib.sha256(sys.argv[1].encode()).digest()).decode())";
    let Ok(said) = std::process::Command::new("python3").args(["-c", hash, &script]).output() else { return };
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), told);
}
