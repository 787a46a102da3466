//! The table of connections: found by their sockets under a keyed hash, and bounded.
//!
//! A connection begins as a small record while there is nothing but its SYN, then takes that of a whole one. When it is
//! over it stays so among the last that are, since the end of a connection is not always its last segment; then it is
//! told of, and what is left is a very small record that knows late segments, until TIME-WAIT has passed.

use std::net::SocketAddr;

use hashbrown::HashTable;

use super::connection::Connection;
use super::half_open::HalfOpen;
use super::key::{Key, KeyHasher};
use super::late::{Late, LateQueue};
use super::slab::{Order, Slab};
use crate::wire::Time;

/// Connections that are over and kept whole: the last so many.
const OVER_KEPT: usize = 512;
/// The bit of a packed place that says that its record is a whole one.
const WHOLE: u32 = 1 << 31;
/// Connections that a table can hold: places have 31 bits.
const MAX_CAPACITY: usize = 1 << 30;

/// A pair of sockets and its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub(super) key: Key,
    hash: u64,
}

/// Where the record of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing but its SYN was seen.
    HalfOpen(u32),
    Whole(u32),
    /// It is over, and told of.
    Late(u32),
}

/// The place of a connection that was not told of, in four octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed(u32);

impl Packed {
    const fn half_open(place: u32) -> Self {
        Self(place)
    }

    const fn whole(place: u32) -> Self {
        Self(place | WHOLE)
    }

    const fn is_whole(self) -> bool {
        self.0 & WHOLE != 0
    }

    /// The place among the records of its kind.
    const fn number(self) -> u32 {
        self.0 & !WHOLE
    }

    const fn unpack(self) -> Place {
        if self.is_whole() { Place::Whole(self.number()) } else { Place::HalfOpen(self.number()) }
    }
}

/// A whole record.
#[derive(Clone, Copy, Debug)]
struct Whole {
    connection: Connection,
    /// It stands in the order of those that are over.
    over: bool,
}

/// A connection that has no place any more.
pub(super) struct Removed {
    pub(super) connection: Connection,
    /// It was idle longest in a full table.
    pub(super) evicted: bool,
}

/// Connections by their sockets. Memory is that of as many as were ever there at once.
#[derive(Debug)]
pub(super) struct Flows {
    hasher: KeyHasher,
    /// Connections that were not told of.
    index: HashTable<Packed>,
    half_open: Slab<HalfOpen>,
    whole: Slab<Whole>,
    late: LateQueue,
    /// Half-open ones, whole ones, and whole ones that are over.
    half_open_order: Order,
    whole_order: Order,
    over_order: Order,
    capacity: usize,
}

impl Flows {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            hasher: KeyHasher::new(),
            index: HashTable::new(),
            half_open: Slab::new(),
            whole: Slab::new(),
            late: LateQueue::new(),
            half_open_order: Order::new(),
            whole_order: Order::new(),
            over_order: Order::new(),
            capacity: capacity.clamp(1, MAX_CAPACITY),
        }
    }

    #[inline]
    pub(super) fn flow(&self, one: SocketAddr, other: SocketAddr) -> Flow {
        let key = Key::of(one, other);
        Flow { key, hash: self.hasher.hash(&key) }
    }

    #[inline]
    pub(super) fn find(&self, flow: &Flow) -> Option<Place> {
        let is_it = |place: &Packed| *key_of(*place, &self.half_open, &self.whole) == flow.key;
        let live = self.index.find(flow.hash, is_it).map(|place| place.unpack());
        live.or_else(|| self.late.find(flow.hash).map(Place::Late))
    }

    /// The number of a connection that was not told of.
    pub(super) fn id(&self, place: Place) -> Option<u32> {
        match place {
            Place::HalfOpen(place) => Some(self.half_open[place].id()),
            Place::Whole(place) => Some(self.whole[place].connection.id),
            Place::Late(_) => None,
        }
    }

    pub(super) fn half_open(&mut self, place: u32) -> &mut HalfOpen {
        &mut self.half_open[place]
    }

    #[inline]
    pub(super) fn whole(&mut self, place: u32) -> &mut Connection {
        &mut self.whole[place].connection
    }

    pub(super) fn late(&self, number: u32) -> &Late {
        self.late.get(number)
    }

    /// Puts in a connection of which only the SYN was seen. There must be room, and none between these sockets.
    pub(super) fn insert_half_open(&mut self, flow: &Flow, half_open: HalfOpen) {
        let place = self.half_open.insert(flow.key, half_open);
        self.half_open_order.add(&mut self.half_open, place);
        self.enter(flow, Packed::half_open(place));
    }

    /// The same for a whole one; answers where it is.
    pub(super) fn insert_whole(&mut self, flow: &Flow, connection: Connection) -> u32 {
        let place = self.whole.insert(flow.key, Whole { connection, over: false });
        self.whole_order.add(&mut self.whole, place);
        self.enter(flow, Packed::whole(place));
        place
    }

    /// Gives a connection that was half open the room of a whole one; answers where it is.
    pub(super) fn widen(&mut self, flow: &Flow, place: u32) -> u32 {
        let connection = self.half_open[place].expand(&flow.key);
        self.forget(flow.hash, Place::HalfOpen(place));
        self.insert_whole(flow, connection)
    }

    /// Notes that a segment of a half-open connection came.
    pub(super) fn touch_half_open(&mut self, place: u32) {
        self.half_open_order.touch(&mut self.half_open, place);
    }

    /// Notes that a segment of a whole connection came, and whether the connection is over now.
    #[inline]
    pub(super) fn touch_whole(&mut self, place: u32) {
        let Self { whole, whole_order, over_order, .. } = self;
        let Whole { connection, over } = &mut whole[place];
        let is_over = connection.is_over();
        let was_over = std::mem::replace(over, is_over);
        match (was_over, is_over) {
            (false, false) => whole_order.touch(whole, place),
            (true, true) => over_order.touch(whole, place),
            (false, true) => {
                whole_order.take(whole, place);
                over_order.add(whole, place);
            }
            (true, false) => {
                over_order.take(whole, place);
                whole_order.add(whole, place);
            }
        }
    }

    /// Takes out the connection between these sockets; none if it was told of.
    pub(super) fn remove(&mut self, flow: &Flow, place: Place) -> Option<Connection> {
        let connection = match place {
            Place::HalfOpen(place) => Some(self.half_open[place].expand(&flow.key)),
            Place::Whole(place) => Some(self.whole[place].connection),
            Place::Late(_) => None,
        };
        self.forget(flow.hash, place);
        connection
    }

    /// If the table is full, takes out the connection that is over for longest, or else the one idle longest.
    pub(super) fn make_room(&mut self) -> Option<Removed> {
        if self.half_open_order.len() + self.whole_order.len() + self.over_order.len() < self.capacity {
            return None;
        }
        if let Some(place) = self.over_order.oldest() {
            let connection = *self.whole(place);
            self.retire(place);
            return Some(Removed { connection, evicted: false });
        }
        let half_open = self
            .half_open_order
            .oldest()
            .map(|place| (self.half_open[place].last(), Place::HalfOpen(place), *self.half_open.key(place)));
        let whole = self
            .whole_order
            .oldest()
            .map(|place| (self.whole[place].connection.last, Place::Whole(place), *self.whole.key(place)));
        let (_, place, key) = [half_open, whole].into_iter().flatten().min_by_key(|(last, ..)| *last)?;
        let flow = Flow { key, hash: self.hasher.hash(&key) };
        self.remove(&flow, place).map(|connection| Removed { connection, evicted: true })
    }

    /// A connection that is over and need not be kept whole; forgets those whose segments cannot come any more.
    #[inline]
    pub(super) fn overdue(&mut self, now: Time) -> Option<u32> {
        self.late.expire(now, self.capacity);
        let place = self.over_order.oldest()?;
        (self.over_order.len() > OVER_KEPT).then_some(place)
    }

    /// The connection that is over for longest of those that are kept whole.
    pub(super) fn oldest_over(&self) -> Option<u32> {
        self.over_order.oldest()
    }

    /// Takes out a connection that is over, and keeps what knows its late segments.
    pub(super) fn retire(&mut self, place: u32) {
        let key = self.whole.key(place);
        let hash = self.hasher.hash(key);
        self.late.push(Late::of(&self.whole[place].connection, key, hash));
        self.forget(hash, Place::Whole(place));
    }

    /// Takes out all connections that were not told of, in the order of their numbers.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Connection> {
        let Self { half_open, whole, half_open_order, whole_order, over_order, .. } =
            std::mem::replace(self, Self::new(self.capacity));
        let half = half_open_order.iter(&half_open).map(|place| (half_open[place].id(), Place::HalfOpen(place)));
        let wholes = whole_order.iter(&whole).chain(over_order.iter(&whole));
        let mut all: Vec<(u32, Place)> =
            half.chain(wholes.map(|place| (whole[place].connection.id, Place::Whole(place)))).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all.into_iter().filter_map(move |(_, place)| match place {
            Place::HalfOpen(place) => Some(half_open[place].expand(half_open.key(place))),
            Place::Whole(place) => Some(whole[place].connection),
            Place::Late(_) => None,
        })
    }

    fn enter(&mut self, flow: &Flow, place: Packed) {
        let Self { hasher, half_open, whole, .. } = self;
        self.index.insert_unique(flow.hash, place, |place| hasher.hash(key_of(*place, half_open, whole)));
    }

    /// Forgets a place, and frees its record. That of a connection told of goes when its time has come.
    fn forget(&mut self, hash: u64, place: Place) {
        match place {
            Place::HalfOpen(place) => {
                self.leave(hash, Packed::half_open(place));
                self.half_open_order.take(&mut self.half_open, place);
                self.half_open.remove(place);
            }
            Place::Whole(place) => {
                self.leave(hash, Packed::whole(place));
                let order = if self.whole[place].over { &mut self.over_order } else { &mut self.whole_order };
                order.take(&mut self.whole, place);
                self.whole.remove(place);
            }
            Place::Late(number) => self.late.hide(number),
        }
    }

    fn leave(&mut self, hash: u64, place: Packed) {
        if let Ok(entry) = self.index.find_entry(hash, |other| *other == place) {
            entry.remove();
        }
    }
}

/// The sockets of the connection at `place`.
#[inline]
fn key_of<'a>(place: Packed, half_open: &'a Slab<HalfOpen>, whole: &'a Slab<Whole>) -> &'a Key {
    if place.is_whole() { whole.key(place.number()) } else { half_open.key(place.number()) }
}

#[cfg(test)]
mod counting {
    use super::*;
    use crate::trace::slab::Head;
    use crate::trace::tracer::Held;

    impl Flows {
        pub(in crate::trace) fn held(&self) -> Held {
            let whole = self.whole_order.len() + self.over_order.len();
            let held = Held { half_open: self.half_open_order.len(), whole, late: self.late.len() };
            assert_eq!(self.index.len(), held.half_open + held.whole);
            held
        }
    }

    impl Held {
        /// Octets of one record of each kind. An index takes an octet beside each place, and is at least 7/16 full.
        pub(in crate::trace) const fn record_sizes() -> Self {
            let index = (size_of::<Packed>() + 1) * 16 / 7 + 1;
            Self {
                half_open: size_of::<Head>() + size_of::<HalfOpen>() + index,
                whole: size_of::<Head>() + size_of::<Whole>() + index,
                late: size_of::<Late>() + index,
            }
        }
    }
}
