//! The listening socket, and all that hangs on it (RFC 9293 section 3.10.7.2).

use std::collections::VecDeque;

use super::ListenConfig;
use super::connection::Connection;
use super::cookie::Secret;
use super::half_open::HalfOpen;
use super::stats::{Note, Row, Stats};
use crate::craft::endpoint::is_whole;
use crate::craft::table::Table;
use crate::craft::{Action, Emit, Endpoint, Outcome, Sockets};
use crate::tcp::State;
use crate::wire::{Icmp, Ip, Segment, Time};

/// Segments that wait to be sent at most; beyond, they are lost as in any full queue.
const MOST_QUEUED: usize = 4096;

/// What the driver of many connections shall do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<N = Note> {
    /// Send this packet now, and ask again.
    Send(Emit),
    /// Something to tell; ask again.
    Note(N),
    /// Nothing to do before this time, or ever, unless something arrives.
    WaitUntil(Option<Time>),
    /// It is over.
    Done,
}

/// A listening socket with its connections. See the module for what it is, [`ListenConfig`] for what it can be told.
pub struct Listener {
    pub(super) config: ListenConfig,
    pub(super) secret: Secret,
    pub(super) half: Table<HalfOpen>,
    pub(super) open: Table<Connection>,
    /// Connections whose turn it is.
    ready: VecDeque<u32>,
    queue: VecDeque<Emit>,
    pub(super) notes: VecDeque<Note>,
    pub(super) stats: Stats,
    /// Connections that are endpoints, and whose handshake is not complete.
    embryonic: usize,
    /// Nobody new is taken in.
    pub(super) closing: bool,
}

impl Listener {
    /// A socket in LISTEN.
    #[must_use]
    pub fn new(config: ListenConfig) -> Self {
        Self {
            secret: Secret(config.secret),
            config,
            half: Table::new(),
            open: Table::new(),
            ready: VecDeque::new(),
            queue: VecDeque::new(),
            notes: VecDeque::new(),
            stats: Stats::default(),
            embryonic: 0,
            closing: false,
        }
    }

    /// Counts since the start.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Connections whose handshake is not complete.
    #[must_use]
    pub fn half_open(&self) -> usize {
        self.half.len() + self.embryonic
    }

    /// Connections whose handshake is complete.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.len() - self.embryonic
    }

    /// The port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.config.port
    }

    /// Connections in SYN-RECEIVED that there is place for.
    #[must_use]
    pub const fn backlog(&self) -> usize {
        self.config.backlog
    }

    /// Connections beyond that state that there is place for.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.config.connections
    }

    /// A row for each connection, at most `most`, those beyond SYN-RECEIVED first; where there are too many, a third of
    /// the rows is left to the others.
    #[must_use]
    pub fn rows(&self, most: usize) -> Vec<Row> {
        let places = most - self.half.len().min(most / 3);
        let open = self.open.iter().map(|(sockets, it)| Row { sockets: *sockets, state: it.endpoint.state() });
        let half = self.half.iter().map(|(sockets, _)| Row { sockets: *sockets, state: State::SynReceived });
        open.take(places).chain(half).take(most).collect()
    }

    /// Whether a socket is ours.
    pub fn is_ours(&mut self, socket: std::net::SocketAddr) -> bool {
        socket.port() == self.config.port && (self.config.room)(socket.ip()).is_some()
    }

    /// A segment arrived for our port.
    pub fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let sockets = Sockets::of_arriving(ip, segment);
        let Some(room) = (self.config.room)(sockets.local().ip()) else { return };
        if let Some(id) = self.open.find(&sockets) {
            let yields = self.open.get(id).is_some_and(|it| it.endpoint.yields_to(segment));
            if !yields {
                return self.connection_arrives(id, now, ip, segment);
            }
            self.end(id, Outcome::Closed);
        }
        if !is_whole(ip, segment) {
            return;
        }
        match self.half.find(&sockets) {
            Some(id) => self.half_open_arrives(id, room, now, ip, segment),
            None => self.in_listen(&sockets, room, now, ip, segment),
        }
    }

    /// An ICMP message arrived.
    pub fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        let quoted = icmp.quote().and_then(|quote| quote.sockets());
        let Some((local, remote)) = quoted else { return };
        // One in SYN-RECEIVED is left to its timer: an error that anybody could have sent shall not end it.
        if let Some(id) = self.open.find(&Sockets::new(local, remote))
            && let Some(connection) = self.open.get(id)
        {
            connection.endpoint.icmp(now, ip, icmp);
            self.enqueue(id);
        }
    }

    /// The user has had enough: nobody new is taken in, and what is open closes by FIN; the second time by RST.
    pub fn interrupt(&mut self, now: Time) {
        let again = std::mem::replace(&mut self.closing, true);
        for id in self.half.ids() {
            self.half.remove(id);
        }
        for id in self.open.ids() {
            if let Some(connection) = self.open.get(id) {
                if again {
                    connection.endpoint.abandon();
                } else {
                    connection.endpoint.interrupt(now);
                }
            }
            self.enqueue(id);
        }
    }

    /// What to do next. To be asked after every arrival, after every packet sent, and when the time has come.
    pub fn poll(&mut self, now: Time) -> Step {
        loop {
            if let Some(note) = self.notes.pop_front() {
                return Step::Note(note);
            }
            if let Some(emit) = self.queue.pop_front() {
                return Step::Send(emit);
            }
            if let Some(id) = self.half.take_due(now) {
                self.answer(id, now);
                continue;
            }
            if let Some(id) = self.open.take_due(now) {
                self.enqueue(id);
                continue;
            }
            let Some(id) = self.ready.pop_front() else { break };
            if let Some(emit) = self.turn(id, now) {
                return Step::Send(emit);
            }
        }
        if self.closing && self.open.len() == 0 {
            return Step::Done;
        }
        let wakes = [self.half.next_wake(), self.open.next_wake()];
        Step::WaitUntil(wakes.into_iter().flatten().min())
    }

    /// One connection's turn: its program, then one segment of it.
    fn turn(&mut self, id: u32, now: Time) -> Option<Emit> {
        let connection = self.open.get(id)?;
        connection.queued = false;
        let wants = connection.serve(self.config.close, self.config.timing.wait, now);
        match connection.endpoint.poll(now) {
            Action::Send(emit) => {
                self.enqueue(id);
                return Some(emit);
            }
            Action::WaitUntil(time) => self.open.wake_at(id, wants.map_or(time, |wants| wants.min(time))),
            Action::Done(outcome) => self.end(id, outcome),
        }
        None
    }

    fn enqueue(&mut self, id: u32) {
        if let Some(connection) = self.open.get(id)
            && !std::mem::replace(&mut connection.queued, true)
        {
            self.ready.push_back(id);
        }
    }

    fn end(&mut self, id: u32, outcome: Outcome) {
        let Some((sockets, connection)) = self.open.remove(id) else { return };
        if connection.accepted.is_none() {
            self.embryonic -= 1;
            self.notes.push_back(Note::Ended(sockets, None));
            return;
        }
        *(if outcome.is_success() { &mut self.stats.ended } else { &mut self.stats.broken }) += 1;
        self.stats.aborted += u64::from(outcome == Outcome::Aborted);
        self.notes.push_back(Note::Ended(sockets, Some(outcome)));
    }

    pub(super) fn connection_arrives(&mut self, id: u32, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let Some(connection) = self.open.get(id) else { return };
        connection.endpoint.arrive(now, ip, segment);
        if connection.is_newly_accepted(now) {
            self.accepted(id);
        }
        self.enqueue(id);
    }

    fn accepted(&mut self, id: u32) {
        self.stats.accepted += 1;
        self.embryonic -= 1;
        self.closing |= self.config.count.is_some_and(|count| self.stats.accepted >= count);
        self.notes.extend(self.open.sockets(id).map(Note::Established));
    }

    pub(super) fn insert(&mut self, sockets: &Sockets, endpoint: Endpoint) -> u32 {
        self.embryonic += 1;
        let service = (self.config.service)();
        self.open.insert(*sockets, Connection::new(endpoint, service))
    }

    pub(super) fn send(&mut self, emit: Option<Emit>) {
        if self.queue.len() < MOST_QUEUED {
            self.queue.extend(emit);
        }
    }
}
