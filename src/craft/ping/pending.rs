//! The requests that were sent, as far back as their sequence numbers are unique.

use std::collections::VecDeque;

use super::Now;
use crate::wire::Time;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing yet.
    Open,
    /// A reply came.
    Answered,
    /// An error came, or it was not sent at all.
    Failed,
}

/// A request that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// When it was handed to the machine.
    pub(super) at: Now,
    /// When it left the machine, where the kernel said so.
    pub(super) departure: Option<Time>,
    pub(super) fate: Fate,
}

/// The newest 65,536 requests. They are numbered from 1; the sequence number is the lower half of that.
#[derive(Debug, Default)]
pub(super) struct Pending {
    sent: VecDeque<Sent>,
    newest: u64,
    /// Requests up to this number were told to be unanswered, or need not be.
    settled: u64,
}

const UNIQUE: usize = 1 << 16;

impl Pending {
    /// Adds a request and gives its number.
    pub(super) fn push(&mut self, at: Now) -> u64 {
        if self.sent.len() == UNIQUE {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { at, departure: None, fate: Fate::Open });
        self.newest += 1;
        self.newest
    }

    /// Takes the newest one back.
    pub(super) fn pop(&mut self) {
        if self.sent.pop_back().is_some() {
            self.newest -= 1;
        }
    }

    /// The number of the newest request; 0 before the first.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// The newest request with this sequence number.
    pub(super) fn find(&self, seq: u16) -> Option<u64> {
        let number = self.newest.checked_sub(u64::from((self.newest as u16).wrapping_sub(seq)))?;
        self.index(number).map(|_| number)
    }

    /// The request with this number.
    pub(super) fn get(&mut self, number: u64) -> Option<&mut Sent> {
        let index = self.index(number)?;
        self.sent.get_mut(index)
    }

    /// The oldest request that is still open and was not told yet.
    pub(super) fn oldest_open(&mut self) -> Option<(u64, Sent)> {
        self.settled = self.settled.max(self.newest - self.sent.len() as u64);
        while self.settled < self.newest {
            let sent = *self.get(self.settled + 1)?;
            if sent.fate == Fate::Open {
                return Some((self.settled + 1, sent));
            }
            self.settled += 1;
        }
        None
    }

    /// The oldest open request has been told.
    pub(super) fn settle(&mut self) {
        self.settled += 1;
    }

    fn index(&self, number: u64) -> Option<usize> {
        let back = usize::try_from(self.newest.checked_sub(number)?).ok()?;
        self.sent.len().checked_sub(back + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_number_names_the_newest_request_that_has_it() {
        let mut pending = Pending::default();
        assert_eq!(pending.find(0), None);
        for _ in 0..70_000 {
            pending.push(Now::default());
        }
        assert_eq!(pending.find(70_000_u32 as u16), Some(70_000));
        assert_eq!(pending.find(70_001_u32 as u16), Some(70_001 - 65_536));
        assert!(pending.get(70_000 - 65_536).is_none());
        assert_eq!(pending.sent.len(), UNIQUE);
    }

    #[test]
    fn numbers_that_were_never_sent_are_unknown() {
        let mut pending = Pending::default();
        pending.push(Now::default());
        pending.push(Now::default());
        assert_eq!([pending.find(1), pending.find(2)], [Some(1), Some(2)]);
        assert_eq!([pending.find(0), pending.find(3), pending.find(u16::MAX)], [None; 3]);
        pending.pop();
        assert_eq!(pending.find(2), None);
    }
}
