//! Ways between states, in words: all of them are read off the transition table.

use serde::{Serialize, Serializer};

use super::page::reply_words;
use crate::tcp::{Event, Next, RULES, Reply, Rule, State};

/// What an event is called where it leads from one state to another; none for events that never do.
#[must_use]
pub const fn event_words(event: Event) -> Option<&'static str> {
    Some(match event {
        Event::PassiveOpen => "listen()",
        Event::ActiveOpen => "connect()",
        Event::Send => "send()",
        Event::Close => "close() or shutdown()",
        Event::Abort => "an abort",
        Event::Reset => "a RST",
        Event::Syn => "a SYN",
        Event::SynAck => "a SYN ACK",
        Event::AckOfSyn => "the ACK of its SYN",
        Event::AckOfFin => "the ACK of its FIN",
        Event::Fin => "a FIN",
        Event::UserTimeout => "giving up",
        Event::TimeWaitTimeout => "the end of two MSL",
        Event::OutsideWindow
        | Event::ResetInWindow
        | Event::ResetAside
        | Event::SynAgain
        | Event::WithoutAck
        | Event::AckUnacceptable
        | Event::Ack
        | Event::Text
        | Event::OutOfOrder
        | Event::RetransmissionTimeout => return None,
    })
}

/// The states that a rule can lead to from `state`.
fn targets(rule: &Rule, state: State) -> Vec<State> {
    match rule.next {
        Next::Stay => Vec::new(),
        Next::To(next) => vec![next],
        Next::Origin => [true, false].map(|passive| rule.leads_to(state, passive)).to_vec(),
    }
}

/// One way from a state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// Where it begins.
    pub from: State,
    /// Where it leads.
    pub to: State,
    /// What brings it about.
    #[serde(rename = "by", serialize_with = "by")]
    pub event: Event,
    /// What is sent for it, in words.
    pub reply: &'static str,
    /// Section of RFC 9293.
    pub section: &'static str,
}

fn by<S: Serializer>(event: &Event, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(event_words(*event).unwrap_or_default())
}

impl Transition {
    /// What brings it about, and what is sent for it: `close() / FIN ACK`.
    #[must_use]
    pub fn label(&self) -> String {
        let words = event_words(self.event).unwrap_or_default();
        let words = words.split(" or ").next().unwrap_or_default();
        let articles = ["an ", "a ", "the end of ", "the "];
        let words = articles.iter().find_map(|article| words.strip_prefix(article)).unwrap_or(words);
        if self.reply == reply_words(Reply::Nothing) { words.to_owned() } else { format!("{words} / {}", self.reply) }
    }
}

/// Every way from one state to another, in the order of the table.
#[must_use]
pub fn transitions() -> Vec<Transition> {
    let mut all = Vec::new();
    for rule in RULES {
        let ways = rule.states.iter().flat_map(|from| targets(rule, *from).into_iter().map(|to| (*from, to)));
        all.extend(ways.filter(|(from, to)| from != to).map(|(from, to)| Transition {
            from,
            to,
            event: rule.event,
            reply: reply_words(rule.reply),
            section: rule.section,
        }));
    }
    all
}

/// States in their order; three and more in a row are `A to B`.
pub(crate) fn span(states: &[State]) -> String {
    let mut pieces: Vec<(State, State)> = Vec::new();
    for state in states {
        match pieces.last_mut() {
            Some((_, last)) if *last as usize + 1 == *state as usize => *last = *state,
            _ => pieces.push((*state, *state)),
        }
    }
    let words = pieces.into_iter().map(|(first, last)| match last as usize - first as usize {
        0 => first.name().to_owned(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `X by Y; Z by W`; empty where nothing leads there.
pub(super) fn into(state: State) -> String {
    let mut ways: Vec<(&str, Vec<State>)> = Vec::new();
    for rule in RULES {
        let Some(event) = event_words(rule.event) else { continue };
        for from in rule.states.iter().filter(|from| targets(rule, **from).contains(&state)) {
            match ways.iter_mut().find(|(known, _)| *known == event) {
                Some((_, states)) if states.contains(from) => {}
                Some((_, states)) => states.push(*from),
                None => ways.push((event, vec![*from])),
            }
        }
    }
    let mut by_states: Vec<(Vec<State>, Vec<&str>)> = Vec::new();
    for (event, mut states) in ways {
        states.sort_by_key(|state| *state as usize);
        match by_states.iter_mut().find(|(known, _)| *known == states) {
            Some((_, events)) => events.push(event),
            None => by_states.push((states, vec![event])),
        }
    }
    join(by_states.into_iter().map(|(states, events)| format!("{} by {}", span(&states), events.join(", "))))
}

/// `to X by Y; to Z by W`; empty where nothing leads out.
pub(super) fn out_of(state: State) -> String {
    let mut ways: Vec<(State, Vec<&str>)> = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.states.contains(&state)) {
        let Some(event) = event_words(rule.event) else { continue };
        for next in targets(rule, state).into_iter().filter(|next| *next != state) {
            match ways.iter_mut().find(|(known, _)| *known == next) {
                Some((_, events)) if events.contains(&event) => {}
                Some((_, events)) => events.push(event),
                None => ways.push((next, vec![event])),
            }
        }
    }
    join(ways.into_iter().map(|(next, events)| format!("to {next} by {}", events.join(", "))))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_that_leads_on_has_words() {
        for rule in RULES.iter().filter(|rule| rule.next != Next::Stay) {
            assert!(event_words(rule.event).is_some(), "{:?}", rule.event);
        }
    }

    #[test]
    fn ways_in_and_out() {
        assert_eq!(into(State::Closing), "FIN-WAIT-1 by a FIN");
        assert_eq!(into(State::TimeWait), "CLOSING by the ACK of its FIN; FIN-WAIT-2 by a FIN");
        assert!(out_of(State::TimeWait).starts_with("to CLOSED by"));
        for state in State::ALL {
            assert!(!into(state).is_empty() && !out_of(state).is_empty(), "{state}");
        }
    }

    #[test]
    fn states_in_a_row_are_a_span() {
        use State::{Closed, Established, FinWait1, FinWait2, Listen};
        assert_eq!(span(&[Closed, Established, FinWait1, FinWait2]), "CLOSED, ESTABLISHED to FIN-WAIT-2");
        assert_eq!(span(&[Closed, Listen]), "CLOSED, LISTEN");
    }
}
