//! The table of connections: bounded, found by their sockets under a keyed hash, oldest idle first out.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::Side;
use super::connection::Connection;

/// A pair of sockets, the same from both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    low: (IpAddr, u16),
    high: (IpAddr, u16),
}

impl Key {
    pub(super) fn of(one: SocketAddr, other: SocketAddr) -> Self {
        let (one, other) = ((one.ip(), one.port()), (other.ip(), other.port()));
        if one <= other { Self { low: one, high: other } } else { Self { low: other, high: one } }
    }
}

/// Index of no slot.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Slot {
    key: Key,
    connection: Connection,
    /// Neighbours in the order of their last segment.
    newer: u32,
    older: u32,
}

/// Connections by their sockets. Memory is that of as many as were ever there at once, and at most of `capacity`.
#[derive(Debug)]
pub(super) struct Flows {
    /// std's hash is keyed at random, so that nobody can choose sockets that collide.
    index: HashMap<Key, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    capacity: usize,
}

impl Flows {
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, NONE as usize - 1);
        Self { index: HashMap::new(), slots: Vec::new(), free: Vec::new(), newest: NONE, oldest: NONE, capacity }
    }

    /// The connection between these sockets, which becomes the newest.
    pub(super) fn get(&mut self, key: &Key) -> Option<&mut Connection> {
        let place = *self.index.get(key)?;
        if self.newest != place {
            self.unlink(place);
            self.link(place);
        }
        Some(&mut self.slots[place as usize].connection)
    }

    /// Puts in a connection, which must not be there. Gives back the one that had to go for it.
    pub(super) fn insert(&mut self, key: Key, connection: Connection) -> Option<Connection> {
        let evicted = if self.index.len() >= self.capacity { self.remove_oldest() } else { None };
        let slot = Slot { key, connection, newer: NONE, older: NONE };
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

    /// Takes out the connection between these sockets.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Connection> {
        let place = self.index.remove(key)?;
        self.unlink(place);
        self.free.push(place);
        Some(self.slots[place as usize].connection)
    }

    fn remove_oldest(&mut self) -> Option<Connection> {
        let key = self.slots.get(self.oldest as usize)?.key;
        self.remove(&key)
    }

    /// Takes out all connections, in the order of their numbers.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Connection> {
        let places = self.index.drain().map(|(_, place)| place).collect::<Vec<_>>();
        let slots = std::mem::take(&mut self.slots);
        self.free.clear();
        (self.newest, self.oldest) = (NONE, NONE);
        let mut connections = places.into_iter().map(|place| slots[place as usize].connection).collect::<Vec<_>>();
        connections.sort_unstable_by_key(|connection| connection.id);
        connections.into_iter()
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

impl Connection {
    /// The end with this socket.
    pub(super) fn side_of(&self, socket: SocketAddr) -> Side {
        let client = self.sockets.client;
        if (client.ip(), client.port()) == (socket.ip(), socket.port()) { Side::Client } else { Side::Server }
    }
}
