//! What a segment does to one end, derived a second time from the transition table: only where that agrees with the
//! tracer, and where nothing that comes later speaks against it, is there something to ask.

use crate::quiz::question::first_shown;
use crate::quiz::record::Record;
use crate::tcp::{Event, State, next_state};
use crate::trace::{Belief, Certainty, SegmentEvent, Side};

/// The states through which a segment takes one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// Before the segment.
    pub(super) from: State,
    /// Each event in it that leads on, and where to.
    pub(super) steps: Vec<(Event, State)>,
}

impl Course {
    /// The state after the segment.
    pub(super) fn to(&self) -> State {
        self.steps.last().map_or(self.from, |step| step.1)
    }

    /// What the segment at `index` does to the end of `side`; none where the packets leave a doubt.
    pub(super) fn of(record: &Record, index: usize, side: Side) -> Option<Self> {
        let segment = record.plain().get(index)?;
        let (from, after) = (known(segment.before[side])?, known(segment.after[side])?);
        let mut course = Self { from, steps: Vec::new() };
        for event in events(segment, side) {
            let next = next_state(course.to(), event, side == Side::Server);
            if next != course.to() {
                course.steps.push((event, next));
            }
        }
        // What closed an end before has to be on the screen, too.
        let is_shown = record.plain()[..first_shown(index)].iter().all(|before| !before.flags.fin());
        (course.to() == after && is_shown && stays(record, index, side)).then_some(course)
    }
}

/// A state that was not merely guessed.
fn known(belief: Belief) -> Option<State> {
    belief.state.filter(|_| belief.certainty != Certainty::Unknown)
}

/// What in the segment may lead the end of `side` on, in the order of RFC 9293 section 3.10.7.4: the ACK, then the FIN.
fn events(segment: &SegmentEvent, side: Side) -> Vec<Event> {
    let flags = segment.flags;
    let is_first_syn = flags.syn() && !flags.ack();
    let when = |is: bool, event| is.then_some(event);
    let all = if segment.from == side {
        [when(is_first_syn, Event::ActiveOpen), when(flags.fin(), Event::Close), when(flags.rst(), Event::Abort)]
    } else if flags.rst() {
        [Some(Event::Reset), None, None]
    } else if flags.syn() {
        [Some(if flags.ack() { Event::SynAck } else { Event::Syn }), None, None]
    } else {
        let acked = segment.acked;
        [when(acked.syn, Event::AckOfSyn), when(acked.fin, Event::AckOfFin), when(flags.fin(), Event::Fin)]
    };
    all.into_iter().flatten().collect()
}

/// Whether what the end sends next shows that it was in that state: that nothing of its own, which the capture saw
/// later, left before the segment came.
fn stays(record: &Record, index: usize, side: Side) -> bool {
    let pairs = record.segments()[index..].windows(2).enumerate();
    let mut up_to_its_next = pairs.take_while(|(at, pair)| *at == 0 || pair[0].from != side).map(|(_, pair)| pair);
    up_to_its_next.all(|pair| pair[0].after[side].state == pair[1].before[side].state)
}
