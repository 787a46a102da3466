//! One direction of a connection, put together from its segments.

use std::collections::BTreeMap;

use crate::tcp::Seq;

/// Octets of memory that a piece ahead of order takes beside its own.
const ENTRY: usize = 64;

/// Octets in order, and those that came ahead of order.
#[derive(Debug)]
pub(super) struct Stream {
    /// Number of the first octet.
    first: Seq,
    octets: Vec<u8>,
    /// Ahead of order, by their place in the stream.
    ahead: BTreeMap<usize, Vec<u8>>,
    held: usize,
    /// Where the first octets lie that were on the wire, and that the capture cut off.
    cut: Option<usize>,
    fin: Option<usize>,
}

impl Stream {
    /// A stream whose SYN has this number.
    pub(super) const fn new(isn: Seq) -> Self {
        Self {
            first: Seq(isn.0.wrapping_add(1)),
            octets: Vec::new(),
            ahead: BTreeMap::new(),
            held: 0,
            cut: None,
            fin: None,
        }
    }

    /// Octets of memory that it takes, about.
    pub(super) fn memory(&self) -> usize {
        self.octets.len() + self.held + self.ahead.len() * ENTRY
    }

    /// Octets in order.
    pub(super) const fn len(&self) -> usize {
        self.octets.len()
    }

    /// Where a number lies in the stream; none before its first octet.
    pub(super) fn place(&self, seq: Seq) -> Option<usize> {
        let here = self.first + self.octets.len() as u32;
        let place = self.octets.len() as i64 + i64::from(seq.distance(here));
        usize::try_from(place).ok()
    }

    /// Takes the octets of a segment, of which `payload` was captured. Octets that came before count.
    pub(super) fn take(&mut self, seq: Seq, payload: &[u8], len: u32) {
        let (place, payload) = match self.place(seq) {
            Some(place) => (place, payload),
            // A keep-alive repeats an octet; the number before the first one is that of the SYN.
            None => (0, payload.get((self.first - seq) as usize..).unwrap_or_default()),
        };
        let end = place + payload.len();
        if payload.len() < len as usize && end >= self.octets.len() {
            self.cut = self.cut.max(Some(end));
        }
        if payload.is_empty() || end <= self.octets.len() {
            return;
        }
        if place > self.octets.len() {
            self.hold(place, payload);
            return;
        }
        self.octets.extend_from_slice(&payload[self.octets.len() - place..]);
        self.join();
    }

    fn hold(&mut self, place: usize, payload: &[u8]) {
        let known = self.ahead.entry(place).or_default();
        if known.len() < payload.len() {
            self.held += payload.len() - known.len();
            *known = payload.to_vec();
        }
    }

    /// Takes over what is no longer ahead of order.
    fn join(&mut self) {
        while let Some(entry) = self.ahead.first_entry().filter(|entry| *entry.key() <= self.octets.len()) {
            let (place, payload) = entry.remove_entry();
            self.held -= payload.len();
            self.octets.extend(payload.get(self.octets.len() - place..).unwrap_or_default());
        }
    }

    /// The FIN has this number.
    pub(super) fn end(&mut self, seq: Seq) {
        self.fin = self.fin.or_else(|| self.place(seq));
    }

    /// Whether the FIN was seen, and all before it.
    pub(super) fn is_over(&self) -> bool {
        self.fin == Some(self.octets.len())
    }

    /// Where something is missing of which the capture, or the other side's acknowledgment of `acked` numbers, tells; and
    /// whether the capture cut it off.
    pub(super) fn hole(&self, acked: usize) -> Option<(usize, bool)> {
        let here = self.octets.len();
        let cut = self.cut.is_some_and(|cut| cut >= here);
        // A FIN takes a number, too.
        let end = here + usize::from(self.is_over());
        let is_short = !self.ahead.is_empty() || acked > end || self.fin.is_some_and(|fin| fin > here) || cut;
        is_short.then_some((here, cut))
    }

    pub(super) fn into_octets(self) -> Vec<u8> {
        self.octets
    }
}
