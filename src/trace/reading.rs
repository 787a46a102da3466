//! What a segment's numbers say: sent for the first time or again, in order or not, with something missing before it,
//! and what it acknowledges for the first time.

use std::cmp::Ordering;
use std::time::Duration;

use super::belief::pair_mut;
use super::end::{End, Facts, Probe};
use super::{Acked, Mark, Marks, Pair, Side};
use crate::tcp::{Arriving, Seq, State};
use crate::wire::{Flags, Time};

/// How long the network may take to put segments into another order, where no round trip was measured (the figure that
/// Wireshark takes).
const REORDERING: Duration = Duration::from_millis(3);
/// With so many repeated acknowledgments, a hole is filled by a repetition and not by a segment that came late.
const FAST_RETRANSMIT: u32 = 2;
/// How soon after the last of them a fast retransmission follows (the figure that Wireshark takes).
const PROMPT: Duration = Duration::from_millis(20);

/// How long an acknowledgment is held back at least where it is: stacks wait for 40 ms and more.
const DELAYED: Duration = Duration::from_millis(30);
/// And at most (RFC 9293 section 3.8.6.3).
const MOST_DELAYED: Duration = Duration::from_millis(500);
/// A repeated SYN,ACK that waited so long passed its first timeout over (RFC 6298: one second, then two more).
const PASSED_OVER: Duration = Duration::from_millis(2500);

/// What the numbers say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    pub(super) marks: Marks,
    pub(super) copy: u16,
    pub(super) since_first: Duration,
    pub(super) gap: u32,
    pub(super) acked: Acked,
    /// It only says again what is expected, since what arrived could not be accepted.
    pub(super) restates: bool,
    /// Octets of payload that were not seen before.
    pub(super) new_octets: u32,
    pub(super) new_fin: bool,
}

impl Reading {
    fn mark(&mut self, mark: Mark) {
        self.marks.set(mark);
    }
}

/// Whether the acknowledgment covers something that the capture lacks. If so, the peer has sent it. `lossy`: the capture is
/// known to lack segments of the connection; so the window that was seen bounds nothing, either.
pub(super) fn see_unseen(ends: &mut Pair<End>, from: Side, segment: &Arriving, lossy: bool) -> Marks {
    let (end, peer) = pair_mut(ends, from);
    let mut marks = Marks::default();
    if !segment.flags.ack() || segment.flags.rst() {
        return marks;
    }
    if peer.base.is_none() {
        // Of an end that has only begun to open, it is the SYN: by a SYN,ACK, or where the capture lacks the SYN,ACK.
        let syn = segment.flags.syn() || peer.is(State::SynReceived);
        peer.start(segment.ack);
        peer.base = Some(if syn { segment.ack - 1 } else { segment.ack });
        peer.iss = peer.base.filter(|_| syn);
        return marks;
    }
    if end.probed == Probe::ZeroWindow && segment.ack == peer.nxt + 1 {
        peer.nxt = segment.ack; // the octet that probed was taken after all
    }
    let offered = lossy || end.right_edge.is_none_or(|edge| !segment.ack.after(edge));
    let possible = !peer.ours && peer.is_synchronized() && offered;
    if peer.holes.any_between(peer.una, segment.ack) && !segment.ack.after(peer.nxt) {
        marks.set(Mark::GapInCapture);
    }
    if segment.ack.after(peer.nxt) && possible {
        if peer.was_heard() {
            marks.set(Mark::AckUnseen); // of an end that was never heard, the capture lacks all
        }
        peer.holes.open(peer.nxt, segment.ack);
        peer.nxt = segment.ack;
    }
    marks
}

/// Reads the sequence numbers of a segment and notes them. `rtt` is the round trip, where one was measured.
pub(super) fn read_sequence(ends: &mut Pair<End>, from: Side, facts: &Facts, rtt: Option<Duration>) -> Reading {
    let (end, peer) = pair_mut(ends, from);
    let segment = &facts.arriving;
    let mut reading = Reading { copy: 1, ..Reading::default() };
    if segment.flags.rst() {
        return reading;
    }
    let new_iss = segment.flags.syn() && end.iss != Some(segment.seq);
    if end.is_answering_anew(segment) {
        reading.mark(Mark::SecondSynAck);
    }
    if new_iss || end.base.is_none() {
        begin(end, segment);
    }
    if is_probe(end, peer, segment) {
        let zero = peer.window == 0;
        reading.mark(if zero { Mark::ZeroWindowProbe } else { Mark::KeepAlive });
        peer.probed = if zero { Probe::ZeroWindow } else { Probe::KeepAlive };
        return reading;
    }
    if is_pure_ack(segment) && end.take_back(segment.seq) {
        peer.last_ack = Some(segment.seq);
        reading.mark(Mark::ChallengeAck);
    }
    if segment.seq.after(end.nxt) {
        reading.gap = segment.seq - end.nxt;
        reading.mark(Mark::Gap);
        end.holes.open(end.nxt, segment.seq);
        end.nxt = segment.seq;
    }
    if segment.sequence_len() > 0 {
        read_numbers(end, peer, facts, rtt, &mut reading);
    }
    if fills_window(ends, from, segment) {
        reading.mark(Mark::WindowFull);
    }
    reading
}

/// Whether the octets reach the very end of the window that the peer offered last.
fn fills_window(ends: &Pair<End>, from: Side, segment: &Arriving) -> bool {
    let to = from.other();
    let (Some(ack), Some(shift)) = (ends[to].last_ack, ends.shift(to)) else { return false };
    let text = segment.len > 0 && !segment.flags.intersects(Flags::SYN | Flags::FIN);
    text && segment.end() == ack + (u32::from(ends[to].window) << shift)
}

/// The numbers of `end` begin with this segment.
fn begin(end: &mut End, segment: &Arriving) {
    end.start(segment.seq);
    if segment.flags.syn() {
        end.iss = Some(segment.seq);
        end.last_ack = None;
        end.right_edge = None;
        (end.fin, end.fin_acked_by) = (None, None);
    }
}

/// A segment with one old number, or with one octet into a closed window: it wants an answer and nothing else
/// (RFC 9293 sections 3.8.4 and 3.8.6.1).
fn is_probe(end: &End, peer: &End, segment: &Arriving) -> bool {
    let plain = !segment.flags.intersects(Flags::SYN | Flags::FIN) && segment.len <= 1 && end.is_synchronized();
    let old = segment.seq + 1 == end.nxt && (segment.len == 0 || end.una == end.nxt);
    let into_closed_window =
        segment.len == 1 && segment.seq == end.nxt && peer.window == 0 && peer.last_ack == Some(end.nxt);
    plain && (old || into_closed_window)
}

fn read_numbers(end: &mut End, peer: &mut End, facts: &Facts, rtt: Option<Duration>, reading: &mut Reading) {
    let segment = &facts.arriving;
    let late = facts.time.since(end.nxt_time);
    let (start, stop) = (segment.seq, segment.end());
    let filled = end.holes.fill(start, stop);
    let beyond = if stop.after(end.nxt) { stop - end.nxt.max(start) } else { 0 };
    reading.new_fin = segment.flags.fin() && end.fin.is_none();
    let new_syn = segment.flags.syn() && beyond > 0;
    reading.new_octets =
        filled.saturating_add(beyond).saturating_sub(u32::from(new_syn) + u32::from(reading.new_fin)).min(segment.len);
    match (filled, beyond == segment.sequence_len()) {
        (_, true) => end.recent.first(start, stop, facts.time, end.una),
        (1.., _) if came_late(peer, late, rtt) => reading.mark(Mark::OutOfOrder),
        (0, _) if is_from_before(end, peer, stop) && came_late(peer, late, rtt) => reading.mark(Mark::OutOfOrder),
        _ => {
            read_again(end, peer, facts, reading);
            if filled > 0 {
                reading.mark(Mark::LostSegment);
            }
        }
    }
    note(end, segment, facts.time, reading.new_fin);
}

/// Whether all numbers up to `stop` belong before the capture, and nobody has acknowledged them.
fn is_from_before(end: &End, peer: &End, stop: Seq) -> bool {
    let acknowledged = peer.last_ack.is_some_and(|ack| !stop.after(ack));
    end.base.is_some_and(|base| !stop.after(base)) && !acknowledged
}

/// Whether a segment that fills a hole is one that the network delivered late, and not a repetition.
fn came_late(peer: &End, late: Duration, rtt: Option<Duration>) -> bool {
    peer.duplicate_acks < FAST_RETRANSMIT && late < rtt.map_or(REORDERING, |rtt| rtt.max(REORDERING))
}

/// A segment that was sent before, wholly or in part.
fn read_again(end: &mut End, peer: &End, facts: &Facts, reading: &mut Reading) {
    let segment = &facts.arriving;
    if segment.flags.contains(Flags::SYN | Flags::ACK) && end.last_ack.is_none() {
        return; // after a bare SYN of its own, the first that acknowledges the peer's
    }
    (reading.copy, reading.since_first) = end.recent.again(segment.seq, segment.end(), facts.time);
    let flags = segment.flags;
    let only_fin = flags.fin() && end.fin == Some(segment.seq);
    reading.mark(match (flags.syn(), flags.ack(), only_fin) {
        (true, false, _) => Mark::SynRetransmission,
        (true, true, _) => Mark::SynAckRetransmission,
        (false, _, true) => Mark::FinRetransmission,
        (false, _, false) => Mark::Retransmission,
    });
    let acknowledged = end.iss.is_some_and(|iss| end.una.after(iss));
    if flags.contains(Flags::SYN | Flags::ACK) && end.passive && acknowledged {
        let waits = reading.copy == 2 && reading.since_first >= PASSED_OVER && !peer.spoke;
        reading.mark(if waits { Mark::DeferredAccept } else { Mark::BacklogOverflow });
    }
    if segment.len > 0 {
        reading.marks.extend(kind_of_repetition(end, peer, facts, reading.copy));
    }
}

/// Why octets are sent again, where the numbers tell.
fn kind_of_repetition(end: &End, peer: &End, facts: &Facts, copy: u16) -> Option<Mark> {
    let segment = &facts.arriving;
    let asked_for = peer.duplicate_acks >= FAST_RETRANSMIT && peer.last_ack == Some(segment.seq);
    let first_again = copy == 2 && end.recent.began_once(end.una);
    let last_of_many = segment.end() == end.nxt && segment.seq.after(end.una) && first_again;
    // What was sent before the capture began may not be.
    let acknowledged = peer.last_ack.is_some_and(|ack| !segment.end().after(ack));
    if acknowledged && !segment.end().after(end.una) {
        Some(Mark::SpuriousRetransmission)
    } else if asked_for && peer.last_packet.seen().before(facts.time) < PROMPT {
        Some(Mark::FastRetransmission)
    } else {
        (last_of_many && peer.duplicate_acks == 0).then_some(Mark::TailLossProbe)
    }
}

fn note(end: &mut End, segment: &Arriving, time: Time, new_fin: bool) {
    let stop = segment.end();
    if stop.after(end.nxt) {
        end.nxt = stop;
        end.nxt_time = time;
    }
    if new_fin {
        end.fin = Some(stop - 1);
    }
    end.spoke |= segment.len > 0 || segment.flags.fin();
    if segment.len > 0 {
        end.mid_burst = !segment.flags.contains(Flags::PSH);
    }
}

/// Reads the acknowledgment and the window of a segment and notes them.
pub(super) fn read_acknowledgment(
    ends: &mut Pair<End>,
    from: Side,
    facts: &Facts,
    rtt: Option<Duration>,
    reading: &mut Reading,
) {
    let segment = &facts.arriving;
    let change = ends.window_change(from, facts.window);
    let (end, peer) = pair_mut(ends, from);
    if !segment.flags.rst() {
        let pure = is_pure_ack(segment) && segment.seq == end.nxt;
        if pure && end.last_ack == Some(segment.ack) {
            read_repeated(end, peer, facts, change, reading);
        }
        if facts.window == 0 && !segment.flags.intersects(Flags::SYN | Flags::FIN) {
            reading.marks.set(Mark::ZeroWindow);
        }
        end.probed = Probe::None;
    }
    if segment.flags.ack() {
        reading.acked = acknowledge(peer, segment.ack);
        if is_delayed(peer, facts, rtt, reading) {
            reading.mark(Mark::DelayedAck);
        }
    }
    if !segment.flags.rst() {
        if segment.flags.ack() {
            end.duplicate_acks = if end.last_ack == Some(segment.ack) { end.duplicate_acks } else { 0 };
            end.last_ack = Some(end.last_ack.map_or(segment.ack, |known| known.max(segment.ack)));
        }
        ends.note_window(from, facts);
    }
}

/// Whether an acknowledgment of all that there is came so late that it was held back, and not so late that something
/// was lost.
fn is_delayed(peer: &End, facts: &Facts, rtt: Option<Duration>, reading: &Reading) -> bool {
    let (segment, acked, Some(rtt)) = (&facts.arriving, &reading.acked, rtt) else { return false };
    let unseen = reading.marks.has(Mark::AckUnseen) || reading.marks.has(Mark::GapInCapture);
    let all = is_pure_ack(segment) && acked.octets > 0 && !acked.syn && segment.ack == peer.nxt && !unseen;
    let (sent, heard) = (facts.time.since(peer.nxt_time), peer.last_packet.seen().before(facts.time));
    all && peer.recent.ended_once(peer.nxt) && is_held(sent, rtt) && is_held(heard, rtt)
}

/// Whether so long after a segment its acknowledgment must have been held back, with a round trip of `rtt`.
pub(super) fn is_held(since: Duration, rtt: Duration) -> bool {
    (DELAYED..=MOST_DELAYED).contains(&since.saturating_sub(rtt))
}

pub(super) fn is_pure_ack(segment: &Arriving) -> bool {
    segment.len == 0 && segment.flags.ack() && !segment.flags.intersects(Flags::SYN | Flags::FIN | Flags::RST)
}

/// An acknowledgment that was given before, and nothing else; `change` is that of its window.
fn read_repeated(end: &mut End, peer: &End, facts: &Facts, change: Option<Ordering>, reading: &mut Reading) {
    let (window, ack) = (facts.window, facts.arriving.ack);
    // What the capture lacks may wait too: blocks above the acknowledgment tell of it.
    let blocks = facts.options.sack.as_slice();
    let waiting = peer.nxt.after(ack) || blocks.iter().any(|block| Seq(block.0).after(ack));
    match end.probed {
        Probe::ZeroWindow if window == 0 => reading.mark(Mark::ZeroWindowProbeAck),
        Probe::KeepAlive if change.is_none_or(Ordering::is_eq) => reading.mark(Mark::KeepAliveAck),
        _ if change.is_some_and(Ordering::is_ne) && window > 0 => reading.mark(Mark::WindowUpdate),
        Probe::None if change.is_some() && waiting && window > 0 => {
            reading.mark(Mark::DuplicateAck);
            end.duplicate_acks = end.duplicate_acks.saturating_add(1);
        }
        _ => {}
    }
}

/// What `ack` acknowledges of the numbers of `peer` for the first time.
fn acknowledge(peer: &mut End, ack: Seq) -> Acked {
    if !ack.after(peer.una) || ack.after(peer.nxt) {
        return Acked::default();
    }
    let syn = peer.iss == Some(peer.una);
    let fin = peer.fin.is_some_and(|fin| ack.after(fin) && !peer.una.after(fin));
    let octets = (ack - peer.una).saturating_sub(u32::from(syn) + u32::from(fin));
    peer.una = ack;
    Acked { octets, syn, fin }
}
