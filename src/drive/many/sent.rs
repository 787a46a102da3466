//! What was sent and not captured yet: found by its bytes.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use crate::craft::Emit;
use crate::tcp::Call;

/// Packets that are remembered at most; of older ones it is forgotten that we made them.
const MOST: usize = 1 << 16;

/// The socket calls behind each packet, by a keyed hash of its bytes; no packet is kept.
#[derive(Debug, Default)]
pub(super) struct Sent {
    hash: RandomState,
    waiting: HashMap<u64, Entry>,
    /// In the order of sending; those captured since are passed over.
    order: VecDeque<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    calls: [Option<Call>; 2],
    /// How many packets with the same bytes: a reset may be repeated to the bit.
    count: u32,
}

impl Sent {
    /// Remembers a packet that is about to be sent.
    pub(super) fn sending(&mut self, emit: &Emit) {
        let key = self.hash.hash_one(emit.packet.as_slice());
        self.waiting.entry(key).or_insert(Entry { calls: emit.calls, count: 0 }).count += 1;
        self.order.push_back(key);
        while self.order.len() > MOST {
            let oldest = self.order.pop_front();
            oldest.map(|key| self.remove(key));
        }
    }

    /// The calls behind a packet of ours; none where we did not make it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<[Option<Call>; 2]> {
        let calls = self.remove(self.hash.hash_one(bytes));
        if self.waiting.is_empty() {
            self.order.clear();
        }
        calls
    }

    fn remove(&mut self, key: u64) -> Option<[Option<Call>; 2]> {
        let entry = self.waiting.get_mut(&key)?;
        entry.count -= 1;
        let calls = entry.calls;
        if entry.count == 0 {
            self.waiting.remove(&key);
        }
        Some(calls)
    }

    /// Packets that were sent and never seen to leave.
    pub(super) fn unseen(&self) -> usize {
        self.waiting.values().map(|entry| entry.count as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::State;

    fn emit(byte: u8, call: Option<Call>) -> Emit {
        Emit { packet: vec![byte; 40], calls: [call, None], state: State::Established }
    }

    #[test]
    fn a_packet_is_found_once_for_each_time_that_it_was_sent() {
        let mut sent = Sent::default();
        for call in [Some(Call::Close), None] {
            sent.sending(&emit(1, call));
        }
        sent.sending(&emit(2, None));
        assert_eq!(sent.unseen(), 3);
        assert_eq!(sent.take(&[1; 40]), Some([Some(Call::Close), None]));
        assert!(sent.take(&[1; 40]).is_some() && sent.take(&[1; 40]).is_none());
        assert_eq!((sent.take(&[2; 41]), sent.unseen()), (None, 1));
    }

    #[test]
    fn what_is_never_seen_does_not_grow() {
        let mut sent = Sent::default();
        for number in 0..MOST as u32 * 2 {
            let packet = number.to_be_bytes().to_vec();
            sent.sending(&Emit { packet, calls: [None, None], state: State::Listen });
        }
        assert_eq!((sent.unseen(), sent.order.len()), (MOST, MOST));
    }
}
