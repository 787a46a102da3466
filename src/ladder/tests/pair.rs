//! Two ladders side by side, and marks in them.

use super::*;
use crate::ladder::{Ladder, side_by_side};
use crate::trace::EventKind;

fn ladder(events: &[Event], ours: bool, showing: Vec<u64>) -> Ladder {
    let settings = Settings { ours: at(120).ours.filter(|_| ours), ..at(57) };
    let mut builder = Builder::new(&settings).showing(showing);
    events.iter().for_each(|event| builder.push(event));
    builder.finish()
}

/// Number of the segment at this place.
fn number(events: &[Event], place: usize) -> u64 {
    let numbers = events.iter().filter_map(|event| match &event.kind {
        EventKind::Segment(segment) => Some(segment.number),
        _ => None,
    });
    numbers.into_iter().nth(place).expect("a segment")
}

fn pair(left: &Ladder, right: &Ladder, anchors: &[(u64, u64)], settings: &Settings) -> Option<String> {
    let lines = side_by_side(left, right, anchors, settings)?;
    lines.iter().for_each(|line| assert!(line.width() <= settings.width, "{}", line.plain()));
    Some(lines.iter().map(|line| line.plain() + "\n").collect())
}

#[test]
fn packets_that_do_the_same_stand_on_one_line() {
    let (left, right) = (scripts::second_try(), scripts::whole());
    // The second try sends its SYN twice; where it is answered both are one behind the other.
    let anchors = [(number(&left, 0), number(&right, 0)), (number(&left, 2), number(&right, 1))];
    let (mut one, mut other) = (ladder(&left, false, Vec::new()), ladder(&right, true, Vec::new()));
    assert!(one.mark(anchors[1].0, "live: window scale 10") && other.mark(anchors[1].1, "recorded: window scale 7"));
    assert!(!one.mark(99, "nowhere"));
    for (name, settings) in [("pair", at(120)), ("pair-ascii", Settings { ascii: true, ..at(120) })] {
        let text = pair(&one, &other, &anchors, &settings).unwrap();
        assert!(!settings.ascii || text.is_ascii());
        let together = text.lines().filter(|line| line.matches("SYN ACK  seq 0").count() == 2).count();
        assert_eq!((together, text.matches("window scale").count()), (1, 2), "{text}");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn it_takes_room_for_two() {
    let events = scripts::whole();
    let one = ladder(&events, true, Vec::new());
    for (width, fits) in [(40, false), (80, false), (116, false), (117, true), (200, true)] {
        assert_eq!(pair(&one, &one, &[], &at(width)).is_some(), fits, "{width}");
    }
}

#[test]
fn anchors_that_are_missing_or_out_of_order_move_nothing() {
    let events = scripts::whole();
    let one = ladder(&events, true, Vec::new());
    let (first, last) = (number(&events, 0), number(&events, 5));
    let plain = pair(&one, &one, &[], &at(120));
    let odd = [(last, last), (first, first), (first, 99), (99, first)];
    assert_eq!(pair(&one, &one, &odd, &at(120)), plain);
}

#[test]
fn a_packet_that_is_wanted_is_not_folded() {
    let events = scripts::bulk();
    let folded = |showing| ladder(&events, true, showing).rows.iter().filter_map(|row| row.packet).collect::<Vec<_>>();
    let (few, shown) = (folded(Vec::new()), number(&events, 20));
    assert!(!few.contains(&shown) && folded(vec![shown]).contains(&shown));
}
