//! What the rules make of a segment: nothing here is typed by hand, all is asked of `tcp`.

use super::page::{Outcome, reply_words};
use crate::tcp::{Arriving, Reply, Seq, Standing, State, Variables, linux_differs, respond};
use crate::wire::Flags;

/// Numbers that any connection could have.
const ISS: Seq = Seq(1000);
const IRS: Seq = Seq(500_000);
const WINDOW: u32 = 64240;

/// The numbers of an end in `state` that has sent and received no data.
const fn variables(state: State) -> Variables {
    let (una, nxt) = match state {
        State::Closed | State::Listen => (0, 0),
        State::SynSent | State::SynReceived => (0, 1),
        State::Established | State::CloseWait => (1, 1),
        State::FinWait1 | State::Closing | State::LastAck => (1, 2),
        State::FinWait2 | State::TimeWait => (2, 2),
    };
    let received = match state {
        State::Closed | State::Listen | State::SynSent => 0,
        State::SynReceived | State::Established | State::FinWait1 | State::FinWait2 => 1,
        State::CloseWait | State::Closing | State::LastAck | State::TimeWait => 2,
    };
    Variables {
        iss: ISS,
        snd_una: Seq(ISS.0 + una),
        snd_nxt: Seq(ISS.0 + nxt),
        max_snd_wnd: WINDOW,
        irs: IRS,
        rcv_nxt: Seq(IRS.0 + received),
        rcv_wnd: WINDOW,
        passive: true,
    }
}

/// What an end in `state` makes of a segment with these flags, `len` octets of data, and the numbers that it expects.
fn outcome(state: State, flags: Flags, len: u32) -> Outcome {
    let variables = variables(state);
    let segment = Arriving { seq: variables.rcv_nxt, ack: variables.snd_nxt, flags, len, signed: false };
    let response = respond(state, &variables, &segment);
    let linux = linux_differs(Standing::held(state), &variables, Some(&segment)).map(|(answer, _)| {
        let after = if answer.state == response.state { String::new() } else { format!(", {}", answer.state) };
        format!("{}{after}", reply_words(answer.reply))
    });
    Outcome {
        segment: String::new(),
        states: vec![state],
        reply: reply_words(response.reply),
        next: (response.state != state).then_some(response.state),
        linux,
    }
}

/// What comes of a segment with these flags and no data, by the state of its receiver; states in which the same comes
/// of it are together.
pub(super) fn by_state(flags: Flags) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for state in State::ALL {
        let new = outcome(state, flags, 0);
        match outcomes.iter_mut().find(|known| known.is_like(&new)) {
            Some(known) => known.states.push(state),
            None => outcomes.push(new),
        }
    }
    outcomes
}

/// The segments that a page on a state tells of: a name, flags, and octets of data.
const ARRIVALS: [(&str, Flags, u32); 7] = [
    ("SYN", Flags::SYN, 0),
    ("SYN ACK", Flags::SYN.with(Flags::ACK), 0),
    ("ACK", Flags::ACK, 0),
    ("data with ACK", Flags::ACK.with(Flags::PSH), 5),
    ("FIN ACK", Flags::ACK.with(Flags::FIN), 0),
    ("RST", Flags::RST, 0),
    ("RST ACK", Flags::RST.with(Flags::ACK), 0),
];

/// What an end in `state` makes of what arrives; segments of which the same comes are together.
pub(super) fn of_state(state: State) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (name, flags, len) in ARRIVALS {
        let new = Outcome { segment: name.to_owned(), states: Vec::new(), ..outcome(state, flags, len) };
        match outcomes.iter_mut().find(|known| known.is_like(&new)) {
            Some(known) => known.segment += &format!(", {name}"),
            None => outcomes.push(new),
        }
    }
    outcomes
}

/// What LISTEN sends in answer to a segment with these flags.
pub(super) fn answer_of_listen(flags: Flags) -> Reply {
    let variables = variables(State::Listen);
    let segment = Arriving { seq: variables.rcv_nxt, ack: variables.snd_nxt, flags, len: 0, signed: false };
    respond(State::Listen, &variables, &segment).reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_outcome_of_every_segment() {
        for bits in 0..512 {
            let outcomes = by_state(Flags::from_bits(bits));
            let mut states: Vec<_> = outcomes.iter().flat_map(|outcome| outcome.states.clone()).collect();
            states.sort_by_key(|state| *state as usize);
            assert_eq!(states, State::ALL);
        }
        for state in State::ALL {
            let names: Vec<_> = of_state(state)
                .iter()
                .flat_map(|one| one.segment.split(", ").map(str::to_owned).collect::<Vec<_>>())
                .collect();
            assert_eq!(names.len(), ARRIVALS.len(), "{state}: {names:?}");
        }
    }

    #[test]
    fn the_life_of_a_connection_follows_from_the_numbers() {
        let next = |state, flags| outcome(state, flags, 0).next;
        let (ack, fin) = (Flags::ACK, Flags::FIN | Flags::ACK);
        assert_eq!(next(State::Listen, Flags::SYN), Some(State::SynReceived));
        assert_eq!(next(State::SynSent, Flags::SYN | ack), Some(State::Established));
        assert_eq!(next(State::SynReceived, ack), Some(State::Established));
        assert_eq!(next(State::Established, fin), Some(State::CloseWait));
        assert_eq!(next(State::FinWait1, ack), Some(State::FinWait2));
        assert_eq!(next(State::FinWait1, fin), Some(State::TimeWait));
        assert_eq!(next(State::FinWait2, fin), Some(State::TimeWait));
        assert_eq!(next(State::Closing, ack), Some(State::TimeWait));
        assert_eq!(next(State::LastAck, ack), Some(State::Closed));
        for state in State::ALL.into_iter().filter(|state| state.is_synchronized()) {
            assert_eq!(next(state, Flags::RST), Some(State::Closed), "{state}");
        }
    }
}
