//! What became of each segment, as far as later ones tell.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::ArrowEnd;
use crate::explain;
use crate::tcp::Seq;
use crate::trace::{IcmpEvent, Mark, Pair, SegmentEvent, Side};
use crate::wire::Flags;

/// Segments in flight that are remembered for each side; older ones are taken to have arrived.
const IN_FLIGHT: usize = 64;

/// Marks of what is sent once more.
const REPETITIONS: [Mark; 4] =
    [Mark::SynRetransmission, Mark::SynAckRetransmission, Mark::FinRetransmission, Mark::Retransmission];

/// A segment that awaits its acknowledgment.
#[derive(Clone, Copy, Debug)]
struct Pending {
    id: u64,
    start: Seq,
    end: Seq,
    /// The other side has asked for it again.
    missed: bool,
    /// It is not the first of its kind.
    again: bool,
}

/// The FIN of one side.
#[derive(Clone, Copy, Debug, Default)]
struct Goodbye {
    /// The number behind it.
    end: Option<Seq>,
    /// The bare ACK that confirmed it. Nothing confirms that one: only that the FIN does not come again tells that it arrived.
    answer: Option<u64>,
}

/// Segments of both sides that await their acknowledgment.
#[derive(Debug, Default)]
pub(super) struct Fates {
    goodbyes: Pair<Goodbye>,
    /// The last segment of each side, if a receiver may answer it by a challenge (RFC 5961).
    dubious: Pair<Option<u64>>,
    pending: Pair<VecDeque<Pending>>,
    /// Those that were sent again without it, and may have arrived all the same.
    repeated: Pair<VecDeque<Pending>>,
    /// Up to where each side's numbers are acknowledged.
    acknowledged: Pair<Option<Seq>>,
    heard: Pair<bool>,
}

/// The end of one arrow, known in hindsight.
pub(super) type Fate = (u64, ArrowEnd);

impl Fates {
    /// Takes note of `segment`, and tells what became of earlier ones. `ignored`: its receiver takes no notice of it.
    pub(super) fn segment(&mut self, id: u64, segment: &SegmentEvent, ignored: bool) -> Vec<Fate> {
        self.heard[segment.from] = true;
        self.acknowledge(segment, ignored);
        let challenged = self.challenged(id, segment);
        let twice = if ignored { Vec::new() } else { self.arrived_twice(segment) };
        let unheard = if ignored { None } else { self.goodbye(id, segment) };
        let fates = self.sent(id, segment, ignored);
        challenged.into_iter().chain(unheard).chain(twice).chain(fates).collect()
    }

    /// What is answered by a challenge has arrived, and nothing of it was taken.
    fn challenged(&mut self, id: u64, segment: &SegmentEvent) -> Option<Fate> {
        let side = segment.from;
        let opens = segment.flags.syn() && !segment.flags.ack();
        self.dubious[side] = (opens || segment.marks.has(Mark::AckUnseen)).then_some(id);
        if !segment.marks.has(Mark::ChallengeAck) {
            return None;
        }
        let answered = self.dubious[side.other()]?;
        let theirs = &mut self.pending[side.other()];
        let before = theirs.len();
        theirs.retain(|sent| sent.id != answered);
        (theirs.len() < before).then_some((answered, ArrowEnd::Ignored))
    }

    /// A FIN that comes once more says that the bare ACK for it was not heard by then.
    fn goodbye(&mut self, id: u64, segment: &SegmentEvent) -> Option<Fate> {
        let theirs = &mut self.goodbyes[segment.from.other()];
        let confirms = segment.flags.ack() && theirs.end.is_some_and(|end| !segment.ack.before(end));
        let bare = segment.len == 0 && !segment.flags.intersects(Flags::SYN | Flags::FIN | Flags::RST);
        if confirms && bare && theirs.answer.is_none() {
            theirs.answer = Some(id);
        }
        if !segment.flags.fin() {
            return None;
        }
        let ours = &mut self.goodbyes[segment.from];
        let unheard = ours.answer.filter(|_| segment.marks.has(Mark::FinRetransmission));
        let end = segment.seq + segment.len.saturating_add(segment.flags.sequence_len());
        *ours = Goodbye { end: Some(end), answer: None };
        unheard.map(|answer| (answer, ArrowEnd::Unanswered))
    }

    fn sent(&mut self, id: u64, segment: &SegmentEvent, ignored: bool) -> Vec<Fate> {
        let probe = segment.marks.has(Mark::KeepAlive) || segment.marks.has(Mark::ZeroWindowProbe);
        // A SYN whose number is acknowledged has arrived, be the data that it carries taken or not.
        let len = if segment.flags.syn() { 1 } else { segment.len.saturating_add(segment.flags.sequence_len()) };
        if len == 0 || probe || ignored || segment.flags.rst() {
            return Vec::new();
        }
        let (start, end) = (segment.seq, segment.seq + len);
        // The SYN ACK of a simultaneous open has the number of the SYN before it, and is no repetition.
        let again = segment.copy > 1 || REPETITIONS.into_iter().any(|mark| segment.marks.has(mark));
        let fates = if again { self.repeated(segment.from, start, end) } else { Vec::new() };
        // What repeats something that was acknowledged awaits nothing.
        if self.acknowledged[segment.from].is_some_and(|acknowledged| !end.after(acknowledged)) {
            return fates;
        }
        remember(&mut self.pending[segment.from], Pending { id, start, end, missed: false, again });
        fates
    }

    /// A D-SACK reports octets that arrived once more (RFC 2883): so the copy before arrived too.
    fn arrived_twice(&mut self, segment: &SegmentEvent) -> Vec<Fate> {
        let mut fates = Vec::new();
        let first = segment.options.sack.as_slice().first().filter(|_| segment.marks.has(Mark::DuplicateSack));
        if let Some((left, right)) = first {
            self.repeated[segment.from.other()].retain(|sent| {
                let covered = !sent.start.before(Seq(*left)) && !sent.end.after(Seq(*right));
                if covered {
                    fates.push((sent.id, ArrowEnd::Arrives));
                }
                !covered
            });
        }
        fates
    }

    /// An ICMP error answers what it quotes, or all that is in flight where it quotes no number. `peer`: whom the
    /// quoted segment was for. A router that complains has not passed it on.
    pub(super) fn icmp(&mut self, icmp: &IcmpEvent, peer: Option<IpAddr>) -> Vec<Fate> {
        let dropped = peer.is_some_and(|peer| peer != icmp.from) && !explain::icmp_is_advice(icmp);
        let mut fates = Vec::new();
        self.pending[icmp.about].retain(|sent| {
            let quoted = icmp.quoted_seq.is_none_or(|seq| seq == sent.start);
            if quoted && dropped {
                fates.push((sent.id, ArrowEnd::Lost));
            }
            !quoted
        });
        fates
    }

    fn acknowledge(&mut self, segment: &SegmentEvent, ignored: bool) {
        let theirs = &mut self.pending[segment.from.other()];
        if ignored {
            return;
        }
        if segment.flags.rst() {
            theirs.clear();
        }
        if !segment.flags.ack() {
            return;
        }
        let acknowledged = &mut self.acknowledged[segment.from.other()];
        *acknowledged = Some(acknowledged.map_or(segment.ack, |before| before.max(segment.ack)));
        let sacked = segment.options.sack.as_slice();
        theirs.retain(|sent| {
            let in_block = |(left, right): &(u32, u32)| !sent.start.before(Seq(*left)) && !sent.end.after(Seq(*right));
            sent.end.after(segment.ack) && !sacked.iter().any(in_block)
        });
        if segment.marks.has(Mark::DuplicateAck) {
            theirs.iter_mut().filter(|sent| sent.start == segment.ack).for_each(|sent| sent.missed = true);
        }
    }

    /// What is sent once more did not get through, or its acknowledgment did not.
    fn repeated(&mut self, from: Side, start: Seq, end: Seq) -> Vec<Fate> {
        let (mut fates, repeated) = (Vec::new(), &mut self.repeated[from]);
        self.pending[from].retain(|sent| {
            let again = !sent.start.before(start) && !sent.end.after(end);
            if again {
                remember(repeated, *sent);
                fates.push((sent.id, if sent.missed { ArrowEnd::Lost } else { ArrowEnd::Unanswered }));
            }
            !again
        });
        fates
    }

    /// What was never answered. Where the capture holds one direction only, silence tells nothing, unless the sender
    /// itself has heard none: it repeats.
    pub(super) fn finish(self, opening_seen: bool) -> Vec<Fate> {
        let mut fates = Vec::new();
        for side in Side::BOTH {
            let tells = opening_seen || self.heard[side.other()];
            let unanswered = self.pending[side].iter().filter(|sent| tells || sent.again);
            fates.extend(unanswered.map(|sent| (sent.id, ArrowEnd::Unanswered)));
        }
        fates
    }
}

fn remember(list: &mut VecDeque<Pending>, sent: Pending) {
    if list.len() == IN_FLIGHT {
        list.pop_front();
    }
    list.push_back(sent);
}
