//! The order in which connections were heard last.

use super::heads::{Heads, Kind, NONE};
use crate::wire::Time;

/// Some connections in the order in which they were heard last.
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

    /// The connection that was not heard for longest.
    pub(super) fn oldest(&self) -> Option<u32> {
        (self.len > 0).then_some(self.oldest)
    }

    /// Adds a connection, which is in no order, as the one heard last.
    pub(super) fn add(&mut self, heads: &mut Heads, place: u32) {
        let older = self.newest;
        let head = &mut heads[place];
        (head.newer, head.older) = (NONE, older);
        if older == NONE {
            self.oldest = place;
        } else {
            heads[older].newer = place;
        }
        self.newest = place;
        self.len += 1;
    }

    /// Takes out a connection, which is in this order.
    pub(super) fn take(&mut self, heads: &mut Heads, place: u32) {
        let (newer, older) = (heads[place].newer, heads[place].older);
        if newer == NONE {
            self.newest = older;
        } else {
            heads[newer].older = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            heads[older].newer = newer;
        }
        self.len -= 1;
    }

    /// Makes a connection of this order the one heard last.
    #[inline]
    pub(super) fn touch(&mut self, heads: &mut Heads, place: u32) {
        if self.newest != place {
            self.take(heads, place);
            self.add(heads, place);
        }
    }

    /// The connections, that not heard for longest first.
    pub(super) fn iter(&self, heads: &Heads) -> impl Iterator<Item = u32> {
        let first = (self.oldest != NONE).then_some(self.oldest);
        std::iter::successors(first, |place| Some(heads[*place].newer).filter(|place| *place != NONE))
    }
}

/// Connections that are not over, in the same order; but that one was heard is only noted, and put in order when the one
/// idle longest is asked for. So most segments touch nothing but their own connection.
///
/// The list has two parts. In the first, connections stand in the order in which they were heard when it was put in order;
/// what was heard since is noted. The second holds those that took their place later, in no order.
#[derive(Debug)]
pub(super) struct Idle {
    order: Order,
    /// The first of the second part.
    second: u32,
}

impl Idle {
    pub(super) const fn new() -> Self {
        Self { order: Order::new(), second: NONE }
    }

    pub(super) const fn len(&self) -> usize {
        self.order.len()
    }

    /// Adds a connection, which is in no order.
    pub(super) fn add(&mut self, heads: &mut Heads, place: u32) {
        heads.forget_heard(place);
        self.order.add(heads, place);
        if self.second == NONE {
            self.second = place;
        }
    }

    /// Takes out a connection, which is in this order.
    pub(super) fn take(&mut self, heads: &mut Heads, place: u32) {
        if self.second == place {
            self.second = heads[place].newer;
        }
        self.order.take(heads, place);
    }

    /// The connection that was not heard for longest; `last` answers when the one with this record was.
    pub(super) fn longest(&mut self, heads: &mut Heads, last: impl Fn(Kind, u32) -> Time) -> Option<u32> {
        loop {
            if self.order.oldest()? == self.second {
                self.sort(heads, &last);
            }
            let oldest = self.order.oldest()?;
            if !heads.was_heard(oldest) {
                return Some(oldest);
            }
            self.take(heads, oldest);
            self.add(heads, oldest);
        }
    }

    /// Puts all in order. Each was added or heard since the last time, so this costs a segment little.
    fn sort(&mut self, heads: &mut Heads, last: impl Fn(Kind, u32) -> Time) {
        self.second = NONE;
        let heard = |heads: &Heads, place| {
            let (kind, record) = heads.record(place);
            last(kind, record)
        };
        // As in a flood of SYNs, for which there may be no room to sort.
        let is_sorted = self.iter(heads).is_sorted_by_key(|place| heard(heads, place));
        let mut all: Vec<(Time, u32)> = Vec::new();
        if !is_sorted {
            all.extend(self.iter(heads).map(|place| (heard(heads, place), place)));
            all.sort_by_key(|(time, _)| *time);
            self.order = Order::new();
        }
        for (_, place) in all {
            self.order.add(heads, place);
        }
        let mut next = self.order.oldest();
        while let Some(place) = next.filter(|place| *place != NONE) {
            heads.forget_heard(place);
            next = Some(heads[place].newer);
        }
    }

    /// The connections, in no order.
    pub(super) fn iter(&self, heads: &Heads) -> impl Iterator<Item = u32> {
        self.order.iter(heads)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::trace::key::Key;

    fn head(heads: &mut Heads, place: u32) -> u32 {
        let socket: SocketAddr = "192.0.2.1:80".parse().unwrap();
        heads.insert(&Key::of(socket, socket).0, Kind::HalfOpen, place)
    }

    #[test]
    fn the_order_is_that_of_the_last_use() {
        let (mut heads, mut order) = (Heads::new(), Order::new());
        for place in 0..4 {
            let head = head(&mut heads, place);
            order.add(&mut heads, head);
        }
        order.touch(&mut heads, 0);
        order.touch(&mut heads, 2);
        order.touch(&mut heads, 2);
        assert_eq!(order.iter(&heads).collect::<Vec<_>>(), [1, 3, 0, 2]);
        order.take(&mut heads, 0);
        order.take(&mut heads, 1);
        assert_eq!((order.oldest(), order.len()), (Some(3), 2));
        order.take(&mut heads, 2);
        order.take(&mut heads, 3);
        assert_eq!((order.oldest(), order.iter(&heads).next()), (None, None));
    }

    /// Against a list in which each is moved when it is heard.
    #[test]
    fn who_was_idle_longest_is_known_though_hearing_moves_nobody() {
        let (mut heads, mut idle) = (Heads::new(), Idle::new());
        let (mut times, mut expected) = ([Time::default(); 16], Vec::new());
        let mut random = 7_u32;
        for step in 0..2_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let now = Time::from_nanos(step / 2); // some are heard at one time
            let place = random >> 28;
            match (expected.iter().position(|other| *other == place), random >> 24 & 7) {
                (None, _) => {
                    let head = head(&mut heads, place);
                    times[place as usize] = now;
                    idle.add(&mut heads, head);
                    expected.push(place);
                }
                (Some(at), 0) => {
                    let head = idle.iter(&heads).find(|head| heads.record(*head).1 == place).unwrap();
                    idle.take(&mut heads, head);
                    heads.remove(head);
                    expected.remove(at);
                }
                (Some(_), 1) => {
                    let longest = idle.longest(&mut heads, |_, place| times[place as usize]).unwrap();
                    let oldest = times[expected[0] as usize];
                    assert_eq!(times[heads.record(longest).1 as usize], oldest, "in step {step}");
                }
                (Some(at), _) => {
                    let head = idle.iter(&heads).find(|head| heads.record(*head).1 == place).unwrap();
                    times[place as usize] = now;
                    heads.hear(head);
                    expected.remove(at);
                    expected.push(place);
                }
            }
            assert_eq!(idle.len(), expected.len());
        }
    }
}
