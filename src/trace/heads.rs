//! The sockets of each connection, where its record is, and the order in which connections were heard last.
//!
//! They stand apart from the records: finding a connection and making it the newest touches little memory, and a
//! connection may change the kind of its record without anybody noticing.

use super::key::Key;
use super::slab::Slab;

/// Index of no head.
const NONE: u32 = u32::MAX;

/// Which kind of record a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but its SYN was seen.
    HalfOpen,
    /// All went by the book, and is not followed yet.
    Orderly,
    Followed,
}

/// Where the record of a connection is, and two bits beside.
#[derive(Clone, Copy, Debug)]
struct Record(u32);

impl Record {
    const V6: u32 = 1 << 31;
    const OVER: u32 = 1 << 30;
    const KIND: u32 = 28;
    const PLACE: u32 = (1 << Self::KIND) - 1;

    const fn of(kind: Kind, place: u32) -> Self {
        Self((kind as u32) << Self::KIND | place)
    }

    const fn kind(self) -> Kind {
        match self.0 >> Self::KIND & 0b11 {
            0 => Kind::HalfOpen,
            1 => Kind::Orderly,
            _ => Kind::Followed,
        }
    }
}

/// The sockets of a connection, its record, and its neighbours in the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    low: [u32; 4],
    high: [u32; 4],
    ports: [u16; 2],
    newer: u32,
    older: u32,
    record: Record,
}

/// All heads, by their places.
#[derive(Debug)]
pub(super) struct Heads(Slab<Head>);

impl Heads {
    /// Places that there can be.
    pub(super) const MOST: usize = Record::PLACE as usize;

    pub(super) const fn new() -> Self {
        Self(Slab::new())
    }

    /// A head for the connection between these sockets, with a record of this kind at this place; in no order.
    pub(super) fn insert(&mut self, key: &Key, kind: Kind, place: u32) -> u32 {
        let Key { low, high, ports, v6 } = *key;
        let Record(record) = Record::of(kind, place);
        let record = Record(record | if v6 { Record::V6 } else { 0 });
        self.0.insert(Head { low, high, ports, newer: NONE, older: NONE, record })
    }

    /// Takes a head out, which must be in no order any more.
    pub(super) fn remove(&mut self, head: u32) {
        self.0.remove(head);
    }

    #[inline]
    pub(super) fn key(&self, head: u32) -> Key {
        let Head { low, high, ports, record, .. } = self.0[head];
        Key { low, high, ports, v6: record.0 & Record::V6 != 0 }
    }

    /// Whether it is the head of the connection between these sockets.
    #[inline]
    pub(super) fn is_between(&self, head: u32, key: &Key) -> bool {
        let head = &self.0[head];
        let v6 = head.record.0 & Record::V6 != 0;
        head.low == key.low && head.high == key.high && head.ports == key.ports && v6 == key.v6
    }

    /// The record: its kind, and its place among those.
    #[inline]
    pub(super) fn record(&self, head: u32) -> (Kind, u32) {
        let record = self.0[head].record;
        (record.kind(), record.0 & Record::PLACE)
    }

    /// Gives a connection another record.
    pub(super) fn change_record(&mut self, head: u32, kind: Kind, place: u32) {
        let record = &mut self.0[head].record;
        *record = Record(record.0 & (Record::V6 | Record::OVER) | Record::of(kind, place).0);
    }

    /// Whether the connection was noted as being over.
    #[inline]
    pub(super) fn is_over(&self, head: u32) -> bool {
        self.0[head].record.0 & Record::OVER != 0
    }

    /// Notes whether it is.
    pub(super) fn set_over(&mut self, head: u32, over: bool) {
        let record = &mut self.0[head].record.0;
        *record = *record & !Record::OVER | if over { Record::OVER } else { 0 };
    }
}

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
        let head = &mut heads.0[place];
        (head.newer, head.older) = (NONE, older);
        if older == NONE {
            self.oldest = place;
        } else {
            heads.0[older].newer = place;
        }
        self.newest = place;
        self.len += 1;
    }

    /// Takes out a connection, which is in this order.
    pub(super) fn take(&mut self, heads: &mut Heads, place: u32) {
        let Head { newer, older, .. } = heads.0[place];
        if newer == NONE {
            self.newest = older;
        } else {
            heads.0[newer].older = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            heads.0[older].newer = newer;
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
        std::iter::successors(first, |place| Some(heads.0[*place].newer).filter(|place| *place != NONE))
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn key(socket: &str) -> Key {
        let socket: SocketAddr = socket.parse().unwrap();
        Key::of(socket, socket).0
    }

    #[test]
    fn a_head_keeps_its_sockets_whatever_its_record_is() {
        for socket in ["192.0.2.1:80", "[2001:db8::1]:80"] {
            let mut heads = Heads::new();
            let head = heads.insert(&key(socket), Kind::HalfOpen, 7);
            assert_eq!((heads.key(head), heads.record(head)), (key(socket), (Kind::HalfOpen, 7)));
            heads.set_over(head, true);
            heads.change_record(head, Kind::Followed, Heads::MOST as u32);
            assert_eq!((heads.key(head), heads.is_over(head)), (key(socket), true));
            assert_eq!(heads.record(head), (Kind::Followed, Heads::MOST as u32));
            heads.set_over(head, false);
            heads.change_record(head, Kind::Orderly, 0);
            assert_eq!((heads.record(head), heads.is_over(head)), ((Kind::Orderly, 0), false));
        }
    }

    #[test]
    fn the_order_is_that_of_the_last_use() {
        let (mut heads, mut order) = (Heads::new(), Order::new());
        for place in 0..4 {
            let head = heads.insert(&key("192.0.2.1:80"), Kind::HalfOpen, place);
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
}
