//! The table of connections: found by their sockets under a keyed hash, and bounded.
//!
//! A connection begins as a small record while there is nothing but its SYN, then takes a larger one. When it is over it
//! stays so among the last that are, since the end of a connection is not always its last segment; then it is told of,
//! and what is left is a very small record that knows late segments, until TIME-WAIT has passed.

use std::net::{Ipv4Addr, SocketAddr};

use hashbrown::HashTable;

use super::Event;
use super::connection::Connection;
use super::glance::Glance;
use super::half_open::HalfOpen;
use super::heads::{Heads, Kind};
use super::key::{Key, KeyHasher};
use super::late::{Late, LateQueue};
use super::order::{Idle, Order};
use super::orderly::Orderly;
use super::slab::Slab;
use crate::wire::Time;

/// Connections that are over and kept whole: the last so many.
const OVER_KEPT: usize = 512;

/// A pair of sockets and its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub(super) key: Key,
    hash: u64,
    /// The first of the two, where a segment came from, is the lower one.
    pub(super) from_low: bool,
}

impl Flow {
    #[inline]
    pub(super) fn new(one: SocketAddr, other: SocketAddr, hasher: &KeyHasher) -> Self {
        Self::of(Key::of(one, other), hasher)
    }

    #[inline]
    pub(super) fn v4(one: (Ipv4Addr, u16), other: (Ipv4Addr, u16), hasher: &KeyHasher) -> Self {
        Self::of(Key::of_v4(one, other), hasher)
    }

    #[inline]
    fn of((key, from_low): (Key, bool), hasher: &KeyHasher) -> Self {
        Self { key, hash: hasher.hash(&key), from_low }
    }
}

/// Where a connection is: its head, or the number of what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing but its SYN was seen.
    HalfOpen(u32),
    /// All went by the book, and is not followed yet.
    Orderly(u32),
    Followed(u32),
    /// It is over, and told of.
    Late(u32),
}

/// Connections by their sockets. Memory is that of as many as were ever there at once.
#[derive(Debug)]
pub(super) struct Flows {
    hasher: KeyHasher,
    /// Heads of connections that were not told of.
    index: HashTable<u32>,
    heads: Heads,
    half_open: Slab<HalfOpen>,
    orderly: Slab<Orderly>,
    followed: Slab<Connection>,
    late: LateQueue,
    /// Connections that are not over, and those that are.
    live: Idle,
    over: Order,
    capacity: usize,
}

impl Flows {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            hasher: KeyHasher::new(),
            index: HashTable::new(),
            heads: Heads::new(),
            half_open: Slab::new(),
            orderly: Slab::new(),
            followed: Slab::new(),
            late: LateQueue::new(),
            live: Idle::new(),
            over: Order::new(),
            capacity: capacity.clamp(1, Heads::MOST),
        }
    }

    pub(super) fn flow(&self, one: SocketAddr, other: SocketAddr) -> Flow {
        Flow::new(one, other, &self.hasher)
    }

    /// What makes flows for this table.
    pub(super) fn hasher(&self) -> KeyHasher {
        self.hasher.clone()
    }

    #[inline]
    pub(super) fn find(&self, flow: &Flow) -> Option<Place> {
        let live = self.index.find(flow.hash, |head| self.heads.is_between(*head, &flow.key));
        match live {
            Some(&head) => Some(match self.heads.record(head).0 {
                Kind::HalfOpen => Place::HalfOpen(head),
                Kind::Orderly => Place::Orderly(head),
                Kind::Followed => Place::Followed(head),
            }),
            None => self.late.find(flow.hash).map(Place::Late),
        }
    }

    /// The number of a connection that was not told of.
    pub(super) fn id(&self, place: Place) -> Option<u32> {
        match place {
            Place::HalfOpen(head) | Place::Orderly(head) | Place::Followed(head) => Some(self.id_of(head)),
            Place::Late(_) => None,
        }
    }

    fn id_of(&self, head: u32) -> u32 {
        match self.heads.record(head) {
            (Kind::HalfOpen, place) => self.half_open[place].id(),
            (Kind::Orderly, place) => self.orderly[place].id(),
            (Kind::Followed, place) => self.followed[place].id,
        }
    }

    /// The record of a half-open connection.
    pub(super) fn half_open(&mut self, head: u32) -> &mut HalfOpen {
        let (_, place) = self.heads.record(head);
        &mut self.half_open[place]
    }

    /// The record of a connection that is followed; what was put off or kept small is followed up to now.
    #[inline]
    pub(super) fn followed(&mut self, head: u32) -> &mut Connection {
        let place = match self.heads.record(head) {
            (Kind::Followed, place) => place,
            _ => self.follow(head),
        };
        &mut self.followed[place]
    }

    /// Follows a connection from its beginning up to now; answers where its record is.
    #[cold]
    fn follow(&mut self, head: u32) -> u32 {
        let connection = self.connection(head);
        self.free_record(head);
        let place = self.followed.insert(connection);
        self.heads.change_record(head, Kind::Followed, place);
        place
    }

    /// A connection, followed from its beginning.
    fn connection(&self, head: u32) -> Connection {
        let key = self.heads.key(head);
        match self.heads.record(head) {
            (Kind::HalfOpen, place) => self.half_open[place].expand(&key),
            (Kind::Orderly, place) => self.orderly[place].expand(&key),
            (Kind::Followed, place) => self.followed[place],
        }
    }

    pub(super) fn late(&self, number: u32) -> &Late {
        self.late.get(number)
    }

    /// Puts off following a segment, if it and all before it went by the book; says whether that was so.
    #[inline]
    pub(super) fn put_off(&mut self, head: u32, glance: &Glance) -> bool {
        let (_, place) = self.heads.record(head);
        let orderly = &mut self.orderly[place];
        if !orderly.take(glance.flow.from_low, &glance.plain) {
            return false;
        }
        if orderly.is_over() {
            self.touch(head);
        } else {
            self.heads.hear(head);
        }
        true
    }

    /// The same of the segment that answers a SYN.
    pub(super) fn put_off_answer(&mut self, head: u32, glance: &Glance) -> bool {
        let (_, place) = self.heads.record(head);
        let Some(orderly) = Orderly::begin(&self.half_open[place], glance) else { return false };
        self.half_open.remove(place);
        let place = self.orderly.insert(orderly);
        self.heads.change_record(head, Kind::Orderly, place);
        self.heads.hear(head);
        true
    }

    /// When the last segment of a connection came.
    pub(super) fn last(&self, head: u32) -> Time {
        let (kind, place) = self.heads.record(head);
        last(kind, place, (&self.half_open, &self.orderly, &self.followed))
    }

    /// What is to be told in the end of a connection.
    pub(super) fn ended(&self, head: u32) -> Event {
        match self.heads.record(head) {
            (Kind::Orderly, place) => self.orderly[place].ended(&self.heads.key(head)),
            _ => self.connection(head).ended(),
        }
    }

    /// Puts in a connection of which only the SYN was seen. There must be room, and none between these sockets.
    pub(super) fn insert_half_open(&mut self, flow: &Flow, half_open: HalfOpen) {
        let place = self.half_open.insert(half_open);
        self.insert(flow, Kind::HalfOpen, place);
    }

    /// The same for one that is followed; answers where it is.
    pub(super) fn insert_followed(&mut self, flow: &Flow, connection: Connection) -> u32 {
        let place = self.followed.insert(connection);
        self.insert(flow, Kind::Followed, place)
    }

    fn insert(&mut self, flow: &Flow, kind: Kind, place: u32) -> u32 {
        let head = self.heads.insert(&flow.key, kind, place);
        self.live.add(&mut self.heads, head);
        let Self { hasher, heads, .. } = self;
        self.index.insert_unique(flow.hash, head, |head| hasher.hash(&heads.key(*head)));
        head
    }

    /// Notes that a segment of a connection came, and whether the connection is over now.
    #[inline]
    pub(super) fn touch(&mut self, head: u32) {
        let is_over = match self.heads.record(head) {
            (Kind::HalfOpen, _) => false,
            (Kind::Orderly, place) => self.orderly[place].is_over(),
            (Kind::Followed, place) => self.followed[place].is_over(),
        };
        let Self { heads, live, over, .. } = self;
        match (heads.is_over(head), is_over) {
            (false, false) => heads.hear(head),
            (true, true) => over.touch(heads, head),
            (false, true) => {
                live.take(heads, head);
                over.add(heads, head);
            }
            (true, false) => {
                over.take(heads, head);
                live.add(heads, head);
            }
        }
        heads.set_over(head, is_over);
    }

    /// Takes out what there is between these sockets, and answers what is to be told of it; nothing if that was told.
    pub(super) fn remove(&mut self, flow: &Flow, place: Place) -> Option<Event> {
        match place {
            Place::HalfOpen(head) | Place::Orderly(head) | Place::Followed(head) => {
                let ended = self.ended(head);
                self.forget(flow.hash, head);
                Some(ended)
            }
            Place::Late(number) => {
                self.late.hide(number);
                None
            }
        }
    }

    /// If the table is full, takes out the connection that is over for longest, or else the one idle longest. Answers what
    /// is to be told of it, and whether it was not over.
    pub(super) fn make_room(&mut self) -> Option<(Event, bool)> {
        if self.live.len() + self.over.len() < self.capacity {
            return None;
        }
        if let Some(head) = self.over.oldest() {
            return Some((self.retire(head), false));
        }
        let Self { heads, live, half_open, orderly, followed, .. } = self;
        let records = (&*half_open, &*orderly, &*followed);
        let head = live.longest(heads, |kind, place| last(kind, place, records))?;
        let ended = self.ended(head);
        self.forget(self.hasher.hash(&self.heads.key(head)), head);
        Some((ended, true))
    }

    /// A connection that is over and need not be kept whole; forgets those whose segments cannot come any more.
    #[inline]
    pub(super) fn overdue(&mut self, now: Time) -> Option<u32> {
        if self.late.may_expire(now, self.capacity) {
            self.late.expire(now, self.capacity);
        }
        if self.over.len() > OVER_KEPT { self.over.oldest() } else { None }
    }

    /// Whether the server of a connection waits for the last ACK of its handshake.
    pub(super) fn is_waited_for(&self, place: Place) -> bool {
        match place {
            Place::Orderly(head) => self.orderly[self.heads.record(head).1].is_waited_for(),
            Place::Followed(head) => self.followed[self.heads.record(head).1].is_waited_for(),
            Place::HalfOpen(_) | Place::Late(_) => false,
        }
    }

    /// The connection that is over for longest of those that are kept whole.
    pub(super) fn oldest_over(&self) -> Option<u32> {
        self.over.oldest()
    }

    /// Takes out a connection that is over, and keeps what knows its late segments. Answers what is to be told of it.
    pub(super) fn retire(&mut self, head: u32) -> Event {
        let key = self.heads.key(head);
        let hash = self.hasher.hash(&key);
        let ended = self.ended(head);
        self.late.push(match self.heads.record(head) {
            (Kind::Orderly, place) => self.orderly[place].late(&key, hash),
            _ => Late::of(&self.connection(head), &key, hash),
        });
        self.forget(hash, head);
        ended
    }

    /// Takes out all connections that were not told of, in the order of their numbers, and passes on what is to be told of
    /// each.
    pub(super) fn drain(&mut self, mut tell: impl FnMut(&Event)) {
        let old = std::mem::replace(self, Self::new(self.capacity));
        let heads = old.live.iter(&old.heads).chain(old.over.iter(&old.heads));
        let mut all: Vec<(u32, u32)> = heads.map(|head| (old.id_of(head), head)).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all.iter().for_each(|(_, head)| tell(&old.ended(*head)));
    }

    /// Forgets a connection that was not told of.
    fn forget(&mut self, hash: u64, head: u32) {
        if let Ok(entry) = self.index.find_entry(hash, |other| *other == head) {
            entry.remove();
        }
        if self.heads.is_over(head) {
            self.over.take(&mut self.heads, head);
        } else {
            self.live.take(&mut self.heads, head);
        }
        self.free_record(head);
        self.heads.remove(head);
    }

    fn free_record(&mut self, head: u32) {
        match self.heads.record(head) {
            (Kind::HalfOpen, place) => self.half_open.remove(place),
            (Kind::Orderly, place) => self.orderly.remove(place),
            (Kind::Followed, place) => self.followed.remove(place),
        }
    }
}

/// When the last segment came of the connection with this record.
fn last(
    kind: Kind,
    place: u32,
    (half_open, orderly, followed): (&Slab<HalfOpen>, &Slab<Orderly>, &Slab<Connection>),
) -> Time {
    match kind {
        Kind::HalfOpen => half_open[place].last(),
        Kind::Orderly => orderly[place].last(),
        Kind::Followed => followed[place].last,
    }
}

#[cfg(test)]
mod counting {
    use super::*;
    use crate::trace::heads::Head;
    use crate::trace::tracer::Held;

    impl Flows {
        pub(in crate::trace) fn held(&self) -> Held {
            let whole = self.orderly.len() + self.followed.len();
            let held = Held { half_open: self.half_open.len(), whole, late: self.late.len() };
            assert_eq!(self.index.len(), held.half_open + held.whole);
            assert_eq!(self.index.len(), self.live.len() + self.over.len());
            held
        }
    }

    impl Held {
        /// Octets of one record of each kind. An index takes an octet beside each place, and is at least 7/16 full.
        pub(in crate::trace) const fn record_sizes() -> Self {
            let index = (size_of::<u32>() + 1) * 16 / 7 + 1;
            Self {
                half_open: size_of::<Head>() + size_of::<HalfOpen>() + index,
                whole: size_of::<Head>() + size_of::<Connection>() + index,
                // Half as much as it may hold, and that three quarters full.
                late: size_of::<Late>() + (size_of::<u32>() + 1) * 64 / 21 + 1,
            }
        }
    }
}
