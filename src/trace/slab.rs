//! Records in pages, and their order in time. Pages never move, so growing copies nothing and wastes at most a page.
//!
//! Keys and order stand apart from the records: finding a record and making it the newest touches little memory.

use super::key::Key;

/// Records of one page.
const PAGE: usize = 256;
/// Index of no record.
const NONE: u32 = u32::MAX;

/// The key of a record, and its neighbours in the order of their last segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    key: Key,
    newer: u32,
    /// The next free one, where this one is free.
    older: u32,
}

/// Values in pages.
#[derive(Debug)]
struct Pages<T>(Vec<Vec<T>>);

impl<T> Pages<T> {
    /// Appends a value, and answers its index.
    fn push(&mut self, value: T) -> usize {
        if self.0.last().is_none_or(|page| page.len() == PAGE) {
            self.0.push(Vec::with_capacity(PAGE));
        }
        let before = (self.0.len() - 1) * PAGE;
        let page = &mut self.0[before / PAGE];
        page.push(value);
        before + page.len() - 1
    }

    #[inline]
    fn get(&self, place: u32) -> &T {
        &self.0[place as usize / PAGE][place as usize % PAGE]
    }

    #[inline]
    fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.0[place as usize / PAGE][place as usize % PAGE]
    }
}

/// Records of one kind, found by their places.
#[derive(Debug)]
pub(super) struct Slab<T> {
    heads: Pages<Head>,
    records: Pages<T>,
    free: u32,
}

impl<T: Copy> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { heads: Pages(Vec::new()), records: Pages(Vec::new()), free: NONE }
    }

    pub(super) fn insert(&mut self, key: Key, record: T) -> u32 {
        let head = Head { key, newer: NONE, older: NONE };
        if self.free == NONE {
            self.heads.push(head);
            return self.records.push(record) as u32;
        }
        let place = self.free;
        self.free = self.heads.get(place).older;
        *self.heads.get_mut(place) = head;
        self[place] = record;
        place
    }

    /// Takes a record out, which must be in no order any more.
    pub(super) fn remove(&mut self, place: u32) {
        self.heads.get_mut(place).older = self.free;
        self.free = place;
    }
}

impl<T> Slab<T> {
    #[inline]
    pub(super) fn key(&self, place: u32) -> &Key {
        &self.heads.get(place).key
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: u32) -> &T {
        self.records.get(place)
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        self.records.get_mut(place)
    }
}

/// Some records of a slab in the order in which they were used last.
#[derive(Debug)]
pub(super) struct Order {
    newest: u32,
    oldest: u32,
    len: usize,
}

impl Order {
    pub(super) const fn new() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The record that was not used for longest.
    pub(super) fn oldest(&self) -> Option<u32> {
        (self.len > 0).then_some(self.oldest)
    }

    /// Adds a record, which is in no order, as the one used last.
    pub(super) fn add<T>(&mut self, slab: &mut Slab<T>, place: u32) {
        let older = self.newest;
        let head = slab.heads.get_mut(place);
        (head.newer, head.older) = (NONE, older);
        if older == NONE {
            self.oldest = place;
        } else {
            slab.heads.get_mut(older).newer = place;
        }
        self.newest = place;
        self.len += 1;
    }

    /// Takes out a record, which is in this order.
    pub(super) fn take<T>(&mut self, slab: &mut Slab<T>, place: u32) {
        let Head { newer, older, .. } = *slab.heads.get(place);
        if newer == NONE {
            self.newest = older;
        } else {
            slab.heads.get_mut(newer).older = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            slab.heads.get_mut(older).newer = newer;
        }
        self.len -= 1;
    }

    /// Makes a record of this order the one used last.
    #[inline]
    pub(super) fn touch<T>(&mut self, slab: &mut Slab<T>, place: u32) {
        if self.newest != place {
            self.take(slab, place);
            self.add(slab, place);
        }
    }

    /// The records, oldest first.
    pub(super) fn iter<T>(&self, slab: &Slab<T>) -> impl Iterator<Item = u32> {
        let first = (self.oldest != NONE).then_some(self.oldest);
        std::iter::successors(first, |place| Some(slab.heads.get(*place).newer).filter(|place| *place != NONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        let socket = std::net::SocketAddr::from(([192, 0, 2, 1], 80));
        Key::of(socket, socket)
    }

    #[test]
    fn places_are_used_again() {
        let mut slab = Slab::new();
        let places: Vec<u32> = (0..600).map(|value| slab.insert(key(), value)).collect();
        assert_eq!(places, (0..600).collect::<Vec<u32>>());
        slab.remove(7);
        slab.remove(300);
        assert_eq!([slab.insert(key(), -1), slab.insert(key(), -2), slab.insert(key(), -3)], [300, 7, 600]);
        assert_eq!([slab[300], slab[7], slab[8]], [-1, -2, 8]);
    }

    #[test]
    fn the_order_is_that_of_the_last_use() {
        let (mut slab, mut order) = (Slab::new(), Order::new());
        for value in 0..4 {
            let place = slab.insert(key(), value);
            order.add(&mut slab, place);
        }
        order.touch(&mut slab, 0);
        order.touch(&mut slab, 2);
        order.touch(&mut slab, 2);
        assert_eq!(order.iter(&slab).collect::<Vec<_>>(), [1, 3, 0, 2]);
        order.take(&mut slab, 0);
        order.take(&mut slab, 1);
        assert_eq!((order.oldest(), order.len()), (Some(3), 2));
        order.take(&mut slab, 2);
        order.take(&mut slab, 3);
        assert_eq!((order.oldest(), order.iter(&slab).next()), (None, None));
    }
}
