//! The send side: what is to be said, what is in flight, and when it has to be said again.

use std::collections::VecDeque;
use std::ops::Range;

use super::congestion::Congestion;
use super::timers::Retransmission;
use crate::tcp::Seq;
use crate::wire::Time;

/// Octets of payload that even the smallest peer must take in one segment; a smaller MSS only wastes headers.
const SMALLEST_SEGMENT: u32 = 36;

/// What goes into one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    /// SEG.SEQ.
    pub(super) seq: Seq,
    /// Which octets of the payload that is held.
    pub(super) octets: Range<usize>,
    /// Whether our FIN goes with it.
    pub(super) fin: bool,
    /// Whether it was never sent before.
    pub(super) new: bool,
}

impl Chunk {
    pub(super) fn is_new_data(&self) -> bool {
        self.new && !self.octets.is_empty()
    }
}

/// SND.UNA, SND.NXT, SND.WND and the payload.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    iss: Seq,
    una: Seq,
    nxt: Seq,
    /// One beyond the highest number ever sent; `nxt` falls behind it when the timer goes off.
    max: Seq,
    /// Our SYN has been acknowledged.
    opened: bool,
    window: u32,
    max_window: u32,
    /// SND.WL1 and SND.WL2: the segment that last set the window.
    window_from: (Seq, Seq),
    shift: u8,
    mss: u32,
    /// What is to be said; a prefix that is acknowledged may have been let go.
    payload: Vec<u8>,
    /// Number of the first octet that is held.
    start: Seq,
    /// Octets let go.
    released: u32,
    /// Calls of send() whose first octet has not left: its number, and how many octets.
    calls: VecDeque<(Seq, u32)>,
    /// How far the FIN has got: none until the program closes.
    fin: Option<Fin>,
    /// Since when the peer has had no room for what is left.
    closed_since: Option<Time>,
    /// The oldest segment shall go again at once.
    again: bool,
    /// The zero window shall be tried with one octet.
    probe: bool,
    /// One segment whose round trip is measured: the acknowledgment that ends it, and when it left.
    timed: Option<(Seq, Time)>,
    congestion: Congestion,
    /// The retransmission timer; it is the persist timer too, since never both are needed.
    pub(super) timer: Retransmission,
}

/// How our FIN goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fin {
    /// In a segment of its own, behind all data.
    Alone,
    /// With the last octets of data, where there are any left.
    WithData,
}

impl Sender {
    pub(super) fn new(iss: Seq, payload: Vec<u8>, timer: Retransmission) -> Self {
        let calls = (!payload.is_empty()).then_some((iss + 1, payload.len() as u32));
        Self {
            iss,
            una: iss,
            nxt: iss,
            max: iss,
            window: 0,
            max_window: 0,
            window_from: (Seq(0), Seq(0)),
            shift: 0,
            mss: SMALLEST_SEGMENT,
            payload,
            start: iss + 1,
            released: 0,
            calls: calls.into_iter().collect(),
            opened: false,
            fin: None,
            closed_since: None,
            again: false,
            probe: false,
            timed: None,
            congestion: Congestion::new(SMALLEST_SEGMENT),
            timer,
        }
    }

    /// Payload octets of one segment, and the peer's window shift, as the SYNs agreed.
    pub(super) fn agree(&mut self, mss: u32, shift: u8) {
        self.mss = mss.max(SMALLEST_SEGMENT);
        self.shift = shift;
        self.congestion = Congestion::new(self.mss);
    }

    /// The path carries less than we thought (RFC 1191 section 6.4): smaller segments, and the oldest again at once.
    pub(super) fn shrink(&mut self, mss: u32) {
        if mss.max(SMALLEST_SEGMENT) < self.mss {
            self.mss = mss.max(SMALLEST_SEGMENT);
            self.nxt = self.una;
            self.timed = None;
        }
    }

    /// SND.UNA.
    pub(super) const fn una(&self) -> Seq {
        self.una
    }

    /// SND.NXT as the peer may know it: one beyond the highest number ever sent.
    pub(super) const fn max(&self) -> Seq {
        self.max
    }

    /// The number of a segment without text: SND.NXT, or the right edge of a window that a probe has gone beyond, since
    /// the peer believes no number behind it (RFC 9293 section 3.10.7.4, first check).
    pub(super) fn acceptable(&self) -> Seq {
        let edge = self.una + self.window;
        // The window is told with the first acknowledgment.
        if self.opened && edge.before(self.max) { edge } else { self.max }
    }

    /// ISS.
    pub(super) const fn iss(&self) -> Seq {
        self.iss
    }

    pub(super) fn payload(&self, octets: Range<usize>) -> &[u8] {
        &self.payload[octets]
    }

    /// Octets of payload, those let go included; modulo 2^32.
    pub(super) fn payload_len(&self) -> u32 {
        self.released.wrapping_add(self.payload.len() as u32)
    }

    /// Octets of payload that are held: not acknowledged, or not let go.
    pub(super) const fn held(&self) -> usize {
        self.payload.len()
    }

    /// Whether no octet of payload comes behind this chunk.
    pub(super) fn is_last(&self, chunk: &Chunk) -> bool {
        chunk.octets.end == self.payload.len()
    }

    /// More to say, behind all that was said before; not after [`Sender::close`].
    pub(super) fn say(&mut self, octets: &[u8]) {
        if !octets.is_empty() && self.fin.is_none() {
            self.calls.push_back((self.fin_seq(), octets.len() as u32));
            self.payload.extend_from_slice(octets);
        }
    }

    /// Lets go of what is acknowledged, so that an end that goes on talking does not grow.
    pub(super) fn release(&mut self) {
        let acked = self.acked_of_held();
        // Only now and then: what is left has to be moved.
        if acked == self.payload.len() || acked > self.payload.len() / 2 {
            self.payload.drain(..acked);
            self.start += acked as u32;
            self.released = self.released.wrapping_add(acked as u32);
        }
    }

    fn acked_of_held(&self) -> usize {
        if self.una.after(self.start) { ((self.una - self.start) as usize).min(self.payload.len()) } else { 0 }
    }

    /// Octets of the calls of send() that begin in this chunk.
    pub(super) fn take_calls(&mut self, chunk: &Chunk) -> Option<u32> {
        let end = chunk.seq + chunk.octets.len() as u32;
        let mut octets = None;
        while let Some((_, len)) = self.calls.pop_front_if(|(seq, _)| seq.before(end)) {
            octets = Some(octets.unwrap_or(0) + len);
        }
        octets
    }

    /// The SYN leaves (or leaves again).
    pub(super) fn syn_sent(&mut self, now: Time) {
        // Karn's algorithm (RFC 6298 section 3): what was sent twice is not measured.
        self.timed = (self.max == self.iss).then_some((self.iss + 1, now));
        self.nxt = self.iss + 1;
        self.max = self.nxt;
        self.timer.start(now);
    }

    /// Our SYN left at that time, and was sent again so many times.
    pub(super) fn syn_was_sent(&mut self, at: Time, again: u8) {
        self.syn_sent(at);
        self.timer.tries = again;
        if again > 0 {
            self.timed = None;
        }
    }

    /// The SYN that left has another number than was chosen; nothing was acknowledged yet.
    pub(super) fn begin_at(&mut self, iss: Seq) {
        let moved = iss - self.iss;
        let all = [&mut self.iss, &mut self.una, &mut self.nxt, &mut self.max, &mut self.start];
        let timed = self.timed.as_mut().map(|(end, _)| end);
        all.into_iter().chain(self.calls.iter_mut().map(|(seq, _)| seq)).chain(timed).for_each(|seq| *seq += moved);
    }

    /// Whether a FIN of this number stands behind all data, which has been sent, and is the first.
    pub(super) fn may_end_at(&self, seq: Seq) -> bool {
        self.fin.is_none() && seq == self.fin_seq() && !self.max.before(seq)
    }

    /// No octet at the end of the payload.
    pub(super) fn nothing(&self) -> Chunk {
        Chunk { octets: self.payload.len()..self.payload.len(), ..Chunk::default() }
    }

    /// Number of our FIN: behind all data.
    fn fin_seq(&self) -> Seq {
        self.start + self.payload.len() as u32
    }

    fn end(&self) -> Seq {
        self.fin_seq() + u32::from(self.fin.is_some())
    }

    /// The program closes: the FIN goes out behind all data.
    pub(super) fn close(&mut self, fin: Fin) {
        self.fin.get_or_insert(fin);
    }

    pub(super) const fn is_closing(&self) -> bool {
        self.fin.is_some()
    }

    /// Whether the FIN has been sent at least once.
    pub(super) fn fin_sent(&self) -> bool {
        self.max.after(self.fin_seq())
    }

    /// Whether the FIN has been acknowledged.
    pub(super) fn fin_acked(&self) -> bool {
        self.una.after(self.fin_seq())
    }

    /// Whether all data has been acknowledged.
    pub(super) fn data_acked(&self) -> bool {
        !self.una.before(self.fin_seq())
    }

    /// Octets of payload that the peer has acknowledged.
    pub(super) fn acked_len(&self) -> u32 {
        self.released.wrapping_add(self.acked_of_held() as u32)
    }

    /// Since when the peer has had no room for what is left; none where it has.
    pub(super) const fn closed_since(&self) -> Option<Time> {
        self.closed_since
    }

    /// Whether data or FIN wait for a window, and nothing is in flight that would bring one.
    fn blocked(&self) -> bool {
        self.window == 0 && self.una == self.nxt && self.opened && self.nxt.before(self.end())
    }

    /// What to send next, if anything may go now.
    pub(super) fn next(&self) -> Option<Chunk> {
        if self.again {
            return Some(self.chunk(self.una, self.most()));
        }
        if self.probe {
            return Some(self.chunk(self.una, 1)); // RFC 9293 section 3.8.6.1: at least one octet of new data
        }
        let left = self.end() - self.nxt;
        if !self.nxt.before(self.end()) {
            return None;
        }
        let in_flight = self.nxt - self.una;
        let room = self.window.min(self.congestion.window()).saturating_sub(in_flight);
        let len = left.min(self.most()).min(room);
        // RFC 9293 section 3.8.6.2.1: no small segments while an acknowledgment will open the window further.
        let silly = len < left.min(self.most()) && in_flight > 0;
        (len > 0 && !silly).then(|| self.chunk(self.nxt, len))
    }

    /// Numbers that one segment may take: the MSS does not count the FIN.
    fn most(&self) -> u32 {
        self.mss + u32::from(self.fin == Some(Fin::WithData))
    }

    /// Up to `len` numbers from `seq` on, as one segment.
    fn chunk(&self, seq: Seq, len: u32) -> Chunk {
        let from = (seq - self.start) as usize;
        let data_left = self.payload.len().saturating_sub(from);
        let data = data_left.min(len.min(self.mss) as usize);
        let from = from.min(self.payload.len());
        let fin = match self.fin {
            Some(Fin::Alone) => data_left == 0,
            Some(Fin::WithData) => data == data_left && data < len as usize,
            None => false,
        };
        Chunk { seq, octets: from..from + data, fin, new: !seq.before(self.max) }
    }

    /// `chunk` leaves.
    pub(super) fn sent(&mut self, chunk: &Chunk, now: Time) {
        let end = chunk.seq + chunk.octets.len() as u32 + u32::from(chunk.fin);
        if chunk.new && self.timed.is_none() {
            self.timed = Some((end, now));
        } else if !chunk.new {
            self.timed = None;
        }
        if !self.probe {
            self.nxt = self.nxt.max(end);
        }
        self.max = self.max.max(end);
        (self.again, self.probe) = (false, false);
        self.timer.start(now);
    }

    /// Whether SEG.ACK covers nothing that was never sent, and is not older than any that can still be on its way
    /// (RFC 9293 section 3.10.7.4, fifth check; RFC 5961 section 5.2).
    pub(super) fn believes(&self, ack: Seq) -> bool {
        !ack.after(self.max) && !ack.before(self.una - self.max_window)
    }

    /// SEG.ACK of an acceptable segment (RFC 9293 section 3.10.7.4, fifth check). True where it covers something for
    /// the first time.
    pub(super) fn acknowledge(&mut self, ack: Seq, now: Time) -> bool {
        if !ack.after(self.una) {
            if self.blocked() {
                self.timer.tries = 0; // the peer is there, it only has no room
            }
            return false;
        }
        (self.again, self.probe) = (false, false);
        if let Some((end, left)) = self.timed
            && !ack.before(end)
        {
            self.timer.sample(now.since(left));
            self.timed = None;
        }
        if self.opened {
            self.congestion.acknowledged(ack - self.una);
        } else if self.timer.tries > 0 {
            self.timer.after_lost_syn();
        }
        self.opened = true;
        self.una = ack;
        self.nxt = self.nxt.max(ack);
        self.timer.tries = 0;
        if self.una.before(self.max) {
            self.timer.restart(now)
        } else {
            self.timer.stop()
        }
        true
    }

    /// A segment that acknowledges nothing new and carries nothing: a sign of loss, if something is in flight.
    pub(super) fn duplicate_ack(&mut self) {
        let in_flight = self.nxt - self.una;
        if in_flight > 0 && self.congestion.duplicate(in_flight) {
            self.again = true;
        }
    }

    /// The peer's window, from a segment that is not older than the last that told it (RFC 9293 section 3.10.7.4).
    /// True where it changed.
    pub(super) fn update_window(&mut self, seq: Seq, ack: Seq, field: u16, scaled: bool) -> bool {
        let (wl1, wl2) = self.window_from;
        let newer = wl1.before(seq) || wl1 == seq && !wl2.after(ack);
        let window = if scaled { u32::from(field) << self.shift } else { u32::from(field) };
        let changed = newer && window != self.window;
        if newer {
            self.window = window;
            self.max_window = self.max_window.max(window);
            self.window_from = (seq, ack);
        }
        changed
    }

    /// The peer's first segment tells the first window: there is none to compare with.
    pub(super) fn first_window(&mut self, seq: Seq, ack: Seq, field: u16) {
        self.window_from = (seq, ack);
        self.update_window(seq, ack, field, false);
    }

    /// Starts the persist timer where it is needed: nothing in flight, and no window (RFC 9293 section 3.8.6.1).
    pub(super) fn persist(&mut self, now: Time) {
        if self.blocked() {
            self.closed_since.get_or_insert(now);
            self.timer.start(now);
            return;
        }
        if self.window > 0 {
            self.closed_since = None;
        }
        if self.una == self.max {
            self.timer.stop();
        }
    }

    /// The timer went off after the handshake: a probe, or everything from SND.UNA on again.
    pub(super) fn timed_out(&mut self, now: Time) {
        self.timer.back_off(now);
        self.timed = None;
        if self.blocked() {
            self.probe = true;
        } else {
            self.congestion.timed_out(self.nxt - self.una);
            self.nxt = self.una;
            // The window may have shrunk to nothing since: then one octet at least (RFC 9293 section 3.8.6).
            self.probe = self.window == 0;
        }
    }

    /// ECN told of congestion.
    pub(super) fn slow_down(&mut self) {
        self.congestion.halve(self.nxt - self.una);
    }
}
