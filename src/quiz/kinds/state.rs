//! Which state does a segment bring an end to?

use super::course::Course;
use super::{Kind, about};
use crate::explain::glossary::{event_words, transitions};
use crate::quiz::question::Hidden;
use crate::quiz::record::Record;
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Choice, Question};
use crate::tcp::State;
use crate::trace::Side;

/// So many states are offered.
const OFFERED: usize = 4;
/// Of so many segments that change no state, one is asked about.
const ONE_IN: usize = 4;

pub(super) fn ask(record: &Record, index: usize, rng: &mut Rng) -> Option<Question> {
    let sides = if rng.below(2) == 0 { Side::BOTH } else { [Side::Server, Side::Client] };
    let found = sides.into_iter().filter_map(|side| Some((side, Course::of(record, index, side)?)));
    let found: Vec<_> = found.collect();
    let moving = found.iter().find(|(_, course)| !course.steps.is_empty());
    let still = || found.first().filter(|_| rng.below(ONE_IN) == 0);
    let (side, course) = moving.or_else(still)?;
    let segment = &record.plain()[index];
    let (name, number) = (side.name(), index + 1);
    let when = if segment.from == *side { "leaves" } else { "arrives" };
    let ask = format!("Segment {number} {when}. In which state is the {name}'s end of the connection then?");
    let offered = offered(course, rng);
    let right = offered.iter().position(|state| *state == course.to())?;
    let choices = offered.into_iter().map(choice).collect();
    let mut question = about(record, index, Kind::NextState, Hidden::Nothing, ask, Answer::Choice(choices, right));
    question.side = *side;
    question.why = vec![why(course, name)];
    course.to().name().clone_into(&mut question.more);
    Some(question)
}

fn choice(state: State) -> Choice {
    // Names of the kernel and of ss that differ by more than hyphens.
    let also: &[&str] = match state {
        State::Established => &["ESTAB"],
        State::SynReceived => &["SYN_RECV"],
        State::Closed => &["CLOSE", "UNCONN"],
        _ => &[],
    };
    Choice { text: state.name().to_owned(), also }
}

/// The right state, the one before, and others that lie near them; in the order of RFC 9293.
fn offered(course: &Course, rng: &mut Rng) -> Vec<State> {
    let mut near: Vec<State> = transitions().iter().filter(|way| way.from == course.from).map(|way| way.to).collect();
    near.extend(transitions().iter().filter(|way| way.to == course.to()).map(|way| way.from));
    let mut others = State::ALL.to_vec();
    rng.shuffle(&mut near);
    rng.shuffle(&mut others);
    let mut offered: Vec<State> = Vec::new();
    for state in [course.to(), course.from].into_iter().chain(near).chain(others) {
        if offered.len() < OFFERED && !offered.contains(&state) {
            offered.push(state);
        }
    }
    offered.sort_by_key(|state| *state as usize);
    offered
}

fn why(course: &Course, name: &str) -> String {
    let from = course.from;
    let ways = course.steps.iter().map(|(event, to)| format!("to {to} by {}", event_words(*event).unwrap_or("that")));
    let ways = ways.collect::<Vec<_>>().join(", and ");
    if ways.is_empty() {
        return format!(
            "The {name}'s end was in {from} and stays there: neither data nor the ACK of data leads on, only SYN, FIN, RST \
             and what acknowledges a SYN or FIN."
        );
    }
    format!("The {name}'s end was in {from}. It goes {ways}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::Event;

    #[test]
    fn the_right_state_and_the_one_before_are_among_four() {
        let steps = vec![(Event::AckOfFin, State::FinWait2), (Event::Fin, State::TimeWait)];
        let course = Course { from: State::FinWait1, steps };
        for seed in 0..50 {
            let states = offered(&course, &mut Rng::new(seed));
            assert_eq!(states.len(), OFFERED);
            assert!(states.contains(&State::TimeWait) && states.contains(&State::FinWait1), "{states:?}");
            assert!(states.is_sorted_by_key(|state| *state as usize));
        }
        assert_eq!(
            why(&course, "client"),
            "The client's end was in FIN-WAIT-1. It goes to FIN-WAIT-2 by the ACK of its FIN, and to TIME-WAIT by a FIN."
        );
    }
}
