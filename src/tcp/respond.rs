//! SEGMENT ARRIVES (RFC 9293 section 3.10.7, with RFC 5961): what an end makes of a segment.

use super::table::rule_for;
use super::{Event, Reply, Seq, State, Variables};
use crate::wire::Flags;

/// What the rules look at in an arriving segment whose checksum and header are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// SEG.SEQ.
    pub seq: Seq,
    /// SEG.ACK; significant only with the ACK flag.
    pub ack: Seq,
    /// Control bits.
    pub flags: Flags,
    /// Octets of payload.
    pub len: u32,
    /// With an MD5 signature (RFC 2385). RFC 9293 passes over options that an end does not know (section 3.1, MUST-6).
    pub signed: bool,
}

impl Arriving {
    /// SEG.LEN: payload, SYN and FIN.
    #[must_use]
    pub const fn sequence_len(&self) -> u32 {
        self.len.wrapping_add(self.flags.sequence_len())
    }

    /// The number behind the last one that the segment takes.
    #[must_use]
    pub fn end(&self) -> Seq {
        self.seq + self.sequence_len()
    }
}

/// The most events that one segment can be: acknowledgment, text, FIN.
const MAX_EVENTS: usize = 3;

/// What a segment amounts to, in the order of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    list: [Option<Event>; MAX_EVENTS],
}

impl Events {
    fn one(event: Event) -> Self {
        Self { list: [Some(event), None, None] }
    }

    /// The events in their order.
    pub fn iter(&self) -> impl Iterator<Item = Event> {
        self.list.into_iter().flatten()
    }

    /// Whether `event` is among them.
    #[must_use]
    pub fn has(&self, event: Event) -> bool {
        self.list.contains(&Some(event))
    }
}

/// What comes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// What the segment amounts to.
    pub events: Events,
    /// What is sent because of it.
    pub reply: Reply,
    /// The state afterwards.
    pub state: State,
    /// Section of RFC 9293 that governs it.
    pub section: &'static str,
}

/// What an end in `state` does with `segment`.
#[must_use]
pub fn respond(state: State, variables: &Variables, segment: &Arriving) -> Response {
    let events = examine(state, variables, segment);
    let none = Response { events, reply: Reply::Nothing, state, section: section_of(state) };
    events.iter().fold(none, |response, event| match rule_for(response.state, event) {
        Some(rule) => Response {
            state: rule.leads_to(response.state, variables.passive),
            reply: if rule.reply == Reply::Nothing { response.reply } else { rule.reply },
            section: rule.section,
            ..response
        },
        None => response,
    })
}

/// The section on arriving segments for `state`.
#[must_use]
pub const fn section_of(state: State) -> &'static str {
    match state {
        State::Closed => "3.10.7.1",
        State::Listen => "3.10.7.2",
        State::SynSent => "3.10.7.3",
        _ => "3.10.7.4",
    }
}

fn examine(state: State, variables: &Variables, segment: &Arriving) -> Events {
    match state {
        State::Closed | State::Listen => Events::one(without_connection(segment.flags)),
        State::SynSent => Events::one(syn_sent(variables, segment)),
        _ => match refused(state, variables, segment) {
            Some(event) => Events::one(event),
            None => accepted(state, variables, segment),
        },
    }
}

/// Sections 3.10.7.1 and 3.10.7.2: RST first, then ACK, then SYN.
const fn without_connection(flags: Flags) -> Event {
    if flags.rst() {
        Event::ResetAside
    } else if flags.ack() {
        Event::AckUnacceptable
    } else if flags.syn() {
        Event::Syn
    } else {
        Event::WithoutAck
    }
}

/// Section 3.10.7.3: ACK first, then RST, then SYN.
const fn syn_sent(variables: &Variables, segment: &Arriving) -> Event {
    let flags = segment.flags;
    let acknowledged = flags.ack() && variables.acknowledges_new(segment.ack);
    if flags.rst() {
        return if acknowledged { Event::Reset } else { Event::ResetAside };
    }
    match (flags.ack(), acknowledged, flags.syn()) {
        (true, false, _) => Event::AckUnacceptable,
        (_, true, true) => Event::SynAck,
        (false, _, true) => Event::Syn,
        (_, true, false) => Event::Ack,
        (false, _, false) => Event::WithoutAck,
    }
}

/// Section 3.10.7.4 up to the check of the ACK field: why a segment goes no further.
fn refused(state: State, variables: &Variables, segment: &Arriving) -> Option<Event> {
    let flags = segment.flags;
    let in_window = variables.in_window(segment.seq, segment.sequence_len());
    if flags.rst() {
        return Some(match in_window {
            _ if segment.seq == variables.rcv_nxt => Event::Reset,
            true => Event::ResetInWindow,
            false => Event::ResetAside,
        });
    }
    if completes_simultaneous_open(state, variables, segment) {
        return None;
    }
    if flags.syn() && (state != State::SynReceived || in_window) {
        let half_open = state == State::SynReceived && variables.passive;
        return Some(if half_open { Event::Syn } else { Event::SynAgain });
    }
    if !in_window {
        return Some(Event::OutsideWindow);
    }
    (!flags.ack()).then_some(Event::WithoutAck)
}

/// Figure 7, lines 5 and 6: the SYN,ACK of a peer that opened at the same time repeats a number already received, so
/// the window test alone would throw it away.
fn completes_simultaneous_open(state: State, variables: &Variables, segment: &Arriving) -> bool {
    state == State::SynReceived
        && !variables.passive
        && segment.flags.contains(Flags::SYN | Flags::ACK)
        && segment.seq == variables.irs
        && variables.acknowledges_new(segment.ack)
}

/// Section 3.10.7.4 from the check of the ACK field on.
fn accepted(state: State, variables: &Variables, segment: &Arriving) -> Events {
    let acknowledgment = acknowledgment(state, variables, segment.ack);
    let mut events = Events::one(acknowledgment);
    // CLOSING and LAST-ACK end with the ACK field; TIME-WAIT looks for a repeated FIN only.
    let goes_on = acknowledgment != Event::AckUnacceptable && !matches!(state, State::Closing | State::LastAck);
    if !goes_on || segment.sequence_len() == 0 || segment.flags.syn() {
        return events;
    }
    if state == State::TimeWait {
        events.list[1] = Some(Event::Fin);
        return events;
    }
    let in_order = !segment.seq.after(variables.rcv_nxt);
    if !in_order {
        events.list[1] = Some(Event::OutOfOrder);
        return events;
    }
    events.list[1] = (segment.len > 0).then_some(Event::Text);
    events.list[2] = segment.flags.fin().then_some(Event::Fin);
    events
}

fn acknowledgment(state: State, variables: &Variables, ack: Seq) -> Event {
    let of_fin = ack == variables.snd_nxt;
    match state {
        State::SynReceived if variables.acknowledges_new(ack) => Event::AckOfSyn,
        State::SynReceived => Event::AckUnacceptable,
        _ if !variables.acceptable_ack(ack) => Event::AckUnacceptable,
        State::FinWait1 | State::Closing | State::LastAck if of_fin => Event::AckOfFin,
        _ => Event::Ack,
    }
}
