//! Which socket calls stand behind a segment. A capture does not show calls: these follow from what TCP would send.

use super::end::End;
use super::reading::Reading;
use super::{CallNote, CallRole, Certainty, Mark, Marks, Pair, Side};
use crate::tcp::{Arriving, Call, Reply, State};
use crate::wire::Flags;

/// What is known when calls are inferred.
pub(super) struct Scene<'a> {
    pub(super) from: Side,
    pub(super) segment: &'a Arriving,
    pub(super) reading: &'a Reading,
    /// The sender's last octets had no PSH: more of the same burst were to follow.
    pub(super) mid_burst: bool,
    /// What the sender was expected to answer to the segment before.
    pub(super) expected: Reply,
    /// States before and after.
    pub(super) before: Pair<Option<State>>,
    pub(super) ends: &'a Pair<End>,
    /// The calls that our side made; none where the caller does not know.
    pub(super) told: Option<[Option<Call>; 2]>,
    /// What else was said of the segment.
    pub(super) marks: Marks,
}

/// The calls beside a segment, causes first.
pub(super) fn beside(scene: &Scene<'_>) -> [Option<CallNote>; 3] {
    let note = |side, call, role, certainty| CallNote { side, call, role, certainty };
    let (causes, certainty) = match scene.told {
        Some(calls) => (calls, Certainty::Observed),
        None => ([inferred(scene), None], Certainty::Inferred),
    };
    let causes = causes.into_iter().flatten().map(|call| note(scene.from, call, CallRole::Causes, certainty));
    let may_return =
        accepts(scene).then(|| note(scene.from.other(), Call::Accept, CallRole::Returns, Certainty::Inferred));
    let mut notes = causes.chain(may_return);
    [notes.next(), notes.next(), notes.next()]
}

fn inferred(scene: &Scene<'_>) -> Option<Call> {
    let (segment, reading) = (scene.segment, scene.reading);
    let flags = segment.flags;
    let first = reading.copy == 1;
    // The very packet that was seen before: nobody called anything for it.
    if scene.marks.has(Mark::DuplicatePacket) {
        return None;
    }
    if flags.rst() {
        return aborts(scene).then_some(Call::Abort);
    }
    if flags.syn() {
        return (!flags.ack() && first).then_some(Call::Connect);
    }
    if reading.new_fin {
        return Some(Call::Close);
    }
    let whole = flags.contains(Flags::PSH) && !scene.mid_burst;
    (whole && first && segment.len > 0 && reading.new_octets == segment.len).then_some(Call::Send(segment.len))
}

/// A reset in the middle of a connection that answers nothing: somebody wanted it. Who gives up, knows of no connection, or
/// gets data for a program that has gone resets without any call.
fn aborts(scene: &Scene<'_>) -> bool {
    let synchronized = scene.before[scene.from].is_some_and(State::is_synchronized);
    let answers = matches!(scene.expected, Reply::Reset | Reply::ResetAck);
    let wanted = [Mark::Abort, Mark::AbortUnread].into_iter().any(|mark| scene.marks.has(mark));
    wanted && synchronized && !answers && scene.ends[scene.from].is(State::Closed)
}

/// The listener gets its connection.
fn accepts(scene: &Scene<'_>) -> bool {
    let to = scene.from.other();
    let was_half_open = scene.before[to] == Some(State::SynReceived);
    was_half_open && scene.ends[to].passive && scene.ends[to].is_synchronized()
}
