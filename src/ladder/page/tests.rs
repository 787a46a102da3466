//! Every page at several widths, and those that a learner sees first.

use super::{list, page};
use crate::explain::glossary::{self, Found, Kind, Page};
use crate::ladder::Settings;

/// The page that these words lead to.
fn found(words: &str) -> Page {
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    match glossary::find(&words).remove(0) {
        Found::Page(page) => *page,
        other => panic!("{words:?}: {other:?}"),
    }
}

/// Everything on the list, and all combinations of flags.
fn pages() -> Vec<Page> {
    let listed = glossary::list(None).into_iter().map(|one| match one.name.split_once(' ') {
        Some(("ICMP" | "ICMPv6", _)) => found(&one.name),
        _ => found(&format!("{} {}", one.kind.name(), one.name)),
    });
    listed.chain((0..512).map(|bits| found(&format!("{bits:#05x}")))).collect()
}

fn text(words: &str) -> String {
    page(&found(words), &Settings::default()).iter().map(|line| line.plain() + "\n").collect()
}

#[test]
fn every_page_fits_its_width_and_its_labels_are_whole() {
    let pages = pages();
    for (width, ascii) in [(40, false), (60, true), (80, false), (80, true), (120, false)] {
        let settings = Settings { width, ascii, ..Settings::default() };
        for one in &pages {
            for line in page(one, &settings) {
                let plain = line.plain();
                assert!(line.width() <= width, "{} at {width}: {plain}", one.name);
                assert!(!ascii || plain.is_ascii(), "{}: {plain}", one.name);
                assert!(width < 80 || !plain.contains('…') && !plain.contains("..."), "{}: {plain}", one.name);
            }
        }
    }
}

#[test]
fn the_list_fits_its_width() {
    for width in [40, 80, 120] {
        let settings = Settings { width, ..Settings::default() };
        for line in list(&glossary::list(None), &settings) {
            assert!(line.width() <= width, "{width}: {}", line.plain());
        }
    }
}

#[test]
fn the_first_pages_of_a_learner_fit_one_screen() {
    // One row is for the prompt.
    for name in ["SYN", "TIME-WAIT", "SYN ACK", "accept", "mss", "connect", "backlog", "4-tuple", "segment", "window"] {
        let text = text(name);
        assert!(text.lines().count() <= 23, "{name}: {} lines\n{text}", text.lines().count());
    }
}

/// What a segment brings in each state takes its rows; no page takes more than a screen and a half.
#[test]
fn every_page_but_flags_and_states_fits_one_screen() {
    let settings = Settings::default();
    for one in pages() {
        let most = if matches!(one.kind, Kind::Flags | Kind::State) { 36 } else { 23 };
        let lines = page(&one, &settings).len();
        assert!(lines <= most, "{} {}: {lines} lines", one.kind.name(), one.name);
    }
}

#[test]
fn pages_look_so() {
    for name in [
        "SYN",
        "TIME-WAIT",
        "SYN ACK",
        "RST FIN URG",
        "mss",
        "listen",
        "ECONNREFUSED",
        "three-way",
        "four-segment",
        "zero-window",
        "icmp 3/1",
        "backlog",
        "exit 1",
    ] {
        insta::assert_snapshot!(name.replace([' ', '/'], "-"), text(name));
    }
}
