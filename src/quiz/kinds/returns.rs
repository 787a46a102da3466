//! Which call returns at the program, now that a segment arrives?

use super::course::Course;
use super::{Kind, about};
use crate::quiz::question::Hidden;
use crate::quiz::record::Record;
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Choice, Question};
use crate::tcp::{Event, State};
use crate::trace::SegmentEvent;

/// What can return, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Returns {
    Connected,
    Refused,
    Accepted,
    Data,
    End,
    Nothing,
}

/// What can be chosen: what it is, how it is offered, other spellings, and why it is right; at the number of the first.
const CALLS: [(Returns, &str, &[&str], &str); 6] = [
    (
        Returns::Connected,
        "connect(), with success",
        &["connect", "connect()"],
        "connect() waits for the SYN ACK that answers its SYN, and for nothing more: the server's program may not know yet.",
    ),
    (
        Returns::Refused,
        "connect(), with ECONNREFUSED",
        &["refused", "ECONNREFUSED"],
        "A reset that answers the SYN makes connect() fail with ECONNREFUSED: no program listens on that port.",
    ),
    (
        Returns::Accepted,
        "accept(), with a new socket",
        &["accept", "accept()"],
        "With this ACK the handshake is complete: the connection goes into the queue from which accept() takes it.",
    ),
    (
        Returns::Data,
        "recv(), with data",
        &["recv", "recv()", "read", "read()"],
        "recv() waits for data, and returns as soon as there is any: with what has come, however little.",
    ),
    (
        Returns::End,
        "recv(), with 0",
        &["recv=0", "recv()=0", "recv 0", "read()=0"],
        "The FIN ends the peer's stream: recv() tells that by returning 0. No other call tells it.",
    ),
    (
        Returns::Nothing,
        "none of these",
        &["none"],
        "The kernel alone has to do with it: connect(), accept() and recv() go on waiting.",
    ),
];

pub(super) fn ask(record: &Record, index: usize, _: &mut Rng) -> Option<Question> {
    let segment = record.plain().get(index)?;
    let to = segment.from.other();
    let course = Course::of(record, index, to)?;
    let right = returns(segment, &course)? as usize;
    let ask = format!(
        "Segment {} arrives at the {1}. The {1}'s program waits in whichever of connect(), accept() and recv() comes \
         next. Which returns now?",
        index + 1,
        to.name()
    );
    let choices = CALLS.iter().map(|(_, text, also, _)| Choice { text: (*text).to_owned(), also }).collect();
    let mut question = about(record, index, Kind::Returns, Hidden::Nothing, ask, Answer::Choice(choices, right));
    question.side = to;
    question.why = vec![CALLS[right].3.to_owned()];
    if let Some((name, _)) = CALLS[right].1.split_once("()") {
        question.more = name.to_owned();
    }
    Some(question)
}

/// What returns by the rules; none where a program might wait for it or not.
fn returns(segment: &SegmentEvent, course: &Course) -> Option<Returns> {
    let by = |event| course.steps.iter().any(|step| step.0 == event);
    Some(match course.from {
        State::SynSent if by(Event::SynAck) => Returns::Connected,
        State::SynSent if by(Event::Reset) => Returns::Refused,
        State::SynReceived if by(Event::AckOfSyn) && segment.len == 0 && !segment.flags.fin() => Returns::Accepted,
        State::Established if segment.len > 0 && !segment.flags.fin() => Returns::Data,
        State::Established if by(Event::Fin) && segment.len == 0 => Returns::End,
        State::Closed | State::Listen if by(Event::Syn) => Returns::Nothing,
        // A bare acknowledgment of data, or of a FIN.
        _ if segment.len == 0 && !segment.flags.syn() && !segment.flags.fin() && !segment.flags.rst() => {
            (segment.acked.octets > 0 || segment.acked.fin).then_some(Returns::Nothing)?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_own_place() {
        for (at, row) in CALLS.iter().enumerate() {
            assert_eq!(row.0 as usize, at);
        }
    }
}
