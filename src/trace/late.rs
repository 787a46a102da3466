//! What is kept of connections that are over and told of: enough to know a segment that comes late for what it is.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use hashbrown::HashTable;

use super::connection::Connection;
use super::end::End;
use super::key::Key;
use super::{Mark, Marks, Pair, Side};
use crate::tcp::{Seq, State};
use crate::wire::Time;

/// How long after the last segment of a connection its segments may still come: twice the maximum segment lifetime,
/// which RFC 9293 section 3.4.2 takes to be two minutes.
pub(super) const TIME_WAIT: Duration = Duration::from_secs(240);

/// The largest number of a record.
const NUMBER: u32 = (1 << 30) - 1;

/// Records that are allocated together.
const PAGE: usize = 256;

/// One end of a connection that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    base: Seq,
    nxt: Seq,
    state: Option<State>,
    /// Its SYN was seen.
    syn: bool,
    /// Its FIN was seen.
    fin: bool,
}

impl Rest {
    fn of(end: &End) -> Self {
        let base = end.base.unwrap_or_default();
        let nxt = if end.base.is_some() { end.nxt } else { base };
        Self { base, nxt, state: end.state, syn: end.iss.is_some(), fin: end.fin.is_some() }
    }

    /// Of an end whose SYN and FIN were seen.
    pub(super) const fn closed(iss: Seq, nxt: Seq, state: State) -> Self {
        Self { base: iss, nxt, state: Some(state), syn: true, fin: true }
    }

    fn revive(&self, peer: &Self) -> End {
        End {
            state: self.state,
            iss: self.syn.then_some(self.base),
            base: Some(self.base),
            una: self.nxt,
            nxt: self.nxt,
            fin: self.fin.then_some(self.nxt - 1),
            last_ack: Some(peer.nxt),
            fin_in: peer.fin,
            spoke: true,
            ..End::default()
        }
    }
}

/// A connection that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late {
    /// The keyed hash of its sockets.
    hash: u64,
    id: u32,
    /// Second of the last segment, since the epoch.
    second: u32,
    ends: Pair<Rest>,
    client_is_low: bool,
    /// Both FINs were acknowledged.
    complete: bool,
    /// Its own client refused its handshake.
    vetoed: bool,
    /// Its sockets have another connection.
    hidden: bool,
}

impl Late {
    pub(super) fn of(connection: &Connection, key: &Key, hash: u64) -> Self {
        Self {
            hash,
            id: connection.id,
            second: second(connection.last),
            ends: Pair { client: Rest::of(&connection.ends.client), server: Rest::of(&connection.ends.server) },
            client_is_low: key.sockets(true) == connection.sockets,
            complete: connection.closing.is_complete(),
            vetoed: connection.is_vetoed(),
            hidden: false,
        }
    }

    /// Of one that was closed in order, and heard for the last time at `last`.
    pub(super) fn in_order(id: u32, hash: u64, last: Time, client_is_low: bool, ends: Pair<Rest>) -> Self {
        Self { hash, id, second: second(last), ends, client_is_low, complete: true, vetoed: false, hidden: false }
    }

    /// Whether its segments may still come at `now`. A clock that went back makes nothing old.
    fn may_be_heard_of(&self, now: Time) -> bool {
        u64::from(second(now).saturating_sub(self.second)) <= TIME_WAIT.as_secs()
    }

    /// The hash by which it is found, if it is to be.
    fn found_by(&self) -> Option<u64> {
        (!self.hidden).then_some(self.hash)
    }

    /// From when on its segments cannot come any more, at the earliest.
    fn forgotten(&self) -> Time {
        Time::from_parts(i64::from(self.second) + TIME_WAIT.as_secs() as i64 + 1, 0)
    }

    pub(super) const fn sockets(&self, key: &Key) -> Pair<SocketAddr> {
        key.sockets(self.client_is_low)
    }

    /// Marks of a SYN that follows this connection, which was revived.
    pub(super) fn succession(&self, revived: &Connection) -> Marks {
        let mut marks = revived.succession(revived.last);
        marks.extend(self.vetoed.then_some(Mark::OldDuplicateSyn));
        marks
    }

    /// The connection, as far as it matters for a segment that comes late.
    pub(super) fn revive(&self, key: &Key, now: Time) -> Connection {
        let Pair { client, server } = &self.ends;
        let ends = Pair { client: client.revive(server), server: server.revive(client) };
        Connection::over(self.id, self.sockets(key), ends, self.complete, now)
    }
}

fn second(time: Time) -> u32 {
    u32::try_from(time.as_nanos().max(0) / 1_000_000_000).unwrap_or(u32::MAX)
}

/// Connections that are over, in the order in which they were told of, each with a number modulo 2^30. They have an index
/// of their own: there may be many more of them than of others, and few segments are theirs.
#[derive(Debug)]
pub(super) struct LateQueue {
    /// Numbers by the hash of the sockets; those of records that are gone stay until there is no room.
    index: HashTable<u32>,
    pages: VecDeque<Vec<Late>>,
    /// Records of the first page that are gone.
    gone: usize,
    /// Number of the first record of the first page.
    first: u32,
    len: usize,
    /// Before that time, nothing is too old.
    quiet_until: Time,
}

impl LateQueue {
    pub(super) const fn new() -> Self {
        let quiet_until = Time::MAX;
        Self { index: HashTable::new(), pages: VecDeque::new(), gone: 0, first: 0, len: 0, quiet_until }
    }

    /// The number of the connection between the sockets with this hash.
    pub(super) fn find(&self, hash: u64) -> Option<u32> {
        let has = |number: &u32| self.has(*number) && Some(hash) == self.get(*number).found_by();
        self.index.find(hash, has).copied()
    }

    /// Makes a record one that is not found any more: its sockets have another connection.
    pub(super) fn hide(&mut self, number: u32) {
        let index = self.index_of(number);
        self.pages[index / PAGE][index % PAGE].hidden = true;
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds a record.
    pub(super) fn push(&mut self, late: Late) {
        if self.pages.back().is_none_or(|page| page.len() == PAGE) {
            self.pages.push_back(Vec::with_capacity(PAGE));
        }
        let number = self.first.wrapping_add((self.gone + self.len) as u32) & NUMBER;
        if let Some(page) = self.pages.back_mut() {
            page.push(late);
        }
        if self.len == 0 {
            self.quiet_until = late.forgotten();
        }
        self.len += 1;
        if self.index.len() == self.index.capacity() {
            self.index_anew();
        } else {
            self.index(number);
        }
    }

    /// Makes the index anew, without those that are gone: so none has to be looked up to be taken out. It grows where it
    /// would be more than three quarters full.
    #[cold]
    fn index_anew(&mut self) {
        let capacity = self.index.capacity();
        self.index.clear();
        if self.len > capacity / 4 * 3 {
            self.index = HashTable::new();
            self.index = HashTable::with_capacity(capacity + 1);
        }
        let oldest = self.first.wrapping_add(self.gone as u32);
        (0..self.len as u32).for_each(|index| self.index(oldest.wrapping_add(index) & NUMBER));
    }

    /// Puts a record, for which there is room, into the index.
    fn index(&mut self, number: u32) {
        if let Some(hash) = self.get(number).found_by() {
            // There is room, so nothing is hashed again.
            self.index.insert_unique(hash, number, |_| hash);
        }
    }

    /// Whether a record is still there.
    fn has(&self, number: u32) -> bool {
        (self.gone..self.gone + self.len).contains(&self.index_of(number))
    }

    /// The record of a number that is in the queue.
    pub(super) fn get(&self, number: u32) -> &Late {
        let index = self.index_of(number);
        &self.pages[index / PAGE][index % PAGE]
    }

    fn index_of(&self, number: u32) -> usize {
        (number.wrapping_sub(self.first) & NUMBER) as usize
    }

    /// Whether [`Self::expire`] may find something to forget.
    #[inline]
    pub(super) fn may_expire(&self, now: Time, most: usize) -> bool {
        self.len > most || now >= self.quiet_until
    }

    /// Forgets the oldest records: those of which nothing can come at `now`, and those beyond the `most` newest.
    pub(super) fn expire(&mut self, now: Time, most: usize) {
        while let Some(oldest) = self.pages.front().and_then(|page| page.get(self.gone)) {
            if self.len <= most && oldest.may_be_heard_of(now) {
                self.quiet_until = oldest.forgotten();
                return;
            }
            self.pop();
        }
        self.quiet_until = Time::MAX;
    }

    fn pop(&mut self) {
        self.gone += 1;
        self.len -= 1;
        if self.gone == PAGE {
            self.pages.pop_front();
            self.gone = 0;
            self.first = self.first.wrapping_add(PAGE as u32);
        }
    }
}

impl Connection {
    /// The end with this socket.
    pub(super) fn side_of(&self, socket: SocketAddr) -> Side {
        side_of(&self.sockets, socket)
    }
}

/// The side of `sockets` that this one is.
pub(super) fn side_of(sockets: &Pair<SocketAddr>, socket: SocketAddr) -> Side {
    let client = sockets.client;
    if (client.ip(), client.port()) == (socket.ip(), socket.port()) { Side::Client } else { Side::Server }
}
