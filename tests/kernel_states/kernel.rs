//! What the kernels reported of each end: a history of states.

use std::collections::HashMap;
use std::net::SocketAddr;

use rawshake::sys::tracefs::StateChange;
use rawshake::tcp::State;
use rawshake::trace::Side;
use rawshake::wire::Time;

use super::modes::Mode;
use super::stage::Case;

/// Changes of state by own and other socket, in their order.
pub(crate) type Changes = HashMap<(SocketAddr, SocketAddr), Vec<StateChange>>;

pub(crate) fn by_socket(changes: Vec<StateChange>) -> Changes {
    let mut sorted = Changes::new();
    for change in changes {
        sorted.entry((change.local, change.remote)).or_default().push(change);
    }
    sorted
}

/// The states of one end, each from its time on until the next.
#[derive(Debug)]
pub(crate) struct History(Vec<(Time, Vec<State>)>);

/// Before everything.
pub(crate) const EVER: Time = Time::from_nanos(i64::MIN);
/// After everything.
pub(crate) const NEVER: Time = Time::from_nanos(i64::MAX);

impl History {
    /// The history of one end, with what its own interface showed of it.
    ///
    /// Three things to know of the tracepoint. A passive end has no socket before the handshake is over, so until then it
    /// is in LISTEN or SYN-RECEIVED. For TIME-WAIT the kernel closes the socket; what follows is TIME-WAIT, or, where
    /// sock_diag did not find it at the end, that or CLOSED. And where the peer's FIN leads to CLOSING or TIME-WAIT, the
    /// kernel sends the acknowledgment first and changes the state then (tcp_fin()), so the state counts from that
    /// acknowledgment on: `fin_taken` tells when the end's own interface showed it.
    pub(crate) fn of(case: &Case, side: Side, changes: &Changes, fin_taken: Time) -> Self {
        let key = (case.sockets[side], case.sockets[side.other()]);
        let changes = changes.get(&key).map_or(&[][..], Vec::as_slice);
        let state = |number| State::from_kernel(number).unwrap_or_else(|| panic!("no state has the number {number}"));
        let active = changes.first().is_some_and(|first| state(first.old.0) == State::Closed);
        let without_socket = match (active, case.mode) {
            (true, _) | (_, Mode::Refused) => vec![State::Closed],
            _ => vec![State::Listen, State::SynReceived],
        };
        let mut steps = vec![(EVER, without_socket)];
        for change in changes {
            let (old, new) = (state(change.old.0), state(change.new.0));
            let states = match (old, new) {
                (State::FinWait2 | State::Closing, State::Closed) if case.last[side] == State::TimeWait => {
                    vec![State::TimeWait]
                }
                (State::FinWait2 | State::Closing, State::Closed) => vec![State::TimeWait, State::Closed],
                _ => vec![new],
            };
            let time = match (old, new) {
                (State::FinWait1, State::Closing) | (State::FinWait2, State::Closed) => {
                    let before = steps.last().map_or(EVER, |(time, _)| *time);
                    change.time.min(fin_taken.max(before))
                }
                _ => change.time,
            };
            steps.push((time, states));
        }
        Self(steps)
    }

    /// The states that it had at any time from `from` to `to`, both included.
    pub(crate) fn between(&self, from: Time, to: Time) -> Vec<State> {
        let ends = self.0[1..].iter().map(|(time, _)| *time).chain([NEVER]);
        let overlapping = self.0.iter().zip(ends).filter(|((begin, _), end)| *begin <= to && from <= *end);
        overlapping.flat_map(|((_, states), _)| states.iter().copied()).collect()
    }

    /// Whether it was ever in that state.
    pub(crate) fn has(&self, state: State) -> bool {
        self.0.iter().any(|(_, states)| states.contains(&state))
    }

    /// The state that the tracepoint told last.
    pub(crate) fn last(&self) -> &[State] {
        self.0.last().map_or(&[], |(_, states)| states)
    }
}

/// Whether a socket of that end came into that state.
pub(crate) fn was_in(case: &Case, side: Side, changes: &Changes, wanted: State) -> bool {
    let of_end = changes.get(&(case.sockets[side], case.sockets[side.other()]));
    of_end.is_some_and(|changes| changes.iter().any(|change| State::from_kernel(change.new.0) == Some(wanted)))
}

/// What a state looks like to one who has not seen that the end called close(); none where it looks like itself.
pub(crate) fn without_fin(state: State) -> Option<State> {
    match state {
        State::FinWait1 | State::FinWait2 => Some(State::Established),
        State::LastAck | State::Closing | State::TimeWait => Some(State::CloseWait),
        _ => None,
    }
}
