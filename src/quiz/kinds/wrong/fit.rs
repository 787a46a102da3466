//! Whether the numbers of segments fit together, and which single corrections would make them.

use crate::quiz::question;
use crate::trace::{SegmentEvent, Side};
use crate::wire::Flags;

/// A field that can be altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Flags,
    Seq,
    Ack,
}

impl Field {
    /// Every one of them.
    pub(super) const ALL: [Self; 3] = [Self::Flags, Self::Seq, Self::Ack];

    /// As it is typed.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flags => "flags",
            Self::Seq => "seq",
            Self::Ack => "ack",
        }
    }

    /// What `rawshake explain` tells about it.
    pub(super) const fn page(self) -> &'static str {
        match self {
            Self::Flags => "FIN",
            Self::Seq | Self::Ack => self.name(),
        }
    }
}

/// What a row shows of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) from: Side,
    pub(super) flags: Flags,
    pub(super) seq: u32,
    pub(super) ack: Option<u32>,
    pub(super) len: u32,
}

impl Line {
    /// The segment as it was.
    pub(super) const fn of(segment: &SegmentEvent) -> Self {
        let SegmentEvent { from, flags, relative_seq, relative_ack, len, .. } = *segment;
        Self { from, flags, seq: relative_seq, ack: relative_ack, len }
    }

    /// As it is shown.
    pub(super) fn words(&self) -> String {
        let ack = self.ack.map(|ack| ack.to_string());
        question::line(self.flags, &self.seq.to_string(), ack.as_deref(), self.len)
    }

    /// The numbers that it takes.
    const fn takes(&self) -> u32 {
        self.len + self.flags.sequence_len()
    }

    const fn end(&self) -> u32 {
        self.seq.wrapping_add(self.takes())
    }
}

/// Whether the segments can have been sent in this order where nothing is lost and each acknowledges all before it:
/// each end goes on where it was, a SYN has number 0, and nothing but acknowledgments follows a FIN.
pub(super) fn fits(lines: &[Line]) -> bool {
    let mut next = crate::trace::Pair::<Option<u32>>::default();
    let mut closed = crate::trace::Pair::both(false);
    lines.iter().all(|line| {
        let peer = line.from.other();
        let begin = if line.flags.syn() { Some(0) } else { next[line.from] };
        let goes_on = begin.is_none_or(|begin| begin == line.seq) && !(closed[line.from] && line.takes() > 0);
        let acknowledges = line.ack.is_none_or(|ack| next[peer].is_none_or(|next| next == ack));
        next[line.from] = Some(line.end());
        next[peer] = line.ack.or(next[peer]);
        closed[line.from] |= line.flags.fin();
        goes_on && acknowledges
    })
}

/// Every field whose correction alone makes the lines fit.
pub(super) fn repairs(lines: &[Line]) -> Vec<(usize, Field)> {
    let numbers = numbers(lines);
    let mut found = Vec::new();
    for at in 0..lines.len() {
        for field in Field::ALL {
            let fits_with = |other: Line| {
                let mut corrected = lines.to_vec();
                corrected[at] = other;
                corrected[at] != lines[at] && fits(&corrected)
            };
            if values(&lines[at], field, &numbers).into_iter().any(fits_with) {
                found.push((at, field));
            }
        }
    }
    found
}

/// The line with every value of the field that could fit.
fn values(line: &Line, field: Field, numbers: &[u32]) -> Vec<Line> {
    let with_seq = |seq: &u32| Line { seq: *seq, ..line.clone() };
    let with_ack = |ack: &u32| Line { ack: Some(*ack), ..line.clone() };
    match field {
        Field::Seq => numbers.iter().map(with_seq).collect(),
        Field::Ack if line.ack.is_some() => numbers.iter().map(with_ack).collect(),
        Field::Ack => Vec::new(),
        Field::Flags => {
            let rest = line.flags.without(Flags::SYN | Flags::FIN);
            let sets = [rest, rest | Flags::SYN, rest | Flags::FIN, rest | Flags::SYN | Flags::FIN];
            sets.into_iter().map(|flags| Line { flags, ..line.clone() }).collect()
        }
    }
}

/// Every number that could stand in place of another: a number fits only where it is that of a neighbour, or that less
/// what a segment takes.
fn numbers(lines: &[Line]) -> Vec<u32> {
    let own = lines.iter().flat_map(|line| [Some(line.seq), Some(line.end()), line.ack]).flatten();
    let own: Vec<u32> = own.collect();
    let takes = |number: &u32| lines.iter().map(|line| number.wrapping_sub(line.takes())).collect::<Vec<_>>();
    let mut all: Vec<u32> = own.iter().flat_map(takes).chain(own.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
