//! What the receiver's rules say of a segment, in marks.

use super::end::{End, Facts, Suspect};
use super::reading::is_pure_ack;
use super::{Mark, Marks, ResetNumber};
use crate::tcp::{Arriving, Event, Reply, Response, State, Variables};
use crate::wire::Flags;

/// What the receiver makes of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Judgement {
    pub(super) marks: Marks,
    /// It drops the segment, and not because it has it already.
    pub(super) rejects: bool,
    /// It is a reset, and ends something.
    pub(super) resets: bool,
    /// Of a reset: what its number is to the receiver.
    pub(super) number: Option<ResetNumber>,
}

/// Judges by the receiver's `response` from `state` on. An end that has no connection rejects nothing: it shows nothing
/// of the sender.
pub(super) fn judge(
    state: Option<State>,
    variables: &Variables,
    segment: &Arriving,
    number: Option<ResetNumber>,
    sender: &End,
    response: Option<&Response>,
) -> Judgement {
    let resets = response.is_some_and(|response| response.events.has(Event::Reset));
    let mut judgement = Judgement { resets, number, ..Judgement::default() };
    let (Some(response), Some(state)) = (response, state) else { return judgement };
    if matches!(state, State::Closed | State::Listen) {
        return judgement;
    }
    let beyond = segment.seq.after(variables.rcv_nxt);
    let repeated = segment.flags.syn() && sender.iss == Some(segment.seq);
    let answers_anew = sender.is_answering_anew(segment);
    let reason = response.events.iter().find_map(|event| match event {
        Event::OutsideWindow | Event::SynAgain if answers_anew => Some(Mark::SecondSynAck),
        Event::OutsideWindow if beyond => Some(Mark::OutsideWindow),
        Event::ResetAside if state == State::SynSent && segment.flags.ack() => Some(Mark::UnacceptableAck),
        // Its number is the receiver's last acknowledgment: whether more had arrived by then, nobody knows.
        Event::ResetAside if number.is_none() => None,
        Event::ResetAside => Some(Mark::ResetOutsideWindow),
        Event::ResetInWindow => Some(Mark::ResetInexact),
        Event::AckUnacceptable => Some(Mark::UnacceptableAck),
        Event::SynAgain if !repeated => Some(Mark::OutsideWindow),
        _ => None,
    });
    // A segment without ACK is marked by its flags already.
    let passes_over = [Event::WithoutAck, Event::ResetAside].into_iter().any(|event| response.events.has(event));
    judgement.rejects = reason.is_some() || passes_over;
    judgement.marks.extend(reason);
    let unasked = state == State::SynSent && response.events.has(Event::AckUnacceptable);
    // What completes the handshake would have come all the same.
    let completes = state == State::SynReceived && variables.acknowledges_new(segment.ack);
    if is_pure_ack(segment) && (sender.expected == Reply::ChallengeAck && !completes || unasked) {
        judgement.marks.set(Mark::ChallengeAck);
    }
    if unasked && !segment.flags.intersects(Flags::SYN | Flags::RST) {
        judgement.marks.set(Mark::HalfOpen);
    }
    judgement
}

/// Keeps of a segment that is dropped what may explain a later one: the acknowledgment of an end that speaks of another
/// connection, which a reset will quote; and a segment outside the window, which may be acknowledged after all.
pub(super) fn note_rejected(end: &mut End, facts: &Facts, judgement: &Judgement) {
    let segment = &facts.arriving;
    if end.guessed && end.iss.is_none() && segment.flags.ack() && !segment.flags.rst() {
        end.last_ack = Some(segment.ack);
    }
    let aside = [Mark::OutsideWindow, Mark::SecondSynAck, Mark::ResetInexact, Mark::ResetOutsideWindow];
    let acknowledges_unseen = judgement.marks.has(Mark::UnacceptableAck) && is_pure_ack(segment);
    if acknowledges_unseen || aside.into_iter().any(|mark| judgement.marks.has(mark)) {
        end.suspect = Some(Suspect { facts: *facts, bad_checksum: false });
    }
}
