//! The sockets of each connection, where its record is, and its neighbours in the order.
//!
//! They stand apart from the records: finding a connection touches little memory, and a connection may change the kind of
//! its record without anybody noticing.

use std::ops::{Index, IndexMut};

use super::key::Key;
use super::slab::Slab;

/// Index of no head.
pub(super) const NONE: u32 = u32::MAX;

/// Which kind of record a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but its SYN was seen.
    HalfOpen,
    /// All went by the book, and is not followed yet.
    Orderly,
    Followed,
}

/// Where the record of a connection is, and three bits beside.
#[derive(Clone, Copy, Debug)]
struct Record(u32);

impl Record {
    const V6: u32 = 1 << 31;
    const OVER: u32 = 1 << 30;
    /// It was heard since it took its place in the order.
    const HEARD: u32 = 1 << 29;
    const KIND: u32 = 27;
    const BESIDE: u32 = Self::V6 | Self::OVER | Self::HEARD;
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
    words: [u64; 4],
    ports: [u16; 2],
    /// Its neighbours in the order.
    pub(super) newer: u32,
    pub(super) older: u32,
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
        let Key { words, ports, v6 } = *key;
        let Record(record) = Record::of(kind, place);
        let record = Record(record | if v6 { Record::V6 } else { 0 });
        self.0.insert(Head { words, ports, newer: NONE, older: NONE, record })
    }

    /// Takes a head out, which must be in no order any more.
    pub(super) fn remove(&mut self, head: u32) {
        self.0.remove(head);
    }

    #[inline]
    pub(super) fn key(&self, head: u32) -> Key {
        let Head { words, ports, record, .. } = self.0[head];
        Key { words, ports, v6: record.0 & Record::V6 != 0 }
    }

    /// Whether it is the head of the connection between these sockets.
    #[inline]
    pub(super) fn is_between(&self, head: u32, key: &Key) -> bool {
        let head = &self.0[head];
        let v6 = head.record.0 & Record::V6 != 0;
        let Key { words, ports, .. } = key;
        // The other words are those of IPv6.
        let alike = head.words[0] == words[0] && head.ports == *ports && v6 == key.v6;
        alike && (!v6 || head.words == *words)
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
        *record = Record(record.0 & Record::BESIDE | Record::of(kind, place).0);
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

    /// Whether the connection was heard since [`Self::forget_heard`].
    pub(super) fn was_heard(&self, head: u32) -> bool {
        self.0[head].record.0 & Record::HEARD != 0
    }

    /// Notes that the connection was heard.
    #[inline]
    pub(super) fn hear(&mut self, head: u32) {
        self.0[head].record.0 |= Record::HEARD;
    }

    /// Forgets whether it was.
    pub(super) fn forget_heard(&mut self, head: u32) {
        self.0[head].record.0 &= !Record::HEARD;
    }
}

impl Index<u32> for Heads {
    type Output = Head;

    #[inline]
    fn index(&self, head: u32) -> &Head {
        &self.0[head]
    }
}

impl IndexMut<u32> for Heads {
    #[inline]
    fn index_mut(&mut self, head: u32) -> &mut Head {
        &mut self.0[head]
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
}
