//! Records in pages. Pages never move, so growing copies nothing and wastes at most a page.

use std::ops::{Index, IndexMut};

/// Records of one page.
const PAGE: usize = 256;

/// Records of one kind, found by their places; a place that is free is used again before a new one.
#[derive(Debug)]
pub(super) struct Slab<T> {
    /// Of one size each, so that only the page has to be looked for.
    pages: Vec<Box<[T; PAGE]>>,
    /// Places that were ever used.
    used: usize,
    free: Vec<u32>,
}

impl<T: Copy> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { pages: Vec::new(), used: 0, free: Vec::new() }
    }

    /// Puts a record in, and answers its place.
    pub(super) fn insert(&mut self, record: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self[place] = record;
            return place;
        }
        let place = self.used as u32;
        if self.used == self.pages.len() * PAGE {
            // Never on the stack, where a page of large records has no room.
            self.pages.extend(vec![record; PAGE].into_boxed_slice().try_into().ok());
        }
        self[place] = record;
        self.used += 1;
        place
    }

    /// Frees the place of a record.
    #[inline]
    pub(super) fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    /// How many records there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used - self.free.len()
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.pages[place as usize / PAGE][place as usize % PAGE]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.pages[place as usize / PAGE][place as usize % PAGE]
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
