//! One segment at a time.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use super::{Builder, Ladder, Lane, Moment, Settings};
use crate::explain::{self, Names, Topic, Voice, Weight};
use crate::trace::{Event, EventKind, Opened};

/// The ladder of one event alone, of the connection that was `opened`: its rows are those of the whole ladder, but nobody
/// knows yet what becomes of what is on its way. `after`: so long after the event before. What is said once in a ladder is
/// left out where it was `said`, and added to that.
#[must_use]
pub fn alone(
    event: &Event,
    opened: &Opened,
    after: Option<Duration>,
    said: &mut HashSet<Topic>,
    settings: &Settings,
) -> Ladder {
    let states = match &event.kind {
        EventKind::Segment(segment) => segment.before,
        EventKind::Icmp(icmp) => icmp.after,
        EventKind::Opened(_) | EventKind::Kernel(_) | EventKind::Ended(_) => opened.states,
    };
    let mut builder = Builder::new(settings).having_said(said.clone());
    builder.announce(event.connection, &Opened { states, ..*opened });
    builder.push(event);
    let mut ladder = builder.so_far();
    // The states at the start.
    ladder.rows.remove(0);
    for row in &mut ladder.rows {
        row.time = row.time.map(|start| after.map_or(start, Moment::After));
    }
    said.extend(firsts(event));
    ladder
}

/// What is said of it once only.
fn firsts(event: &Event) -> Vec<Topic> {
    let EventKind::Segment(segment) = &event.kind else { return Vec::new() };
    let names = Names::new(None, None, None);
    let reasons = explain::reasons(segment, &Voice { names: &names, absolute: false, ascii: false });
    let first = |weight| if let Weight::First(topic) = weight { Some(topic) } else { None };
    reasons.into_iter().filter_map(|reason| first(reason.weight)).collect()
}

/// The rows of `ladder` in turns, each with its packet: what happens before an arrow, the arrow, and what is said of it. What
/// comes behind the last arrow belongs to its turn.
#[must_use]
pub fn turns(ladder: &Ladder) -> Vec<(u64, Range<usize>)> {
    let mut turns: Vec<(u64, Range<usize>)> = Vec::new();
    let is_said = |lane: &Lane| matches!(lane, Lane::Options(_) | Lane::Reason(_) | Lane::Mark(_));
    let mut start = 0;
    for (at, row) in ladder.rows.iter().enumerate() {
        let Some(packet) = row.packet else { continue };
        let said = ladder.rows[at + 1..].iter().take_while(|row| is_said(&row.lane)).count();
        turns.push((packet, start..at + 1 + said));
        start = at + 1 + said;
    }
    if let Some((_, rows)) = turns.last_mut() {
        rows.end = ladder.rows.len();
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::scripts;
    use crate::ladder::{Verbosity, layout, lines};

    fn opened(events: &[Event]) -> Opened {
        events
            .iter()
            .find_map(|event| if let EventKind::Opened(opened) = event.kind { Some(opened) } else { None })
            .expect("an opening")
    }

    #[test]
    fn turns_make_up_the_ladder() {
        for events in [scripts::whole(), scripts::every_mark(), scripts::unreachable()] {
            let settings = Settings { verbosity: Verbosity::Verbose, ..Settings::default() };
            let mut builder = Builder::new(&settings);
            events.iter().for_each(|event| builder.push(event));
            let ladder = builder.finish();
            let turns = turns(&ladder);
            let shown: Vec<_> = turns.iter().flat_map(|(_, rows)| ladder.rows[rows.clone()].to_vec()).collect();
            assert_eq!(shown, ladder.rows);
            assert!(turns.iter().all(|(packet, rows)| {
                ladder.rows[rows.clone()].iter().filter_map(|row| row.packet).collect::<Vec<_>>() == [*packet]
            }));
            let all = lines(&ladder.rows, &settings);
            let whole = layout(&ladder, &settings);
            assert!(whole.windows(all.len()).any(|part| part == all), "the rows stand in the whole as they do alone");
        }
    }

    #[test]
    fn one_segment_alone_has_the_rows_that_it_has_in_the_ladder() {
        let events = scripts::whole();
        let settings = Settings { verbosity: Verbosity::Verbose, ..Settings::default() };
        let mut builder = Builder::new(&settings);
        events.iter().for_each(|event| builder.push(event));
        let whole = builder.finish();
        let segments = events.iter().filter(|event| event.packet().is_some());
        let (mut said, mut reasons) = (HashSet::new(), 0);
        for event in segments {
            let one = alone(event, &opened(&events), None, &mut said, &settings);
            let is_reason = |row: &&crate::ladder::Row| matches!(row.lane, Lane::Reason(_));
            reasons += one.rows.iter().filter(is_reason).count();
            for row in &one.rows {
                let same = |other: &&crate::ladder::Row| other.lane == row.lane;
                assert!(whole.rows.iter().any(|other| same(&other)), "{row:?}");
            }
        }
        let is_reason = |row: &&crate::ladder::Row| matches!(row.lane, Lane::Reason(_));
        assert_eq!(reasons, whole.rows.iter().filter(is_reason).count(), "no reason twice, and none left out");
    }
}
