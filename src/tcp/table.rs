//! The transition table: RFC 9293 section 3.10 with RFC 5961, one row for each rule.

use super::{Event, State};
use Event as E;
use Next::{Origin, Stay, To};
use State::{
    CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent, TimeWait,
};

/// What an end sends because of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Nothing.
    #[default]
    Nothing,
    /// SYN, with our ISS.
    Syn,
    /// SYN,ACK, with our ISS.
    SynAck,
    /// ACK with the current numbers.
    Ack,
    /// The same, because what came is suspicious (RFC 5961): "say it again if you mean it".
    ChallengeAck,
    /// FIN,ACK.
    Fin,
    /// RST with SEQ = SEG.ACK of what came, or SND.NXT after a call.
    Reset,
    /// RST,ACK with SEQ = 0 and ACK = SEG.SEQ + SEG.LEN.
    ResetAck,
}

/// Where a rule leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The state stays.
    Stay,
    /// To this state.
    To(State),
    /// Where the connection came from: LISTEN after a passive open, else CLOSED.
    Origin,
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// States that it holds in.
    pub states: &'static [State],
    /// What happens.
    pub event: Event,
    /// Where it leads.
    pub next: Next,
    /// What is sent.
    pub reply: Reply,
    /// Section of RFC 9293, or the RFC and section that refine it.
    pub section: &'static str,
}

impl Rule {
    /// The state that the rule leads to from `state`; `passive` tells whether the connection began in LISTEN.
    #[must_use]
    pub const fn leads_to(&self, state: State, passive: bool) -> State {
        match self.next {
            Stay => state,
            To(next) => next,
            Origin if passive => Listen,
            Origin => Closed,
        }
    }
}

const fn rule(states: &'static [State], event: Event, next: Next, reply: Reply, section: &'static str) -> Rule {
    Rule { states, event, next, reply, section }
}

/// States in which the peer's SYN is known.
const KNOWN: &[State] = &[SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait];
/// States after the handshake.
const SYNCHRONIZED: &[State] = &[Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait];
/// States in which the peer may still send.
const RECEIVING: &[State] = &[Established, FinWait1, FinWait2];

/// Every rule. A state and an event that no row names cannot meet, or nothing comes of it.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    // Calls.
    rule(&[Closed], E::PassiveOpen, To(Listen), Reply::Nothing, "3.10.1"),
    rule(&[Closed, Listen], E::ActiveOpen, To(SynSent), Reply::Syn, "3.10.1"),
    rule(&[Listen], E::Send, To(SynSent), Reply::Syn, "3.10.2"),
    rule(&[SynSent, SynReceived, Established, CloseWait], E::Send, Stay, Reply::Nothing, "3.10.2"),
    rule(&[Listen, SynSent], E::Close, To(Closed), Reply::Nothing, "3.10.4"),
    rule(&[SynReceived, Established], E::Close, To(FinWait1), Reply::Fin, "3.10.4"),
    rule(&[CloseWait], E::Close, To(LastAck), Reply::Fin, "3.10.4"),
    rule(&[Listen, SynSent, Closing, LastAck, TimeWait], E::Abort, To(Closed), Reply::Nothing, "3.10.5"),
    rule(&[SynReceived, Established, FinWait1, FinWait2, CloseWait], E::Abort, To(Closed), Reply::Reset, "3.10.5"),

    // A segment arrives, and there is no connection.
    rule(&[Closed], E::ResetAside, Stay, Reply::Nothing, "3.10.7.1"),
    rule(&[Closed], E::AckUnacceptable, Stay, Reply::Reset, "3.10.7.1"),
    rule(&[Closed], E::Syn, Stay, Reply::ResetAck, "3.10.7.1"),
    rule(&[Closed], E::WithoutAck, Stay, Reply::ResetAck, "3.10.7.1"),

    rule(&[Listen], E::ResetAside, Stay, Reply::Nothing, "3.10.7.2"),
    rule(&[Listen], E::AckUnacceptable, Stay, Reply::Reset, "3.10.7.2"),
    rule(&[Listen], E::Syn, To(SynReceived), Reply::SynAck, "3.10.7.2"),
    rule(&[Listen], E::WithoutAck, Stay, Reply::Nothing, "3.10.7.2"),

    rule(&[SynSent], E::AckUnacceptable, Stay, Reply::Reset, "3.10.7.3"),
    rule(&[SynSent], E::ResetAside, Stay, Reply::Nothing, "3.10.7.3"),
    rule(&[SynSent], E::Reset, To(Closed), Reply::Nothing, "3.10.7.3"),
    rule(&[SynSent], E::SynAck, To(Established), Reply::Ack, "3.10.7.3"),
    rule(&[SynSent], E::Syn, To(SynReceived), Reply::SynAck, "3.10.7.3"),
    rule(&[SynSent], E::Ack, Stay, Reply::Nothing, "3.10.7.3"),
    rule(&[SynSent], E::WithoutAck, Stay, Reply::Nothing, "3.10.7.3"),

    // The other states: first the window, then RST, SYN, ACK, text and FIN.
    rule(KNOWN, E::OutsideWindow, Stay, Reply::Ack, "3.10.7.4"),
    rule(KNOWN, E::ResetAside, Stay, Reply::Nothing, "3.10.7.4"),
    rule(KNOWN, E::ResetInWindow, Stay, Reply::ChallengeAck, "3.10.7.4"),
    rule(&[SynReceived], E::Reset, Origin, Reply::Nothing, "3.10.7.4"),
    rule(SYNCHRONIZED, E::Reset, To(Closed), Reply::Nothing, "3.10.7.4"),
    rule(&[SynReceived], E::Syn, To(Listen), Reply::Nothing, "3.10.7.4"),
    rule(KNOWN, E::SynAgain, Stay, Reply::ChallengeAck, "3.10.7.4"),
    rule(KNOWN, E::WithoutAck, Stay, Reply::Nothing, "3.10.7.4"),
    rule(&[SynReceived], E::AckUnacceptable, Stay, Reply::Reset, "3.10.7.4"),
    rule(SYNCHRONIZED, E::AckUnacceptable, Stay, Reply::ChallengeAck, "3.10.7.4"),
    rule(&[SynReceived], E::AckOfSyn, To(Established), Reply::Nothing, "3.10.7.4"),
    rule(SYNCHRONIZED, E::Ack, Stay, Reply::Nothing, "3.10.7.4"),
    rule(&[FinWait1], E::AckOfFin, To(FinWait2), Reply::Nothing, "3.10.7.4"),
    rule(&[Closing], E::AckOfFin, To(TimeWait), Reply::Nothing, "3.10.7.4"),
    rule(&[LastAck], E::AckOfFin, To(Closed), Reply::Nothing, "3.10.7.4"),
    rule(RECEIVING, E::Text, Stay, Reply::Ack, "3.10.7.4"),
    rule(&[CloseWait], E::Text, Stay, Reply::Nothing, "3.10.7.4"),
    rule(&[Established, FinWait1, FinWait2, CloseWait], E::OutOfOrder, Stay, Reply::Ack, "3.10.7.4"),
    rule(&[Established], E::Fin, To(CloseWait), Reply::Ack, "3.10.7.4"),
    rule(&[FinWait1], E::Fin, To(Closing), Reply::Ack, "3.10.7.4"),
    rule(&[FinWait2], E::Fin, To(TimeWait), Reply::Ack, "3.10.7.4"),
    rule(&[CloseWait, TimeWait], E::Fin, Stay, Reply::Ack, "3.10.7.4"),

    // Timeouts.
    rule(&[SynSent, SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck], E::UserTimeout, To(Closed), Reply::Nothing, "3.10.8"),
    rule(&[SynSent, SynReceived, Established, FinWait1, CloseWait, Closing, LastAck], E::RetransmissionTimeout, Stay, Reply::Nothing, "3.10.8"),
    rule(&[TimeWait], E::TimeWaitTimeout, To(Closed), Reply::Nothing, "3.10.8"),
];

const EVENTS: usize = Event::TimeWaitTimeout as usize + 1;
/// Place of no rule.
const NO_RULE: u8 = u8::MAX;

/// Where the rule for each state and event stands in [`RULES`].
const PLACES: [[u8; EVENTS]; State::ALL.len()] = {
    let mut places = [[NO_RULE; EVENTS]; State::ALL.len()];
    let mut place = 0;
    while place < RULES.len() {
        let Rule { states, event, .. } = RULES[place];
        let mut index = 0;
        while index < states.len() {
            places[states[index] as usize][event as usize] = place as u8;
            index += 1;
        }
        place += 1;
    }
    places
};

/// The rule for `event` in `state`.
#[must_use]
pub fn rule_for(state: State, event: Event) -> Option<&'static Rule> {
    RULES.get(usize::from(PLACES[state as usize][event as usize]))
}

/// The state after `event` in `state`; the same where no rule moves it.
#[must_use]
pub fn next_state(state: State, event: Event, passive: bool) -> State {
    rule_for(state, event).map_or(state, |rule| rule.leads_to(state, passive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rules_hold_at_once() {
        for (index, rule) in RULES.iter().enumerate() {
            for other in &RULES[index + 1..] {
                let shared = rule.states.iter().find(|state| other.states.contains(state));
                assert!(rule.event != other.event || shared.is_none(), "{rule:?} and {other:?}");
            }
        }
    }

    #[test]
    fn every_rule_is_found() {
        assert!(RULES.len() < usize::from(NO_RULE));
        for rule in RULES {
            for state in rule.states {
                let found = rule_for(*state, rule.event).unwrap();
                assert_eq!((found.states, found.event), (rule.states, rule.event));
            }
        }
    }

    #[test]
    fn every_state_can_be_entered_and_left() {
        for state in State::ALL {
            let enters = |rule: &&Rule| rule.next == To(state) && !rule.states.contains(&state);
            let leaves = |rule: &&Rule| rule.states.contains(&state) && !matches!(rule.next, Stay);
            assert!(RULES.iter().any(|rule| enters(&rule)), "{state}");
            assert!(RULES.iter().any(|rule| leaves(&rule)), "{state}");
        }
    }
}
