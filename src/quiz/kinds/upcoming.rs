//! Which flags does the next segment carry?

use super::{Kind, about};
use crate::quiz::question::Hidden;
use crate::quiz::record::Record;
use crate::quiz::rng::Rng;
use crate::quiz::{Answer, Question};
use crate::trace::{Acked, Mark, SegmentEvent};
use crate::wire::Flags;

/// The facts that leave one answer only, and the rule behind it.
struct Facts {
    fact: &'static str,
    rule: &'static str,
}

pub(super) fn ask(record: &Record, index: usize, _: &mut Rng) -> Option<Question> {
    let segment = record.plain().get(index)?;
    let before = index.checked_sub(1).map(|before| &record.plain()[before]);
    let Facts { fact, rule } = facts(segment, before)?;
    let side = segment.from.name();
    let ask = format!("{} Which flags does segment {} carry?", fact.replace('@', side), index + 1);
    let mut question = about(record, index, Kind::NextFlags, Hidden::All, ask, Answer::Flags(segment.flags));
    question.why.insert(0, rule.to_owned());
    Some(question)
}

/// None where more than one segment could come next.
fn facts(segment: &SegmentEvent, before: Option<&SegmentEvent>) -> Option<Facts> {
    if segment.len > 0 {
        return None;
    }
    let answers_syn = before.is_some_and(|before| before.flags == Flags::SYN && before.from != segment.from);
    let (fact, rule) = match segment.flags {
        Flags::SYN if before.is_none() => (
            "Nothing was sent yet. The client's program calls connect().",
            "A connection begins with a SYN alone: there is nothing yet to acknowledge.",
        ),
        flags if flags == Flags::SYN | Flags::ACK && answers_syn => (
            "The next segment is the server's. A program listens on that port.",
            "A listener answers a SYN with a SYN of its own that acknowledges it: SYN ACK.",
        ),
        flags if flags == Flags::RST | Flags::ACK && answers_syn && segment.marks.has(Mark::Refused) => (
            "The next segment is the server's. No program listens on that port.",
            "A closed port answers with RST, and with ACK, too, as the SYN itself had no ACK.",
        ),
        Flags::ACK if segment.acked != Acked::default() => (
            "The next segment is the @'s. It carries no data, and the @ neither closes nor aborts.",
            "There is nothing to say but that something arrived: ACK alone.",
        ),
        flags if flags == Flags::FIN | Flags::ACK => (
            "The next segment is the @'s: its program has called close(). It carries no data.",
            "close() sends FIN; the ACK flag stands on every segment behind the first SYN that is no reset.",
        ),
        _ => return None,
    };
    Some(Facts { fact, rule })
}
