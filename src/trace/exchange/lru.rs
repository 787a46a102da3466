//! A bounded table in the order of last use.

use std::collections::HashMap;
use std::hash::Hash;

/// Index of no slot.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    /// Neighbours in the order of their last use.
    newer: u32,
    older: u32,
}

/// Values by their keys. Memory is that of as many as were ever there at once, and at most of `capacity`.
#[derive(Debug)]
pub(super) struct Lru<K, V> {
    /// std's hash is keyed at random, so that nobody can choose keys that collide.
    index: HashMap<K, u32>,
    slots: Vec<Slot<K, V>>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    capacity: usize,
}

impl<K: Copy + Eq + Hash, V: Copy> Lru<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, NONE as usize - 1);
        Self { index: HashMap::new(), slots: Vec::new(), free: Vec::new(), newest: NONE, oldest: NONE, capacity }
    }

    /// The value of this key, which becomes the newest.
    pub(super) fn get(&mut self, key: &K) -> Option<&mut V> {
        let place = *self.index.get(key)?;
        if self.newest != place {
            self.unlink(place);
            self.link(place);
        }
        Some(&mut self.slots[place as usize].value)
    }

    /// Puts in a value, whose key must not be there. Gives back the oldest, if that had to go for it.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let evicted = if self.index.len() >= self.capacity { self.take_oldest(|_| true) } else { None };
        let slot = Slot { key, value, newer: NONE, older: NONE };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                self.slots.len() as u32 - 1
            }
        };
        self.index.insert(key, place);
        self.link(place);
        evicted
    }

    /// Takes out the oldest value, if it is there and `wanted`.
    pub(super) fn take_oldest(&mut self, wanted: impl FnOnce(&V) -> bool) -> Option<V> {
        let place = self.oldest;
        let slot = self.slots.get(place as usize).filter(|slot| wanted(&slot.value))?;
        let (key, value) = (slot.key, slot.value);
        self.index.remove(&key);
        self.unlink(place);
        self.free.push(place);
        Some(value)
    }

    fn link(&mut self, place: u32) {
        let older = self.newest;
        let slot = &mut self.slots[place as usize];
        (slot.newer, slot.older) = (NONE, older);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = place,
            None => self.oldest = place,
        }
        self.newest = place;
    }

    fn unlink(&mut self, place: u32) {
        let Slot { newer, older, .. } = self.slots[place as usize];
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_one_not_used_for_longest_goes_first() {
        let mut table = Lru::new(2);
        assert_eq!(table.insert('a', 1), None);
        assert_eq!(table.insert('b', 2), None);
        assert_eq!(table.get(&'a'), Some(&mut 1));
        assert_eq!(table.insert('c', 3), Some(2));
        assert_eq!(table.get(&'b'), None);
        assert_eq!(table.take_oldest(|value| *value == 3), None);
        assert_eq!(table.take_oldest(|value| *value == 1), Some(1));
        assert_eq!(table.take_oldest(|_| true), Some(3));
        assert_eq!(table.take_oldest(|_| true), None);
    }

    proptest! {
        /// A list that is searched from end to end does the same.
        #[test]
        fn it_does_what_a_list_does(capacity in 1_usize..6, uses in proptest::collection::vec((0_u8..4, 0_u8..10), 0..200)) {
            let mut table = Lru::new(capacity);
            let mut list = Vec::<u8>::new();
            for (action, key) in uses {
                let found = list.iter().position(|other| *other == key);
                if action == 0 {
                    let oldest = (!list.is_empty()).then(|| list.remove(0));
                    prop_assert_eq!(table.take_oldest(|_| true), oldest);
                    continue;
                }
                prop_assert_eq!(table.get(&key).copied(), found.map(|_| key));
                match found {
                    Some(at) => drop(list.remove(at)),
                    None => {
                        let evicted = (list.len() == capacity).then(|| list.remove(0));
                        prop_assert_eq!(table.insert(key, key), evicted);
                    }
                }
                list.push(key);
                prop_assert!(table.slots.len() <= capacity);
            }
        }
    }
}
