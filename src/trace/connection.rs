//! One connection: its two ends, and the event that each segment is.

use std::net::SocketAddr;

use super::abnormal::{Breach, ResetNumber};
use super::appearance::{Ecn, appearance};
use super::belief;
use super::calls::{self, Scene};
use super::completeness::Completeness;
use super::end::{End, Facts, Suspect};
use super::history::Recorder;
use super::judgement::{Judgement, judge, note_rejected};
use super::progress::{Closing, Opening, Outcome};
use super::reading::{self, Reading};
use super::sighting::Sighting;
use super::{Belief, Event, EventKind, IcmpEvent, Mark, Marks, Opened, Origin, Pair, Preview, SegmentEvent, Side};
use crate::tcp::{Arriving, Reply, Response, Seq, State, section_of};
use crate::wire::{Flags, Time};

/// Section of RFC 9293 on the header: what cannot be read, or fails its checksum, goes no further.
const HEADER_SECTION: &str = "3.1";
/// Where the state of the receiver is not known, all of what arriving segments bring.
const ARRIVAL_SECTION: &str = "3.10.7";

/// What one segment did.
pub(super) struct Step {
    pub(super) before: Pair<Belief>,
    pub(super) reading: Reading,
    pub(super) judgement: Judgement,
    pub(super) response: Option<Response>,
    /// What its sender was to answer to the segment before.
    pub(super) expected: Reply,
    pub(super) mid_burst: bool,
}

/// A connection under observation; of fixed size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pub(super) id: u32,
    pub(super) sockets: Pair<SocketAddr>,
    pub(super) ends: Pair<End>,
    pub(super) opening: Opening,
    pub(super) closing: Closing,
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) segments: u64,
    pub(super) octets: Pair<u64>,
    pub(super) completeness: Completeness,
    pub(super) recorder: Recorder,
    pub(super) breach: Breach,
    pub(super) icmp: Option<IcmpEvent>,
    pub(super) marks: Marks,
    pub(super) retransmissions: Pair<u32>,
    /// Flags of the first segment.
    pub(super) first_flags: Flags,
    /// Our segments come from no TCP, and ask for no connection.
    pub(super) probing: bool,
}

impl Connection {
    /// A connection whose first segment is `arriving`; `ours` is the end that this program makes.
    pub(super) fn new(
        id: u32,
        sockets: Pair<SocketAddr>,
        ours: Option<Side>,
        first: Time,
        arriving: &Arriving,
    ) -> Self {
        let mut ends = Pair::<End>::default();
        if let Some(side) = ours {
            ends[side].ours = true;
        }
        if opens(arriving.flags) {
            ends.client.state = Some(State::Closed);
            ends.server.state = Some(State::Listen);
            ends.server.passive = true;
        }
        Self {
            id,
            sockets,
            ends,
            opening: Opening::default(),
            closing: Closing::default(),
            first,
            last: first,
            segments: 0,
            octets: Pair::default(),
            completeness: Completeness::default(),
            recorder: Recorder::default(),
            breach: Breach::default(),
            icmp: None,
            marks: Marks::default(),
            retransmissions: Pair::default(),
            first_flags: arriving.flags,
            probing: false,
        }
    }

    pub(super) fn opened(&self) -> Opened {
        Opened { client: self.sockets.client, server: self.sockets.server, states: self.told_states() }
    }

    /// What of these states is told.
    fn without_stateless(&self, mut states: Pair<Belief>) -> Pair<Belief> {
        for side in Side::BOTH.into_iter().filter(|side| self.ends[*side].by_hand) {
            states[side] = Belief::default();
        }
        states
    }

    /// What is told of both ends' states.
    pub(super) fn told_states(&self) -> Pair<Belief> {
        self.without_stateless(self.beliefs())
    }

    pub(super) fn beliefs(&self) -> Pair<Belief> {
        Pair { client: self.ends.client.belief(), server: self.ends.server.belief() }
    }

    /// Whether a SYN of `from` begins another connection between the same sockets: it has another ISN, or this one
    /// came to its end (RFC 9293 section 3.6.1, RFC 6191).
    pub(super) fn is_followed_by(&self, from: Side, arriving: &Arriving) -> bool {
        let flags = arriving.flags;
        if !flags.syn() || flags.rst() {
            return false;
        }
        let over =
            self.closing.is_complete() || self.ends.client.is(State::Closed) && self.ends.server.is(State::Closed);
        let known = self.ends[from].iss.or(self.ends[from].base);
        let other = known.is_some_and(|iss| iss != arriving.seq);
        if flags.ack() { over && other } else { other || self.closing.is_complete() }
    }

    /// A connection that was told of, as far as it is remembered; `complete`: both FINs were acknowledged.
    pub(super) fn over(id: u32, sockets: Pair<SocketAddr>, ends: Pair<End>, complete: bool, now: Time) -> Self {
        let nothing = Arriving { seq: Seq(0), ack: Seq(0), flags: Flags::NONE, len: 0, signed: false };
        Self {
            ends,
            opening: Opening::long_past(now),
            closing: Closing::over(complete),
            segments: 1,
            ..Self::new(id, sockets, None, now, &nothing)
        }
    }

    /// Whether it came to its end: closed on both sides, reset, or never opened.
    pub(super) fn is_over(&self) -> bool {
        let closed = |side: Side| self.ends[side].is(State::Closed);
        let gone = |side: Side| matches!(self.ends[side].state, None | Some(State::Closed | State::Listen));
        self.closing.is_complete() || Side::BOTH.into_iter().any(|side| closed(side) && gone(side.other()))
    }

    /// What is to be told of it in the end.
    pub(super) fn ended(&self) -> Event {
        self.event(self.last, EventKind::Ended(self.summary()))
    }

    /// Something that happened to it.
    pub(super) const fn event(&self, time: Time, kind: EventKind) -> Event {
        Event { time, connection: self.id, kind }
    }

    /// Follows one segment.
    pub(super) fn pass(&mut self, from: Side, sighting: &Sighting<'_>) {
        let facts = sighting.facts();
        let appearance = appearance(sighting, &facts.options, from, &self.ends);
        self.follow(from, &facts, appearance, sighting.origin);
    }

    /// Follows one segment and says what it did.
    pub(super) fn segment(&mut self, from: Side, sighting: &Sighting<'_>) -> SegmentEvent {
        let facts = sighting.facts();
        let appearance = appearance(sighting, &facts.options, from, &self.ends);
        let (step, marks) = self.follow(from, &facts, appearance, sighting.origin);
        self.told(from, sighting, &facts, &step, marks)
    }

    /// Follows one segment, which has such marks by its own bytes.
    pub(super) fn follow(&mut self, from: Side, facts: &Facts, appearance: Marks, origin: Origin) -> (Step, Marks) {
        let malformed = appearance.has(Mark::Malformed);
        self.completeness.add(&facts.arriving, self.segments == 0);
        self.segments += 1;
        // Merged files, and clocks that are set, may put an earlier time behind a later one.
        (self.first, self.last) = (self.first.min(facts.time), self.last.max(facts.time));
        let mut marks = appearance;
        if !malformed {
            marks.extend(self.redeem(from.other(), &facts.arriving));
            self.redeem_ack(from.other(), &facts.arriving);
        }
        let before = self.so_far();
        let again = self.ends[from].sends_again(facts);
        let step = if self.ends[from].last_packet.is_again(facts) {
            marks.set(Mark::DuplicatePacket);
            self.stand_still()
        } else if marks.has(Mark::BadChecksum) || malformed {
            self.ends[from].suspect_checksum(facts, malformed);
            self.opening.note_dropped(&facts.arriving);
            self.stand_still()
        } else if self.ends[from].is_older(&facts.arriving) {
            marks.set(Mark::HalfOpen);
            self.stand_still()
        } else if self.probing {
            self.probe(from, facts)
        } else {
            self.advance(from, facts, origin)
        };
        marks |= step.judgement.marks;
        marks |= step.reading.marks;
        if origin != Origin::OwnKernel && !self.probing {
            marks |= self.milestones(from, facts, &step, &before);
        }
        self.ends[from].note_packet(facts);
        if !malformed {
            self.recorder.note(from, facts, &marks, again);
        }
        self.marks |= marks;
        self.retransmissions[from] += u32::from(step.reading.copy > 1);
        (step, marks)
    }

    fn stand_still(&self) -> Step {
        Step {
            before: self.beliefs(),
            reading: Reading { copy: 1, ..Reading::default() },
            judgement: Judgement::default(),
            response: None,
            expected: Reply::Nothing,
            mid_burst: false,
        }
    }

    /// A segment of `side` that was to be dropped is acknowledged, or all that was before it, to the number: so it was right
    /// on the wire. Either `side` leaves its checksums to the network interface, or the capture lacks what opened the
    /// window so far. What the segment did is made up for. Says what that makes of the acknowledgment.
    fn redeem(&mut self, side: Side, arriving: &Arriving) -> Option<Mark> {
        let (end, peer) = belief::pair_mut(&mut self.ends, side);
        let Suspect { facts, bad_checksum } = end.suspect?;
        let (start, stop) = (facts.arriving.seq, facts.arriving.end());
        let leaps = !bad_checksum && start.after(end.nxt);
        let only_before = leaps && arriving.ack == start;
        // One acknowledgment may cover several that left their checksums to the interface.
        let covered = arriving.ack == stop || only_before || bad_checksum && arriving.ack.after(stop);
        let new = end.base.is_none() || stop.after(end.nxt);
        let open = end.is_synchronized() && peer.is_synchronized();
        let counts = facts.arriving.sequence_len() > 0 || facts.arriving.flags.rst() && open;
        if !(new && covered && arriving.flags.ack() && !arriving.flags.rst() && counts) {
            return None;
        }
        end.suspect = None;
        if facts.arriving.flags.rst() {
            // Its number was the next one: the capture lacks what comes before.
            self.marks = self.marks.without(Marks::of(&[Mark::ResetInexact, Mark::ResetOutsideWindow]));
        }
        if bad_checksum {
            end.offloads = true;
            self.recorder.note(side, &facts, &Marks::default(), false);
        } else {
            if leaps {
                end.skip_to(start);
                self.marks |= Marks::of(&[Mark::Gap, Mark::GapInCapture]);
            }
            end.newest_stamp = facts.options.timestamps.map_or(0, |(value, _)| value);
            peer.right_edge = None;
        }
        self.advance(side, &facts, Origin::Wire);
        only_before.then_some(Mark::GapInCapture)
    }

    /// `side` has acknowledged more than was ever seen, and the other end goes on at just that number: both know of what
    /// the capture lacks.
    fn redeem_ack(&mut self, side: Side, arriving: &Arriving) {
        let (end, sender) = belief::pair_mut(&mut self.ends, side);
        let Some(Suspect { facts, bad_checksum: false }) = end.suspect else { return };
        let agree = facts.arriving.flags.ack() && arriving.seq == facts.arriving.ack && !arriving.flags.syn();
        if !agree || !sender.is_synchronized() || !end.is_synchronized() || !arriving.seq.after(sender.nxt) {
            return;
        }
        end.suspect = None;
        end.right_edge = None;
        sender.skip_to(arriving.seq);
        self.marks = self.marks.without(Marks::of(&[Mark::UnacceptableAck])) | Marks::of(&[Mark::Gap, Mark::AckUnseen]);
        self.advance(side, &facts, Origin::Wire);
    }

    /// Moves both ends by one segment.
    fn advance(&mut self, from: Side, facts: &Facts, origin: Origin) -> Step {
        let (to, segment) = (from.other(), &facts.arriving);
        let ends = &mut self.ends;
        if segment.flags.syn() && !segment.flags.rst() && ends[from].offered.is_none() {
            ends[from].offered = Some(facts.options);
            ends[from].ecn = Ecn::of(segment.flags);
        }
        let foreign = origin == Origin::OwnKernel; // in our end's name, but not its doing
        let mid_burst = ends[from].mid_burst;
        if !foreign {
            belief::settle(ends, from, facts);
        }
        let mut before = Pair { client: ends.client.belief(), server: ends.server.belief() };
        if !foreign && let Some(state) = belief::at_departure(&ends[from], segment) {
            before[from].state = Some(state);
        }
        let lossy = self.marks.has(Mark::GapInCapture) || self.marks.has(Mark::AckUnseen);
        let unseen = reading::see_unseen(ends, from, segment, lossy);
        let variables = ends.variables(to, segment);
        let number = ResetNumber::of(before[to].state, &variables, ends, to, segment);
        let stale = ends[from].is_stale(facts);
        let response = if stale { None } else { belief::arrive(ends, to, facts, &variables) };
        let mut judgement = judge(before[to].state, &variables, segment, number, &ends[from], response.as_ref());
        judgement.rejects |= stale;
        let expected = ends[from].expected;
        ends[to].refused = judgement.rejects;
        let restates = ends[from].restates(segment);
        let mut reading = Reading { copy: 1, ..Reading::default() };
        if !foreign && (!judgement.rejects || ends[from].ours) {
            belief::leave(ends, from, facts);
            ends[from].expected = Reply::Nothing;
        }
        if segment.flags.rst() && !foreign {
            let gone = belief::quotes(ends, from, segment);
            let genuine = gone || !judgement.rejects || ends[from].ours;
            judgement.resets |= belief::leave_reset(&mut ends[from], segment, expected, genuine) && gone;
        }
        if judgement.rejects {
            note_rejected(&mut ends[from], facts, &judgement);
            if stale {
                reading.marks.set(Mark::OldTimestamp);
                ends[from].suspect = Some(Suspect { facts: *facts, bad_checksum: false });
                ends[to].expected = Reply::Ack;
            }
        } else {
            reading = reading::read_sequence(ends, from, facts, self.opening.path_rtt());
            reading.marks |= unseen;
            if ends[from].note_stamp(facts) {
                reading.marks.set(Mark::OldTimestamp);
            }
            belief::catch_up(ends, to);
            reading::read_acknowledgment(ends, from, facts, self.opening.path_rtt(), &mut reading);
            if restates || (reading.marks | judgement.marks).has(Mark::ChallengeAck) {
                // Nothing is missing for it: it was asked.
                reading.marks = reading.marks.without(Marks::of(&[Mark::DuplicateAck]));
            }
        }
        reading.restates = restates && !judgement.rejects;
        belief::prove(ends);
        let step = Step { before, reading, judgement, response, expected, mid_burst };
        self.record(from, facts, &step);
        step
    }

    pub(super) fn record(&mut self, from: Side, facts: &Facts, step: &Step) {
        let outcome = Outcome {
            from,
            facts,
            reading: &step.reading,
            accepted: !step.judgement.rejects,
            reset: step.judgement.resets,
        };
        let was_complete = self.opening.is_complete();
        self.opening.note(&outcome, &self.ends);
        if !was_complete && self.opening.is_complete() {
            self.closing.forget_reset();
            self.breach.forget_reset();
        }
        self.closing.note(&outcome);
        let ended = self.closing.reset_by.is_some();
        self.breach.note(&outcome, &self.ends, step.judgement.number, ended);
        self.octets[from] += u64::from(step.reading.new_octets);
    }

    fn told(&self, from: Side, sighting: &Sighting<'_>, facts: &Facts, step: &Step, marks: Marks) -> SegmentEvent {
        let (segment, arriving) = (sighting.segment, &facts.arriving);
        let shift = if segment.flags.syn() { Some(0) } else { self.ends.shift(from) };
        let scene = Scene {
            from,
            segment: arriving,
            reading: &step.reading,
            mid_burst: step.mid_burst,
            expected: step.expected,
            before: Pair { client: step.before.client.state, server: step.before.server.state },
            ends: &self.ends,
            told: (sighting.origin != Origin::Wire).then_some(sighting.calls),
            marks,
        };
        SegmentEvent {
            number: sighting.number,
            from,
            origin: sighting.origin,
            flags: segment.flags,
            seq: arriving.seq,
            ack: arriving.ack,
            relative_seq: self.relative(from, arriving.seq),
            relative_ack: segment.flags.ack().then(|| self.relative(from.other(), arriving.ack)),
            is_seq_older: self.is_older(from, arriving.seq),
            is_ack_older: segment.flags.ack() && self.is_older(from.other(), arriving.ack),
            len: segment.payload_len,
            window: segment.window,
            scaled_window: shift.map(|shift| u32::from(segment.window) << shift),
            window_shift: shift,
            options: facts.options,
            ttl: sighting.ip.ttl,
            checksum: segment.checksum_state,
            urgent: segment.urgent,
            acked: step.reading.acked,
            before: self.without_stateless(step.before),
            after: self.told_states(),
            calls: calls::beside(&scene),
            marks,
            copy: step.reading.copy,
            since_start: sighting.time.since(self.first),
            since_first: step.reading.since_first,
            gap: step.reading.gap,
            restates: step.reading.restates,
            reset_number: step.judgement.number,
            rfc_section: self.section(from.other(), &marks, step),
            preview: Preview::of(segment.payload),
        }
    }

    fn relative(&self, side: Side, number: Seq) -> u32 {
        number - self.ends[side].base.unwrap_or(number)
    }

    /// Whether a number lies before where those of `side` begin on screen; after two gigabytes nobody can tell.
    fn is_older(&self, side: Side, number: Seq) -> bool {
        const HALF: u32 = 1 << 31;
        let is_short = |base: Seq| self.octets[side] < u64::from(HALF) && self.ends[side].nxt - base < HALF;
        self.ends[side].base.is_some_and(|base| number.before(base) && is_short(base))
    }

    fn section(&self, to: Side, marks: &Marks, step: &Step) -> &'static str {
        if marks.has(Mark::BadChecksum) || marks.has(Mark::Malformed) {
            return HEADER_SECTION;
        }
        if self.probing {
            return ARRIVAL_SECTION;
        }
        let state = self.ends[to].state.unwrap_or(State::Established);
        step.response.map_or(section_of(state), |response| response.section)
    }
}

/// Whether these flags ask for a connection.
pub(super) const fn opens(flags: Flags) -> bool {
    flags.syn() && !flags.ack() && !flags.rst()
}
