//! One end of a connection, as its segments and its peer's show it.

use std::cmp::Ordering;
use std::time::Duration;

use super::appearance::Ecn;
use super::fingerprint::{Fingerprint, Imprint};
use super::holes::Holes;
use super::reading::is_pure_ack;
use super::recent::Recent;
use super::{Belief, Certainty, Pair, Side};
use crate::tcp::{Arriving, Reply, Seq, State, Variables};
use crate::wire::{Flags, OptionSummary, Time};

/// The largest shift that RFC 7323 section 2.3 allows; taken where the shift is not known, so that nothing is called
/// outside a window that may be as large.
pub(super) const MAX_SHIFT: u8 = 14;
/// A window as large as any can be.
const MAX_WINDOW: u32 = 0xffff << MAX_SHIFT;

/// A time in which whatever arrives has been acknowledged: the shortest that stacks wait before they send again.
const ROUND_TRIP: Duration = Duration::from_millis(200);

/// What the tracer needs of a segment whose bytes are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) time: Time,
    pub(super) arriving: Arriving,
    pub(super) window: u16,
    pub(super) options: OptionSummary,
    pub(super) imprint: Imprint,
}

/// A segment that its receiver should have dropped, for what the capture shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspect {
    pub(super) facts: Facts,
    /// Its checksum is wrong; else it is outside the window.
    pub(super) bad_checksum: bool,
}

/// What the last segment probed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Probe {
    #[default]
    None,
    KeepAlive,
    ZeroWindow,
}

/// One end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    /// The state, where anything can be said.
    pub(super) state: Option<State>,
    /// The state that it left for CLOSED.
    pub(super) earlier: Option<State>,
    /// This program makes its segments, so its state is no inference.
    pub(super) ours: bool,
    /// Nobody keeps a state for those segments: each is sent as it was asked for. What a TCP would be in that sent them
    /// serves to read the answers, and is not told.
    pub(super) by_hand: bool,
    /// What came before the capture may make the state another one.
    pub(super) guessed: bool,
    /// It began in LISTEN.
    pub(super) passive: bool,

    /// Initial sequence number, where its SYN was seen.
    pub(super) iss: Option<Seq>,
    /// Where its numbers begin on screen: the ISS, or the first number seen.
    pub(super) base: Option<Seq>,
    /// Oldest number that is not acknowledged.
    pub(super) una: Seq,
    /// The number behind the highest one that it has sent.
    pub(super) nxt: Seq,
    /// The number of its FIN.
    pub(super) fin: Option<Seq>,
    /// What of its numbers was not seen.
    pub(super) holes: Holes,
    pub(super) recent: Recent,
    /// When it sent its highest number.
    pub(super) nxt_time: Time,
    /// The last octets that it sent had no PSH: more of the same burst are to follow.
    pub(super) mid_burst: bool,
    /// Octets or a FIN of it were seen.
    pub(super) spoke: bool,

    /// Its last acknowledgment.
    pub(super) last_ack: Option<Seq>,
    /// How often it repeated that acknowledgment.
    pub(super) duplicate_acks: u32,
    /// The window field of its last segment.
    pub(super) window: u16,
    /// That segment was a SYN.
    pub(super) window_of_syn: bool,
    /// The largest window it has offered, in octets.
    pub(super) max_window: u32,
    /// The number behind the last one that it has ever offered to receive.
    pub(super) right_edge: Option<Seq>,
    /// Options on its SYN.
    pub(super) offered: Option<OptionSummary>,
    /// What its SYN said of ECN.
    pub(super) ecn: Ecn,
    /// Time to live of its segments; 0 before the first.
    pub(super) ttl: u8,
    /// The newest timestamp of its segments that came in order; 0 before the first.
    pub(super) newest_stamp: u32,
    pub(super) last_packet: Fingerprint,

    /// It has taken the peer's FIN.
    pub(super) fin_in: bool,
    /// The number behind the segment that acknowledged its FIN first.
    pub(super) fin_acked_by: Option<Seq>,
    /// The peer's FIN is under way to it.
    pub(super) fin_coming: bool,
    /// The peer's SYN is under way to it.
    pub(super) syn_coming: bool,
    /// What it is to answer to what arrived last.
    pub(super) expected: Reply,
    /// What arrived last was dropped, and not because it was there already.
    pub(super) refused: bool,
    /// What arrived last was a probe.
    pub(super) probed: Probe,
    /// Its last segment that was to be dropped. If the peer acknowledges it, the capture lies and not the wire.
    pub(super) suspect: Option<Suspect>,
    /// It leaves checksums to its network interface, in a way that looks like plain error.
    pub(super) offloads: bool,
}

impl End {
    /// The state, and how we know it.
    pub(super) fn belief(&self) -> Belief {
        let certainty = match self.state {
            None => Certainty::Unknown,
            Some(_) if self.ours => Certainty::Observed,
            Some(_) if self.guessed => Certainty::Unknown,
            Some(_) => Certainty::Inferred,
        };
        Belief { state: self.state, certainty }
    }

    pub(super) fn is(&self, state: State) -> bool {
        self.state == Some(state)
    }

    pub(super) fn is_synchronized(&self) -> bool {
        self.state.is_some_and(State::is_synchronized)
    }

    /// Whether a segment of it is of a connection before the one that its SYN asks for: numbers begin with that.
    pub(super) fn is_older(&self, segment: &Arriving) -> bool {
        let numbered = !segment.flags.intersects(Flags::SYN | Flags::RST);
        numbered && self.is(State::SynSent) && self.iss.is_some_and(|iss| segment.seq.before(iss))
    }

    /// Whether this is a SYN,ACK with another number than its SYN,ACK before.
    pub(super) fn is_answering_anew(&self, segment: &Arriving) -> bool {
        let answer = segment.flags.contains(Flags::SYN | Flags::ACK) && !segment.flags.rst();
        answer && self.iss.is_some_and(|iss| iss != segment.seq)
    }

    /// Whether nothing of it was ever seen.
    pub(super) fn is_silent(&self) -> bool {
        self.iss.is_none() && self.last_ack.is_none()
    }

    /// Numbers begin at `seq`: nothing is known from before.
    pub(super) fn start(&mut self, seq: Seq) {
        self.base = Some(seq);
        self.una = seq;
        self.nxt = seq;
        self.holes = Holes::default();
    }

    /// All its numbers before `seq` were sent, though the capture lacks many.
    pub(super) fn skip_to(&mut self, seq: Seq) {
        self.nxt = seq;
        self.una = seq;
        self.holes = Holes::default();
    }

    /// A segment without a number of its own has this one, below what the peer acknowledged and nobody saw: so that was
    /// never sent. Says whether it was so.
    pub(super) fn take_back(&mut self, seq: Seq) -> bool {
        let was_guessed = seq.before(self.nxt) && self.holes.shorten(seq, self.nxt);
        if was_guessed {
            self.nxt = seq;
            self.una = if self.una.after(seq) { seq } else { self.una };
        }
        was_guessed
    }

    /// Keeps a segment that fails its checksum, unless an earlier one still waits to be judged by an acknowledgment.
    pub(super) fn suspect_checksum(&mut self, facts: &Facts, malformed: bool) {
        let waits = |known: &Suspect| known.bad_checksum && known.facts.arriving.end().after(self.nxt);
        if malformed || !self.suspect.as_ref().is_some_and(waits) {
            self.suspect = (!malformed).then_some(Suspect { facts: *facts, bad_checksum: true });
        }
    }

    /// Whether a segment with new numbers has a timestamp older than one that arrived in order: its receiver drops it, and
    /// answers with an ACK (RFC 7323 section 5.3).
    pub(super) fn is_stale(&self, facts: &Facts) -> bool {
        let (segment, flags) = (&facts.arriving, facts.arriving.flags);
        let new = segment.len > 0 && segment.end().after(self.nxt) && !flags.intersects(Flags::SYN | Flags::RST);
        new && facts.options.timestamps.is_some_and(|(value, _)| self.has_older(value))
    }

    /// Whether `value` is before the newest of its timestamps.
    fn has_older(&self, value: u32) -> bool {
        self.newest_stamp != 0 && Seq(value).before(Seq(self.newest_stamp))
    }

    /// Keeps the timestamp of a segment that it sent; says whether that is older than one which arrived in order
    /// (RFC 7323 section 5.3).
    pub(super) fn note_stamp(&mut self, facts: &Facts) -> bool {
        let Some((value, _)) = facts.options.timestamps else { return false };
        let flags = facts.arriving.flags;
        let older = !flags.syn() && self.has_older(value);
        if flags.syn() || !older && self.holes.first().is_none() {
            self.newest_stamp = value;
        }
        older && !flags.rst()
    }

    /// Whether octets rode on its SYN with a Fast Open cookie.
    pub(super) fn sent_with_cookie(&self) -> bool {
        let cookie = self.offered.and_then(|options| options.fast_open).is_some_and(|octets| octets > 0);
        cookie && self.iss.is_some_and(|iss| self.nxt.after(iss + 1))
    }

    /// Whether the capture has packets of it.
    pub(super) const fn was_heard(&self) -> bool {
        self.ttl != 0
    }

    /// Whether the capture has any packet of it, resets included.
    pub(super) fn has_packet(&self) -> bool {
        !self.last_packet.is_none()
    }

    /// Keeps what tells its next packet from this one.
    pub(super) fn note_packet(&mut self, facts: &Facts) {
        self.last_packet = Fingerprint::of(facts);
        if !facts.arriving.flags.rst() {
            self.ttl = facts.imprint.ttl;
        }
    }

    /// Comes into a state, and keeps which one it left for CLOSED.
    pub(super) fn enter(&mut self, next: State) {
        if next == State::Closed && !self.is(State::Closed) {
            self.earlier = self.state;
        }
        self.state = Some(next);
    }

    /// Whether this segment of its own is the ACK with which it answers what it refused, and nothing else.
    pub(super) fn restates(&self, segment: &Arriving) -> bool {
        let asked = self.refused && matches!(self.expected, Reply::Ack | Reply::ChallengeAck);
        asked && is_pure_ack(segment) && segment.seq == self.nxt && self.last_ack == Some(segment.ack)
    }

    /// Whether it has acknowledged more than this segment of its own does, which then came late.
    pub(super) fn acknowledged_beyond(&self, segment: &Arriving) -> bool {
        self.last_ack.is_some_and(|ack| segment.ack.before(ack))
    }

    /// Whether this segment of its own carries the FIN that it has sent already.
    pub(super) fn repeats_fin(&self, segment: &Arriving) -> bool {
        segment.flags.fin() && self.fin == Some(segment.end() - 1)
    }

    /// Whether it acknowledged less than `peer` had sent, long after that: so it has not arrived.
    fn has_missed(&self, peer: &Self) -> bool {
        self.is_synchronized() && self.last_packet.seen().follows(peer.nxt_time, ROUND_TRIP)
    }

    /// Its numbers up to which nothing is missing.
    fn contiguous(&self) -> Seq {
        self.holes.first().unwrap_or(self.nxt)
    }
}

impl Pair<End> {
    /// The next number that `side` expects, as far as can be told from outside; `first` where nothing can.
    pub(super) fn rcv_nxt(&self, side: Side, first: Seq) -> Seq {
        let (own, peer) = (&self[side], &self[side.other()]);
        let older = own.guessed && own.iss.is_none() && peer.iss.is_some();
        match (peer.base, own.fin_coming, peer.fin) {
            (None, ..) => first,
            (_, true, Some(fin)) => fin,
            _ if older => own.last_ack.unwrap_or(first), // it speaks of a connection before this one
            // The acknowledgment of a SYN tells whether data on it were kept.
            _ if own.is(State::SynReceived) && own.last_ack.is_some() => own.last_ack.unwrap_or(first),
            _ => own.last_ack.map_or(peer.contiguous(), |ack| ack.max(peer.contiguous())),
        }
    }

    /// The variables of `side` when `arriving` arrives. What is not known is taken so that the segment is acceptable.
    pub(super) fn variables(&self, side: Side, arriving: &Arriving) -> Variables {
        let (own, peer) = (&self[side], &self[side.other()]);
        let rcv_nxt = match own.last_ack {
            Some(ack) if arriving.flags.rst() && arriving.seq == ack && own.has_missed(peer) => ack,
            _ => self.rcv_nxt(side, arriving.seq),
        };
        let (snd_una, snd_nxt) = match (own.base, own.iss) {
            // What the peer was seen to acknowledge has not reached it.
            (_, Some(iss)) if !own.is_synchronized() => (iss, own.nxt),
            (Some(_), _) => (own.una, own.nxt),
            (None, _) => (arriving.ack, arriving.ack),
        };
        Variables {
            iss: own.iss.or(own.base).unwrap_or(arriving.ack),
            snd_una,
            snd_nxt,
            max_snd_wnd: if peer.max_window == 0 { MAX_WINDOW } else { peer.max_window },
            irs: peer.iss.or(peer.base).unwrap_or(arriving.seq),
            rcv_nxt,
            rcv_wnd: own.right_edge.map_or(MAX_WINDOW, |edge| edge.distance(rcv_nxt).max(0) as u32),
            passive: own.passive,
        }
    }

    /// The shift of the windows that `side` sends in segments without SYN; none where a SYN that decides was not seen.
    pub(super) fn shift(&self, side: Side) -> Option<u8> {
        let offers = |side: Side| self[side].offered.map(|options| options.window_scale);
        match (offers(side), offers(side.other())) {
            (Some(None), _) | (_, Some(None)) => Some(0),
            (Some(Some(shift)), Some(Some(_))) => Some(shift.min(MAX_SHIFT)),
            _ => None,
        }
    }

    /// How a window field of `side` compares with the one before; none where the scale is to be known for that and is
    /// not. A window on a SYN is not scaled (RFC 7323 section 2.2): what the scale cuts off of it is no difference.
    pub(super) fn window_change(&self, side: Side, window: u16) -> Option<Ordering> {
        let end = &self[side];
        if !end.window_of_syn {
            return Some(window.cmp(&end.window));
        }
        let shift = self.shift(side)?;
        let (now, before) = (u32::from(window) << shift, u32::from(end.window));
        Some(if now.abs_diff(before) < 1 << shift { Ordering::Equal } else { now.cmp(&before) })
    }

    /// Notes the window that `side` offers with `facts`.
    pub(super) fn note_window(&mut self, side: Side, facts: &Facts) {
        let flags = facts.arriving.flags;
        let shift = if flags.syn() { 0 } else { self.shift(side).unwrap_or(MAX_SHIFT) };
        let window = u32::from(facts.window) << shift;
        let end = &mut self[side];
        end.window = facts.window;
        end.window_of_syn = flags.syn();
        end.max_window = end.max_window.max(window);
        if flags.ack() {
            let edge = facts.arriving.ack + window;
            end.right_edge = Some(end.right_edge.map_or(edge, |known| known.max(edge)));
        }
    }
}
