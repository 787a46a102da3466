//! Records of one kind, found by their places.

use std::ops::{Index, IndexMut};

/// Records; a place that is free is used again before a new one.
#[derive(Debug)]
pub(super) struct Slab<T> {
    records: Vec<T>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { records: Vec::new(), free: Vec::new() }
    }

    /// Puts a record in, and answers its place.
    pub(super) fn insert(&mut self, record: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self[place] = record;
            return place;
        }
        self.records.push(record);
        (self.records.len() - 1) as u32
    }

    /// Frees the place of a record.
    #[inline]
    pub(super) fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    /// How many records there are.
    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.records[place as usize]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.records[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let mut slab = Slab::new();
        let places: Vec<u32> = (0..600).map(|value| slab.insert(value)).collect();
        assert_eq!(places, (0..600).collect::<Vec<u32>>());
        slab.remove(7);
        slab.remove(300);
        assert_eq!(slab.len(), 598);
        assert_eq!([slab.insert(-1), slab.insert(-2), slab.insert(-3)], [300, 7, 600]);
        assert_eq!([slab[300], slab[7], slab[8]], [-1, -2, 8]);
    }
}
