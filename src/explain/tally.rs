//! What was folded or is missing, in words.

use std::time::Duration;

use super::Names;
use super::words::{count, duration};
use crate::trace::{Mark, Pair, SegmentEvent, Side};
use crate::wire::Time;

/// What stands behind a folded row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Segments, with and without data.
    pub segments: u64,
    /// Segments with data.
    pub data: u64,
    /// Octets of payload that each side sent, repetitions included.
    pub octets: Pair<u64>,
    /// Segments sent again.
    pub again: u64,
    /// Duplicate acknowledgments.
    pub duplicate_acks: u64,
    /// Octets that the capture lacks.
    pub missing: u64,
    /// ICMP errors.
    pub icmp: u64,
    /// What kernels told: mostly calls.
    pub kernel: u64,
    /// Time of the first and of the last event.
    pub span: Option<(Time, Time)>,
}

impl Tally {
    /// Counts a segment.
    pub fn add(&mut self, time: Time, segment: &SegmentEvent) {
        self.segments += 1;
        self.data += u64::from(segment.len > 0);
        self.octets[segment.from] += u64::from(segment.len);
        self.again += u64::from(segment.copy > 1 || segment.marks.has(Mark::Retransmission));
        self.duplicate_acks += u64::from(segment.marks.has(Mark::DuplicateAck));
        self.missing += u64::from(segment.gap);
        self.stretch(time);
    }

    /// Counts an ICMP error.
    pub fn add_icmp(&mut self, time: Time) {
        self.icmp += 1;
        self.stretch(time);
    }

    /// Counts something that a kernel told.
    pub fn add_kernel(&mut self, time: Time) {
        self.kernel += 1;
        self.stretch(time);
    }

    /// Adds another tally, which follows this one in time.
    pub fn merge(&mut self, other: &Self) {
        self.segments += other.segments;
        self.data += other.data;
        Side::BOTH.into_iter().for_each(|side| self.octets[side] += other.octets[side]);
        self.again += other.again;
        self.duplicate_acks += other.duplicate_acks;
        self.missing += other.missing;
        self.icmp += other.icmp;
        self.kernel += other.kernel;
        if let Some((first, last)) = other.span {
            self.stretch(first);
            self.stretch(last);
        }
    }

    fn stretch(&mut self, time: Time) {
        let first = self.span.map_or(time, |(first, _)| first);
        self.span = Some((first, time));
    }

    fn time(&self) -> Duration {
        self.span.map_or(Duration::ZERO, |(first, last)| last.since(first))
    }

    /// `34 data segments`, `48,020 bytes from server`, `1.3 ms`.
    #[must_use]
    pub fn words(&self, names: &Names) -> Vec<String> {
        let mut parts = Vec::new();
        let bare = self.segments - self.data;
        match (self.data, bare) {
            (0, 0) => {}
            (0, _) => parts.push(count(bare, "segment") + " without data"),
            (data, 0) => parts.push(count(data, "data segment")),
            (data, bare) => parts.push(format!("{} and {}", count(data, "data segment"), count(bare, "ACK"))),
        }
        let octets = Side::BOTH.map(|side| (self.octets[side], names.label(side)));
        parts.extend(
            octets.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{} from {name}", count(*n, "byte"))),
        );
        let rest = [
            (self.again, "sent again"),
            (self.duplicate_acks, "duplicate ACKs"),
            (self.icmp, "ICMP errors"),
            (self.kernel, "calls"),
            (self.missing, "bytes not captured"),
        ];
        parts.extend(rest.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{} {words}", super::grouped(*n))));
        parts.push(duration(self.time()));
        parts
    }
}

/// `1,448 bytes not in this capture`.
#[must_use]
pub fn gap(octets: u32) -> String {
    format!("{} not in this capture", count(u64::from(octets), "byte"))
}
