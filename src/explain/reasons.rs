//! Why a segment has the numbers it has: the line under an arrow.

use super::voice::to;
use super::words::{count, payload};
use super::{ExchangeTopic, Voice, marks};
use crate::tcp::{Call, State};
use crate::trace::{CallNote, Certainty, Mark, Origin, ResetNumber, SegmentEvent, Side};
use crate::wire::Flags;

/// Something that needs to be explained once only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A SYN takes a sequence number.
    SynNumber,
    /// So does a FIN.
    FinNumber,
    /// Data moves this side's number on.
    Data(Side),
    /// This side's window is scaled.
    Scale(Side),
    /// What a reset does.
    Reset,
    /// Urgent data.
    Urgent,
    /// What an end that was asked in vain says again.
    Restated,
    /// A mark.
    Mark(Mark),
    /// Something of a UDP or ICMP exchange.
    Exchange(ExchangeTopic),
}

/// When a reason is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Each time.
    Key,
    /// The first time in a ladder; each time for who asks for everything.
    Once(Topic),
    /// The first time only: it stays so.
    First(Topic),
    /// For who asks for everything.
    Detail,
}

/// One line of reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The sentence.
    pub text: String,
    /// When it is worth a line.
    pub weight: Weight,
}

impl Reason {
    pub(super) fn key(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Key }
    }

    fn once(topic: Topic, text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Once(topic) }
    }

    pub(super) fn detail(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Detail }
    }
}

/// All that can be said of `segment`, the most important first.
#[must_use]
pub fn reasons(segment: &SegmentEvent, voice: &Voice<'_>) -> Vec<Reason> {
    let mut reasons: Vec<_> = segment.marks.iter().map(|mark| marks::reason(mark, segment, voice)).collect();
    if segment.origin == Origin::OwnKernel && !segment.marks.has(Mark::OwnKernelReset) {
        reasons.push(Reason::key("sent by your own kernel, not by hand"));
    }
    if marks::is_ignored(segment) {
        return reasons;
    }
    // What a reset acknowledges is part of its own reason.
    reasons.extend(reset(segment, voice).or_else(|| acknowledged(segment, voice)));
    reasons.extend(restated(segment, voice));
    reasons.extend(sent(segment, voice));
    reasons.extend(scaled(segment, voice));
    reasons.extend(details(segment, voice));
    if reasons.is_empty() {
        reasons.push(Reason::detail("nothing new, and no number taken: no data, SYN or FIN"));
    }
    reasons
}

fn reset(segment: &SegmentEvent, voice: &Voice<'_>) -> Option<Reason> {
    if !segment.flags.rst() {
        return None;
    }
    let receiver = to(segment);
    // Nobody need have answered this: it was sent to see what happens.
    if segment.origin == Origin::HandMade && Side::BOTH.into_iter().all(|side| segment.before[side].state.is_none()) {
        return Some(Reason::once(Topic::Reset, "without a connection nobody answers a reset"));
    }
    Some(match (segment.before[receiver].state, voice.ack(segment)) {
        (state, Some(ack)) if state == Some(State::SynSent) || segment.marks.has(Mark::Refused) => {
            Reason::key(format!("ack {ack} says which SYN is refused: {}", voice.names.theirs(receiver)))
        }
        (Some(State::SynReceived), None) => {
            let seq = voice.seq(segment);
            Reason::key(format!("seq {seq} is the ack of that SYN ACK: nobody asked for it"))
        }
        (_, None) if segment.before[segment.from].state == Some(State::SynSent) => {
            let seq = voice.seq(segment);
            Reason::key(format!("seq {seq} is the ack it answers: ends that old connection"))
        }
        (_, None) if matches!(segment.before[segment.from].state, Some(State::Closed | State::Listen)) => {
            let seq = voice.seq(segment);
            Reason::key(format!("seq {seq} is the ack it answers: no such connection here any more"))
        }
        // RFC 9293 section 3.10.7.1: what has no ACK is answered by number 0, and what has one by its own ACK.
        (_, Some(_)) if segment.seq.0 == 0 => Reason::key("seq 0 answers what had no ACK: nobody listens there"),
        _ if is_by_hand(segment) => {
            Reason::once(Topic::Reset, "a reset needs no answer: the connection is gone at once")
        }
        _ if marks::tell_why(segment) => Reason::detail("a reset needs no answer: the connection is gone at once"),
        (_, None) => Reason::once(Topic::Reset, "no ACK: this host knows of no such connection"),
        (_, Some(_)) => Reason::once(Topic::Reset, "an abort: unread data, SO_LINGER, or it gave up"),
    })
}

/// Whether its sender told us that it aborts: then there is nothing to guess.
pub(super) fn is_by_hand(segment: &SegmentEvent) -> bool {
    let observed = |note: &CallNote| note.call == Call::Abort && note.certainty == Certainty::Observed;
    segment.calls.iter().flatten().any(observed)
}

/// What the acknowledgment number is made of.
fn acknowledged(segment: &SegmentEvent, voice: &Voice<'_>) -> Option<Reason> {
    // What was never sent has not arrived.
    let ack = voice.ack(segment).filter(|_| !segment.marks.has(Mark::AckUnseen))?;
    let acked = segment.acked;
    let octets = acked.octets;
    let from = ack.minus(octets).minus(u32::from(acked.syn) + u32::from(acked.fin));
    let whose = voice.names.whose(to(segment));
    let bytes = count(u64::from(octets), "byte");
    Some(match (acked.syn, octets, acked.fin) {
        (false, 0, false) => return None,
        (true, 0, false) => {
            Reason::once(Topic::SynNumber, format!("ack {ack} = {whose} seq {from} + 1: a SYN takes one number"))
        }
        (false, 0, true) => {
            Reason::once(Topic::FinNumber, format!("ack {ack} = {from} + 1: a FIN takes one number, like a SYN"))
        }
        (true, _, false) => Reason::key(format!("ack {ack} = {whose} seq {from} + 1 + {octets}: SYN and {bytes}")),
        (false, _, true) => {
            Reason::once(Topic::FinNumber, format!("ack {ack} = {from} + {octets} + 1: {bytes}, and one for the FIN"))
        }
        (false, _, false) => Reason::detail(format!("ack {ack} = {from} + {octets}: {whose} {bytes} arrived")),
        (true, _, true) => Reason::key(format!("ack {ack} = {whose} seq {from} + {octets} + 2: SYN, {bytes} and FIN")),
    })
}

/// Why an acknowledgment comes again, where nothing is missing. A challenge has words of its own.
fn restated(segment: &SegmentEvent, voice: &Voice<'_>) -> Option<Reason> {
    let ack = voice.ack(segment).filter(|_| segment.restates && !segment.marks.has(Mark::ChallengeAck))?;
    Some(Reason::once(Topic::Restated, format!("ack {ack} again: nothing was taken of what it answers")))
}

/// What comes next after the data of this segment.
fn sent(segment: &SegmentEvent, voice: &Voice<'_>) -> Option<Reason> {
    let probe = segment.marks.has(Mark::KeepAlive) || segment.marks.has(Mark::ZeroWindowProbe);
    if segment.len == 0 || probe || segment.flags.rst() {
        return None;
    }
    let seq = voice.seq(segment);
    let (syn, fin) = (segment.flags.syn(), segment.flags.fin());
    let next = seq.plus(segment.len).plus(segment.flags.sequence_len());
    let sum = format!("{seq}{} + {}{}", if syn { " + 1" } else { "" }, segment.len, if fin { " + 1" } else { "" });
    let glimpse = payload(segment.preview.octets(), segment.len, voice.ascii);
    let you = voice.names.you() == Some(segment.from);
    let next_byte = if you { "next byte you send" } else { "its next byte" };
    let said = if segment.preview.octets().is_empty() { String::new() } else { glimpse + ": " };
    let text = format!("{said}{next_byte} is {sum} = {next}");
    Some(Reason::once(Topic::Data(segment.from), text))
}

/// Where the window scale first applies.
fn scaled(segment: &SegmentEvent, voice: &Voice<'_>) -> Option<Reason> {
    let shift = segment.window_shift.filter(|shift| *shift > 0 && !segment.flags.syn() && !segment.flags.rst())?;
    let window = segment.scaled_window.filter(|window| *window > 0)?;
    let whose = voice.names.whose(segment.from);
    let text = format!("win {window} = {} << {shift}: {whose} scale from now on", segment.window);
    Some(Reason { text, weight: Weight::First(Topic::Scale(segment.from)) })
}

/// What only who asks for everything wants to read.
fn details(segment: &SegmentEvent, voice: &Voice<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let flags = segment.flags;
    if flags.contains(Flags::URG) {
        reasons.push(Reason::once(
            Topic::Urgent,
            format!("urgent pointer {}: not for new programs (RFC 6093)", segment.urgent),
        ));
    }
    if flags.syn() && segment.relative_seq == 0 && !voice.absolute {
        reasons.push(Reason::detail(format!("seq 0 is {} on the wire, the initial number", segment.seq)));
    }
    if segment.reset_number == Some(ResetNumber::Exact) && segment.before[to(segment)].state != Some(State::SynSent) {
        reasons.push(Reason::detail(format!(
            "seq {} is the very next that {} expects: the reset counts",
            voice.seq(segment),
            voice.receiver(segment)
        )));
    }
    if flags.fin() && !flags.rst() {
        reasons.push(Reason::detail("FIN: no more data this way; the other way stays open"));
    }
    reasons
}
