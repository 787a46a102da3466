//! The states through which an end went: as they follow from the segments, and as its kernel told them.

use serde::Serialize;

use crate::tcp::State;
use crate::trace::{Belief, Certainty, Event, EventKind, KernelEvent, KernelKind, Pair, SegmentEvent, Side};

/// States that are kept of one end: a connection goes through fewer than ten.
const MOST: usize = 32;

/// The outcome for one end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// States that both ways agree on.
    pub agreed: u16,
    /// Those on which they do not.
    pub contradictions: u16,
    /// States that the kernel came to after the last one that segments tell of.
    pub beyond: u16,
}

/// States in their order, no two in a row the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Path {
    states: Vec<State>,
    /// So many of the last are what segments should have brought; what their receiver sends next proves or disproves them.
    tentative: usize,
}

impl Path {
    fn push(&mut self, state: State) {
        // A FIN that also acknowledges ours takes both steps at once (RFC 9293 section 3.10.7.4: first the ACK is
        // checked, then the FIN).
        if state == State::TimeWait && self.states.last() == Some(&State::FinWait1) {
            self.push(State::FinWait2);
        }
        if self.states.last() != Some(&state) && self.states.len() < MOST {
            self.states.push(state);
        }
    }

    /// What should have been brought about.
    fn expect(&mut self, belief: Belief) {
        if let Some(state) = known(belief)
            && self.states.last() != Some(&state)
        {
            let before = self.states.len();
            self.push(state);
            self.tentative += self.states.len() - before;
        }
    }

    /// What is so.
    fn prove(&mut self, belief: Belief) {
        let state = known(belief);
        while self.tentative > 0 && self.states.last() != state.as_ref() {
            self.states.pop();
            self.tentative -= 1;
        }
        state.into_iter().for_each(|state| self.push(state));
        self.tentative = 0;
    }
}

/// A state that was only guessed contradicts nothing.
fn known(belief: Belief) -> Option<State> {
    belief.state.filter(|_| belief.certainty != Certainty::Unknown)
}

/// Both paths of both ends of one connection.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    inferred: Pair<Path>,
    observed: Pair<Path>,
}

impl Paths {
    /// Takes the events of one connection, in their order.
    pub fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Opened(opened) => {
                Side::BOTH.into_iter().for_each(|side| self.inferred[side].expect(opened.states[side]));
            }
            EventKind::Segment(segment) => self.segment(segment),
            EventKind::Icmp(icmp) => {
                Side::BOTH.into_iter().for_each(|side| self.inferred[side].expect(icmp.after[side]));
            }
            EventKind::Kernel(kernel) => self.kernel(kernel),
            EventKind::Ended(summary) => {
                Side::BOTH.into_iter().for_each(|side| self.inferred[side].prove(summary.states[side]));
            }
        }
    }

    fn segment(&mut self, segment: &SegmentEvent) {
        let (from, to) = (segment.from, segment.from.other());
        self.inferred[from].prove(segment.before[from]);
        self.inferred[from].prove(segment.after[from]);
        // What was still under way to the receiver has come before this segment.
        self.inferred[to].expect(segment.before[to]);
        self.inferred[to].expect(segment.after[to]);
    }

    fn kernel(&mut self, event: &KernelEvent) {
        if let KernelKind::State { old, new } = event.kind {
            // What becomes of a listening socket is told with a connection of its time, and is no state of that.
            if old == Some(State::Listen) && new == State::Closed {
                return;
            }
            let path = &mut self.observed[event.side];
            old.into_iter().for_each(|state| path.push(state));
            path.push(new);
        }
    }

    /// The state that the kernel of this end told last.
    #[must_use]
    pub fn last(&self, side: Side) -> Option<State> {
        self.observed[side].states.last().copied()
    }

    /// Holds both paths of one end against each other, and gives `out` each contradiction, inferred and observed. Where
    /// the kernel's account is not `complete`, it may lack states.
    pub fn compare(&self, side: Side, complete: bool, mut out: impl FnMut(Option<State>, Option<State>)) -> Comparison {
        let (mut inferred, mut observed) = (tail(&self.inferred[side]), tail(&self.observed[side]));
        let mut result = Comparison::default();
        let mut differ = |result: &mut Comparison, one: Option<State>, other: Option<State>| {
            result.contradictions += 1;
            out(one, other);
        };
        while let ([expected, rest @ ..], [told, after @ ..]) = (inferred, observed) {
            if expected == told {
                result.agreed += 1;
                (inferred, observed) = (rest, after);
            } else if (*expected, *told) == (State::TimeWait, State::Closed) {
                // The kernel closes the socket that comes into TIME_WAIT. What it keeps in its place was gone when it was
                // asked; so the two do not contradict.
                (inferred, observed) = (rest, after);
            } else if rest.contains(told) {
                if complete {
                    differ(&mut result, Some(*expected), None);
                }
                inferred = rest;
            } else if after.contains(expected) {
                differ(&mut result, None, Some(*told));
                observed = after;
            } else {
                differ(&mut result, Some(*expected), Some(*told));
                (inferred, observed) = (rest, after);
            }
        }
        for state in inferred.iter().filter(|state| complete && !is_silent(**state)) {
            differ(&mut result, Some(*state), None);
        }
        result.beyond = observed.len() as u16;
        result
    }
}

/// The states of a connection: without those before there is one.
fn tail(path: &Path) -> &[State] {
    let begin = path.states.iter().position(|state| !matches!(state, State::Closed | State::Listen));
    begin.map_or(&[], |begin| &path.states[begin..])
}

/// A connection request is no socket yet, and one that comes to nothing never becomes one; and where there is no socket
/// any more, its last change was told before.
const fn is_silent(state: State) -> bool {
    matches!(state, State::SynReceived | State::Listen | State::Closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Teller;
    use State::{CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, TimeWait};

    /// Both paths of a server, the contradictions and the outcome.
    fn compared(inferred: &[State], observed: &[State], complete: bool) -> (Vec<[Option<State>; 2]>, Comparison) {
        let mut paths = Paths::default();
        inferred.iter().for_each(|state| paths.inferred.server.push(*state));
        observed.iter().for_each(|state| paths.observed.server.push(*state));
        let mut found = Vec::new();
        let result = paths.compare(Side::Server, complete, |one, other| found.push([one, other]));
        (found, result)
    }

    const fn outcome(agreed: u16, contradictions: u16, beyond: u16) -> Comparison {
        Comparison { agreed, contradictions, beyond }
    }

    #[test]
    fn what_is_before_the_connection_does_not_count() {
        let inferred = [Listen, SynReceived, Established, CloseWait, LastAck, Closed];
        let observed = [SynReceived, Established, CloseWait, LastAck, Closed];
        assert_eq!(compared(&inferred, &observed, true), (vec![], outcome(5, 0, 0)));
    }

    #[test]
    fn every_difference_is_found() {
        let inferred = [SynReceived, Established, FinWait1, FinWait2, TimeWait];
        let observed = [SynReceived, Established, FinWait1, Closing, TimeWait];
        let (found, result) = compared(&inferred, &observed, true);
        assert_eq!((found, result), (vec![[Some(FinWait2), Some(Closing)]], outcome(4, 1, 0)));
        let (found, result) = compared(&inferred, &observed[..2], true);
        assert_eq!(found, [[Some(FinWait1), None], [Some(FinWait2), None], [Some(TimeWait), None]]);
        assert_eq!(result, outcome(2, 3, 0));
        let (found, _) = compared(&[Established, LastAck], &[Established, CloseWait, LastAck], true);
        assert_eq!(found, [[None, Some(CloseWait)]]);
        let (found, _) = compared(&[SynReceived, Established], &[], true);
        assert_eq!(found, [[Some(Established), None]]);
    }

    #[test]
    fn what_was_not_watched_contradicts_nothing() {
        let inferred = [SynReceived, Established, CloseWait, LastAck, Closed];
        assert_eq!(compared(&inferred, &[Established, LastAck], false), (vec![], outcome(2, 0, 0)));
        assert_eq!(compared(&[SynReceived, Closed], &[], true), (vec![], outcome(0, 0, 0)));
        assert_eq!(compared(&[Established], &[Established, Closed], true), (vec![], outcome(1, 0, 1)));
    }

    #[test]
    fn a_fin_that_acknowledges_ours_takes_two_steps() {
        let observed = [Established, FinWait1, FinWait2, TimeWait];
        assert_eq!(compared(&[Established, FinWait1, TimeWait], &observed, true), (vec![], outcome(4, 0, 0)));
    }

    #[test]
    fn a_time_wait_that_was_gone_when_asked_for_contradicts_nothing() {
        let inferred = [Established, FinWait1, FinWait2, TimeWait, Closed];
        let observed = [Established, FinWait1, FinWait2, Closed];
        assert_eq!(compared(&inferred, &observed, true), (vec![], outcome(3, 0, 0)));
    }

    #[test]
    fn a_listening_socket_that_closes_is_no_state_of_its_connections() {
        let mut paths = Paths::default();
        let told = |old, new| KernelEvent {
            side: Side::Server,
            teller: Teller::Tracepoint,
            kind: KernelKind::State { old: Some(old), new },
        };
        let states = [(Closed, Listen), (Listen, SynReceived), (SynReceived, Established), (Listen, Closed)];
        states.into_iter().for_each(|(old, new)| paths.kernel(&told(old, new)));
        assert_eq!(paths.last(Side::Server), Some(Established));
        paths.kernel(&told(Established, FinWait1));
        [SynReceived, Established, FinWait1].into_iter().for_each(|state| paths.inferred.server.push(state));
        assert_eq!(paths.compare(Side::Server, true, |_, _| ()), outcome(3, 0, 0));
    }

    #[test]
    fn what_is_only_guessed_is_not_held_against_anything() {
        let mut paths = Paths::default();
        paths.inferred.server.prove(Belief { state: Some(Established), certainty: Certainty::Unknown });
        paths.observed.server.push(TimeWait);
        let result = paths.compare(Side::Server, true, |_, _| ());
        assert_eq!(result, outcome(0, 0, 1));
    }

    #[test]
    fn a_belief_that_was_disproved_is_taken_back() {
        let belief = |state| Belief { state: Some(state), certainty: Certainty::Inferred };
        let mut path = Path::default();
        path.expect(belief(Established));
        path.prove(belief(Established));
        path.expect(belief(CloseWait));
        path.prove(belief(Established));
        path.prove(belief(FinWait1));
        path.expect(belief(Closing));
        assert_eq!(path.states, [Established, FinWait1, Closing]);
        path.prove(Belief::default());
        assert_eq!(path.states, [Established, FinWait1]);
        // A FIN that had crossed ours, and the ACK of ours, came one after the other.
        path.expect(belief(Closing));
        path.expect(belief(TimeWait));
        path.prove(belief(TimeWait));
        assert_eq!(path.states, [Established, FinWait1, Closing, TimeWait]);
        (0..2 * MOST).for_each(|turn| path.push(if turn % 2 == 0 { Established } else { FinWait1 }));
        assert_eq!(path.states.len(), MOST);
    }
}
