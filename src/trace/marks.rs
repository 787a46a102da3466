//! Anything unusual about a segment, by name. One row for each phenomenon; its words stand in `explain`.

use std::fmt;
use std::ops::BitOrAssign;

use serde::{Serialize, Serializer};

/// Something unusual about one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // named in MARKS, explained in `explain`
pub enum Mark {
    SynRetransmission,
    SynAckRetransmission,
    FinRetransmission,
    Retransmission,
    OutOfOrder,
    DuplicateAck,
    Gap,
    AckUnseen,
    KeepAlive,
    KeepAliveAck,
    ZeroWindow,
    ZeroWindowProbe,
    WindowUpdate,
    ChallengeAck,
    OldDuplicate,
    OutsideWindow,
    ResetOutsideWindow,
    ResetInexact,
    UnacceptableAck,
    BadChecksum,
    OffloadedChecksum,
    Malformed,
    NoFlags,
    OddFlags,
    SynWithData,
    FastOpen,
    OwnKernelReset,
    DataAfterClose,
    PortReuse,
}

/// Every mark and its name.
const MARKS: [(Mark, &str); 29] = [
    (Mark::SynRetransmission, "syn-retransmission"),
    (Mark::SynAckRetransmission, "syn-ack-retransmission"),
    (Mark::FinRetransmission, "fin-retransmission"),
    (Mark::Retransmission, "retransmission"),
    (Mark::OutOfOrder, "out-of-order"),
    (Mark::DuplicateAck, "duplicate-ack"),
    (Mark::Gap, "gap-in-capture"),
    (Mark::AckUnseen, "ack-of-unseen-segment"),
    (Mark::KeepAlive, "keep-alive"),
    (Mark::KeepAliveAck, "keep-alive-ack"),
    (Mark::ZeroWindow, "zero-window"),
    (Mark::ZeroWindowProbe, "zero-window-probe"),
    (Mark::WindowUpdate, "window-update"),
    (Mark::ChallengeAck, "challenge-ack"),
    (Mark::OldDuplicate, "old-duplicate"),
    (Mark::OutsideWindow, "outside-window"),
    (Mark::ResetOutsideWindow, "reset-outside-window"),
    (Mark::ResetInexact, "reset-inexact"),
    (Mark::UnacceptableAck, "unacceptable-ack"),
    (Mark::BadChecksum, "bad-checksum"),
    (Mark::OffloadedChecksum, "offloaded-checksum"),
    (Mark::Malformed, "malformed"),
    (Mark::NoFlags, "no-flags"),
    (Mark::OddFlags, "odd-flags"),
    (Mark::SynWithData, "syn-with-data"),
    (Mark::FastOpen, "fast-open"),
    (Mark::OwnKernelReset, "own-kernel-reset"),
    (Mark::DataAfterClose, "data-after-close"),
    (Mark::PortReuse, "port-reuse"),
];

impl Mark {
    /// The name, in the spelling of JSON and of `--only`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        MARKS[self as usize].1
    }

    /// Every mark.
    pub fn all() -> impl Iterator<Item = Self> {
        MARKS.iter().map(|(mark, _)| *mark)
    }
}

/// A set of marks.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Marks(u64);

impl Marks {
    /// Adds `mark`.
    pub const fn set(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u64;
    }

    /// Whether `mark` is in the set.
    #[must_use]
    pub const fn has(self, mark: Mark) -> bool {
        self.0 & 1 << mark as u64 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The marks in the set.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        Mark::all().filter(move |mark| self.has(*mark))
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Extend<Mark> for Marks {
    fn extend<I: IntoIterator<Item = Mark>>(&mut self, marks: I) {
        marks.into_iter().for_each(|mark| self.set(mark));
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut set = Self::default();
        set.extend(marks);
        set
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Mark::name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_own_place() {
        for (index, mark) in Mark::all().enumerate() {
            assert_eq!(mark as usize, index);
        }
    }
}
