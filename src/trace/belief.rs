//! Which state each end is in: the transition table, and what a segment proves about the end that sent it.
//!
//! From one point of view alone nobody knows what has arrived. So an arriving segment moves its receiver's state at
//! once, as the figures of RFC 9293 do, and the receiver's own next segment is the proof: where it shows that
//! something had not arrived when it left, the state is set right before the segment is looked at.

use super::end::{End, Facts};
use super::{Pair, Side};
use crate::tcp::{Arriving, Event, Reply, Response, Seq, State, Variables, next_state, respond};
use crate::wire::Flags;

/// Sets the states right by what the segment proves about its sender, and lets what was under way to the receiver
/// arrive. What stands afterwards are the states before the segment.
pub(super) fn settle(ends: &mut Pair<End>, from: Side, facts: &Facts) {
    let flags = facts.arriving.flags;
    if flags.rst() {
        settle_reset(ends, from, facts);
    } else if flags.syn() {
        settle_syn(ends, from, facts);
    } else {
        settle_synchronized(ends, from, facts);
        settle_fin(ends, from, facts);
    }
    deliver(ends, from.other(), facts);
}

/// A reset that quotes the first segment of its peer, from an end that has confirmed nothing yet, comes from one that
/// knows of no connection.
fn settle_reset(ends: &mut Pair<End>, from: Side, facts: &Facts) {
    let (end, peer) = pair_mut(ends, from);
    let (flags, segment) = (facts.arriving.flags, &facts.arriving);
    let refuses = end.is(State::SynReceived) && end.iss.is_none() && flags.ack() && segment.ack == peer.nxt;
    let unaware = end.is(State::Established) && end.last_ack.is_none() && peer.last_ack == Some(segment.seq);
    if refuses || (unaware && !flags.ack() && !end.ours && !end.guessed) {
        end.state = Some(State::Closed);
    }
}

fn settle_syn(ends: &mut Pair<End>, from: Side, facts: &Facts) {
    let repeated = ends[from].iss == Some(facts.arriving.seq);
    let (end, peer) = pair_mut(ends, from);
    match (end.state, facts.arriving.flags.ack()) {
        // The SYN,ACK that was to open it has not reached it.
        (Some(State::Established), false) if repeated && end.last_ack.is_none() => end.state = Some(State::SynSent),
        // It opens by itself: the peer's SYN was still under way.
        (None | Some(State::SynReceived), false) if !repeated => {
            end.state = Some(State::Closed);
            end.passive = false;
            end.syn_coming = peer.iss.is_some();
        }
        // The ACK that was to complete the handshake has not reached it.
        (Some(State::Established), true)
            if repeated
                && end.passive
                && end.nxt == facts.arriving.end()
                && !end.acknowledged_beyond(&facts.arriving) =>
        {
            end.state = Some(State::SynReceived);
        }
        (Some(State::SynSent), true) => {
            end.state = Some(next_state(State::SynSent, Event::Syn, end.passive));
            end.syn_coming = false;
        }
        // A copy that came late, after all was over.
        (Some(State::Closed), true) if repeated && end.earlier != Some(State::SynReceived) => {}
        (None | Some(State::Closed), true) => {
            end.state = Some(State::Listen);
            end.passive = true;
        }
        _ => {}
    }
    // It was reset out of an older connection, and is asked again: only a listener is.
    let freed = peer.is(State::Closed) && peer.iss.is_none() && peer.last_ack.is_some();
    if repeated && !facts.arriving.flags.ack() && freed {
        peer.state = Some(State::Listen);
        peer.passive = true;
        peer.last_ack = None;
        peer.right_edge = None;
    }
    // Asked a second time, and never heard: nothing can be said of the other end.
    if repeated && !facts.arriving.flags.ack() && peer.is_silent() && peer.is(State::SynReceived) {
        peer.state = None;
    }
}

/// A segment without SYN or RST comes from an end that has received the peer's SYN.
fn settle_synchronized(ends: &mut Pair<End>, from: Side, facts: &Facts) {
    if !facts.arriving.flags.ack() {
        return;
    }
    let ack = facts.arriving.ack;
    let (end, peer) = pair_mut(ends, from);
    let covers_syn = peer.iss.is_none_or(|iss| ack.after(iss));
    match end.state {
        None => {
            end.state = Some(State::Established);
            end.guessed = !(peer.iss.is_some() && covers_syn);
        }
        Some(State::SynSent) if covers_syn => {
            end.state = Some(next_state(State::SynSent, Event::SynAck, end.passive));
            end.syn_coming = false;
        }
        // It never answered the SYN, and acknowledges something else: it holds an older connection (RFC 9293 section
        // 3.5.1, figure 9).
        Some(State::SynReceived) if end.iss.is_none() && peer.iss.is_some_and(|iss| ack != iss + 1) => {
            end.state = Some(State::Established);
            end.guessed = true;
        }
        // It acknowledges more than a SYN, so the peer has acknowledged its SYN.
        Some(State::SynReceived) if peer.iss.is_some_and(|iss| ack.after(iss + 1)) && end.iss.is_some() => {
            end.state = Some(next_state(State::SynReceived, Event::AckOfSyn, end.passive));
        }
        _ => {}
    }
}

/// The acknowledgment tells whether the peer's FIN had arrived when the segment left, and that of its own FIN.
fn settle_fin(ends: &mut Pair<End>, from: Side, facts: &Facts) {
    let segment = &facts.arriving;
    if !segment.flags.ack() {
        return;
    }
    let (end, peer) = pair_mut(ends, from);
    let came_late = end.acknowledged_beyond(segment);
    if !came_late {
        settle_ack_of_fin(end, facts);
    }
    let (Some(fin), Some(state)) = (peer.fin, end.state) else { return };
    let first_fin = segment.flags.fin() && end.fin.is_none();
    match (segment.ack.after(fin), end.fin_in) {
        (true, false) => take_fin(end, state),
        // It closed before it knew of the peer's FIN, which something that overtook this segment has acknowledged.
        (false, true) if came_late && first_fin && state == State::CloseWait => take_fin(end, State::FinWait1),
        (false, true) if !came_late => {
            end.state = Some(without_fin(state));
            end.fin_in = false;
            end.fin_coming = true;
        }
        _ => {}
    }
}

/// What acknowledged the sender's FIN may not have arrived when the segment left: who repeats its FIN has not seen it,
/// nor has who lacks the numbers before or on it, but for SACK blocks that tell of them. Where nothing speaks against it
/// any more, it has arrived.
fn settle_ack_of_fin(end: &mut End, facts: &Facts) {
    let (Some(stop), Some(state), segment) = (end.fin_acked_by, end.state, &facts.arriving) else { return };
    let reaches = |taken: Seq| !taken.before(stop);
    let has_it = reaches(segment.ack) || facts.options.sack.as_slice().iter().any(|(_, right)| reaches(Seq(*right)));
    let lacks = end.repeats_fin(segment) || !has_it;
    end.state = Some(match (state, lacks) {
        (State::FinWait2, true) => State::FinWait1,
        (State::TimeWait, true) => State::Closing,
        (State::Closed, true) if end.earlier == Some(State::LastAck) => State::LastAck,
        (State::FinWait1 | State::Closing, false) => next_state(state, Event::AckOfFin, end.passive),
        _ => state,
    });
}

fn take_fin(end: &mut End, state: State) {
    end.state = Some(next_state(state, Event::Fin, end.passive));
    end.fin_in = true;
    end.fin_coming = false;
}

/// The state that `state` would be had the peer's FIN not arrived.
const fn without_fin(state: State) -> State {
    match state {
        State::CloseWait => State::Established,
        State::Closing | State::LastAck => State::FinWait1,
        State::TimeWait => State::FinWait2,
        other => other,
    }
}

/// What was under way to `to` arrives before any later segment.
fn deliver(ends: &mut Pair<End>, to: Side, facts: &Facts) {
    let (end, peer) = pair_mut(ends, to);
    let Some(state) = end.state else { return };
    let bare_syn = facts.arriving.flags.syn() && !facts.arriving.flags.ack();
    if end.syn_coming && !bare_syn {
        end.syn_coming = false;
        if state == State::SynSent {
            end.state = Some(next_state(state, Event::Syn, end.passive));
        }
    }
    let later = |fin| facts.arriving.seq.after(fin) || facts.arriving.flags.rst();
    if end.fin_coming && peer.fin.is_some_and(later) {
        take_fin(end, state);
    }
}

/// The state in which the segment left its sender, where the segment itself tells that it is not the one to which its
/// sender was moved since: what moved it was lost, or has crossed the segment.
pub(super) fn at_departure(end: &End, segment: &Arriving) -> Option<State> {
    let flags = segment.flags;
    match end.state? {
        // Who has no connection sends nothing but RST.
        State::Closed if !flags.intersects(Flags::SYN | Flags::RST) => end.earlier.map(|earlier| match end.fin {
            Some(_) => next_state(earlier, Event::Close, end.passive),
            None => earlier,
        }),
        // It answers the peer's SYN with its own again (RFC 9293 section 3.5, figure 7).
        State::Established if flags.contains(Flags::SYN | Flags::ACK) && end.iss == Some(segment.seq) => {
            end.last_ack.is_none().then_some(State::SynReceived)
        }
        _ => None,
    }
}

/// What the segment does to the state of its sender.
pub(super) fn leave(ends: &mut Pair<End>, from: Side, facts: &Facts) {
    let flags = facts.arriving.flags;
    let end = &mut ends[from];
    let first_fin = end.fin.is_none();
    let (Some(state), passive) = (end.state, end.passive) else {
        return;
    };
    let event = match state {
        _ if flags.rst() => return,
        State::Closed | State::Listen if flags.syn() && !flags.ack() => Event::ActiveOpen,
        State::Listen if flags.syn() => Event::Syn, // that SYN is not in the capture
        State::SynReceived | State::Established | State::CloseWait if flags.fin() && first_fin => Event::Close,
        _ => return,
    };
    end.state = Some(next_state(state, event, passive));
}

/// What the segment does to the state of its receiver, which has these variables; none where nothing is known of the
/// receiver.
pub(super) fn arrive(ends: &mut Pair<End>, to: Side, facts: &Facts, variables: &Variables) -> Option<Response> {
    let (flags, segment) = (facts.arriving.flags, &facts.arriving);
    let repeated = flags.syn() && ends[to.other()].iss == Some(segment.seq);
    let tells = flags.ack() || flags.rst() && !refuses(&ends[to.other()], segment);
    let end = &mut ends[to];
    if end.state.is_none() && !flags.syn() && tells {
        end.state = Some(State::Established);
        end.guessed = true;
    }
    let response = take(end, variables, segment)?;
    end.expected = match response.reply {
        Reply::ChallengeAck if repeated => Reply::Ack, // nothing suspicious: our answer was lost
        reply => reply,
    };
    if response.events.has(Event::Reset) {
        end.guessed = false;
    }
    end.fin_in |= response.events.has(Event::Fin);
    Some(response)
}

/// Moves an end by a segment that arrives, as the rules say, but for this: nothing in a repetition of the last segment
/// is in the window, and its acknowledgment counts all the same (Linux).
fn take(end: &mut End, variables: &Variables, segment: &Arriving) -> Option<Response> {
    let state = end.state?;
    let response = respond(state, variables, segment);
    let repetition = response.events.has(Event::OutsideWindow) && segment.end() == variables.rcv_nxt;
    let acknowledges = segment.flags.ack() && segment.ack == variables.snd_nxt && end.fin.is_some();
    let acked = repetition && acknowledges;
    if acked || response.events.has(Event::AckOfFin) {
        end.fin_acked_by.get_or_insert(segment.end());
    }
    end.enter(if acked { next_state(state, Event::AckOfFin, end.passive) } else { response.state });
    Some(response)
}

/// Takes a FIN that came early, once nothing before it is missing.
pub(super) fn catch_up(ends: &mut Pair<End>, to: Side) {
    let rcv_nxt = ends.rcv_nxt(to, Seq(0));
    let (end, peer) = pair_mut(ends, to);
    if let (Some(fin), Some(state), false, false) = (peer.fin, end.state, end.fin_in, end.fin_coming)
        && rcv_nxt.after(fin)
    {
        take_fin(end, state);
    }
}

/// Whether a reset has the form that an end without a connection gives it: no ACK, and the number that its peer has
/// acknowledged last (RFC 9293 section 3.10.7.1). Then its sender is gone, even if the peer's rules pass the reset over.
pub(super) fn quotes(ends: &Pair<End>, from: Side, reset: &Arriving) -> bool {
    ends[from].is_synchronized() && !reset.flags.ack() && ends[from.other()].last_ack == Some(reset.seq)
}

/// Whether a reset can only answer an ACK of what was never sent: its number lies outside what an end that waits for a
/// SYN,ACK has sent (RFC 9293 section 3.10.7.3). A SYN that was repeated at the same time may stand between the two.
fn refuses(end: &End, reset: &Arriving) -> bool {
    let foreign = |iss: Seq| reset.seq.before(iss) || reset.seq.after(end.nxt);
    end.is(State::SynSent) && !reset.flags.ack() && end.iss.is_some_and(foreign)
}

/// What a reset that left does to its sender; says whether it ended something. One that only answers a strange segment
/// proves nothing, nor does one that may be another's.
pub(super) fn leave_reset(end: &mut End, reset: &Arriving, expected: Reply, genuine: bool) -> bool {
    let answers = matches!(expected, Reply::Reset | Reply::ResetAck) || refuses(end, reset);
    if !genuine || answers && end.state.is_some() {
        return false;
    }
    let state = *end.state.get_or_insert(State::Established);
    end.enter(next_state(state, Event::Abort, end.passive));
    state != State::Closed
}

/// Once both ends have sent something of their own, neither can have closed before the capture began.
pub(super) fn prove(ends: &mut Pair<End>) {
    if ends.client.spoke && ends.server.spoke {
        ends.client.guessed = false;
        ends.server.guessed = false;
    }
}

/// `side`'s end, and its peer's.
pub(super) fn pair_mut(ends: &mut Pair<End>, side: Side) -> (&mut End, &mut End) {
    match side {
        Side::Client => (&mut ends.client, &mut ends.server),
        Side::Server => (&mut ends.server, &mut ends.client),
    }
}
