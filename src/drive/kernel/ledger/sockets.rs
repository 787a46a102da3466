//! Sockets, and what was told of them. The kernel names one by its place in memory, which may be another's before the call
//! that freed it has returned: so each has a number of ours.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};

use super::super::Told;
use super::waiting::Waiting;
use crate::sys::tracefs::Ends;
use crate::tcp::State;
use crate::trace::KernelKind;
use crate::wire::Time;

/// What is kept of one socket until both its ends are known.
const HELD: usize = 64;
/// Sockets that are remembered.
const MOST: usize = 100_000;
/// Packets whose ends are remembered: what becomes of one follows at once.
const PACKETS: usize = 64;
/// Connections, and results of accept(), that wait for a sight of them.
const UNSEEN: usize = 1000;

#[derive(Clone, Debug)]
struct Socket {
    ends: Ends,
    state: State,
    held: Vec<(Time, KernelKind)>,
    /// A watched program made it.
    ours: bool,
    /// Established, and not yet accepted.
    waits: bool,
    /// What stood for it until it was known.
    puzzle: Option<u64>,
}

impl Socket {
    const fn new(ends: Ends, state: State, ours: bool) -> Self {
        Self { ends, state, held: Vec::new(), ours, waits: false, puzzle: None }
    }

    fn is_listening(&self) -> bool {
        self.ends.remote.port() == 0 && self.state == State::Listen
    }

    /// Both ends are known. A connection has its ports soon after its first state, not with it.
    fn is_whole(&self) -> bool {
        self.ends.local.port() != 0 && (self.ends.remote.port() != 0 || self.is_listening())
    }

    fn told(&self, time: Time, kind: KernelKind) -> Told {
        let Ends { local, remote } = self.ends;
        Told { time, local, remote: (!self.is_listening()).then_some(remote), ours: self.ours, kind }
    }
}

/// All sockets that are known.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    known: HashMap<u64, Socket>,
    /// The numbers of those that have a place in the kernel's memory.
    places: HashMap<u64, u64>,
    /// Connections that were seen, as each end sees them.
    seen: HashSet<Ends>,
    waiting: Waiting,
    packets: VecDeque<(u64, Ends)>,
    /// So many have numbers of ours.
    numbered: u64,
    /// Every connection counts, also those that were not seen.
    every: bool,
    /// What accept() has returned without anybody knowing which connection that is, and from which listening socket.
    puzzles: VecDeque<(u64, u64)>,
    /// Established, and not seen: another network may have the same addresses.
    strangers: VecDeque<u64>,
    /// What puzzles came to.
    solved: HashMap<u64, u64>,
    /// Those that are gone: the call that destroyed them is told when it returns.
    gone: Vec<u64>,
    told: Vec<Told>,
}

impl Sockets {
    /// What was told since the last time, in the order of time. Calls on those that are `in_use` have not returned.
    pub(super) fn take(&mut self, in_use: impl FnOnce() -> Vec<u64>) -> Vec<Told> {
        if !self.gone.is_empty() {
            let in_use: HashSet<u64> = in_use().into_iter().map(|socket| self.resolved(socket)).collect();
            let (kept, gone) = self.gone.iter().partition(|socket| in_use.contains(socket));
            self.gone = kept;
            self.bury(gone);
        }
        self.told.sort_by_key(|told| told.time);
        std::mem::take(&mut self.told)
    }

    /// How many are known.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.known.len() + self.solved.len()
    }

    fn bury(&mut self, gone: Vec<u64>) {
        for socket in gone {
            if let Some(puzzle) = self.known.remove(&socket).and_then(|known| known.puzzle) {
                self.solved.remove(&puzzle);
            }
        }
    }

    /// Every connection counts, also one that is never seen: there are no other networks with the same addresses.
    pub(super) fn count_every(&mut self) {
        self.every = true;
    }

    /// The number of the socket that has this place in the kernel's memory.
    pub(super) fn at(&self, place: u64) -> Option<u64> {
        self.places.get(&place).copied()
    }

    /// The socket in this place is destroyed.
    pub(super) fn forget(&mut self, place: u64) {
        let Some(socket) = self.places.remove(&place) else { return };
        if let Some(known) = self.known.get_mut(&socket) {
            known.waits = false;
        }
        self.gone.push(socket);
        self.strangers.retain(|stranger| *stranger != socket);
    }

    /// There is a connection between these ends.
    pub(super) fn watch(&mut self, local: SocketAddr, remote: SocketAddr) {
        if self.seen.len() < MOST {
            let ends = Ends { local, remote };
            self.seen.extend([ends, ends.reversed()]);
            self.see_strangers();
        }
    }

    /// Strangers that were seen meanwhile wait as the others do, and may be what an accept() returned before.
    fn see_strangers(&mut self) {
        let is_seen = |socket: &u64| self.known.get(socket).is_some_and(|known| self.seen.contains(&known.ends));
        let (seen, others): (VecDeque<u64>, VecDeque<u64>) = self.strangers.iter().partition(|socket| is_seen(socket));
        self.strangers = others;
        seen.into_iter().for_each(|socket| self.wait(socket));
        for (puzzle, listener) in std::mem::take(&mut self.puzzles) {
            match self.first_waiting(listener) {
                Some(socket) => self.solve(puzzle, socket),
                None => self.puzzles.push_back((puzzle, listener)),
            }
        }
    }

    /// Whether it only stands for one that is not known yet.
    pub(super) fn is_puzzle(&self, socket: u64) -> bool {
        self.puzzles.iter().any(|(puzzle, _)| *puzzle == socket)
    }

    /// Which it is.
    pub(super) fn resolved(&self, socket: u64) -> u64 {
        self.solved.get(&socket).copied().unwrap_or(socket)
    }

    /// What was told of the one is of the other.
    pub(super) fn solve(&mut self, puzzle: u64, socket: u64) {
        self.puzzles.retain(|(known, _)| *known != puzzle);
        let held = self.known.remove(&puzzle).map_or_else(Vec::new, |known| known.held);
        if let Some(known) = self.known.get_mut(&socket) {
            known.waits = false;
            known.puzzle = Some(puzzle);
            self.solved.insert(puzzle, socket);
        }
        held.into_iter().for_each(|(time, kind)| self.tell(socket, time, kind));
    }

    pub(super) fn leave_alone(&mut self, local: SocketAddr, remote: SocketAddr) {
        let ends = Ends { local, remote };
        self.seen.remove(&ends);
        self.seen.remove(&ends.reversed());
    }

    /// A socket that was there before: its place in memory is not told.
    pub(super) fn adopt(&mut self, ends: Ends, listens: bool) -> u64 {
        self.add(Socket::new(ends, if listens { State::Listen } else { State::Established }, true))
    }

    fn add(&mut self, socket: Socket) -> u64 {
        self.make_room();
        self.numbered += 1;
        self.known.insert(self.numbered, socket);
        self.numbered
    }

    /// Where too many are known, the older half of those that do not listen is forgotten: that they are gone was not told, or is
    /// not told any more.
    fn make_room(&mut self) {
        if self.known.len() >= MOST {
            let mut numbers: Vec<_> = self.known.keys().copied().collect();
            let middle = *numbers.select_nth_unstable(MOST / 2).1;
            self.known.retain(|number, socket| *number > middle || socket.is_listening());
            self.places.retain(|_, number| self.known.contains_key(number));
            self.solved.retain(|_, number| self.known.contains_key(number));
        }
    }

    /// The socket in this place changed its state, while a program ran that is watched, or another. Gives its number, if it
    /// is one that counts.
    pub(super) fn state(
        &mut self,
        time: Time,
        (place, ends): (u64, Ends),
        (old, new): (State, State),
        by_watched: bool,
    ) -> Option<u64> {
        let known = self.at(place);
        if new == State::Listen && !by_watched || old == State::Listen && new == State::Closed && known.is_none() {
            return None;
        }
        // Only a call makes a socket listen, or begins to connect it.
        let by_call = matches!((old, new), (State::Closed, State::Listen | State::SynSent));
        let fresh = Socket::new(ends, new, by_call && by_watched);
        let begins = matches!((old, new), (State::Closed, _) | (State::Listen, State::SynReceived));
        let socket = match known {
            Some(socket) => socket,
            None => self.add(fresh.clone()),
        };
        self.places.insert(place, socket);
        let was_listening = old == State::Listen && new == State::Closed;
        let kept = self.known.get_mut(&socket)?;
        if begins {
            *kept = fresh;
        }
        // A listening socket that is closed is told as one.
        let kind = KernelKind::State { old: Some(old), new };
        kept.state = if was_listening { State::Listen } else { new };
        kept.ends = if ends.local.port() == 0 || ends.remote.port() == 0 && kept.is_whole() { kept.ends } else { ends };
        if kept.is_whole() {
            let held = std::mem::take(&mut kept.held);
            self.told.extend(held.into_iter().chain([(time, kind)]).map(|(time, kind)| kept.told(time, kind)));
        } else if kept.held.len() < HELD {
            kept.held.push((time, kind));
        }
        if self.known.get(&socket).is_some_and(|known| known.ours && known.is_whole() && !known.is_listening()) {
            self.seen.insert(ends.reversed());
            self.see_strangers();
        }
        if (old, new) == (State::SynReceived, State::Established) {
            self.established(socket, ends);
        }
        Some(socket)
    }

    fn established(&mut self, socket: u64, ends: Ends) {
        if !self.every && !self.seen.contains(&ends) {
            if self.strangers.len() >= UNSEEN {
                self.strangers.pop_front();
            }
            self.strangers.push_back(socket);
        } else {
            self.wait(socket);
        }
    }

    /// It is established, and waits for accept().
    fn wait(&mut self, socket: u64) {
        if let Some(known) = self.known.get_mut(&socket) {
            known.waits = true;
            self.waiting.push(known.ends.local.port(), socket);
        }
    }

    /// The connection that has waited longest for this listening socket, or what stands for it until it is known.
    pub(super) fn accept(&mut self, listener: u64) -> Option<u64> {
        let own = self.known.get(&listener)?.ends;
        self.first_waiting(listener).or_else(|| {
            if self.puzzles.len() >= UNSEEN
                && let Some((oldest, _)) = self.puzzles.pop_front()
            {
                self.known.remove(&oldest);
            }
            let nobody = Ends { local: SocketAddr::new(own.local.ip(), 0), ..own };
            let puzzle = self.add(Socket::new(nobody, State::Established, false));
            self.puzzles.push_back((puzzle, listener));
            Some(puzzle)
        })
    }

    fn first_waiting(&mut self, listener: u64) -> Option<u64> {
        let own = self.known.get(&listener)?.ends.local;
        let known = &self.known;
        let waits = |socket: &u64| known.get(socket).is_some_and(|it| it.waits);
        let wanted = |socket: &u64| known.get(socket).is_some_and(|it| is_at(it.ends.local, own));
        let socket = self.waiting.take(own.port(), waits, wanted)?;
        if let Some(known) = self.known.get_mut(&socket) {
            known.waits = false;
        }
        Some(socket)
    }

    /// Something is told of a socket.
    pub(super) fn tell(&mut self, socket: u64, time: Time, kind: KernelKind) {
        let socket = self.resolved(socket);
        let Some(known) = self.known.get_mut(&socket) else { return };
        if known.is_whole() {
            self.told.push(known.told(time, kind));
        } else if known.held.len() < HELD {
            known.held.push((time, kind));
        }
    }

    /// Something is told of a connection, whether there is a socket or not.
    pub(super) fn tell_of(&mut self, ends: Ends, time: Time, kind: KernelKind) {
        let Ends { local, remote } = ends;
        self.told.push(Told { time, local, remote: (remote.port() != 0).then_some(remote), ours: false, kind });
    }

    /// Something is told of a socket that has no address.
    pub(super) fn tell_of_none(&mut self, time: Time, kind: KernelKind) {
        let local = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        self.told.push(Told { time, local, remote: None, ours: true, kind });
    }

    /// These are the ends of a packet.
    pub(super) fn packet(&mut self, packet: u64, ends: Ends) {
        if packet != 0 {
            self.packets.truncate(PACKETS - 1);
            self.packets.push_front((packet, ends));
        }
    }

    /// Something is told of a packet, or of the socket in the place that it was for.
    pub(super) fn tell_of_packet(&mut self, packet: u64, place: u64, time: Time, kind: KernelKind) {
        if let Some((_, ends)) = self.packets.iter().find(|(known, _)| *known == packet) {
            let ends = *ends;
            // The place in memory is another packet's from now on.
            self.packets.retain(|(known, _)| *known != packet);
            self.tell_of(ends, time, kind);
        } else if let Some(socket) = self.at(place) {
            self.tell(socket, time, kind);
        }
    }
}

/// Whether a connection's own end is one that a socket listening there may have made.
#[must_use]
pub fn is_at(socket: SocketAddr, listener: SocketAddr) -> bool {
    socket.port() == listener.port() && (listener.ip().is_unspecified() || socket.ip() == listener.ip())
}
