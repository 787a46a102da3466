//! The ladder as it looks.

mod any;
pub(crate) mod kernel;
mod memory;
mod pair;
pub(crate) mod scripts;

use super::{Builder, Settings, Verbosity, layout};
use crate::trace::{Belief, Event, EventKind, Pair, Reception};

fn at(width: usize) -> Settings {
    Settings { width, ours: Some(scripts::CLIENT.parse().unwrap()), ..Settings::default() }
}

/// The text, with a guard against lines that are too wide.
fn text(events: &[Event], settings: &Settings) -> String {
    let mut builder = Builder::new(settings);
    events.iter().for_each(|event| builder.push(event));
    let lines = layout(&builder.finish(), settings);
    lines.iter().for_each(|line| assert!(line.width() <= settings.width, "{}", line.plain()));
    lines.iter().map(|line| line.plain() + "\n").collect()
}

#[test]
fn every_kind_of_connection_at_80_columns() {
    let connections = [
        ("whole", scripts::whole()),
        ("refused", scripts::refused()),
        ("unanswered", scripts::unanswered()),
        ("unreachable", scripts::unreachable()),
        ("second-try", scripts::second_try()),
        ("simultaneous-open", scripts::simultaneous_open()),
        ("bulk", scripts::bulk()),
        ("reset", scripts::reset()),
        ("mid-stream", scripts::mid_stream()),
        ("windows", scripts::windows()),
        ("every-mark", scripts::every_mark()),
    ];
    for (name, events) in connections {
        let ours = at(80).ours.filter(|_| name != "mid-stream");
        insta::assert_snapshot!(name, text(&events, &Settings { ours, ..at(80) }));
    }
}

#[test]
fn what_our_own_listener_did_with_a_syn_is_drawn() {
    let settings = Settings { ours: Some("192.0.2.2:80".parse().unwrap()), ..at(80) };
    for (name, lost, no_place) in [("listener-lost", 3, 0), ("listener-full", 1, 2)] {
        let mut events = scripts::unanswered();
        if let Some(EventKind::Ended(summary)) = events.last_mut().map(|event| &mut event.kind) {
            summary.reception = Some(Reception { lost, no_place });
        }
        let drawn = text(&events, &settings);
        assert!(!drawn.contains('?') && drawn.contains("LISTEN"), "{drawn}");
        insta::assert_snapshot!(name, drawn);
    }
}

#[test]
fn where_segments_are_sent_by_hand_nobody_is_in_a_state() {
    let mut events = scripts::whole();
    for event in &mut events {
        let stateless = |states: &mut Pair<Belief>| states.client = Belief::default();
        match &mut event.kind {
            EventKind::Opened(opened) => stateless(&mut opened.states),
            EventKind::Segment(segment) => {
                stateless(&mut segment.before);
                stateless(&mut segment.after);
            }
            EventKind::Ended(summary) => stateless(&mut summary.states),
            EventKind::Icmp(_) | EventKind::Kernel(_) => {}
        }
    }
    let drawn = text(&events, &Settings { by_hand: true, ..at(80) });
    assert!(!drawn.contains('?') && !drawn.contains("your states"), "{drawn}");
    insta::assert_snapshot!("by-hand", drawn);
}

#[test]
fn a_number_before_the_first_is_below_zero() {
    let mut events = scripts::whole();
    for event in &mut events {
        if let EventKind::Segment(segment) = &mut event.kind
            && segment.len == 5
        {
            (segment.relative_seq, segment.is_seq_older) = (3_u32.wrapping_neg(), true);
        }
    }
    let drawn = text(&events, &at(80));
    assert!(drawn.contains("seq -3  ack 1  5 bytes") && drawn.contains("is -3 + 5 = 2"), "{drawn}");
    let absolute = text(&events, &Settings { absolute: true, ..at(80) });
    assert!(!absolute.contains("seq -"), "{absolute}");
}

#[test]
fn other_widths() {
    for width in [40, 51, 60, 72, 120] {
        insta::assert_snapshot!(format!("whole-at-{width}"), text(&scripts::whole(), &at(width)));
        insta::assert_snapshot!(format!("mid-stream-at-{width}"), text(&scripts::mid_stream(), &at(width)));
    }
}

#[test]
fn other_settings() {
    let settings = [
        ("quiet", Settings { verbosity: Verbosity::Quiet, ..at(80) }),
        ("verbose", Settings { verbosity: Verbosity::Verbose, ..at(80) }),
        ("ascii", Settings { ascii: true, ..at(80) }),
        ("absolute", Settings { absolute: true, ..at(80) }),
        ("nobody", Settings { ours: None, ..at(80) }),
        ("server", Settings { ours: Some("192.0.2.2:80".parse().unwrap()), ..at(80) }),
        ("named", Settings { peer_name: Some("www.example.com\u{202e}\x1b[31m".to_owned()), ..at(80) }),
    ];
    for (name, settings) in settings {
        insta::assert_snapshot!(name, text(&scripts::whole(), &settings));
    }
    insta::assert_snapshot!("second-try-ascii", text(&scripts::second_try(), &Settings { ascii: true, ..at(80) }));
}

#[test]
fn ascii_is_ascii() {
    for events in [scripts::whole(), scripts::reset(), scripts::mid_stream(), scripts::bulk(), scripts::every_mark()] {
        for verbosity in [Verbosity::Normal, Verbosity::Verbose] {
            assert!(text(&events, &Settings { ascii: true, verbosity, ..at(80) }).is_ascii());
        }
    }
}
