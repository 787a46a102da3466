//! Many of something, each between two sockets, each with a time at which it wants its turn.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};

use crate::wire::{Ip, Segment, Time};

/// The 4-tuple of a connection, seen from our end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sockets {
    local: (IpAddr, u16),
    remote: (IpAddr, u16),
}

impl Sockets {
    /// Between these two; a scope is no part of it, since no packet carries one.
    #[must_use]
    pub fn new(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { local: (local.ip(), local.port()), remote: (remote.ip(), remote.port()) }
    }

    /// Those of a segment that arrives.
    #[must_use]
    pub const fn of_arriving(ip: &Ip, segment: &Segment<'_>) -> Self {
        Self { local: (ip.destination, segment.destination_port), remote: (ip.source, segment.source_port) }
    }

    /// Our address and port.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local.into()
    }

    /// The peer's.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.remote.into()
    }
}

/// Entries of the heap that may be out of date before they are swept out, beside as many as there are values.
const STALE: usize = 1024;

/// Values found by their sockets, and woken in the order of their times. Memory is that of as many as were ever there
/// at once.
#[derive(Debug)]
pub(super) struct Table<V> {
    /// std's hash is keyed at random, so that nobody can choose sockets that collide.
    index: HashMap<Sockets, u32>,
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
    wakes: BinaryHeap<Reverse<(Time, u32, u32)>>,
}

#[derive(Debug)]
struct Slot<V> {
    /// Counts the values that had this slot, so that an old entry of the heap wakes nobody.
    generation: u32,
    /// The earliest entry of the heap for this value.
    wake: Option<Time>,
    entry: Option<(Sockets, V)>,
}

impl<V> Table<V> {
    pub(super) fn new() -> Self {
        Self { index: HashMap::new(), slots: Vec::new(), free: Vec::new(), wakes: BinaryHeap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Where the value between these sockets is.
    pub(super) fn find(&self, sockets: &Sockets) -> Option<u32> {
        self.index.get(sockets).copied()
    }

    pub(super) fn get(&mut self, id: u32) -> Option<&mut V> {
        self.slots.get_mut(id as usize)?.entry.as_mut().map(|(_, value)| value)
    }

    pub(super) fn sockets(&self, id: u32) -> Option<Sockets> {
        self.slots.get(id as usize)?.entry.as_ref().map(|(sockets, _)| *sockets)
    }

    /// Every value, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Sockets, &V)> {
        self.slots.iter().filter_map(|slot| slot.entry.as_ref()).map(|(sockets, value)| (sockets, value))
    }

    /// The places of all values.
    pub(super) fn ids(&self) -> Vec<u32> {
        self.index.values().copied().collect()
    }

    /// Puts in a value; one between the same sockets goes.
    pub(super) fn insert(&mut self, sockets: Sockets, value: V) -> u32 {
        if let Some(old) = self.find(&sockets) {
            self.remove(old);
        }
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, wake: None, entry: None });
            self.slots.len() as u32 - 1
        });
        self.slots[id as usize].entry = Some((sockets, value));
        self.index.insert(sockets, id);
        id
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<(Sockets, V)> {
        let slot = self.slots.get_mut(id as usize)?;
        let entry = slot.entry.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.wake = None;
        self.index.remove(&entry.0);
        self.free.push(id);
        Some(entry)
    }

    /// The value wants its turn at `time`, or earlier where it said so before.
    pub(super) fn wake_at(&mut self, id: u32, time: Time) {
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        if slot.entry.is_none() || slot.wake.is_some_and(|wake| wake <= time) {
            return;
        }
        slot.wake = Some(time);
        self.wakes.push(Reverse((time, id, slot.generation)));
        if self.wakes.len() > 2 * self.index.len() + STALE {
            let slots = &self.slots;
            self.wakes.retain(|Reverse(entry)| is_current(slots, entry));
        }
    }

    /// A value whose time has come.
    pub(super) fn take_due(&mut self, now: Time) -> Option<u32> {
        while let Some(Reverse(entry)) = self.wakes.peek().copied().filter(|Reverse((time, ..))| *time <= now) {
            self.wakes.pop();
            if is_current(&self.slots, &entry) {
                self.slots[entry.1 as usize].wake = None;
                return Some(entry.1);
            }
        }
        None
    }

    /// When somebody wants a turn next.
    pub(super) fn next_wake(&mut self) -> Option<Time> {
        while let Some(Reverse(entry)) = self.wakes.peek() {
            if is_current(&self.slots, entry) {
                return Some(entry.0);
            }
            self.wakes.pop();
        }
        None
    }
}

/// Whether the entry of the heap is still the one that wakes its value.
fn is_current<V>(slots: &[Slot<V>], (time, id, generation): &(Time, u32, u32)) -> bool {
    slots.get(*id as usize).is_some_and(|slot| slot.generation == *generation && slot.wake == Some(*time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const START: Time = Time::from_nanos(1_000_000);

    fn sockets(port: u16) -> Sockets {
        Sockets::new("192.0.2.1:80".parse().unwrap(), SocketAddr::from(([192, 0, 2, 2], port)))
    }

    fn after(nanos: u64) -> Time {
        START + Duration::from_nanos(nanos)
    }

    #[test]
    fn values_are_woken_in_the_order_of_their_times() {
        let mut table = Table::new();
        let ids = [5, 1, 3].map(|port| {
            let id = table.insert(sockets(port), port);
            table.wake_at(id, after(u64::from(port)));
            id
        });
        table.wake_at(ids[0], after(2));
        table.wake_at(ids[0], after(9)); // later than it said before
        assert_eq!(table.next_wake(), Some(after(1)));
        let mut order = Vec::new();
        while let Some(id) = table.take_due(after(3)) {
            order.extend(table.get(id).copied());
        }
        assert_eq!(order, [1, 5, 3]);
        assert_eq!((table.take_due(after(10)), table.next_wake()), (None, None));
    }

    #[test]
    fn a_value_that_is_gone_wakes_nobody_and_its_place_is_used_again() {
        let mut table = Table::new();
        let id = table.insert(sockets(1), 'a');
        table.wake_at(id, after(1));
        assert_eq!(table.remove(id).map(|(_, value)| value), Some('a'));
        assert_eq!(table.insert(sockets(2), 'b'), id);
        assert_eq!((table.take_due(after(5)), table.find(&sockets(1)), table.len()), (None, None, 1));
        table.wake_at(id, after(7));
        assert_eq!(table.take_due(after(7)), Some(id));
    }

    #[test]
    fn the_heap_does_not_grow_with_connections_that_are_over() {
        let mut table = Table::new();
        for round in 0..100_000 {
            let id = table.insert(sockets(1), round);
            table.wake_at(id, after(1_000_000));
            table.remove(id);
        }
        assert!(table.wakes.len() <= 2 + STALE && table.slots.len() == 1, "{}", table.wakes.len());
    }
}
